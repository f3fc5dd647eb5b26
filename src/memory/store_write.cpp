// SPDX-License-Identifier: BSL-1.0
//
// Everything that writes rows: single writes, transactions, guarded applies, loading and copying.
#include "tandem/memory/store.hpp"

#include "memory/store_state.hpp"
#include "memory/unit_of_work.hpp"

#include <algorithm>
#include <set>

namespace tandem::memory {

using detail::side_data;
using detail::store_state;
using detail::unit_of_work;
using testing::operation;

namespace {

error late(const char* what) {
    return {errc::timeout, std::string("the deadline passed before the ") + what +
                               "; the transaction was rolled back"};
}

/// A transaction at the primary. It holds the writer gate until it ends.
class transaction final : public store_transaction {
public:
    transaction(store_state& s, side_data& control, detail::writer_gate::hold gate,
                std::span<const table_key> keys, const operation_claim* claim,
                const call_context& call)
        : s_(s),
          control_(control),
          gate_(std::move(gate)),
          call_(call),
          unit_(std::in_place, s, control) {
        for (const auto& k : keys)
            declared_.emplace(k.table, k.key.encoded);
        if (claim == nullptr) return;
        claim_ = *claim;
        const std::scoped_lock lock(s_.db.mutex);
        control_.under_way.insert(claim_->id);
    }
    ~transaction() override { end(); }

    result<std::optional<stored_row>> get(table_id table, const row_key& k) override {
        return breaking(s_.faulty(operation::get, [&]() -> result<std::optional<stored_row>> {
            TANDEM_TRY(may_touch(table, k));
            const auto& f = control_.fence_of(k.encoded);
            const side which = s_.bound.is_joint() ? primary_of(f.phase) : s_.bound.side;
            return unit_->get(which, table, k);
        }));
    }

    result<write_reply> write(const write_command& command) override {
        return breaking(s_.faulty(operation::put, [&] { return put(command); }));
    }

    result<std::vector<write_reply>> write_all(std::span<const write_command> commands) override {
        return breaking(s_.faulty(operation::put, [&]() -> result<std::vector<write_reply>> {
            std::vector<write_reply> out;
            for (const auto& command : commands) {
                TANDEM_TRY(auto reply, put(command));
                out.push_back(std::move(reply));
            }
            return out;
        }));
    }

    result<std::vector<write_reply>> commit() override {
        auto answer = s_.faulty(operation::commit, [&] { return commit_now(); });
        end();
        return answer;
    }

private:
    result<void> may_touch(table_id table, const row_key& k) const {
        if (!unit_) return error(errc::stopped, "the transaction has ended");
        if (broken_) return *broken_;
        if (s_.db.options.now() >= call_.deadline) return late("next statement");
        if (declared_.contains({table, k.encoded})) return success();
        return error(
            errc::invalid_options,
            "the transaction touches a key that it did not declare; name every key when it "
            "begins");
    }

    result<write_reply> put(const write_command& command) {
        TANDEM_TRY(may_touch(command.table, command.key));
        TANDEM_TRY(auto reply, unit_->write(command, control_.fence_of(command.key.encoded)));
        // The image is not needed any more: what is committed is what the unit holds.
        write_command kept = command;
        kept.image.clear();
        written_.emplace_back(std::move(kept), reply);
        return reply;
    }

    result<std::vector<write_reply>> commit_now() {
        if (!unit_) return error(errc::stopped, "the transaction has ended");
        if (broken_) return *broken_;
        if (s_.db.options.now() >= call_.deadline) return late("commit");
        if (claim_) note_operation();
        std::vector<write_reply> out;
        for (auto& [command, reply] : written_) {
            if (command.want_change && reply.dual) reply.change = unit_->change_of(command, reply);
            out.push_back(std::move(reply));
        }
        unit_->commit();
        return out;
    }

    /// An error inside a transaction ends it, as a server's does.
    template <class T>
    result<T> breaking(result<T> answer) {
        if (answer.has_error() && !broken_) broken_ = answer.error();
        return answer;
    }

    void note_operation() {
        operation_record done{.id = claim_->id, .content = claim_->content, .committed = true};
        for (const auto& [command, reply] : written_) {
            if (reply.status != write_status::committed) continue;
            ++done.effect.writes;
            done.effect.version = reply.version;
        }
        unit_->note(std::move(done));
    }

    void end() {
        if (claim_) {
            const std::scoped_lock lock(s_.db.mutex);
            control_.under_way.erase(claim_->id);
        }
        claim_.reset();
        unit_.reset();
        gate_ = {};
    }

