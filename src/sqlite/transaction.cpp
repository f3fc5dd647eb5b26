// SPDX-License-Identifier: BSL-1.0
//
// A write transaction over several keys. It holds the one writer, hence the file's write lock, from
// begin() to its end.
#include "tandem/core/clock_source.hpp"
#include "tandem/sqlite/store.hpp"

#include "sqlite/fences.hpp"
#include "sqlite/operations.hpp"
#include "sqlite/write_rules.hpp"

#include <set>
#include <utility>

namespace tandem::sqlite {

namespace detail {

namespace {

class transaction final : public store_transaction {
public:
    transaction(std::shared_ptr<state> s, unit open, entered_fences entered,
                std::span<const table_key> keys, const operation_claim* claim,
                const call_context& call)
        : state_(std::move(s)), open_(std::move(open)), entered_(std::move(entered)), call_(call) {
        if (claim != nullptr) claim_ = *claim;
        for (const auto& declared : keys)
            declared_.emplace(declared.table, declared.key.encoded);
    }

    result<std::optional<stored_row>> get(table_id table, const row_key& wanted) override {
        return breaking(find(table, wanted));
    }

    result<write_reply> write(const write_command& command) override {
        return breaking(put(command));
    }

    result<std::vector<write_reply>> write_all(std::span<const write_command> commands) override {
        std::vector<write_reply> replies;
        replies.reserve(commands.size());
        for (const auto& command : commands) {
            TANDEM_TRY(auto reply, write(command));
            replies.push_back(std::move(reply));
        }
        return replies;
    }

    result<std::vector<write_reply>> commit() override {
        auto replies = complete();
        if (replies) {
            const auto committed = open_->commit(call_);
            if (!committed) replies = committed.assume_error();
        }
        open_.reset();
        return replies;
    }

private:
    result<void> may_continue() const {
        if (!open_) return error(errc::stopped, "the transaction has ended; begin another one");
        if (broken_) return *broken_;
        if (call_.deadline != monotonic_time::max() && monotonic_now() >= call_.deadline) {
            return error(errc::timeout,
                         "the deadline of the transaction passed; nothing was written");
        }
        return success();
    }

    result<void> may_touch(table_id table, const row_key& wanted) const {
        TANDEM_TRY(may_continue());
        TANDEM_TRY(state_->ready(table));
        if (declared_.contains({table, wanted.encoded})) return success();
        return error(errc::invalid_options, "the transaction touches a key that it did not "
                                            "declare; name every key when it begins");
    }

    result<std::optional<stored_row>> find(table_id table, const row_key& wanted) {
        TANDEM_TRY(may_touch(table, wanted));
        TANDEM_TRY(const auto* f, entered_.of(wanted.encoded));
        const side which = state_->bound.is_joint() ? primary_of(f->phase) : state_->bound.side;
        return find_row(**open_, state_->table(which, table), wanted.parts);
    }

    result<write_reply> put(const write_command& command) {
        TANDEM_TRY(may_touch(command.table, command.key));
        TANDEM_TRY(const auto* f, entered_.of(command.key.encoded));
        TANDEM_TRY(auto reply, write_under_fence(**open_, *state_, *f, command));
        // What is committed is read again, so the image is not kept.
        write_command kept{.kind = command.kind, .table = command.table, .key = command.key};
        kept.want_change = command.want_change;
        written_.emplace_back(std::move(kept), reply);
        return reply;
    }

    result<std::vector<write_reply>> complete() {
        TANDEM_TRY(may_continue());
        std::vector<write_reply> replies;
        replies.reserve(written_.size());
        for (auto& [command, reply] : written_) {
            TANDEM_TRY(complete_reply(**open_, *state_, command, reply));
            replies.push_back(std::move(reply));
        }
        if (claim_) {
            TANDEM_TRY(note_operation(replies));
        }
        return replies;
    }

    result<void> note_operation(const std::vector<write_reply>& replies) {
        operation_record done{.id = claim_->id, .content = claim_->content, .committed = true};
        for (const write_reply& r : replies) {
            if (r.status != write_status::committed) continue;
            ++done.effect.writes;
            done.effect.version = r.version;
        }
        return add_operation(**open_, *state_, done, !state_->bound.is_joint());
    }

    /// An error ends the transaction, as it does at a server: what a transaction may do must not
    /// depend on the phase.
    template <class T>
    result<T> breaking(result<T> answer) {
        if (!answer && !broken_) broken_ = answer.assume_error();
        return answer;
    }

    std::shared_ptr<state> state_;
    std::optional<unit> open_; // nothing once it has ended
    entered_fences entered_;
    const call_context call_;
    std::set<std::pair<table_id, key_bytes>> declared_;
    std::vector<std::pair<write_command, write_reply>> written_;
    std::optional<error> broken_;
    std::optional<operation_claim> claim_;
};

result<begin_reply> begin_transaction(const std::shared_ptr<state>& shared,
                                      std::span<const table_key> keys, const operation_claim* claim,
                                      const call_context& call) {
    auto& s = *shared;
    if (keys.empty()) return error(errc::invalid_options, "a transaction declares its keys");
    for (const auto& declared : keys) {
        TANDEM_TRY(s.ready(declared.table));
    }
    TANDEM_TRY(auto open, unit::begin(s, call, foreign_keys::enforced));
    entered_fences entered(*open, s);
    bool is_primary = true;
    for (const auto& declared : keys) {
        TANDEM_TRY(const auto* f, entered.of(declared.key.encoded));
        is_primary = is_primary && f->role == role::primary;
    }
    TANDEM_TRY(const auto* first, entered.of(keys.front().key.encoded));
    begin_reply out{.transaction = nullptr, .fence = *first};
    if (!is_primary) return out;
    if (claim != nullptr) {
        TANDEM_TRY(const auto seen, find_operation(*open, s, claim->id));
        TANDEM_TRY(out.repeated, admit_operation(*claim, seen.found, seen.now_ms));
        if (out.repeated) return out;
    }
    out.transaction = std::make_unique<transaction>(shared, std::move(open), std::move(entered),
                                                    keys, claim, call);
    return out;
}

} // namespace

} // namespace detail

result<begin_reply> store::begin(std::span<const table_key> keys, isolation,
                                 const call_context& call) {
    return detail::begin_transaction(state_, keys, nullptr, call);
}

result<begin_reply> store::begin(std::span<const table_key> keys, isolation,
                                 const operation_claim& claim, const call_context& call) {
    return detail::begin_transaction(state_, keys, &claim, call);
}

} // namespace tandem::sqlite
