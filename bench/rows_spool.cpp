// SPDX-License-Identifier: BSL-1.0
//
// The spool against what it cannot go below: one append and fdatasync on the same disk.

#include "tandem/core/clock_source.hpp"
#include "tandem/spool/spool.hpp"

#include "report.hpp"
#include "rows.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace bench {
namespace {

class temporary_directory {
public:
    temporary_directory() {
        if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ =
        (std::filesystem::temp_directory_path() / "tandem_bench_spool_XXXXXX").string();
};

const std::string record(300, 'r');

void measure_callers(const effort& e, int callers, bar against) {
    const temporary_directory where;
    auto opened = tandem::spool::spool::open({.directory = where.path(), .records_max = 1 << 30});
    if (!opened) throw std::runtime_error(opened.error().full_message());
    auto& s = opened.value();
    const int file = ::open((where.path() + "/plain").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const auto r = interleave(
        e.rounds,
        [&] {
            return run_for(e.cell, callers, [&](int, std::int64_t) {
                const tandem::call_context call{tandem::monotonic_now() +
                                                tandem::milliseconds(5000)};
                const auto id = s.add({0, "some key", record}, call);
                if (id) s.note(id.value(), tandem::write_outcome::known, {});
                return id.has_value();
            });
        },
        [&] {
            return run_for(e.cell, 1, [&](int, std::int64_t) {
                return ::write(file, record.data(), record.size()) ==
                           static_cast<ssize_t>(record.size()) &&
                       ::fdatasync(file) == 0;
            });
        });
    ::close(file);
    print({.what = "spool: durable adds of 300 bytes, " + std::to_string(callers) +
                   (callers == 1 ? " caller" : " callers"),
           .tandem = rate_text(r.rates(true).median),
           .rival = rate_text(r.rates(false).median),
           .figure = r.rate_ratio(),
           .against = against});
}

} // namespace

void measure_spool(world&, const effort& e) {
    measure_callers(e, 1, {bar::side::at_least, 0.9});
    measure_callers(e, 8, {bar::side::at_least, 3});
    measure_callers(e, 32, {bar::side::at_least, 8});
}

} // namespace bench
