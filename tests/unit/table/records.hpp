// SPDX-License-Identifier: BSL-1.0
//
// Records and mappings that the tests of the table layer share.
#pragma once

#include "tandem/table/record.hpp"
#include "tandem/table/schema.hpp"

namespace tandem::test {

enum class color : std::int16_t { red = 1, green = 2, blue = 3 };
enum class mood : std::uint8_t { calm, glad };

} // namespace tandem::test

template <>
inline constexpr auto tandem::enum_names<tandem::test::mood> =
    std::to_array<tandem::enum_name<tandem::test::mood>>({{tandem::test::mood::calm, "calm"},
                                                          {tandem::test::mood::glad, "glad"}});

namespace tandem::test {

struct user {
    std::int64_t id = 0;
    std::string name;
    std::optional<std::string> email;
    tandem::version row_version;

    friend bool operator==(const user&, const user&) = default;
};

inline constexpr auto users = table<user>("app.users")
                                  .key<&user::id>()
                                  .column<&user::name>("display_name")
                                  .column<&user::email>()
                                  .ignore("legacy_flags");

/// A composite key whose order is not that of the columns, and a version that reads fill.
struct booking {
    std::string note;
    std::int32_t seat = 0;
    std::string show;
    std::int64_t revision = 0;
};

inline constexpr auto bookings = table<booking>("bookings")
                                     .column<&booking::note>()
                                     .key<&booking::show>()
                                     .key<&booking::seat>()
                                     .version<&booking::revision>()
                                     .deletes_never();

/// Private members, reached by functions and by a mapping inside the class.
class account {
public:
    account() = default;
    account(std::int64_t number, std::string owner) : number_(number), owner_(std::move(owner)) {}

    std::int64_t number() const { return number_; }
    void set_number(std::int64_t value) { number_ = value; }
    const std::string& owner() const { return owner_; }
    void set_owner(std::string value) { owner_ = std::move(value); }

    static constexpr auto mapping() {
        return table<account>("accounts").key<&account::number_>().column<&account::owner_>();
    }

private:
    std::int64_t number_ = 0;
    std::string owner_;
};

inline constexpr auto accounts = table<account>("accounts")
                                     .key<&account::number, &account::set_number>("number")
                                     .column<&account::owner, &account::set_owner>("owner");

/// One member of each type that has a codec.
struct everything {
    bool flag = false;
    std::int8_t i8 = 0;
    std::int16_t i16 = 0;
    std::int32_t i32 = 0;
    std::int64_t i64 = 0;
    std::uint8_t u8 = 0;
    std::uint16_t u16 = 0;
    std::uint32_t u32 = 0;
    float real = 0;
    double wide = 0;
    decimal amount;
    std::string text;
    bytes raw;
    uuid id{};
    date day;
    std::chrono::year_month_day ymd{date()};
    timestamp local;
    timestamptz instant;
    json document;
    color paint = color::red;
    mood feeling = mood::calm;
    std::optional<std::int32_t> maybe;

    friend bool operator==(const everything&, const everything&) = default;
};

inline constexpr auto everythings = table<everything>("everything")
                                        .key<&everything::i64>()
                                        .column<&everything::flag>()
                                        .column<&everything::i8>()
                                        .column<&everything::i16>()
                                        .column<&everything::i32>()
                                        .column<&everything::u8>()
                                        .column<&everything::u16>()
                                        .column<&everything::u32>()
                                        .column<&everything::real>()
                                        .column<&everything::wide>()
                                        .column<&everything::amount>()
                                        .column<&everything::text>()
                                        .column<&everything::raw>()
                                        .column<&everything::id>()
                                        .column<&everything::day>()
                                        .column<&everything::ymd>()
                                        .column<&everything::local>()
                                        .column<&everything::instant>()
                                        .column<&everything::document>()
                                        .column<&everything::paint>()
                                        .column<&everything::feeling>()
                                        .column<&everything::maybe>();

} // namespace tandem::test
