// SPDX-License-Identifier: BSL-1.0
//
// What an operator does about changes that could not be delivered.

#include "coordinator.hpp"

namespace tandem::detail {
namespace {

constexpr std::size_t reason_bytes_max = 1000;

std::vector<std::int64_t> ids_of(std::span<const dead_letter> letters, side owing) {
    std::vector<std::int64_t> ids;
    for (const dead_letter& l : letters) {
        if (l.owing == owing) ids.push_back(l.id);
    }
    return ids;
}

} // namespace

result<std::vector<dead_letter>> coordinator::dead_letters(const dead_letter_options& options) {
    TANDEM_TRY(check_running());
    if (options.limit < 1 || options.limit > 10'000) {
        return error(errc::invalid_options, "dead_letter_options::limit is 1 to 10000");
    }
    std::vector<dead_letter> all;
    for (const side s : sides()) {
        std::int64_t after = 0;
        if (options.after && options.after->owing == s) after = options.after->id;
        if (options.after && options.after->owing == side::target && s == side::source) continue;
        if (all.size() == options.limit) break;
        TANDEM_TRY(auto here, store_at(s).dead_letters(after, options.limit - all.size(),
                                                       context(std::nullopt)));
        all.insert(all.end(), std::make_move_iterator(here.begin()),
                   std::make_move_iterator(here.end()));
    }
    return all;
}

result<std::int64_t> coordinator::retry_dead_letters(std::span<const dead_letter> letters) {
    TANDEM_TRY(check_running());
    std::int64_t revived = 0;
    for (const side s : sides()) {
        const auto ids = ids_of(letters, s);
        if (ids.empty() && !letters.empty()) continue; // none is not all
        TANDEM_TRY(const auto here, store_at(s).revive(ids, context(std::nullopt)));
        revived += here;
    }
    return revived;
}

result<std::int64_t> coordinator::drop_dead_letters(std::span<const dead_letter> letters,
                                                    std::string_view reason) {
    TANDEM_TRY(check_running());
    if (reason.empty() || reason.size() > reason_bytes_max) {
        return error(errc::invalid_options,
                     "drop_dead_letters needs a reason of 1 to 1000 bytes: it is kept with the "
                     "dirty table");
    }
    std::int64_t dropped = 0;
    for (const side s : sides()) {
        const auto ids = ids_of(letters, s);
        if (ids.empty()) continue;
        TANDEM_TRY(const auto here, store_at(s).drop(ids, reason, context(std::nullopt)));
        if (here == 0) continue;
        dropped += here;
        log().log(log_level::warning, "dead letters were dropped: their tables are dirty",
                  std::initializer_list<log_field>{{"migration", options_.name},
                                                   {"side", std::string(to_string(s))},
                                                   {"count", std::to_string(here)}});
    }
    return dropped;
}

} // namespace tandem::detail
