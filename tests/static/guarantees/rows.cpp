// SPDX-License-Identifier: BSL-1.0
#include "rows.hpp"

namespace tandem::test {
namespace {

using enum guarantee;

std::vector<guarantee_row> of_the_data() {
    return {
        {no_write_lost,
         "An acknowledged write is there after every crash, switch and way back.",
         {"", "", "", "old_only and dual_old_primary; at the target once nothing is owed"},
         {"kill_9.loses_and_resurrects_nothing_that_was_acknowledged",
          "traffic_over_stores.two_processes_lose_nothing_while_the_phases_change",
          "same_transaction.the_copy_beside_writers_loses_no_write",
          "keyed_traffic.both_sides_are_the_same_when_nothing_is_owed",
          "spool_crash.no_acknowledged_intent_is_lost_when_its_process_is_killed"}},
        {intent_with_write,
         "What the other side lacks is recorded in the transaction of the write.",
         {"", "", "nothing is ever owed", "before the write, in the spool of the process"},
         {"contract_intent.a_dual_phase_owes_every_committed_write",
          "relaying_from_sql.lateoutbox_without_its_intent_a_write_does_not_commit",
          "keyed_source.a_full_spool_refuses_the_write_before_it_is_sent"}},
        {no_stale_phase,
         "No write commits under a phase that has ended, whatever a process believes.",
         {},
         {"contract_concurrency.no_write_commits_behind_a_switch",
          "naive.trace_1_a_write_under_an_old_belief_is_refused_by_the_store",
          "switching.nohold_a_writer_in_flight_keeps_the_drain_from_beginning",
          "same_transaction.a_writer_in_flight_keeps_the_flip_waiting"}},
        {no_older_row,
         "No row is replaced by an older state of itself.",
         {"", "", "", "once nothing is owed: the last pull reads last"},
         {"relaying.noguard_a_late_change_does_not_overwrite_a_newer_one",
          "contract_concurrency.changes_applied_in_any_order_end_with_the_newest",
          "same_transaction.the_copy_does_not_put_an_older_row_over_that_of_a_writer_in_flight",
          "keyed_source.an_intent_whose_write_ends_during_its_pull_stays_for_the_next_one"}},
        {no_resurrection,
         "No deleted row comes back.",
         {"", "", "", "once nothing is owed"},
         {"naive.trace_2_a_late_second_write_does_not_resurrect",
          "naive.trace_6_a_backfill_does_not_put_a_deleted_row_back",
          "purging.ctr_purge_a_key_recreated_after_a_purge_is_newer_than_its_tombstone",
          "keyed_source.a_row_erased_between_two_eras_goes_from_a_target_that_was_kept"}},
        {no_lost_update,
         "A read-modify-write builds on the newest write, whichever process made it, at any phase.",
         {},
         {"naive.trace_1_two_primaries_both_increments_count",
          "locking.a_lost_update_is_excluded_by_the_row_lock",
          "contract_concurrency.increments_of_two_threads_are_all_there",
          "sqlite_store.two_processes_lose_no_increment"}},
        {recent_reads,
         "A read shows the newest acknowledged write of its key, during a switch too.",
         {"", "", "", "as the source reads"},
         {"naive.trace_7_a_read_under_an_old_belief_is_not_stale",
          "switching.read2_a_switch_between_belief_and_read_does_not_make_it_stale",
          "switching.unfenced_2_every_answer_says_whether_its_side_decides"}},
    };
}

std::vector<guarantee_row> of_the_service() {
    return {
        {several_keys,
         "Several keys and tables change in one transaction, at the primary.",
         {},
         {"walk.a_transfer_over_two_keys_is_one_transaction",
          "walk_over_stores.a_transaction_over_two_tables_is_atomic_at_the_primary",
          "contract_joint.transactions_write_both_tables"}},
        {both_at_once,
         "Source and target table change in one transaction.",
         {},
         {"same_transaction.both_tables_have_every_write_of_a_dual_phase",
          "sqlite_joint.a_refusal_by_the_other_table_takes_the_write_back"}},
        {secondary_caught_up,
         "The secondary has a write of a dual phase when it is acknowledged.",
         {"", "unless it failed or took longer than sync_timeout: then it is owed", "", ""},
         {"walk_over_stores.sync_mode_has_applied_the_change_when_it_answers",
          "walk_over_stores.sync_mode_owes_what_the_secondary_could_not_take",
          "same_transaction.both_tables_have_every_write_of_a_dual_phase"}},
        {free_of_secondary,
         "A secondary that is down, hangs or refuses a row fails and delays no write.",
         {"", "delayed by sync_timeout at most, until its breaker opens", "it is the same server",
          ""},
         {"sick_server.that_hangs_costs_writers_nothing_and_gets_everything_when_it_goes_on",
          "sick_server.that_hangs_costs_sync_writers_nothing_and_gets_everything_when_it_goes_on",
          "sick_server.that_refuses_one_row_gets_all_others_and_no_switch",
          "keyed_source.a_target_that_fails_keeps_everything_owed"}},
        {new_only_reachable,
         "The target becomes the primary while the service runs, and the source is left behind.",
         {},
         {"walk_over_stores.writes_follow_the_phases_to_the_target_and_none_is_lost",
          "contract_joint.a_handover_is_one_step",
          "keyed_source.there_is_no_phase_beyond_the_second_one"}},
        {way_back,
         "From every phase there is a way back that keeps every write made since.",
         {"", "", "", "from dual_old_primary, which the source never left"},
         {"walk_over_stores.the_way_back_keeps_what_was_written_at_the_target",
          "walk.a_rollback_keeps_what_was_written_at_the_target",
          "contract_joint.the_way_back_empties_the_old_table_and_copies_the_new_one"}},
        {verifiable,
         "Both sides can be compared beside running writers, without a false alarm.",
         {"", "", "join the two tables", "the backfill repairs what differs"},
         {"sick_server.compared_beside_writers_shows_no_difference_that_is_none",
          "sick_server.that_lost_a_row_past_tandem_is_found_beside_writers"}},
        {known_outcome,
         "A write with an operation id has an outcome to be asked for, and happens once however "
         "often it is repeated.",
         {"", "", "", ""},
         {"cuts.outcomes_are_what_the_table_says", "cuts.a_repeat_with_the_same_id_happens_once",
          "contract_operations.are_known_to_the_next_primary",
          "operations.an_outcome_asked_during_a_switch_holds_after_it"}},
    };
}

} // namespace

std::vector<guarantee_row> guarantee_rows() {
    std::vector<guarantee_row> rows = of_the_data();
    std::vector<guarantee_row> more = of_the_service();
    rows.insert(rows.end(), more.begin(), more.end());
    return rows;
}

} // namespace tandem::test
