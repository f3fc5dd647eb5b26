// SPDX-License-Identifier: BSL-1.0
//
// The package catalogue. Its format:
//
//   catalogue    = *( stanza blank-line )
//   stanza       = 1*( field )
//   field        = name ":" value LF *( continuation )
//   continuation = ( SP / TAB ) text LF
#include "tandem/core/key.hpp"

#include "dataset.hpp"

#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <streambuf>
#include <unordered_set>

namespace demo {

namespace {

using field = std::pair<std::string, std::string>;
constexpr std::size_t row_bytes_max = 200'000;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
        text.remove_prefix(1);
    }
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
        text.remove_suffix(1);
    }
    return text;
}

/// The next stanza; empty at the end.
std::vector<field> read_stanza(std::istream& in) {
    std::vector<field> fields;
    std::string line;
    while (std::getline(in, line)) {
        if (line.empty()) {
            if (fields.empty()) continue;
            break;
        }
        if (line.front() == ' ' || line.front() == '\t') {
            if (!fields.empty()) fields.back().second += "\n" + line;
            continue;
        }
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        fields.emplace_back(line.substr(0, colon),
                            trimmed(std::string_view(line).substr(colon + 1)));
    }
    return fields;
}

std::optional<std::string> take(std::vector<field>& fields, std::string_view name) {
    for (auto f = fields.begin(); f != fields.end(); ++f) {
        if (f->first != name) continue;
        std::string value = std::move(f->second);
        fields.erase(f);
        return value;
    }
    return std::nullopt;
}

std::optional<std::int64_t> number(const std::optional<std::string>& text) {
    std::int64_t value = 0;
    if (!text) return std::nullopt;
    const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (failure != std::errc()) return std::nullopt;
    return value;
}

std::optional<item> make_item(std::vector<field> fields) {
    const auto name = take(fields, "Package");
    const auto release = take(fields, "Version");
    const auto architecture = take(fields, "Architecture");
    if (!name || !release || !architecture) return std::nullopt;
    std::size_t bytes = 0;
    for (const auto& [n, value] : fields) {
        if (!tandem::is_valid_text(n) || !tandem::is_valid_text(value)) return std::nullopt;
        bytes += value.size();
    }
    if (bytes > row_bytes_max) return std::nullopt;
    item one;
    one.id = *name + ":" + *architecture + "=" + *release;
    if (one.id.size() > 1'000 || !tandem::is_valid_text(one.id)) return std::nullopt;
    one.name = *name;
    one.release = release;
    one.section = take(fields, "Section");
    one.size_kib = number(take(fields, "Installed-Size"));
    one.maintainer = take(fields, "Maintainer");
    one.homepage = take(fields, "Homepage");
    one.description = take(fields, "Description");
    std::vector<std::pair<std::string_view, std::string_view>> others{
        {"Architecture", *architecture}};
    for (const auto& [n, value] : fields)
        others.emplace_back(n, value);
    one.fields.text = json_object(others);
    return one;
}

/// What a command writes, as it comes; nothing where it cannot be run.
class command_output final : public std::streambuf {
public:
    explicit command_output(const char* command) : pipe_(::popen(command, "r")), buffer_(1 << 16) {}
    command_output(const command_output&) = delete;
    command_output& operator=(const command_output&) = delete;
    ~command_output() override {
        if (pipe_ != nullptr) ::pclose(pipe_);
    }

protected:
    int_type underflow() override {
        const auto got =
            pipe_ == nullptr ? 0 : std::fread(buffer_.data(), 1, buffer_.size(), pipe_);
        setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
        return got == 0 ? traits_type::eof() : traits_type::to_int_type(buffer_.front());
    }

private:
    std::FILE* pipe_;
    std::vector<char> buffer_;
};

} // namespace

dataset parse_stanzas(std::istream& in, std::size_t rows_max) {
    dataset data;
    std::unordered_set<std::string> seen;
    while (data.items.size() < rows_max) {
        auto fields = read_stanza(in);
        if (fields.empty()) break;
        auto one = make_item(std::move(fields));
        if (one && seen.insert(one->id).second) {
            data.items.push_back(std::move(*one));
        } else {
            ++data.left_out;
        }
    }
    return data;
}

outcome<dataset> load_catalogue(std::size_t rows_max) {
    command_output output("apt-cache dumpavail 2>/dev/null");
    std::istream available(&output);
    dataset data = parse_stanzas(available, rows_max);
    data.origin = "the package catalogue of this machine (apt-cache dumpavail)";
    if (!data.items.empty()) return data;

    constexpr const char* installed = "/var/lib/dpkg/status";
    std::ifstream status(installed);
    data = parse_stanzas(status, rows_max);
    data.origin = std::string("the installed packages (") + installed +
                  "), because apt-cache has no lists: run apt-get update for the whole catalogue";
    if (!data.items.empty()) return data;
    return problem(trouble::no_rows, exit_status::configuration,
                   std::string("this machine has no package catalogue; apt-cache dumpavail and ") +
                       installed + "; run apt-get update, or give --csv FILE --key COLUMN");
}

} // namespace demo
