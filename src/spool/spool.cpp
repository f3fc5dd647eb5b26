// SPDX-License-Identifier: BSL-1.0
//
// Group commit: a call puts its operation into the queue, then either leads (takes all that wait,
// commits them in one transaction, and wakes the others) or waits for the one who leads. While one
// leads, the next group gathers, so a group is as large as the disk is slow.

#include "tandem/spool/spool.hpp"

#include "tandem/core/clock_source.hpp"

#include "spool/files.hpp"

#include <concurrentqueue/concurrentqueue.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_map>

namespace tandem::spool {
namespace detail {
namespace {

constexpr std::size_t group_max = 1'000; // operations of one transaction

/// What one caller wants of the next commit: to add an intent, or to remove some.
struct operation {
    std::optional<intent_record> what;
    std::int64_t size = 0; ///< of it
    std::vector<std::int64_t> remove;
    // guarded by spool_state::mutex_
    std::int64_t id = 0;    ///< of the intent, given out in the order of the commits
    bool taken = false;     ///< by the one who leads
    bool finished = false;  ///< with `outcome`
    bool abandoned = false; ///< its caller has left
    result<void> outcome = success();
};

using shared_operation = std::shared_ptr<operation>;

std::string to_hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += digits[static_cast<unsigned char>(c) >> 4];
        out += digits[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

} // namespace

class spool_state {
public:
    spool_state(options wanted, directory where, files opened)
        : options_(std::move(wanted)),
          where_(std::move(where)),
          identity_(to_hexadecimal(opened.found.head.value().identity)),
          found_last_(opened.found.last_id),
          files_(std::move(opened)),
          last_id_(found_last_),
          records_(files_.found.records),
          bytes_(files_.found.bytes),
          damage_(files_.damage) {}

    result<std::int64_t> add(const intent_record& what, const call_context& call);
    void note(std::int64_t id, write_outcome outcome, monotonic_time at) noexcept;
    result<std::vector<owed_intent>> owed(std::int64_t after, std::size_t limit);
    result<void> settle(std::span<const std::int64_t> ids, const call_context& call);
    queue_stats stats() const;
    const std::string& identity() const noexcept { return identity_; }
    const std::string& place() const noexcept { return where_.place(); }
    std::optional<std::string> damage() const;
    result<void> damage_noted();

private:
    struct state_of_write {
        write_outcome outcome = write_outcome::in_flight;
        monotonic_time since{};
    };

    result<void> reserve(std::unique_lock<std::mutex>& lock, std::int64_t size,
                         const call_context& call);
    result<void> submit(std::unique_lock<std::mutex>& lock, const shared_operation& mine,
                        const call_context& call);
    void lead(std::unique_lock<std::mutex>& lock);
    std::vector<shared_operation> take_group();
    result<database::amount> commit(std::span<const shared_operation> group);
    void finish(operation& one, const result<void>& outcome);

    // constant
    const options options_;
    const directory where_;
    const std::string identity_;
    const std::int64_t
        found_last_; ///< up to here the outcomes are unknown, since before it was opened

    // self-synchronised
    moodycamel::ConcurrentQueue<shared_operation> waiting_;

