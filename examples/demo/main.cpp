// SPDX-License-Identifier: BSL-1.0
//
// The demo: loads a real table into a source, moves it to a target while writers and readers use
// it, has the target fail on the way, rolls back and goes forward again, and proves that nothing
// was lost.
#include "tandem/worker.hpp"

#include "dataset.hpp"
#include "event_log.hpp"
#include "interrupt.hpp"
#include "proof.hpp"
#include "text.hpp"

#include <iostream>
#include <limits>

namespace demo {

namespace {

constexpr std::chrono::minutes patience{1}; // of the set-up, on a machine with much else to do

/// Ends the worker's thread before what it works on goes.
class running_worker {
public:
    explicit running_worker(tandem::migration& m)
        : worker_(m, {.trouble_pause_max = tandem::milliseconds(500)}),
          thread_([this] { worker_.run(); }) {}
    running_worker(const running_worker&) = delete;
    running_worker& operator=(const running_worker&) = delete;
    ~running_worker() {
        worker_.stop();
        thread_.join();
    }

private:
    tandem::worker worker_;
    std::thread thread_;
};

outcome<dataset> load_data(const options& o) {
    const std::size_t rows_max = o.rows.value_or(std::numeric_limits<std::size_t>::max());
    return o.csv.empty() ? load_catalogue(rows_max) : load_csv(o.csv, o.key_column, rows_max);
}

outcome<void> fill(database& source, database& target, const dataset& data) {
    const auto schemas = tandem::pair_schemas(source_table, target_table);
    if (!schemas) return problem(schemas.error(), "pairing the mappings");
    const auto& [from, to] = schemas.value();
    const auto codec = tandem::codec_for(source_table);
    std::vector<tandem::row> rows;
    rows.reserve(data.items.size());
    for (const item& one : data.items) {
        auto row = codec.to_row(one);
        if (!row) return problem(row.error(), "encoding the loaded rows");
        rows.push_back(std::move(row.value()));
    }
    TANDEM_TRY(source.create_table(from));
    TANDEM_TRY(target.create_table(to));
    return source.load(from, rows);
}

struct sides {
    std::unique_ptr<run_folder> folder;
    std::unique_ptr<database> source;
    std::unique_ptr<database> target;
};

outcome<sides> make_sides(const options& o, display& screen) {
    sides made;
    TANDEM_TRY(made.folder, run_folder::make(o.folder));
    TANDEM_TRY(made.source, make_database(o.source, *made.folder, "source"));
    TANDEM_TRY(made.target, make_database(o.target, *made.folder, "target"));
    screen.line("from    " + made.source->description());
    screen.line("to      " + made.target->description());
    return made;
}

outcome<proof> run_traffic(const options& o, const sides& where_to, const ground& where,
                           display& screen, std::uint64_t seed) {
    proof what;
    {
        const running_worker relay(where.moved);
        monitor watch(where.moved, where.figures, screen);
        traffic load(where, seed, static_cast<std::size_t>(o.writers),
                     static_cast<std::size_t>(o.readers));
        auto walked = walk({where.moved, *where_to.source, *where_to.target, load, where, watch,
                            screen, o.length});
        load.stop();
        what.worst = watch.worst();
        TANDEM_TRY(what.walked, std::move(walked));
    }
    TANDEM_TRY(const auto rows, read_table(*where_to.target, tandem::side::target));
    what.rows_at_end = static_cast<std::int64_t>(rows.size());
    what.findings = where.figures.findings();
    for (auto* more : {&what.walked.findings}) {
        what.findings.insert(what.findings.end(), more->begin(), more->end());
    }
    auto at_end = check_against(where, rows);
    what.findings.insert(what.findings.end(), at_end.begin(), at_end.end());
    return what;
}

outcome<exit_status> run(const options& o, display& screen) {
    const std::uint64_t seed = o.seed ? *o.seed : std::random_device{}();
    random_source random(seed);
    TANDEM_TRY(auto data, load_data(o));
    const key_plan plan = make_plan(data, static_cast<std::size_t>(o.writers), random);
    screen.line("data    " + counted(static_cast<std::int64_t>(data.items.size()), "row") + " of " +
                data.origin);
    TANDEM_TRY(const sides made, make_sides(o, screen));
    TANDEM_TRY(fill(*made.source, *made.target, data));
    screen.line("seed    " + std::to_string(seed) + ", " + counted(o.writers, "writer") + ", " +
                counted(o.readers, "reader") + ", about " + seconds_text(o.length));
    screen.line("");

    journal writes;
    for (const item& one : data.items)
        writes.loaded(one.id, fingerprint(one), one.balance);
    event_log log(screen);
    TANDEM_TRY(const auto moved,
               make_migration({.name = "demo", .log = &log}, *made.source, *made.target));
    auto table = moved->add(source_table, target_table);
    if (const auto done = moved->install({.timeout = patience}); !done) {
        return problem(done.error(), "installing the migration");
    }
    if (const auto done = moved->start({.timeout = patience}); !done) {
        return problem(done.error(), "starting the migration");
    }
    meter figures;
    const ground where{data, plan, *moved, table, writes, figures};
    screen.start_clock();
    TANDEM_TRY(const proof what, run_traffic(o, made, where, screen, seed));
    const bool is_proven = print_proof(screen, where, what);
    if (!o.folder.empty()) screen.line("The files are in " + made.folder->path().string());
    return is_proven ? exit_status::proven : exit_status::difference;
}

int run_program(int count, char** arguments) {
    const auto parsed = parse_options(
        std::span<const char* const>(arguments, static_cast<std::size_t>(count)).subspan(1));
    if (!parsed) {
        std::cerr << parsed.error().message() << '\n';
        return static_cast<int>(parsed.error().status());
    }
    if (parsed.value().is_help) {
        std::cout << usage();
        return std::cout.flush() ? 0 : static_cast<int>(exit_status::interrupted);
    }
    catch_interrupts();
    display screen;
    const auto ended = run(parsed.value(), screen);
    if (is_interrupted()) {
        std::cerr << interrupted().message() << '\n';
        return static_cast<int>(exit_status::interrupted);
    }
    if (!ended) {
        std::cerr << ended.error().message() << '\n';
        return static_cast<int>(ended.error().status());
    }
    return static_cast<int>(ended.value());
}

} // namespace

} // namespace demo

int main(int count, char** arguments) { return demo::run_program(count, arguments); }
