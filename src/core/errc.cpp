// SPDX-License-Identifier: BSL-1.0
//
// The error category and the condition category of tandem. The switches have no default, so a new
// enumerator without a message or a condition does not compile (-Wswitch).
#include "tandem/core/errc.hpp"

namespace tandem {

namespace {

const char* what(errc code) noexcept {
    switch (code) {
    case errc::already_exists: return "a row with this key exists already";
    case errc::not_found: return "there is no row with this key";
    case errc::constraint: return "a constraint of the store refused the row";
    case errc::duplicate_key: return "one call names a key twice";
    case errc::empty_key: return "a key column is empty";
    case errc::key_too_large: return "the key is too large";
    case errc::row_too_large: return "the row is too large";
    case errc::batch_too_large: return "the batch has too many rows";
    case errc::invalid_text: return "a text is not UTF-8 or contains NUL";
    case errc::out_of_range: return "a value is outside the range of its type";
    case errc::unexpected_null: return "the value is NULL where NULL is not allowed";
    case errc::type_mismatch: return "a value has another type than the mapping says";
    case errc::invalid_mapping: return "the table mapping contradicts itself";
    case errc::invalid_options: return "an option has an impossible value";
    case errc::schema_mismatch: return "the live schema differs from the mapping";
    case errc::permission_denied: return "a privilege is missing";
    case errc::same_table: return "source and target are the same table";
    case errc::unsupported: return "this store or mode cannot do that";
    case errc::corrupt_data: return "stored bytes do not decode";
    case errc::store_error: return "the store reported an error";
    case errc::unavailable: return "the store cannot be reached";
    case errc::authentication: return "the store refused the credentials";
    case errc::pool_exhausted: return "no connection became free in time";
    case errc::timeout: return "the deadline passed and nothing was written";
    case errc::busy: return "another transaction holds the lock";
    case errc::serialization: return "the transaction lost against a concurrent one";
    case errc::fenced: return "the store refused a stale epoch";
    case errc::draining: return "a switch is in progress";
    case errc::resources: return "the store is out of disk, memory or connections";
    case errc::connection_lost: return "the connection broke and nothing was written";
    case errc::outcome_unknown: return "the write may or may not have happened";
    case errc::not_installed: return "the control tables are not installed";
    case errc::not_started: return "the migration is not started";
    case errc::stopped: return "the migration is stopped";
    case errc::not_synced: return "the backfill of this era is not complete";
    case errc::changes_owed: return "changes are still owed to the secondary";
    case errc::dead_letters: return "some changes could not be delivered";
    case errc::dirty: return "a table is marked dirty; a full verify clears it";
    case errc::wrong_phase: return "the step does not exist from the present phase";
    case errc::switch_in_progress: return "another switch is running or half done";
    case errc::truncate_refused: return "entering this era would empty a table";
    case errc::mixed_primaries: return "the keys of the call have different primaries";
    case errc::read_only: return "the store is read only";
    case errc::id_reused: return "the operation id was used with another content";
    case errc::operation_abandoned: return "the operation id was given up as not committed";
    case errc::operation_expired: return "the operation id is older than the retention";
    case errc::nested_call: return "the router was called from inside one of its own functions";
    case errc::cancelled: return "the caller's function asked to roll back";
    case errc::invariant: return "an invariant of the protocol is broken";
    }
    return "unknown error";
}

const char* what(errc_condition condition) noexcept {
    switch (condition) {
    case errc_condition::retryable: return "nothing happened; the same call may succeed later";
    case errc_condition::conflict: return "nothing happened; the data says no";
    case errc_condition::permanent: return "nothing happened; the same call will fail again";
    case errc_condition::outcome_unknown: return "it may have happened; read before writing again";
    case errc_condition::refused: return "nothing happened; tandem is not in a state to do this";
    }
    return "unknown condition";
}

class code_category final : public std::error_category {
public:
    const char* name() const noexcept override { return "tandem"; }
    std::string message(int value) const override { return what(static_cast<errc>(value)); }
    std::error_condition default_error_condition(int value) const noexcept override {
        return make_error_condition(condition_of(static_cast<errc>(value)));
    }
};

class conditions final : public std::error_category {
public:
    const char* name() const noexcept override { return "tandem.condition"; }
    std::string message(int value) const override {
        return what(static_cast<errc_condition>(value));
    }
};

} // namespace

const std::error_category& tandem_category() noexcept {
    static const code_category instance;
    return instance;
}

const std::error_category& condition_category() noexcept {
    static const conditions instance;
    return instance;
}

errc_condition condition_of(errc code) noexcept {
    switch (code) {
    case errc::already_exists:
    case errc::not_found:
    case errc::constraint:
    case errc::duplicate_key: return errc_condition::conflict;

    case errc::empty_key:
    case errc::key_too_large:
    case errc::row_too_large:
    case errc::batch_too_large:
    case errc::invalid_text:
    case errc::out_of_range:
    case errc::unexpected_null:
    case errc::type_mismatch:
    case errc::invalid_mapping:
    case errc::invalid_options:
    case errc::schema_mismatch:
    case errc::permission_denied:
    case errc::same_table:
    case errc::unsupported:
    case errc::corrupt_data:
    case errc::store_error: return errc_condition::permanent;

    case errc::unavailable:
    case errc::authentication:
    case errc::pool_exhausted:
    case errc::timeout:
    case errc::busy:
    case errc::serialization:
    case errc::fenced:
    case errc::draining:
    case errc::resources:
    case errc::connection_lost: return errc_condition::retryable;

    case errc::outcome_unknown: return errc_condition::outcome_unknown;

    case errc::not_installed:
    case errc::not_started:
    case errc::stopped:
    case errc::not_synced:
    case errc::changes_owed:
    case errc::dead_letters:
    case errc::dirty:
    case errc::wrong_phase:
    case errc::switch_in_progress:
    case errc::truncate_refused:
    case errc::mixed_primaries:
    case errc::read_only:
    case errc::id_reused:
    case errc::operation_abandoned:
    case errc::operation_expired:
    case errc::nested_call:
    case errc::cancelled:
    case errc::invariant: return errc_condition::refused;
    }
    // Not an enumerator. The one condition under which no caller acts on a guess.
    return errc_condition::outcome_unknown;
}

} // namespace tandem
