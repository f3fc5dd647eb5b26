// SPDX-License-Identifier: BSL-1.0
//
// Write transactions of several statements, on a connection of their own. begin() is one round
// trip: BEGIN, the fences of all buckets (tandem_enter, ascending), then the key locks (ascending),
// before any row lock. The writes are the texts of the single write, at the epoch that was entered:
// the shared fence lock keeps it.
//
// Above READ COMMITTED the snapshot may be older than the key lock, so a write that may insert
// excludes others through an index entry in the tombstone table instead (the anchor): a concurrent
// delete, insert or purge of the key then fails with 40001 on one of both sides.

#include "tandem/core/clock_source.hpp"

#include "postgres/operations.hpp"
#include "postgres/write_texts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tandem::postgres {
namespace detail {
namespace {

// What begin() found; all locks are held afterwards.
struct entered_fences {
    fences all;
    std::int64_t number = 0;       ///< of the transaction
    std::optional<looked_up> seen; ///< with a claim
};

class transaction final : public store_transaction {
public:
    transaction(store_state& state, lease on, isolation level, entered_fences entered,
                std::span<const table_key> keys, const operation_claim* claim,
                const call_context& call)
        : state_(state), on_(std::move(on)), level_(level), call_(call), number_(entered.number) {
        if (claim != nullptr) claim_ = *claim;
        for (const fence& f : entered.all)
            fences_.emplace(f.bucket, f);
        for (const table_key& k : keys)
            declared_.emplace(k.table, k.key.encoded);
    }
    ~transaction() override { end(); }

    result<std::optional<stored_row>> get(table_id table, const row_key& at) override {
        return breaking(get_now(table, at));
    }
    result<write_reply> write(const write_command& command) override {
        auto replies = breaking(write_now({&command, 1}));
        if (replies.has_error()) return replies.error();
        return std::move(replies.value().front());
    }
    result<std::vector<write_reply>> write_all(std::span<const write_command> commands) override {
        if (commands.empty()) return std::vector<write_reply>();
        return breaking(write_now(commands));
    }
    result<std::vector<write_reply>> commit() override {
        auto answer = commit_now();
        end();
        return answer;
    }

private:
    struct planned {
        write_kind kind; ///< as it is run
        const table_plan* plan;
        write_place place;
        write_position position;
    };

    [[nodiscard]] const fence& fence_of(const key_bytes& encoded) const {
        return fences_.at(state_.bucket(encoded));
    }
    [[nodiscard]] side side_of(const key_bytes& encoded) const {
        return state_.bound().is_joint() ? primary_of(fence_of(encoded).phase)
                                         : state_.bound().side;
    }
    result<void> may_touch(table_id table, const row_key& at) const {
        if (!on_) return error(errc::stopped, "the transaction has ended");
        if (broken_) return *broken_;
        if (declared_.contains({table, at.encoded})) return success();
        return error(errc::invalid_options, "the transaction touches a key that it did not "
                                            "declare; name every key when it begins");
    }

    result<std::optional<stored_row>> get_now(table_id table, const row_key& at) {
        TANDEM_TRY(may_touch(table, at));
        TANDEM_TRY(const table_plan* plan, state_.plan(side_of(at.encoded), table, on_, call_));
        parameters values;
        TANDEM_TRY(add_key(values, at.parts, plan->own));
        pipeline work;
        work.add(plan->sql.lock_row, std::move(values));
        TANDEM_TRY(auto answers, exchange(*on_, work, call_));
        std::optional<stored_row> found;
        if (answers[0].rows() == 0) {
            absent_.emplace(table, at.encoded);
            return found;
        }
        locked_.emplace(table, at.encoded);
        TANDEM_TRY(read_stored_row(answers[0], 0, 0, plan->own, found));
        return found;
    }

    // A row this transaction holds locked cannot be made absent by another one.
    [[nodiscard]] bool needs_anchor(const write_command& c, const table_plan& plan) const {
        return level_ != isolation::read_committed && !state_.bound().is_joint() &&
               c.kind != write_kind::erase && plan.own.has_deletes() &&
               !locked_.contains({c.table, c.key.encoded});
    }

    // FOR UPDATE locks nothing where the key is absent, and a table without deletes has no key
    // lock. So an upsert that relies on the absence is run as an insert: who came between is
    // noticed.
    [[nodiscard]] bool relies_on_absence(const write_command& c, const table_plan& plan) const {
        return c.kind == write_kind::upsert && !plan.own.has_deletes() &&
               absent_.contains({c.table, c.key.encoded}) &&
               !locked_.contains({c.table, c.key.encoded});
    }

