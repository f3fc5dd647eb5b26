// SPDX-License-Identifier: BSL-1.0
//
// tandem_bench: starts two private PostgreSQL servers and measures tandem beside hand-written code
// in the same run. See docs/performance.md.

#include "report.hpp"
#include "rows.hpp"
#include "world.hpp"

#include <cstdio>
#include <cstring>
#include <string>

namespace {

using namespace bench;

const std::vector<row> all_rows = {
    {"routing", measure_routing}, {"idle", measure_idle},   {"fence", measure_fenced_writes},
    {"intent", measure_intents},  {"get", measure_get},     {"async", measure_async},
    {"sync", measure_sync},       {"apply", measure_apply}, {"switch", measure_switch},
    {"outage", measure_outage},
#ifdef TANDEM_BENCH_SPOOL
    {"spool", measure_spool},
#endif
};

int usage(const char* wrong) {
    std::fprintf(stderr,
                 "error[T-usage]: unknown argument '%s'\n"
                 "usage: ./dev bench [--quick] [--only NAME]\n\nNAME is one of:",
                 wrong);
    for (const auto& r : all_rows)
        std::fprintf(stderr, " %s", r.name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    effort e;
    std::string only;
    for (int i = 1; i < argc; ++i) {
        const std::string_view a = argv[i];
        if (a == "--quick") {
            e = {.rounds = 3, .cell = seconds(0.3)};
        } else if (a == "--only" && i + 1 < argc) {
            only = argv[++i];
        } else {
            return usage(argv[i]);
        }
    }
    bool known = only.empty();
    for (const auto& r : all_rows)
        known = known || r.name == only;
    if (!known) return usage(only.c_str());

    world w;
    print_header();
    for (const auto& r : all_rows) {
        if (only.empty() || r.name == only) r.run(w, e);
    }
    std::printf("%d bars missed\n", missed());
    return 0;
}
