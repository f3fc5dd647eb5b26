// SPDX-License-Identifier: BSL-1.0
//
// The store contract: one suite of tests that every store passes, compiled once (tests/support/
// store_contract/*.cpp, target tandem::store_contract) and run over each store. A store's author
// writes a trait and one line, inside namespace tandem_test, in a program that links
// tandem::store_contract and the store:
//
//     struct sqlite_traits {
//         static constexpr const char* name = "sqlite";           // becomes the instance's name
//         using store = tandem::sqlite::store;
//         static std::string unavailable();                        // "" or why all is skipped
//         static contract_quirks quirks();
//         struct world {                                           // one fresh pair of databases
//             explicit world(const contract_layout&);              // creates the user tables
//             std::unique_ptr<store> open(tandem::side);           // not bound yet
//         };
//     };
//     TANDEM_INSTANTIATE_STORE_CONTRACT(sqlite_traits);
#pragma once

#include "tandem/concepts/bulk_load.hpp"
#include "tandem/store_ref.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tandem_test {

using namespace tandem;

/// The user tables of one test. The world creates each with its columns, a primary key over the key
/// columns, and where version_column is not empty that column as `bigint not null default 0`.
/// Nothing else stands in the databases, or only what other worlds left under other names.
struct contract_layout {
    std::vector<table_schema> source; ///< created at the source
    std::vector<table_schema> target; ///< created at the target; the same table ids
    /// Both lists are created in one database (same_transaction mode); the names differ then.
    bool one_database = false;
    /// Unique for every test of a run, lower case letters, digits and _, at most 40 bytes: a name
    /// for schemas, files or databases.
    std::string unique;
};

/// What a store cannot hold, or gives back otherwise; all true means: everything as it was written.
struct contract_quirks {
    bool keeps_nan = true;            ///< float NaN
    bool keeps_infinity = true;       ///< float infinities
    bool keeps_negative_zero = true;  ///< -0.0
    bool keeps_numeric_nan = true;    ///< numeric NaN, Infinity and -Infinity
    bool keeps_json_text = true;      ///< json as text; else only its meaning survives
    bool keeps_infinite_times = true; ///< dates and timestamps infinity and -infinity
    bool orders_numeric_keys = true;  ///< by value, with their scale; else by their canonical text
    bool has_joint = true;            ///< models joint; else its tests are skipped
    std::vector<isolation> levels{isolation::read_committed, isolation::repeatable_read,
                                  isolation::serializable};
};

/// A store object of any type, owned.
class opened_store {
public:
    opened_store() = default;
    template <class S>
    explicit opened_store(std::unique_ptr<S> s)
        : ops_(std::make_unique<store_ref<S>>(*s)),
          bound_([p = s.get()]() -> const binding& { return std::as_const(*p).bound(); }),
          bulk_load_([p = s.get()](table_id t, std::span<const tandem::row> rows,
                                   const call_context& c) { return p->bulk_load(t, rows, c); }),
          owner_(std::move(s)) {
        static_assert(read_modify_write<S> && guarded_apply<S> && tandem::bulk_load<S>);
        static_assert(spool_registry<S>);
    }

    any_store* operator->() const { return ops_.get(); }
    const binding& bound() const { return bound_(); }
    result<std::int64_t> bulk_load(table_id t, std::span<const tandem::row> rows,
                                   const call_context& c) const {
        return bulk_load_(t, rows, c);
    }

private:
    using loader = result<std::int64_t>(table_id, std::span<const tandem::row>,
                                        const call_context&);
    std::unique_ptr<any_store> ops_;
    std::function<const binding&()> bound_;
    std::function<loader> bulk_load_;
    std::shared_ptr<void> owner_;
};

class contract_world {
public:
    virtual ~contract_world() = default;
    /// A further store object on the database of a side, as another process would have: not bound.
    /// The world outlives what it opened.
    virtual opened_store open(side s) = 0;
};