    result<planned> add_one(pipeline& work, const write_command& c) {
        TANDEM_TRY(may_touch(c.table, c.key));
        const fence& f = fence_of(c.key.encoded);
        TANDEM_TRY(const table_plan* plan,
                   state_.plan(side_of(c.key.encoded), c.table, on_, call_));
        planned out{c.kind, plan, {f.epoch, is_dual(f.phase), f.bucket}, {}};
        const bool anchored = needs_anchor(c, *plan);
        parameters name;
        name.add_int2(static_cast<std::int16_t>(c.table));
        name.add_bytes(c.key.encoded);
        if (anchored) {
            parameters values = name;
            values.add_int4(f.bucket);
            values.add_int8(f.epoch);
            work.run(state_.control().anchor, std::move(values));
        }
        if (relies_on_absence(c, *plan)) {
            write_command fresh = c;
            fresh.kind = out.kind = write_kind::insert;
            TANDEM_TRY(out.position,
                       add_write(work, fresh, out.place, *plan, state_.bound().is_joint()));
            return out;
        }
        TANDEM_TRY(out.position, add_write(work, c, out.place, *plan, state_.bound().is_joint()));
        if (anchored) work.run(state_.control().remove_anchor, std::move(name));
        return out;
    }

    result<std::vector<write_reply>> write_now(std::span<const write_command> commands) {
        std::vector<planned> plans;
        pipeline work;
        for (const write_command& c : commands) {
            TANDEM_TRY(auto one, add_one(work, c));
            plans.push_back(one);
        }
        TANDEM_TRY(auto answers, exchange(*on_, work, call_));
        std::vector<write_reply> out;
        for (std::size_t i = 0; i < commands.size(); ++i) {
            const write_command run{.kind = plans[i].kind,
                                    .table = commands[i].table,
                                    .key = commands[i].key,
                                    .want_change = commands[i].want_change};
            TANDEM_TRY(auto reply, read_write(answers, plans[i].position, run, plans[i].place,
                                              *plans[i].plan, state_.bound().is_joint()));
            if (reply.status == write_status::exists && commands[i].kind == write_kind::upsert) {
                return error(errc::serialization,
                             "table " + plans[i].plan->own.schema->name +
                                 ": a row that was absent when it was read came into being; run "
                                 "the transaction again");
            }
            if (reply.status == write_status::fenced) {
                return error(errc::invariant, "the fence changed under a transaction that holds "
                                              "its lock");
            }
            note_presence(commands[i], reply);
            out.push_back(std::move(reply));
        }
        done_.insert(done_.end(), out.begin(), out.end());
        return out;
    }

    void note_presence(const write_command& c, const write_reply& reply) {
        if (c.kind == write_kind::erase) {
            locked_.erase({c.table, c.key.encoded});
        } else if (reply.status == write_status::committed) {
            locked_.emplace(c.table, c.key.encoded);
        }
    }

    result<std::vector<write_reply>> commit_now() {
        if (!on_) return error(errc::stopped, "the transaction has ended");
        if (broken_) return *broken_;
        pipeline work;
        work.outcome = effect::commits_at_last;
        if (claim_) work.run(state_.control().add_operation, values_of(record()));
        work.run(state_.control().commit);
        const auto committed = exchange(*on_, work, call_);
        if (!committed) return explained(committed.error());
        return std::move(done_);
    }

    [[nodiscard]] operation_record record() const {
        operation_record out{.id = claim_->id, .content = claim_->content, .committed = true};
        for (const write_reply& r : done_) {
            if (r.status != write_status::committed) continue;
            ++out.effect.writes;
            out.effect.version = r.version;
        }
        return out;
    }

    // Above READ COMMITTED the record of a call that ended meanwhile is not seen, only met.
    [[nodiscard]] error explained(const error& found) const {
        const bool met = claim_ && on_->sqlstate() == "23505" &&
                         found.detail().find("tandem_operation") != std::string_view::npos;
        return met ? operation_ran_meanwhile() : with_transaction(found, state_.scope(), number_);
    }

    /// An error inside a transaction ends it, as the server's does.
    template <class T>
    result<T> breaking(result<T> answer) {
        if (answer.has_error() && !broken_) broken_ = answer.error();
        return answer;
    }

    void end() noexcept {
        if (!on_) return;
        if (!on_->broken() && on_->in_transaction()) roll_back(on_, state_.control(), call_);
        on_.end();
    }

