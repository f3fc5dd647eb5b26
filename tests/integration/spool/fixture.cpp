// SPDX-License-Identifier: BSL-1.0
#include "fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace tandem_test {

spool_directory::spool_directory(disk where) {
    const bool memory = where == disk::in_memory && ::access("/dev/shm", W_OK) == 0;
    path_ = (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
            "/tandem_spool_XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
}

spool_directory::~spool_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::map<std::string, std::string> spool_directory::read_files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
        if (entry.is_regular_file()) all[entry.path().filename()] = read_file(entry.path());
    }
    return all;
}

void spool_directory::replace_files(const std::map<std::string, std::string>& content) const {
    for (const auto& entry : std::filesystem::directory_iterator(path_))
        std::filesystem::remove_all(entry.path());
    for (const auto& [name, bytes] : content)
        write_file(file(name), bytes);
}

std::multiset<std::string> keys_of(spool::spool& s) {
    std::multiset<std::string> keys;
    for (const auto& one : value_of(s.owed(0, 1'000'000, in_time())))
        keys.insert(one.what.key);
    return keys;
}

std::multiset<std::string> fill(spool::spool& s, int count, const std::string& prefix) {
    std::multiset<std::string> keys;
    for (int i = 0; i < count; ++i) {
        const auto key = prefix + std::to_string(i);
        value_of(s.add(intent(key), in_time()));
        keys.insert(key);
    }
    return keys;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}

void write_file(const std::string& path, const std::string& content) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << content;
    out.close();
    if (!out) throw std::runtime_error("cannot write " + path);
    ::chmod(path.c_str(), 0600);
}

} // namespace tandem_test
