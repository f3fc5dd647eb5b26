// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include "nearest.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>
#include <vector>

namespace demo {

namespace {

constexpr std::chrono::milliseconds quick_length{6'000};
constexpr std::size_t quick_rows = 3'000;

problem wrong(trouble number, std::string text) {
    return {number, exit_status::usage, std::move(text)};
}

/// What an argument does with its value; those without a value ignore it.
struct flag {
    std::string name;
    bool takes_value = false;
    std::function<outcome<void>(options&, const std::string&)> set;
};

template <class Number>
outcome<Number> number_of(const std::string& name, const std::string& text, Number min,
                          Number max) {
    Number value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, value);
    if (failure != std::errc() || stop != end || value < min || value > max) {
        return wrong(trouble::bad_value, "'" + text + "' is no number it takes; flag " + name +
                                             "; give a whole number from " + std::to_string(min) +
                                             " to " + std::to_string(max));
    }
    return value;
}

outcome<store_kind> kind_of(const std::string& name, const std::string& text) {
    for (const store_kind kind : {store_kind::sqlite, store_kind::postgres}) {
        if (text == to_string(kind)) return kind;
    }
    const std::vector<std::string> kinds{"sqlite", "postgres"};
    return wrong(trouble::bad_value, "there is no store '" + text + "'" +
                                         did_you_mean(text, kinds) + "; flag " + name +
                                         "; give sqlite or postgres");
}

outcome<void> take_text(std::string& into, const std::string& name, const std::string& text) {
    if (text.empty()) {
        return wrong(trouble::bad_value, "the value is empty; flag " + name + "; give one");
    }
    into = text;
    return tandem::success();
}

outcome<void> take_number(int& into, const std::string& name, const std::string& text, int min,
                          int max) {
    TANDEM_TRY(into, number_of<int>(name, text, min, max));
    return tandem::success();
}

outcome<void> make_quick(options& o) {
    o.length = quick_length;
    if (!o.rows) o.rows = quick_rows;
    return tandem::success();
}

std::vector<flag> make_flags() {
    using text = const std::string&;
    return {
        {"--help", false,
         [](options& o, text) -> outcome<void> {
             o.is_help = true;
             return tandem::success();
         }},
        {"--csv", true, [](options& o, text v) { return take_text(o.csv, "--csv", v); }},
        {"--key", true, [](options& o, text v) { return take_text(o.key_column, "--key", v); }},
        {"--dir", true, [](options& o, text v) { return take_text(o.folder, "--dir", v); }},
        {"--rows", true,
         [](options& o, text v) -> outcome<void> {
             TANDEM_TRY(o.rows, number_of<std::size_t>("--rows", v, 1, 10'000'000));
             return tandem::success();
         }},
        {"--postgres", false,
         [](options& o, text) -> outcome<void> {
             o.source = o.target = store_kind::postgres;
             return tandem::success();
         }},
        {"--source", true,
         [](options& o, text v) -> outcome<void> {
             TANDEM_TRY(o.source, kind_of("--source", v));
             return tandem::success();
         }},
        {"--target", true,
         [](options& o, text v) -> outcome<void> {
             TANDEM_TRY(o.target, kind_of("--target", v));
             return tandem::success();
         }},
        {"--writers", true,
         [](options& o, text v) { return take_number(o.writers, "--writers", v, 1, 64); }},
        {"--readers", true,
         [](options& o, text v) { return take_number(o.readers, "--readers", v, 0, 64); }},
        {"--seconds", true,
         [](options& o, text v) -> outcome<void> {
             TANDEM_TRY(const int s, number_of<int>("--seconds", v, 4, 86'400));
             o.length = std::chrono::seconds(s);
             return tandem::success();
         }},
        {"--seed", true,
         [](options& o, text v) -> outcome<void> {
             TANDEM_TRY(o.seed, number_of<std::uint64_t>("--seed", v, 0, UINT64_MAX));
             return tandem::success();
         }},
        {"--quick", false, [](options& o, text) { return make_quick(o); }},
    };
}

using names = std::set<std::string, std::less<>>;

outcome<void> check_conflicts(const names& given, const options& o) {
    const auto conflict = [&](const char* a, const char* b, const char* remedy) -> outcome<void> {
        if (!given.contains(a) || !given.contains(b)) return tandem::success();
        return wrong(trouble::conflicting_flags, std::string("two flags contradict each other; ") +
                                                     a + " and " + b + "; " + remedy);
    };
    TANDEM_TRY(conflict("--postgres", "--source", "--postgres sets both sides: give one of them"));
    TANDEM_TRY(conflict("--postgres", "--target", "--postgres sets both sides: give one of them"));
    TANDEM_TRY(conflict("--quick", "--seconds", "both set the length: give one of them"));
    if (given.contains("--key") && !given.contains("--csv")) {
        return wrong(trouble::conflicting_flags,
                     "the package catalogue has its own key; flag --key; "
                     "give it with --csv FILE, or leave it out");
    }
    if (given.contains("--csv") && !given.contains("--key")) {
        return wrong(
            trouble::conflicting_flags,
            "a CSV file does not say what its key is; flag --csv; add --key COLUMN with the "
            "name of a column whose values are unique");
    }
    if (given.contains("--dir") && o.source != store_kind::sqlite &&
        o.target != store_kind::sqlite) {
        return wrong(
            trouble::conflicting_flags,
            "no side is a SQLite file; flag --dir; leave it out: private PostgreSQL servers "
            "keep nothing");
    }
    return tandem::success();
}

} // namespace

std::string_view to_string(store_kind kind) noexcept {
    return kind == store_kind::sqlite ? "sqlite" : "postgres";
}

outcome<options> parse_options(std::span<const char* const> arguments) {
    const std::vector<flag> flags = make_flags();
    options result;
    names given;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string name = arguments[i];
        if (name == "-h") name = "--help";
        std::optional<std::string> value;
        if (const auto equals = name.find('='); name.starts_with("--") && equals != name.npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        }
        const auto found = std::ranges::find(flags, name, &flag::name);
        if (found == flags.end()) {
            std::vector<std::string> known;
            for (const flag& f : flags)
                known.push_back(f.name);
            return wrong(trouble::unknown_flag, "there is no argument '" + name + "'" +
                                                    did_you_mean(name, known) + "; argument " +
                                                    std::to_string(i + 1) + "; see --help");
        }
        if (found->takes_value && !value) {
            if (i + 1 == arguments.size()) {
                return wrong(trouble::bad_value,
                             "the value is missing; flag " + name + "; give it behind the flag");
            }
            value = arguments[++i];
        }
        if (!found->takes_value && value) {
            return wrong(trouble::bad_value,
                         "it takes no value; flag " + name + "; leave out '=" + *value + "'");
        }
        if (!given.insert(name).second) {
            return wrong(trouble::conflicting_flags,
                         "given twice; flag " + name + "; give it once");
        }
        TANDEM_TRY(found->set(result, value.value_or("")));
    }
    if (result.is_help) return result;
    TANDEM_TRY(check_conflicts(given, result));
    return result;
}

std::string_view usage() noexcept {
    return R"(usage: tandem_demo [arguments]

Moves a real table from one store to another while writers and readers use it, with the target
failing on the way and a rollback, and proves at the end that nothing was lost.

what is moved
  (nothing)              the package catalogue of this machine, from apt-cache
  --csv FILE --key NAME  a CSV file with a header; the column NAME is the key
  --rows N               at most N rows of it

from where to where
  (nothing)              from one SQLite file to another, in a temporary folder
  --dir FOLDER           the files are made in this folder, and stay
  --postgres             from one private PostgreSQL server to another
  --source KIND          sqlite or postgres
  --target KIND          sqlite or postgres

the traffic
  --writers N            1 to 64, default 4
  --readers N            0 to 64, default 2
  --seconds N            about how long, 4 to 86400, default 36
  --quick                about 6 seconds with at most 3000 rows
  --seed N               repeats the random choices of another run

On a terminal the display is redrawn in place; NO_COLOR and TERM=dumb are honoured.
Exit status: 0 proven, 1 a difference was found, 2 wrong usage, 3 the input cannot be used, 4 a
store cannot be reached, 5 schema, 6 refused as unsafe, 7 interrupted, 70 a bug.
)";
}

} // namespace demo
