// SPDX-License-Identifier: BSL-1.0
//
// Properties of the generated texts; that they do what they should is shown against a server.
#include "postgres/sql.hpp"

#include "postgres/sql_text.hpp"

#include <gmock/gmock.h>

namespace tandem::postgres::detail {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(quoted, doubles_quotes) {
    EXPECT_EQ(quoted("users"), "\"users\"");
    EXPECT_EQ(quoted("a\"; drop table x; --"), "\"a\"\"; drop table x; --\"");
    EXPECT_EQ(quoted_path("my.Table"), "\"my\".\"Table\"");
}

TEST(literal, doubles_quotes_and_escapes_backslashes) {
    EXPECT_EQ(literal("it's"), "'it''s'");
    EXPECT_EQ(literal("a\\b"), "E'a\\\\b'");
}

TEST(fill, leaves_other_braces_alone) { EXPECT_EQ(fill("{0} {x} {1}{0}", {"a", "b"}), "a {x} ba"); }

class sql_texts : public testing::Test {
protected:
    sql_texts() {
        schema_.name = "users";
        schema_.columns = {{"id", column_type::int64, false, 1},
                           {"note", column_type::text, true, 0}};
        schema_.key = {0};
        schema_.version_column = "version";
        own_ = {&schema_,
                2,
                "\"s\".\"users\"",
                {{oids::int8, oids::int8_array, wire_format::int8},
                 {oids::text, 1009, wire_format::text}},
                {true, true},
                false,
                false};
        bound_.migration = "m";
        bound_.id = 7;
        bound_.tables = {schema_};
    }

    [[nodiscard]] table_sql texts() const {
        return make_table_sql(scope_of(bound_, "ctl"), own_, nullptr);
    }

    table_schema schema_;
    sql_table own_;
    binding bound_;
};

std::vector<statement> all_of(const table_sql& t, const control_sql& c) {
    std::vector<statement> out;
    for (const auto& f : {t.upsert, t.insert, t.erase}) {
        out.insert(out.end(), {f.plain, f.dual, f.dual_change});
    }
    out.insert(out.end(), {t.read_one, t.read_many, t.lock_row, t.apply_one, t.apply_upserts,
                           t.apply_deletes, t.apply_tombstones, t.owed_state, c.lock_write,
                           c.lock_fence, c.lock_fences, c.lock_stripes, c.lock_exclusive,
                           c.fence_rows, c.fence_epochs, c.purge, c.purge_lock, c.enter});
    for (const auto& s : c.steps)
        out.push_back(s);
    return out;
}

TEST_F(sql_texts, never_lock_and_read_the_fence_in_one_statement) {
    const auto control = make_control_sql(scope_of(bound_, "ctl"));
    for (const statement& s : all_of(texts(), control)) {
        const bool locks = s.sql.find("pg_advisory") != std::string::npos;
        const bool reads = s.sql.find("tandem_fence") != std::string::npos;
        EXPECT_FALSE(locks && reads) << s.sql;
        EXPECT_FALSE(s.sql.empty());
    }
}

TEST_F(sql_texts, every_write_decides_by_role_and_epoch) {
    const auto t = texts();
    for (const auto& forms : {t.upsert, t.insert, t.erase}) {
        for (const auto* s : {&forms.plain, &forms.dual, &forms.dual_change}) {
            EXPECT_THAT(s->sql, HasSubstr("f.role='P' and f.epoch=$"));
        }
        EXPECT_THAT(forms.plain.sql, Not(HasSubstr("tandem_outbox")));
        EXPECT_THAT(forms.dual.sql, HasSubstr("tandem_outbox"));
    }
}

TEST_F(sql_texts, a_table_without_deletes_looks_at_no_tombstone) {
    EXPECT_THAT(texts().upsert.plain.sql, HasSubstr("tandem_tombstone"));
    schema_.deletes = deletes::never;
    EXPECT_THAT(texts().upsert.plain.sql, Not(HasSubstr("tandem_tombstone")));
    EXPECT_THAT(texts().apply_upserts.sql, Not(HasSubstr("tandem_tombstone")));
}

TEST_F(sql_texts, parameters_have_the_types_of_the_columns) {
    EXPECT_EQ(texts().upsert.plain.types,
              (std::vector<oid>{oids::int8, oids::text, oids::bytea, oids::int4, oids::int8}));
    EXPECT_EQ(texts().erase.plain.types,
              (std::vector<oid>{oids::int8, oids::bytea, oids::int4, oids::int8}));
}

TEST_F(sql_texts, a_generated_column_is_not_written) {
    own_.written[1] = false;
    EXPECT_THAT(texts().upsert.plain.sql, Not(HasSubstr("\"note\"=excluded")));
    EXPECT_THAT(texts().upsert.plain.sql, Not(HasSubstr("$2,")));
}

TEST_F(sql_texts, ranges_compare_whole_keys) {
    schema_.key = {0, 1};
    EXPECT_THAT(
        texts().scan[2][1].sql,
        HasSubstr("(t.\"id\", t.\"note\") > ($1, $2) and (t.\"id\", t.\"note\") < ($3, $4)"));
    EXPECT_THAT(texts().scan[0][0].sql, HasSubstr("order by t.\"id\", t.\"note\" limit $1"));
}

TEST_F(sql_texts, statements_have_numbers_of_their_own) {
    const auto a = texts(), b = texts();
    EXPECT_NE(a.read_one.number, b.read_one.number);
    EXPECT_NE(a.read_one.name, a.read_many.name);
}

} // namespace
} // namespace tandem::postgres::detail
