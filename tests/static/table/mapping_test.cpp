// SPDX-License-Identifier: BSL-1.0
//
// What a mapping knows while compiling: names, record, key type. That this compiles is the test.
#include "tandem/table/record.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

struct base {
    std::int64_t inherited = 0;
};
struct record : base {
    std::int32_t id = 0;
    std::string name;
    std::optional<double> größe_2;
    tandem::version seen;
};
template <class V>
struct generic {
    V value{};
};

static_assert(member_name<&record::id> == "id");
static_assert(member_name<&record::größe_2> == "größe_2");
static_assert(member_name<&record::inherited> == "inherited");
static_assert(member_name<&generic<std::pair<int, long>>::value> == "value");

constexpr auto simple = table<record>("records").key<&record::id>();
constexpr auto composite = simple.column<&record::größe_2>("size").key<&record::name>();
constexpr auto inherited = simple.column<&record::inherited>();

static_assert(std::is_same_v<record_of<decltype(simple)>, record>);
static_assert(std::is_same_v<record_of<const decltype(simple)&>, record>);
static_assert(std::is_same_v<key_of<decltype(simple)>, std::int32_t>);
static_assert(std::is_same_v<key_of<decltype(composite)>, std::tuple<std::int32_t, std::string>>);

static_assert(simple.names().table == "records");
static_assert(simple.names().version == "tandem_version");
static_assert(composite.names().columns[1] == "size");
static_assert(inherited.names().columns[1] == "inherited");
static_assert(simple.no_version().names().version.empty());
static_assert(simple.version("v").names().version == "v");
static_assert(simple.version<&record::seen>().names().version == "seen");
static_assert(simple.deletes_never().names().deletes == deletes::never);
static_assert(simple.ignore("a").ignore("b").names().ignored[1] == "b");

/// A getter that gives a value and a setter that is a plain function.
struct wrapped {
    std::string text() const { return text_; }
    std::string text_;
};
void set_text(wrapped& w, std::string text) { w.text_ = std::move(text); }
constexpr auto by_functions = table<wrapped>("w").key<&wrapped::text, &set_text>("text");
static_assert(std::is_same_v<key_of<decltype(by_functions)>, std::string>);

static_assert(std::is_copy_constructible_v<record_codec<record, std::int32_t>>);
static_assert(!std::is_default_constructible_v<record_codec<record, std::int32_t>>);

TEST(mapping, is_a_constant) { EXPECT_EQ(codec_for(simple).to_row({}).value().size(), 1u); }

} // namespace
} // namespace tandem
