// SPDX-License-Identifier: BSL-1.0
//
// What a writer does: a mix of everything that a router offers for writing.
#include "traffic.hpp"

#include <chrono>

namespace demo {

namespace {

using tandem::errc;
using tandem::errc_condition;

// After a refusal, so that a store in trouble is not asked without pause.
constexpr std::chrono::milliseconds refusal_pause{20};

tandem::timestamptz wall_clock() {
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now());
}

class writer {
public:
    writer(const ground& where, std::size_t slot, random_source random,
           std::atomic<std::int64_t>& once)
        : where_(where), slot_(slot), random_(random), once_(once) {}

    void write_something() {
        const auto& plan = where_.plan;
        const auto dice = below(random_, 100);
        if (dice < 20) {
            increment(pick(plan.counters));
        } else if (dice < 30 && !plan.accounts.empty()) {
            transfer();
        } else if (dice < 45 && !plan.shared.empty()) {
            write_shared(pick(plan.shared));
        } else if (dice < 85 && !plan.owned[slot_].empty()) {
            write_owned(pick(plan.owned[slot_]));
        } else {
            write_once();
        }
    }

private:
    const std::string& pick(const std::vector<std::string>& keys) {
        return keys[below(random_, keys.size())];
    }

    /// Real text under another key.
    item new_content(const std::string& id) {
        item one = where_.data.items[below(random_, where_.data.items.size())];
        one.id = id;
        one.balance = 0;
        mark(one);
        return one;
    }
    void mark(item& one) {
        one.stamp = (static_cast<std::int64_t>(slot_ + 1) << 40) + ++stamps_;
        one.updated_at = wall_clock();
    }

    void finish(write_sort sort, moment begun) {
        where_.figures.wrote(sort, std::chrono::duration_cast<microseconds>(now() - begun));
    }

    /// True for errors that may come while stores fail and phases change.
    bool may_come(const tandem::error& why) {
        if (why == errc_condition::retryable || why == errc_condition::outcome_unknown) {
            where_.figures.refused(why);
            std::this_thread::sleep_for(refusal_pause);
            return true;
        }
        return false;
    }
    void unexpected(const std::string& key, const std::string& doing, const tandem::error& why) {
        where_.figures.found({finding_kind::unexpected, key, doing + ": " + why.message()});
    }

    /// Notes how a put of one key ended; true where it was acknowledged.
    bool settle(const journal::ticket& note, const tandem::result<tandem::version>& answer,
                journal::effect what) {
        if (answer) {
            what.version = answer.value().value;
            where_.writes.acknowledged(note, what);
            return true;
        }
        if (answer.error() == errc::outcome_unknown) {
            where_.writes.unknown(note, what);
        } else {
            where_.writes.nothing_happened(note);
        }
        return false;
    }

    void increment(const std::string& key) {
        const auto by = static_cast<std::int64_t>(1 + below(random_, 9));
        const auto note = where_.writes.begin(key, action::put);
        const moment begun = now();
        journal::effect what{.change = by};
        const auto answer = where_.table.update(key, [&](item& one) {
            one.balance += by;
            mark(one);
            what.content = fingerprint(one);
        });
        if (settle(note, answer, what)) {
            finish(write_sort::modify, begun);
        } else if (!may_come(answer.error())) {
            unexpected(key, "incrementing a counter", answer.error());
        }
    }

    void transfer() {
        const auto& accounts = where_.plan.accounts;
        const auto a = below(random_, accounts.size());
        const auto b = (a + 1 + below(random_, accounts.size() - 1)) % accounts.size();
        const std::string keys[2] = {accounts[a], accounts[b]};
        const auto amount = static_cast<std::int64_t>(1 + below(random_, 50));
        journal::effect what[2] = {{.change = -amount}, {.change = amount}};
        const journal::ticket notes[2] = {where_.writes.begin(keys[0], action::put),
                                          where_.writes.begin(keys[1], action::put)};
        const moment begun = now();
        const auto answer =
            where_.moved.transaction({where_.table.key(keys[0]), where_.table.key(keys[1])},
                                     [&](tandem::transaction& t) -> tandem::result<void> {
                                         for (int i = 0; i < 2; ++i) {
                                             TANDEM_TRY(auto one, t.get(where_.table, keys[i]));
                                             if (!one) return errc::not_found;
                                             one->balance += what[i].change;
                                             mark(*one);
                                             what[i].content = fingerprint(*one);
                                             TANDEM_TRY(const auto v, t.upsert(where_.table, *one));
                                             what[i].version = v.value;
                                         }
                                         return tandem::success();
                                     });
        for (int i = 0; i < 2; ++i) {
            if (answer) {
                where_.writes.acknowledged(notes[i], what[i]);
            } else if (answer.error() == errc::outcome_unknown) {
                where_.writes.unknown(notes[i], what[i]);
            } else {
                where_.writes.nothing_happened(notes[i]);
            }
        }
        if (answer) {
            finish(write_sort::transfer, begun);
        } else if (!may_come(answer.error())) {
            unexpected(keys[0], "transferring between two accounts", answer.error());
        }
    }

