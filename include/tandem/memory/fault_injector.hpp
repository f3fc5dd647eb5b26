// SPDX-License-Identifier: BSL-1.0
//
// testing::fault_injector: makes the operations of a memory::store fail, lose their answer or wait
// for another actor, exactly at the call a test names. Give it to the store, say what is to happen,
// run:
//
//     tandem::testing::fault_injector faults;
//     tandem::memory::store store(db, {.faults = &faults});
//     using op = tandem::testing::operation;
//     faults.fail({op::apply}, tandem::errc::unavailable);      // the next apply
//     faults.fail({op::apply, 2, 5}, tandem::errc::busy);       // after two good ones, five
//     faults.unknown_applied({op::write});                      // written, but the answer is lost
//     faults.before({op::commit}, [&] { other.switch_to(...); }); // interleaves another actor
//
// A rule sees every call of its operation from the moment it was added; several rules may meet one
// call: all their functions run, and the first failure among them counts. Thread-safe.
#pragma once

#include "tandem/core/change.hpp"

#include <array>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>

namespace tandem::testing {

/// What a store is asked to do. `any` matches all of them.
enum class operation : std::uint8_t {
    any,
    install,   ///< install, add_version_columns
    fences,    ///< read_fences, sequences
    read,      ///< read, read_many
    scan,      ///< scan, tombstones
    write,     ///< write: one key, its own transaction
    begin,     ///< begin
    get,       ///< store_transaction::get
    put,       ///< store_transaction::write and write_all
    commit,    ///< store_transaction::commit
    apply,     ///< apply
    owed,      ///< owed, is_owed, stats, dead_letters, dirty_marks
    settle,    ///< settle
    note,      ///< note_failure, revive, drop, mark_dirty, clear_dirty
    step,      ///< step
    purge,     ///< purge
    bulk_load, ///< bulk_load
    copy,      ///< copy_chunk
    uninstall, ///< uninstall
    log,       ///< all of operation_log but begin
};
inline constexpr std::size_t operation_count = 20;

/// Which calls a rule meets: of `op`, after `skip` others of its kind, and then `times` in a row.
struct calls {
    operation op = operation::any;
    int skip = 0;
    int times = 1; ///< negative: for ever
};

class fault_injector {
public:
    fault_injector() = default;
    fault_injector(const fault_injector&) = delete;
    fault_injector& operator=(const fault_injector&) = delete;

    /// A clean error: nothing happened.
    void fail(calls which, errc code, std::string detail = "injected fault");

    /// It happens, and the caller is not told so: errc::outcome_unknown from write and commit, and
    /// errc::connection_lost from all others, which may be repeated.
    void unknown_applied(calls which);

    /// The same answer, but nothing happened.
    void unknown_not_applied(calls which);

    /// Runs in the calling thread before the operation takes any lock. The function may use stores,
    /// this injector included.
    void before(calls which, std::function<void()> run);

    /// The same after the operation, before its caller gets the answer.
    void after(calls which, std::function<void()> run);

    /// Every apply whose changes hold one that `match` says yes to fails with `code`, and nothing
    /// of its batch is applied: a row that the secondary can not take. Until clear(). `match` runs
    /// without locks and may be called by several threads.
    void poison(std::function<bool(const change&)> match, errc code = errc::constraint);

    /// Forgets all rules; the counts stay.
    void clear();

    /// How often an operation was called since construction, failed calls included.
    [[nodiscard]] std::int64_t count(operation op) const;

    // --- for stores ------------------------------------------------------------------------------

    /// What is to happen at one call.
    struct plan {
        std::vector<std::function<void()>> before;
        std::vector<std::function<void()>> after;
        std::optional<error> answer; ///< instead of the operation's own answer
        bool run = true;             ///< whether the operation happens
    };
    /// Counts a call and takes what the rules hold for it.
    [[nodiscard]] plan next(operation op);
    /// The error of the first poisonous change.
    [[nodiscard]] std::optional<error> poisoned(const change& c) const;

private:
    struct rule {
        calls which;
        std::function<void()> before;
        std::function<void()> after;
        std::optional<error> answer;
        bool unknown = false; ///< the answer depends on the operation
        bool run = true;
    };
    struct poison_rule {
        std::function<bool(const change&)> match;
        errc code;
    };
    void add(rule r);

    mutable std::mutex mutex_;
    std::list<rule> rules_;                              // guarded by mutex_
    std::vector<poison_rule> poisons_;                   // guarded by mutex_
    std::array<std::int64_t, operation_count> counts_{}; // guarded by mutex_
};

} // namespace tandem::testing