struct contract_param {
    std::string name;
    int buckets = 1;
    contract_quirks quirks;
    std::function<std::string()> unavailable;
    std::function<std::unique_ptr<contract_world>(const contract_layout&)> make;

    friend void PrintTo(const contract_param& p, std::ostream* out) { *out << p.name; }
};

template <class Traits>
contract_param contract_param_of(int buckets) {
    struct world_of final : contract_world {
        typename Traits::world world;
        explicit world_of(const contract_layout& layout) : world(layout) {}
        opened_store open(side s) override { return opened_store(world.open(s)); }
    };
    return {std::string(Traits::name) + "_" + std::to_string(buckets), buckets, Traits::quirks(),
            &Traits::unavailable,
            [](const contract_layout& layout) -> std::unique_ptr<contract_world> {
                return std::make_unique<world_of>(layout);
            }};
}

/// The value, or the end of the test with the error as its failure.
template <class T>
T must(result<T> r) {
    if (r.has_error()) throw std::runtime_error(r.error().full_message());
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

/// A deadline far enough for every store.
call_context soon();
/// A deadline near enough that a test can wait for it.
call_context at_once();

row_key key_of(std::vector<cell> parts);
cell numeric(std::string_view text);

std::string contract_name(const ::testing::TestParamInfo<contract_param>& info);

// The tables of the standard layout, by id. The target names its columns otherwise and holds them
// in another order.
inline constexpr table_id items = 0; ///< id int64 key, name text or NULL, balance int64
inline constexpr table_id pairs = 1; ///< grp text and num int64 key, note text
inline constexpr table_id logs = 2;  ///< id int64 key, line text; deletes::never
contract_layout standard_layout();

/// The fixture of all contract tests: both sides bound and installed, the source primary in
/// old_only, the target secondary, both at epoch 1. Its verbs end the test where the store reports
/// an error.
class store_contract : public ::testing::TestWithParam<contract_param> {
protected:
    void SetUp() override;
    virtual contract_layout layout() const { return standard_layout(); }

    /// A bound store object on the database of side `s`.
    opened_store open(side s);
    binding binding_of(side s) const;
    bool has_joint() const { return GetParam().quirks.has_joint; }

    // --- rows of `items` -------------------------------------------------------------------------
    static row_key id(std::int64_t n) { return key_of({cell(n)}); }
    static tandem::row item(std::int64_t n, cell name, std::int64_t balance = 0);
    static write_command put(std::int64_t n, std::string name, std::int64_t balance = 0);
    static write_command put_new(std::int64_t n, std::string name, std::int64_t balance = 0);
    static write_command drop(std::int64_t n);

    // --- verbs -----------------------------------------------------------------------------------
    /// A write with the belief that the fence states.
    write_reply write(opened_store& s, const write_command& command);
    /// The same, expected to commit.
    write_reply committed(opened_store& s, const write_command& command);
    std::optional<stored_row> read(opened_store& s, table_id t, const row_key& k);
    std::optional<stored_row> read(opened_store& s, std::int64_t n) {
        return read(s, items, id(n));
    }
    /// The name of an item, or "-" where it is absent.
    std::string name_at(opened_store& s, std::int64_t n);
    tandem::fence fence_at(opened_store& s);
    std::vector<change> tombstones(opened_store& s, table_id t = items);
    std::vector<owed_change> owed(opened_store& s, owed_scope scope = owed_scope::due) {
        return must(s->owed(0, 1000, scope, soon()));
    }
    /// A delivery failed; `retry_after` from now on it is due again.
    void fail(opened_store& s, std::int64_t intent, milliseconds retry_after = {});
    /// The same, for the last time.
    void kill(opened_store& s, std::int64_t intent);
    bool step(opened_store& s, step_kind kind, epoch expected, era_mode mode = era_mode::reset);
    apply_status apply(opened_store& s, const change& c);
    /// A change of `items`: a row where `name` is there, else a tombstone.
    static change change_to(std::int64_t n, std::optional<std::string> name, std::int64_t v,
                            epoch e);

    // --- walking ---------------------------------------------------------------------------------
    /// old_only at 1 -> dual_old_primary at 2, the target at 2.
    void go_dual(era_mode mode = era_mode::reset);
    /// go_dual, then synced.
    void go_synced();
    /// Delivers all that `from` owes, records of operations included; the number of intents
    /// settled.
    std::size_t deliver(opened_store& from, opened_store& to);
    /// The records alone; how many.
    std::size_t deliver_operations(opened_store& from, opened_store& to);
    /// From a synced dual phase at epoch e: hands over from `from` to `to`; e+1 afterwards.
    void hand_over(opened_store& from, opened_store& to);
    void expect_same_rows(table_id t);

    contract_layout layout_;
    std::unique_ptr<contract_world> world_;
    opened_store source_;
    opened_store target_;
};

// Each group of tests is a class of its own, so that a failure names it.
class contract_install : public store_contract {};
class contract_uninstall : public store_contract {};
class contract_write : public store_contract {};
class contract_intent : public store_contract {};
class contract_dead_letters : public store_contract {
protected:
    /// A dual phase in which the write of item `n` has become a dead letter; its id.
    std::int64_t with_dead_letter(std::int64_t n);
    std::vector<dirty_mark> marks(opened_store& s) { return must(s->dirty_marks(soon())); }
};
class contract_operations : public store_contract {
protected:
    /// A claim of a new id, made `age` ago.
    static operation_claim claim(milliseconds age = {});
    /// A transaction over some items, at `s`.
    begin_reply begin(opened_store& s, const operation_claim& with,
                      std::vector<std::int64_t> ids = {1},
                      isolation level = isolation::read_committed);
    /// Sets item 1 in an operation at the source.
    write_reply write_once(const operation_claim& with, std::string name);
    operation_status outcome_at(opened_store& s, const operation_id& id);
};
class contract_spools : public store_contract {
protected:
    /// At the target, of a first start unless told otherwise; the entry that stands there then.
    spool_entry report(std::string owner, std::string holder, milliseconds lease,
                       std::string place = "here", bool first = true);
};
class contract_apply : public store_contract {};
class contract_steps : public store_contract {};
class contract_tombstones : public store_contract {
protected:
    static write_command restate(std::int64_t n, std::int64_t above);
};
class contract_transaction : public store_contract {};
class contract_read : public store_contract {};
class contract_concurrency : public store_contract {};
/// One table with a column of every type.
class contract_types : public store_contract {
protected:
    contract_layout layout() const override;
    void expect_round_trip(const std::vector<cell>& values, column_type type);
};
/// One table a key type, table id in the order of key_types().
class contract_keys : public store_contract {
protected:
    contract_layout layout() const override;
};
/// Both tables in one database: source_ is bound to both, target_ stays empty.
class contract_joint : public store_contract {
protected:
    void SetUp() override;
    contract_layout layout() const override;
    std::string name_in(side which, std::int64_t n);
    void go_dual_joint(era_mode mode = era_mode::reset);
};

} // namespace tandem_test

#define TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, group)                                        \
    INSTANTIATE_TEST_SUITE_P(traits, group,                                                     \
                             ::testing::Values(::tandem_test::contract_param_of<traits>(1),     \
                                               ::tandem_test::contract_param_of<traits>(1024)), \
                             ::tandem_test::contract_name)

/// At namespace scope, inside namespace tandem_test.
#define TANDEM_INSTANTIATE_STORE_CONTRACT(traits)                     \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_install);      \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_uninstall);    \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_write);        \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_intent);       \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_dead_letters); \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_operations);   \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_spools);       \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_apply);        \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_steps);        \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_tombstones);   \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_transaction);  \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_read);         \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_concurrency);  \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_types);        \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_keys);         \
    TANDEM_INSTANTIATE_CONTRACT_GROUP(traits, contract_joint)