    void upsert(const std::string& key) {
        const item one = new_content(key);
        const auto note = where_.writes.begin(key, action::put);
        const moment begun = now();
        const auto answer = where_.table.upsert(one);
        if (settle(note, answer, {.content = fingerprint(one)})) {
            finish(write_sort::upsert, begun);
        } else if (!may_come(answer.error())) {
            unexpected(key, "upserting", answer.error());
        }
    }

    /// `is_there`: what the journal says of the key; nothing where it cannot say.
    void insert(const std::string& key, std::optional<bool> is_there) {
        const item one = new_content(key);
        const auto note = where_.writes.begin(key, action::put);
        const moment begun = now();
        const auto answer = where_.table.insert(one);
        if (settle(note, answer, {.content = fingerprint(one)})) {
            if (is_there == true) {
                where_.figures.found({finding_kind::lost, key, "an insert found no row"});
            }
            finish(write_sort::insert, begun);
        } else if (answer.error() == errc::already_exists) {
            if (is_there == false) {
                where_.figures.found({finding_kind::resurrected, key, "an insert found a row"});
            }
        } else if (!may_come(answer.error())) {
            unexpected(key, "inserting", answer.error());
        }
    }

    void update(const std::string& key, std::optional<bool> is_there) {
        const auto note = where_.writes.begin(key, action::put);
        const item wanted = new_content(key);
        const moment begun = now();
        journal::effect what;
        const auto answer = where_.table.update(key, [&](item& one) {
            one.description = wanted.description;
            one.fields = wanted.fields;
            one.stamp = wanted.stamp;
            one.updated_at = wanted.updated_at;
            what.content = fingerprint(one);
        });
        if (settle(note, answer, what)) {
            if (is_there == false) {
                where_.figures.found({finding_kind::resurrected, key, "an update found a row"});
            }
            finish(write_sort::modify, begun);
        } else if (answer.error() == errc::not_found) {
            if (is_there == true) {
                where_.figures.found({finding_kind::lost, key, "an update found no row"});
            }
        } else if (!may_come(answer.error())) {
            unexpected(key, "updating", answer.error());
        }
    }

    /// By the key's one writer: the version of the delete is not told.
    void erase(const std::string& key, std::optional<bool> is_there) {
        const auto note = where_.writes.begin(key, action::erase);
        const moment begun = now();
        const auto answer = where_.table.erase(key);
        if (answer && answer.value()) {
            where_.writes.acknowledged(note, {});
            if (is_there == false) {
                where_.figures.found({finding_kind::resurrected, key, "a delete found a row"});
            }
            finish(write_sort::erase, begun);
            return;
        }
        if (!answer && answer.error() == errc::outcome_unknown) {
            where_.writes.unknown(note, {});
        } else {
            where_.writes.nothing_happened(note);
        }
        if (answer && is_there == true) {
            where_.figures.found({finding_kind::lost, key, "a delete found no row"});
        } else if (!answer && !may_come(answer.error())) {
            unexpected(key, "deleting", answer.error());
        }
    }

    /// A delete by any writer: the version says where it stands among the writes of the others.
    void erase_shared(const std::string& key) {
        const auto note = where_.writes.begin(key, action::erase);
        const moment begun = now();
        const auto answer = where_.table.modify(
            key, [](const std::optional<item>&) -> tandem::result<std::optional<item>> {
                return std::optional<item>();
            });
        if (answer && answer.value().value == 0) {
            where_.writes.nothing_happened(note); // there was no row
        } else if (settle(note, answer, {})) {
            finish(write_sort::erase, begun);
        } else if (!may_come(answer.error())) {
            unexpected(key, "deleting", answer.error());
        }
    }

    void write_shared(const std::string& key) {
        const auto dice = below(random_, 10);
        if (dice < 4) {
            upsert(key);
        } else if (dice < 6) {
            insert(key, std::nullopt);
        } else if (dice < 8) {
            update(key, std::nullopt);
        } else {
            erase_shared(key);
        }
    }

    void write_owned(const std::string& key) {
        const history h = where_.writes.of(key);
        const bool is_certain = h.puts_begun == h.puts_ended && h.erases_begun == h.erases_ended;
        const auto is_there = is_certain ? std::optional<bool>(h.live) : std::nullopt;
        const auto dice = below(random_, 10);
        if (h.live ? dice < 4 : dice < 2) {
            upsert(key);
        } else if (h.live && dice < 7) {
            update(key, is_there);
        } else if (h.live) {
            erase(key, is_there);
        } else {
            insert(key, is_there);
        }
    }

    void write_once() {
        const auto number = once_.load(std::memory_order_relaxed);
        insert(where_.plan.once_key(slot_, number), false);
        once_.store(number + 1, std::memory_order_relaxed);
    }

    const ground& where_;
    std::size_t slot_;
    random_source random_;
    std::atomic<std::int64_t>& once_;
    std::int64_t stamps_ = 0;
};

} // namespace

void run_writer(const ground& where, gate& entry, std::size_t slot, random_source random,
                std::atomic<std::int64_t>& once) {
    writer one(where, slot, random, once);
    while (entry.pass())
        one.write_something();
}

} // namespace demo