    store_state& s_;
    side_data& control_;
    detail::writer_gate::hold gate_;
    const call_context call_;
    std::optional<unit_of_work> unit_; // none: the transaction has ended
    std::set<detail::tombstone_key> declared_;
    std::vector<std::pair<write_command, write_reply>> written_;
    std::optional<error> broken_;
    std::optional<operation_claim> claim_;
};

result<begin_reply> begin_one(store_state& s, std::span<const table_key> keys,
                              const operation_claim* claim, const call_context& call) {
    TANDEM_TRY(auto* control, s.control(call));
    if (keys.empty()) return error(errc::invalid_options, "a transaction declares its keys");
    for (const auto& k : keys) {
        TANDEM_TRY(s.ready(call, k.table));
    }
    TANDEM_TRY(auto gate, s.enter_writer(call));
    begin_reply out{.transaction = nullptr, .fence = control->fence_of(keys.front().key.encoded)};
    const bool open = std::all_of(keys.begin(), keys.end(), [&](const table_key& k) {
        return control->fence_of(k.key.encoded).role == role::primary;
    });
    if (!open) return out;
    if (claim != nullptr) {
        TANDEM_TRY(out.repeated,
                   admit_operation(*claim, control->find(claim->id), s.db.options.unix_now()));
        if (out.repeated) return out;
    }
    out.transaction =
        std::make_unique<transaction>(s, *control, std::move(gate), keys, claim, call);
    return out;
}

result<write_reply> write_one(store_state& s, const write_command& command, route belief,
                              const call_context& call) {
    TANDEM_TRY(s.ready(call, command.table));
    TANDEM_TRY(auto* control, s.control(call));
    TANDEM_TRY(auto gate, s.enter_writer(call));
    const fence& f = control->fence_of(command.key.encoded);
    const bool refused = s.options.refuse_stale_beliefs && belief.epoch != f.epoch;
    if (f.role != role::primary || refused) return write_reply{};
    unit_of_work unit(s, *control);
    TANDEM_TRY(auto reply, unit.write(command, f));
    if (command.want_change && reply.dual) reply.change = unit.change_of(command, reply);
    unit.commit();
    return reply;
}

result<std::vector<apply_status>> apply_all(store_state& s, std::span<const change> changes,
                                            const call_context& call) {
    TANDEM_TRY(auto* control, s.control(call));
    if (s.options.faults != nullptr) {
        for (const auto& c : changes) {
            if (auto refusal = s.options.faults->poisoned(c)) return *refusal;
        }
    }
    TANDEM_TRY(auto gate, s.enter_writer(call));
    unit_of_work unit(s, *control);
    std::set<detail::tombstone_key> seen;
    std::vector<apply_status> out;
    for (const auto& c : changes) {
        TANDEM_TRY(s.ready(call, c.table));
        if (!seen.emplace(c.table, c.key).second) {
            return error(errc::duplicate_key, "a batch of changes names a key twice");
        }
        if (control->fence_of(c.key).epoch > c.epoch) {
            out.push_back(apply_status::closed);
            continue;
        }
        TANDEM_TRY(auto parts, decode_key(c.key, s.bound.tables[c.table].key_types()));
        TANDEM_TRY(auto status, unit.apply(c, row_key{std::move(parts), c.key}));
        out.push_back(status);
    }
    unit.commit();
    return out;
}

/// The first rows of a table behind `after`, copied to the other table of a joint store.
result<std::optional<key>> copy_rows(store_state& s, side_data& control, table_id t,
                                     const std::optional<key>& after, epoch era,
                                     std::size_t limit) {
    const auto& fences = control.fences;
    const bool open = std::all_of(fences.begin(), fences.end(),
                                  [&](const fence& f) { return is_dual(f.phase) && f.era == era; });
    if (!open) {
        return error(errc::fenced,
                     "the era of this backfill has ended; start it again with the era "
                     "of the fence");
    }
    const side primary = primary_of(fences.front().phase);
    const auto& rows = s.table(primary, t).rows;
    unit_of_work unit(s, control);
    std::optional<key> last;
    auto it = after ? rows.upper_bound(*after) : rows.begin();
    for (; it != rows.end() && limit > 0; ++it, --limit) {
        const row_key k{it->first, encode_stored_key(it->first)};
        TANDEM_TRY(unit.copy(other(primary), t, k, it->second));
        last = it->first;
    }
    unit.commit();
    return last;
}

} // namespace

result<write_reply> store::write(const write_command& command, route belief,
                                 const call_context& call) {
    return state_->faulty(operation::write,
                          [&] { return write_one(*state_, command, belief, call); });
}

result<begin_reply> store::begin(std::span<const table_key> keys, isolation,
                                 const call_context& call) {
    return state_->faulty(operation::begin,
                          [&] { return begin_one(*state_, keys, nullptr, call); });
}

result<begin_reply> store::begin(std::span<const table_key> keys, isolation,
                                 const operation_claim& claim, const call_context& call) {
    return state_->faulty(operation::begin, [&] { return begin_one(*state_, keys, &claim, call); });
}

result<std::vector<apply_status>> store::apply(std::span<const change> changes,
                                               const call_context& call) {
    return state_->faulty(operation::apply, [&] { return apply_all(*state_, changes, call); });
}

result<std::int64_t> store::bulk_load(table_id table, std::span<const row> rows,
                                      const call_context& call) {
    return state_->faulty(operation::bulk_load, [&]() -> result<std::int64_t> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto gate, state_->enter_writer(call));
        auto& held = state_->table(state_->bound.side, table);
        std::map<key, stored_row, detail::key_less> loaded;
        for (const auto& image : rows) {
            TANDEM_TRY(detail::check_row(held.schema, image));
            auto k = held.schema.key_of(image);
            if (held.find(k) != nullptr || !loaded.try_emplace(k, stored_row{image, {}}).second) {
                return error(errc::constraint,
                             "table \"" + held.schema.name +
                                 "\" holds a row with the key of one to be loaded");
            }
        }
        const std::scoped_lock lock(state_->db.mutex);
        held.rows.merge(loaded);
        return static_cast<std::int64_t>(rows.size());
    });
}

result<std::optional<key>> store::copy_chunk(table_id table, const std::optional<key>& after,
                                             epoch era, std::size_t limit,
                                             const call_context& call) {
    return state_->faulty(operation::copy, [&]() -> result<std::optional<key>> {
        TANDEM_TRY(state_->ready(call, table));
        TANDEM_TRY(auto* control, state_->control(call));
        if (!state_->bound.is_joint()) {
            return error(
                errc::unsupported,
                "only a store bound in same_transaction mode copies between its own tables");
        }
        TANDEM_TRY(auto gate, state_->enter_writer(call));
        return copy_rows(*state_, *control, table, after, era, limit);
    });
}

} // namespace tandem::memory