    std::mutex database_mutex_; ///< taken before mutex_ where both are
    files files_;               // guarded by database_mutex_

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    bool leading_ = false;
    std::int64_t last_id_;
    std::int64_t records_; ///< durable, and on their way
    std::int64_t bytes_;
    std::unordered_map<std::int64_t, state_of_write> writes_; ///< those not known
    std::string damage_;
};

result<void> spool_state::reserve(std::unique_lock<std::mutex>& lock, std::int64_t size,
                                  const call_context& call) {
    if (size > options_.record_bytes_max) {
        return error(errc::row_too_large, "an intent takes " + std::to_string(size) +
                                              " bytes, more than "
                                              "spool::options::record_bytes_max");
    }
    const auto has_room = [&] {
        return records_ < options_.records_max && bytes_ + size <= options_.bytes_max;
    };
    bool room = has_room();
    if (!room && options_.full == when_full::block) {
        if (call.deadline == monotonic_time::max()) {
            changed_.wait(lock, has_room);
            room = true;
        } else {
            room = changed_.wait_until(lock, call.deadline, has_room);
        }
    }
    if (!room) {
        return error(errc::resources,
                     "the spool '" + where_.path() + "' is full (" + std::to_string(records_) +
                         " intents, " + std::to_string(bytes_) +
                         " bytes); the relay has to catch up, nothing was written");
    }
    ++records_;
    bytes_ += size;
    return success();
}

result<std::int64_t> spool_state::add(const intent_record& what, const call_context& call) {
    const auto size =
        static_cast<std::int64_t>(record_overhead + what.key.size() + what.body.size());
    std::unique_lock lock(mutex_);
    TANDEM_TRY(reserve(lock, size, call));
    auto mine = std::make_shared<operation>();
    mine->what = what;
    mine->size = size;
    TANDEM_TRY(submit(lock, mine, call));
    return mine->id;
}

result<void> spool_state::settle(std::span<const std::int64_t> ids, const call_context& call) {
    if (ids.empty()) return success();
    auto mine = std::make_shared<operation>();
    mine->remove.assign(ids.begin(), ids.end());
    std::unique_lock lock(mutex_);
    return submit(lock, mine, call);
}

result<void> spool_state::submit(std::unique_lock<std::mutex>& lock, const shared_operation& mine,
                                 const call_context& call) {
    waiting_.enqueue(mine);
    while (!mine->finished) {
        if (!leading_) {
            lead(lock);
        } else if (call.deadline == monotonic_time::max()) {
            changed_.wait(lock);
        } else if (changed_.wait_until(lock, call.deadline) == std::cv_status::timeout &&
                   !mine->finished) {
            // Not taken yet: whoever leads next leaves it out. Taken: it may become durable, and
            // as its caller writes nothing, that does no harm.
            mine->abandoned = true;
            if (!mine->taken) finish(*mine, errc::timeout);
            return error(errc::timeout, "the spool '" + where_.path() +
                                            "' did not sync before the deadline; nothing was "
                                            "written");
        }
    }
    return mine->outcome;
}

std::vector<shared_operation> spool_state::take_group() {
    std::vector<shared_operation> group(group_max);
    group.resize(waiting_.try_dequeue_bulk(group.begin(), group_max));
    std::erase_if(group, [](const shared_operation& one) { return one->finished; });
    for (const auto& one : group) {
        one->taken = true;
        if (!one->what) continue;
        one->id = ++last_id_;
        writes_.emplace(one->id, state_of_write{});
    }
    return group;
}

result<database::amount> spool_state::commit(std::span<const shared_operation> group) {
    batch work;
    std::int64_t last = 0;
    for (const auto& one : group) {
        work.remove.insert(work.remove.end(), one->remove.begin(), one->remove.end());
        if (!one->what) continue;
        work.add.emplace_back(one->id, encode(stored_record{one->id, *one->what}));
        last = one->id;
    }
    const std::lock_guard lock(database_mutex_);
    TANDEM_TRY(files_.records->commit(work));
    if (last > 0) write_mark(files_.mark, last);
    return files_.records->removed();
}

void spool_state::lead(std::unique_lock<std::mutex>& lock) {
    leading_ = true;
    std::vector<shared_operation> group;
    result<database::amount> removed = database::amount{};
    // Whatever is thrown, somebody has to be able to lead again and nobody may wait for nothing.
    try {
        group = take_group();
    } catch (...) {
        leading_ = false;
        changed_.notify_all();
        throw;
    }
    if (!group.empty()) {
        lock.unlock();
        try {
            removed = commit(group);
        } catch (const std::bad_alloc&) {
            removed = error(errc::resources, "no memory to write to the spool '" + where_.path() +
                                                 "'; whether it was written is not known");
        }
        lock.lock();
    }
    if (removed) {
        records_ -= removed.value().records;
        bytes_ -= removed.value().bytes;
    }
    for (const auto& one : group) {
        finish(*one, removed ? result<void>(success()) : result<void>(removed.error()));
        if (!removed) continue;
        for (const std::int64_t id : one->remove)
            writes_.erase(id);
    }
    leading_ = false;
    changed_.notify_all();
}

void spool_state::finish(operation& one, const result<void>& outcome) {
    one.finished = true;
    one.outcome = outcome;
    if (!one.what) return;
    if (!outcome) {
        --records_;
        bytes_ -= one.size;
    }
    // Nothing will be written for it.
    if (!outcome || one.abandoned) writes_.erase(one.id);
}

void spool_state::note(std::int64_t id, write_outcome outcome, monotonic_time at) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = writes_.find(id);
    if (found == writes_.end()) return;
    if (outcome == write_outcome::known) {
        writes_.erase(found);
    } else {
        found->second = {outcome, at};
    }
}

result<std::vector<owed_intent>> spool_state::owed(std::int64_t after, std::size_t limit) {
    std::vector<stored_record> read;
    {
        const std::lock_guard lock(database_mutex_);
        TANDEM_TRY(auto some, files_.records->read(after, limit));
        read = std::move(some);
    }
    std::vector<owed_intent> all;
    all.reserve(read.size());
    const std::lock_guard lock(mutex_);
    for (auto& r : read) {
        owed_intent one{.id = r.id, .what = std::move(r.what), .outcome = write_outcome::known};
        if (const auto write = writes_.find(r.id); write != writes_.end()) {
            one.outcome = write->second.outcome;
            one.since = write->second.since;
        } else if (r.id <= found_last_) {
            one.outcome = write_outcome::unknown;
        }
        all.push_back(std::move(one));
    }
    return all;
}

queue_stats spool_state::stats() const {
    const std::lock_guard lock(mutex_);
    return {records_, bytes_};
}

std::optional<std::string> spool_state::damage() const {
    const std::lock_guard lock(mutex_);
    if (damage_.empty()) return std::nullopt;
    return damage_;
}

result<void> spool_state::damage_noted() {
    const std::lock_guard database_lock(database_mutex_);
    TANDEM_TRY(files_.records->forget_damage());
    const std::lock_guard lock(mutex_);
    damage_.clear();
    return success();
}

} // namespace detail

namespace {

result<void> check(const options& wanted) {
    if (wanted.records_max < 1 || wanted.record_bytes_max < 1 ||
        wanted.bytes_max < wanted.record_bytes_max) {
        return error(
            errc::invalid_options,
            "spool::options: records_max and record_bytes_max are at least 1, bytes_max at "
            "least record_bytes_max");
    }
    return success();
}

} // namespace

result<spool> spool::open(options wanted, const call_context& call) {
    TANDEM_TRY(check(wanted));
    if (time_left(call).count() == 0) return errc::timeout;
    TANDEM_TRY(auto where, detail::directory::open(wanted.directory));
    TANDEM_TRY(auto opened, detail::open_files(where));
    return spool(std::make_unique<detail::spool_state>(std::move(wanted), std::move(where),
                                                       std::move(opened)));
}

spool::spool(std::unique_ptr<detail::spool_state> state) : state_(std::move(state)) {}
spool::spool(spool&&) noexcept = default;
spool& spool::operator=(spool&&) noexcept = default;
spool::~spool() = default;

result<std::int64_t> spool::add(const intent_record& what, const call_context& call) {
    return state_->add(what, call);
}
void spool::note(std::int64_t id, write_outcome outcome, monotonic_time at) noexcept {
    state_->note(id, outcome, at);
}
result<std::vector<owed_intent>> spool::owed(std::int64_t after, std::size_t limit,
                                             const call_context& call) {
    if (time_left(call).count() == 0) return errc::timeout;
    return state_->owed(after, limit);
}
result<void> spool::settle(std::span<const std::int64_t> ids, const call_context& call) {
    return state_->settle(ids, call);
}
queue_stats spool::stats() const { return state_->stats(); }
const std::string& spool::identity() const { return state_->identity(); }
const std::string& spool::place() const { return state_->place(); }
std::optional<std::string> spool::damage() const { return state_->damage(); }
result<void> spool::damage_noted(const call_context& call) {
    if (time_left(call).count() == 0) return errc::timeout;
    return state_->damage_noted();
}

} // namespace tandem::spool
