// SPDX-License-Identifier: BSL-1.0
//
// Prometheus' text format read back, by its own rules and not by those of the code that wrote it.
// What is malformed throws.
#pragma once

#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tandem_test {

class exposition {
public:
    using labels = std::map<std::string, std::string>;
    using series = std::map<labels, double>;

    explicit exposition(std::string_view text) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            if (end == text.npos) throw std::runtime_error("the last line has no end");
            read_line(std::string(text.substr(0, end)));
            text.remove_prefix(end + 1);
        }
    }

    /// All series of a sample name (with _bucket, _sum, _count); empty where there is none.
    [[nodiscard]] series of(const std::string& name) const {
        const auto at = samples_.find(name);
        return at == samples_.end() ? series() : at->second;
    }
    /// The sum of those series that have all these labels.
    [[nodiscard]] double sum(const std::string& name, const labels& wanted = {}) const {
        double all = 0;
        for (const auto& [have, value] : of(name)) {
            bool fits = true;
            for (const auto& [k, v] : wanted)
                fits = fits && have.contains(k) && have.at(k) == v;
            if (fits) all += value;
        }
        return all;
    }
    /// Families by name, and the kind of each.
    [[nodiscard]] const std::map<std::string, std::string>& kinds() const { return kinds_; }
    /// Every label name in use.
    [[nodiscard]] const std::set<std::string>& label_names() const { return label_names_; }

private:
    static void require(bool good, const std::string& line) {
        if (!good) throw std::runtime_error("malformed: " + line);
    }
    static std::string word(const std::string& line, std::size_t& at) {
        const auto begin = at;
        while (at < line.size() && (std::isalnum(static_cast<unsigned char>(line[at])) != 0 ||
                                    line[at] == '_' || line[at] == ':'))
            ++at;
        require(at > begin, line);
        return line.substr(begin, at - begin);
    }
    void read_line(const std::string& line) {
        if (line.starts_with("# HELP ")) {
            std::size_t at = 7;
            family_ = word(line, at);
            require(!kinds_.contains(family_), line); // a family stands together, once
        } else if (line.starts_with("# TYPE ")) {
            std::size_t at = 7;
            require(word(line, at) == family_, line);
            kinds_[family_] = line.substr(at + 1);
        } else {
            read_sample(line);
        }
    }
    void read_sample(const std::string& line) {
        std::size_t at = 0;
        const std::string name = word(line, at);
        require(kinds_.contains(family_) && name.starts_with(family_), line);
        const std::string ending = name.substr(family_.size());
        const bool histogram = kinds_[family_] == "histogram";
        require(histogram ? ending == "_bucket" || ending == "_sum" || ending == "_count"
                          : ending.empty(),
                line);
        labels have;
        if (line[at] == '{') {
            do {
                ++at;
                const std::string label = word(line, at);
                label_names_.insert(label);
                require(line.substr(at, 2) == "=\"", line);
                at += 2;
                require(have.emplace(label, value(line, at)).second, line);
            } while (line[at] == ',');
            require(line[at++] == '}', line);
        }
        require(line[at++] == ' ', line);
        char* end = nullptr;
        const double number = std::strtod(line.c_str() + at, &end);
        require(end == line.c_str() + line.size() && at < line.size(), line);
        require(samples_[name].emplace(have, number).second, line);
    }
    static std::string value(const std::string& line, std::size_t& at) {
        std::string out;
        for (; line.at(at) != '"'; ++at) {
            if (line[at] != '\\') {
                out += line[at];
                continue;
            }
            const char c = line.at(++at);
            require(c == '\\' || c == '"' || c == 'n', line);
            out += c == 'n' ? '\n' : c;
        }
        ++at;
        return out;
    }

    std::string family_;
    std::map<std::string, std::string> kinds_;
    std::map<std::string, series> samples_;
    std::set<std::string> label_names_;
};

} // namespace tandem_test
