// SPDX-License-Identifier: BSL-1.0
//
// A spool in a directory of its own. What is set up here fails the test by an exception.
#pragma once

#include "tandem/core/clock_source.hpp"
#include "tandem/spool/spool.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>

namespace tandem_test {

using namespace tandem;

template <class T>
T value_of(result<T> r) {
    if (r.has_error()) throw std::runtime_error(r.error().full_message());
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

inline call_context within(milliseconds time) { return {monotonic_now() + time}; }
inline call_context in_time() { return within(milliseconds(20'000)); }

inline intent_record intent(const std::string& key) { return {1, key, {}}; }

enum class disk : std::uint8_t { any, in_memory };

/// Mode 0700; removed with all it holds.
class spool_directory {
public:
    explicit spool_directory(disk where = disk::any);
    spool_directory(const spool_directory&) = delete;
    spool_directory& operator=(const spool_directory&) = delete;
    ~spool_directory();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    [[nodiscard]] spool::options options() const { return {.directory = path_}; }
    [[nodiscard]] spool::spool open() const { return value_of(spool::spool::open(options())); }
    [[nodiscard]] std::map<std::string, std::string> read_files() const;
    /// Leaves nothing but these.
    void replace_files(const std::map<std::string, std::string>& content) const;

private:
    std::string path_;
};

/// The keys of all that is owed.
[[nodiscard]] std::multiset<std::string> keys_of(spool::spool& s);
/// Adds `count` intents; their keys begin with `prefix`.
std::multiset<std::string> fill(spool::spool& s, int count, const std::string& prefix = "key-");

[[nodiscard]] std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);

} // namespace tandem_test