    store_state& state_;
    lease on_; ///< none: the transaction has ended
    const isolation level_;
    const call_context call_;
    std::map<int, fence> fences_;
    std::set<std::pair<table_id, key_bytes>> declared_, locked_, absent_;
    std::vector<write_reply> done_;
    std::optional<error> broken_;
    std::optional<operation_claim> claim_;
    const std::int64_t number_; ///< of the transaction
};

struct locks {
    std::vector<int> buckets, stripes;
};

locks locks_of(const store_state& state, std::span<const table_key> keys, isolation level) {
    locks out;
    // Joint copies change the fence of bucket 0, so that they and older snapshots exclude others.
    if (state.bound().is_joint() && level != isolation::read_committed) out.buckets.push_back(0);
    for (const table_key& k : keys) {
        out.buckets.push_back(state.bucket(k.key.encoded));
        const binding& b = state.bound();
        const bool deletable = b.tables[k.table].deletes == deletes::allowed ||
                               (b.is_joint() && b.joint[k.table].deletes == deletes::allowed);
        if (deletable) out.stripes.push_back(key_stripe(k.table, k.key.encoded));
    }
    for (auto* numbers : {&out.buckets, &out.stripes}) {
        std::sort(numbers->begin(), numbers->end());
        numbers->erase(std::unique(numbers->begin(), numbers->end()), numbers->end());
    }
    return out;
}

// The lock of an id is taken before those of the keys: who waits for it holds nothing that others
// need but the fences. It is looked up in a later statement.
result<entered_fences> enter(store_state& state, lease& on, const locks& wanted, isolation level,
                             const operation_claim* claim, const call_context& call) {
    const control_sql& sql = state.control();
    parameters buckets, stripes;
    add_int4_array(buckets, wanted.buckets);
    add_int4_array(stripes, wanted.stripes);
    pipeline work;
    work.run(sql.begin[static_cast<std::size_t>(level)]);
    limit_idle(work, on, sql);
    add_timeouts(work, on, sql, call);
    const std::size_t at = work.add(sql.enter, std::move(buckets));
    if (claim != nullptr) work.run(sql.lock_operation, lock_of(state.scope(), claim->id));
    if (!wanted.stripes.empty()) work.run(sql.lock_stripes, std::move(stripes));
    if (claim != nullptr) work.add(sql.find_operation, name_of(claim->id));
    TANDEM_TRY(auto answers, exchange(*on, work, call));
    entered_fences out{fences_of(answers[at]), 0, {}};
    const bool missing =
        std::any_of(out.all.begin(), out.all.end(), [](const fence& f) { return f.epoch == 0; });
    if (out.all.empty() || missing) return state.not_installed();
    out.number = answers[at].int8(0, 2);
    if (claim != nullptr) {
        TANDEM_TRY(out.seen, looked_up_in(answers.back(), claim->id));
    }
    return out;
}

result<begin_reply> begin_on(store_state& state, lease& on, std::span<const table_key> keys,
                             isolation level, const operation_claim* claim,
                             const call_context& call) {
    const locks wanted = locks_of(state, keys, level);
    const int first = state.bucket(keys.front().key.encoded);
    TANDEM_TRY(auto entered, enter(state, on, wanted, level, claim, call));
    begin_reply out;
    out.fence = *std::find_if(entered.all.begin(), entered.all.end(),
                              [&](const fence& f) { return f.bucket == first; });
    const bool open = std::all_of(entered.all.begin(), entered.all.end(),
                                  [](const fence& f) { return f.role == role::primary; });
    if (open && claim != nullptr) {
        TANDEM_TRY(out.repeated,
                   admit_operation(*claim, entered.seen->found, entered.seen->now_ms));
    }
    if (open && !out.repeated) {
        out.transaction = std::make_unique<transaction>(state, std::move(on), level,
                                                        std::move(entered), keys, claim, call);
    } else {
        roll_back(on, state.control(), call);
    }
    return out;
}

result<begin_reply> begin_transaction(store_state& state, std::span<const table_key> keys,
                                      isolation level, const operation_claim* claim,
                                      const call_context& call) {
    TANDEM_TRY(state.check(0));
    if (keys.empty()) return error(errc::invalid_options, "a transaction declares its keys");
    for (const table_key& k : keys) {
        TANDEM_TRY(state.check(k.table));
    }
    return state.run(call,
                     [&](lease& on) { return begin_on(state, on, keys, level, claim, call); });
}

} // namespace
} // namespace detail

result<begin_reply> store::begin(std::span<const table_key> keys, isolation level,
                                 const call_context& call) {
    return detail::begin_transaction(*state_, keys, level, nullptr, call);
}

result<begin_reply> store::begin(std::span<const table_key> keys, isolation level,
                                 const operation_claim& claim, const call_context& call) {
    return detail::begin_transaction(*state_, keys, level, &claim, call);
}

} // namespace tandem::postgres
