// SPDX-License-Identifier: BSL-1.0
#include "tandem/table/record.hpp"

#include "records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using namespace std::string_literals;
using test::booking;
using test::everything;
using test::user;
using testing::HasSubstr;

user ada() { return {7, "Ada", "ada@example.org", {}}; }

everything full() {
    everything e;
    e.flag = true;
    e.i8 = -128;
    e.i64 = 42;
    e.u32 = 4'000'000'000U;
    e.real = 1.5F;
    e.wide = -0.25;
    e.amount = decimal::parse("12.50").value();
    e.text = "größe";
    e.raw = {std::byte{0}, std::byte{255}};
    e.id = parse_uuid("00112233-4455-6677-8899-aabbccddeeff").value();
    e.day = parse_date("2024-02-29").value();
    e.ymd = std::chrono::year_month_day(e.day);
    e.local = parse_timestamp("2024-02-29 12:00:00").value();
    e.instant = parse_timestamptz("2024-02-29 12:00:00+02").value();
    e.document = json{"{\"a\":1}"};
    e.paint = test::color::blue;
    e.feeling = test::mood::glad;
    e.maybe = 5;
    return e;
}

TEST(record_codec, a_row_has_the_cells_in_mapping_order) {
    const auto image = codec_for(test::users).to_row(ada()).value();
    EXPECT_TRUE(same_row(image, {std::int64_t{7}, "Ada"s, "ada@example.org"s}));
}

TEST(record_codec, an_empty_optional_is_null) {
    auto record = ada();
    record.email.reset();
    EXPECT_TRUE(is_null(codec_for(test::users).to_row(record).value()[2]));
}

TEST(record_codec, every_type_comes_back_as_it_went) {
    const auto codec = codec_for(test::everythings);
    const auto image = codec.to_row(full()).value();
    EXPECT_EQ(codec.from_row({image, {}}).value(), full());
}

TEST(record_codec, to_row_names_the_column_it_cannot_write) {
    auto record = ada();
    record.name = "\xFF";
    const auto refused = codec_for(test::users).to_row(record);
    EXPECT_EQ(refused.error(), errc::invalid_text);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("column 'display_name'"));
}

TEST(record_codec, to_row_refuses_an_enumerator_without_a_name) {
    auto record = full();
    record.feeling = static_cast<test::mood>(77);
    const auto refused = codec_for(test::everythings).to_row(record);
    EXPECT_EQ(refused.error(), errc::out_of_range);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("column 'feeling'"));
}

TEST(record_codec, from_row_names_the_column_that_is_null) {
    const auto refused = codec_for(test::users).from_row({{std::int64_t{7}, null{}, null{}}, {}});
    EXPECT_EQ(refused.error(), errc::unexpected_null);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("column 'display_name'"));
}

TEST(record_codec, from_row_names_the_column_of_another_type) {
    const auto refused = codec_for(test::users).from_row({{std::int64_t{7}, "a"s, 1.5}, {}});
    EXPECT_EQ(refused.error(), errc::type_mismatch);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("column 'email'"));
}

TEST(record_codec, from_row_names_the_column_that_does_not_fit) {
    const auto codec = codec_for(test::everythings);
    auto image = codec.to_row(full()).value();
    image[2] = std::int64_t{128};
    const auto refused = codec.from_row({image, {}});
    EXPECT_EQ(refused.error(), errc::out_of_range);
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("column 'i8'"));
}

TEST(record_codec, a_row_of_another_length_is_refused) {
    const auto codec = codec_for(test::users);
    EXPECT_EQ(codec.from_row({{std::int64_t{7}}, {}}).error(), errc::type_mismatch);
    EXPECT_EQ(codec.key_of({std::int64_t{7}}).error(), errc::type_mismatch);
    EXPECT_EQ(codec.key_of({}).error(), errc::type_mismatch);
}

TEST(record_codec, reads_fill_the_version_member) {
    const row image{"note"s, "hamlet"s, std::int64_t{4}};
    EXPECT_EQ(codec_for(test::bookings).from_row({image, {99}}).value().revision, 99);
    constexpr auto versioned = test::users.version<&user::row_version>("v");
    const row user_image{std::int64_t{7}, "Ada"s, null{}};
    EXPECT_EQ(codec_for(versioned).from_row({user_image, {98}}).value().row_version, version{98});
}

TEST(record_codec, the_version_member_is_no_part_of_the_row) {
    booking record{"note", 4, "hamlet", 12345};
    EXPECT_EQ(codec_for(test::bookings).to_row(record).value().size(), 3u);
}

TEST(record_codec, the_key_of_a_row_is_the_key_of_its_key_value) {
    const auto codec = codec_for(test::users);
    const auto from_value = codec.to_key(7).value();
    const auto from_image = codec.key_of(codec.to_row(ada()).value()).value();
    EXPECT_EQ(from_value.encoded, "\0\0\0\1"s + "7");
    EXPECT_EQ(from_image.encoded, from_value.encoded);
    EXPECT_TRUE(same_row(from_image.parts, from_value.parts));
}

TEST(record_codec, a_composite_key_has_the_order_of_the_mapping) {
    const auto codec = codec_for(test::bookings);
    const auto from_value = codec.to_key({"hamlet", 4}).value();
    const auto from_image = codec.key_of({"note"s, "hamlet"s, std::int64_t{4}}).value();
    EXPECT_TRUE(same_row(from_value.parts, {"hamlet"s, std::int64_t{4}}));
    EXPECT_EQ(from_image.encoded, from_value.encoded);
}

TEST(record_codec, keys_that_cannot_be_are_refused) {
    const auto codec = codec_for(test::bookings);
    EXPECT_EQ(codec.to_key({"", 4}).error(), errc::empty_key);
    EXPECT_EQ(codec.to_key({"\xFF", 4}).error(), errc::invalid_text);
    EXPECT_EQ(codec.to_key({std::string(3000, 'k'), 4}).error(), errc::key_too_large);
    EXPECT_EQ(codec.to_key({"hamlet", 4}, 8).error(), errc::key_too_large);
    EXPECT_EQ(codec.key_of({null{}, null{}, std::int64_t{4}}).error(), errc::unexpected_null);
}

TEST(record_codec, to_key_names_the_column_it_cannot_encode) {
    const auto refused = codec_for(test::bookings).to_key({"\xFF", 4});
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("column 'show'"));
}

TEST(record_codec, private_members_travel_both_ways) {
    const test::account owned(12, "Bo");
    const auto inside = codec_for(test::account::mapping());
    const auto outside = codec_for(test::accounts);
    const auto image = inside.to_row(owned).value();
    EXPECT_TRUE(same_row(image, outside.to_row(owned).value()));
    EXPECT_EQ(inside.from_row({image, {}}).value().owner(), "Bo");
    EXPECT_EQ(outside.from_row({image, {}}).value().number(), 12);
}

TEST(record_codec, outlives_its_mapping) {
    const auto codec = [] {
        const std::string name = "a column name that is long enough to be allocated";
        return codec_for(table<user>("u").key<&user::id>(name));
    }();
    const auto refused = codec.from_row({{null{}}, {}});
    EXPECT_THAT(std::string(refused.error().detail()), HasSubstr("a column name that is long"));
}

} // namespace
} // namespace tandem
