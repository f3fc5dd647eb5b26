// SPDX-License-Identifier: BSL-1.0
//
// CSV files. Their format, which is that of RFC 4180 with a little more freedom at the line ends:
//
//   file    = [ BOM ] header *( end row ) [ end ]
//   header  = row                      ; the names of the columns: not empty, all different
//   row     = field *( "," field )     ; as many fields as the header; an empty line is no row
//   field   = *plain / DQUOTE *( any / 2DQUOTE ) DQUOTE
//   plain   = any character but DQUOTE, ",", CR, LF
//   end     = [ CR ] LF
#include "tandem/core/limits.hpp"

#include "dataset.hpp"
#include "nearest.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_map>

namespace demo {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 30;
constexpr std::size_t key_bytes_max = 1'000; // leaves room for the encoding of the key
constexpr std::size_t row_bytes_max = tandem::limits{}.row_bytes_max / 4 * 3;

struct place {
    std::size_t line = 1;
    std::size_t column = 1; ///< in characters
};

struct value {
    std::string text;
    place at;
};

class reader {
public:
    reader(std::string_view text, const std::string& name) : text_(text), name_(name) {
        constexpr std::string_view mark = "\xEF\xBB\xBF";
        if (text_.starts_with(mark)) next_ = mark.size();
    }

    /// The next row; no value at the end of the file.
    outcome<std::vector<value>> row() {
        std::vector<value> values;
        while (at_line_end())
            skip_line_end();
        if (at_end()) return values;
        for (;;) {
            TANDEM_TRY(auto one, peek() == '"' ? quoted() : plain());
            values.push_back(std::move(one));
            if (at_end()) return values;
            if (at_line_end()) {
                skip_line_end();
                return values;
            }
            advance(); // the comma
        }
    }

    [[nodiscard]] problem wrong(const place& at, const std::string& what,
                                const std::string& remedy) const {
        return {trouble::malformed_input, exit_status::configuration,
                what + "; " + where(at) + "; " + remedy};
    }
    [[nodiscard]] std::string where(const place& at) const {
        return name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    }

private:
    [[nodiscard]] bool at_end() const { return next_ >= text_.size(); }
    [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[next_]; }
    [[nodiscard]] bool at_line_end() const {
        return peek() == '\n' || text_.substr(next_).starts_with("\r\n");
    }
    void skip_line_end() {
        if (peek() == '\r') advance();
        advance();
    }
    void advance() {
        const auto byte = static_cast<unsigned char>(text_[next_++]);
        if (byte == '\n') {
            at_ = {at_.line + 1, 1};
        } else if (at_end() || (static_cast<unsigned char>(text_[next_]) & 0xC0U) != 0x80U) {
            ++at_.column; // behind the last byte of a character
        }
    }

    outcome<value> plain() {
        value out{{}, at_};
        while (!at_end() && peek() != ',' && !at_line_end()) {
            if (peek() == '"') {
                return wrong(at_, "a quote inside a field that does not begin with one",
                             "put the field into quotes and write the quote twice");
            }
            if (peek() == '\r') {
                return wrong(at_, "a carriage return without a line feed",
                             "end lines with LF or CRLF, or put the field into quotes");
            }
            out.text += peek();
            advance();
        }
        return checked(std::move(out));
    }

    outcome<value> quoted() {
        value out{{}, at_};
        advance();
        for (;;) {
            if (at_end()) {
                return wrong(out.at, "a quoted field that does not end",
                             "close it with a quote; a quote inside is written twice");
            }
            const char c = peek();
            advance();
            if (c == '"') {
                if (peek() != '"') break;
                advance();
            }
            out.text += c;
        }
        if (!at_end() && peek() != ',' && !at_line_end()) {
            return wrong(at_, "text behind the closing quote of a field",
                         "a field ends with its quote; a quote inside is written twice");
        }
        return checked(std::move(out));
    }

    outcome<value> checked(value out) const {
        if (!tandem::is_valid_text(out.text)) {
            return wrong(out.at, "a field that is not UTF-8 text",
                         "convert the file to UTF-8 without NUL bytes, with iconv for example");
        }
        return out;
    }

    std::string_view text_;
    const std::string& name_;
    std::size_t next_ = 0;
    place at_;
};

struct header {
    std::vector<value> names;
    std::size_t key = 0;
};

outcome<header> read_header(reader& in, const std::string& file, const std::string& key_column) {
    TANDEM_TRY(auto names, in.row());
    if (names.empty()) {
        return problem(trouble::no_rows, exit_status::configuration,
                       "the file is empty; " + file + "; its first line must name the columns");
    }
    std::vector<std::string> texts;
    for (const value& n : names) {
        if (n.text.empty()) {
            return in.wrong(n.at, "a column without a name", "give every column a name");
        }
        if (std::ranges::find(texts, n.text) != texts.end()) {
            return in.wrong(n.at, "two columns are named '" + n.text + "'", "rename one of them");
        }
        texts.push_back(n.text);
    }
    const auto found = std::ranges::find(texts, key_column);
    if (found == texts.end()) {
        const bool is_one = texts.size() == 1 && texts[0].find_first_of(";\t") != texts[0].npos;
        return in.wrong({},
                        "there is no column '" + key_column + "'" + did_you_mean(key_column, texts),
                        is_one ? "fields must be separated by commas"
                               : "give --key one of the names in the first line");
    }
    return header{std::move(names), static_cast<std::size_t>(found - texts.begin())};
}

outcome<void> check_row(const reader& in, const header& columns, const std::vector<value>& row) {
    if (row.size() != columns.names.size()) {
        return in.wrong(row.front().at,
                        "a row of " + std::to_string(row.size()) + " fields where the header has " +
                            std::to_string(columns.names.size()),
                        "give every row as many fields; a comma inside a field needs quotes");
    }
    const value& key = row[columns.key];
    if (key.text.empty()) {
        return in.wrong(key.at, "an empty key", "give every row a key, or choose another --key");
    }
    if (key.text.size() > key_bytes_max) {
        return in.wrong(key.at, "a key longer than " + std::to_string(key_bytes_max) + " bytes",
                        "choose another column as --key");
    }
    return tandem::success();
}

item make_item(const header& columns, std::vector<value> row) {
    std::vector<std::pair<std::string_view, std::string_view>> members;
    members.reserve(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        members.emplace_back(columns.names[i].text, row[i].text);
    }
    item one;
    one.fields.text = json_object(members);
    one.id = row[columns.key].text;
    one.name = one.id;
    return one;
}

} // namespace

outcome<dataset> parse_csv(std::string_view text, const std::string& name,
                           const std::string& key_column, std::size_t rows_max) {
    reader in(text, name);
    TANDEM_TRY(const header columns, read_header(in, name, key_column));
    dataset data;
    data.origin = name;
    std::unordered_map<std::string, std::size_t> lines; // of the keys
    while (data.items.size() < rows_max) {
        TANDEM_TRY(auto row, in.row());
        if (row.empty()) break;
        TANDEM_TRY(check_row(in, columns, row));
        const place at = row[columns.key].at;
        const auto [first, is_new] = lines.emplace(row[columns.key].text, at.line);
        if (!is_new) {
            return problem(trouble::duplicate_key, exit_status::configuration,
                           "the key '" + first->first + "' stands in line " +
                               std::to_string(first->second) + " and in line " +
                               std::to_string(at.line) + "; " + in.where(at) +
                               "; remove one of the rows, or choose another column as --key");
        }
        data.items.push_back(make_item(columns, std::move(row)));
        if (data.items.back().fields.text.size() > row_bytes_max) {
            return in.wrong(at, "a row longer than " + std::to_string(row_bytes_max) + " bytes",
                            "shorten it; look for a quote that is not closed");
        }
    }
    if (data.items.empty()) {
        return problem(trouble::no_rows, exit_status::configuration,
                       "the file has a header and no rows; " + name + "; add some");
    }
    return data;
}

outcome<dataset> load_csv(const std::string& path, const std::string& key_column,
                          std::size_t rows_max) {
    const auto unreadable = [&](const std::string& what, const std::string& remedy) {
        return problem(trouble::unreadable_input, exit_status::configuration,
                       what + "; " + path + "; " + remedy);
    };
    std::error_code failure;
    if (std::filesystem::is_directory(path, failure)) {
        return unreadable("this is a folder", "give --csv a file");
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return unreadable(std::string("the file cannot be opened (") + std::strerror(errno) + ")",
                          "check the name and its permissions");
    }
    std::string text;
    std::vector<char> buffer(1 << 16);
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
           file.gcount() > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(file.gcount()));
        if (text.size() > file_bytes_max) {
            return unreadable("the file is larger than 1 GiB, and the demo keeps it in memory",
                              "give a part of it");
        }
    }
    if (file.bad()) return unreadable("the file could not be read to its end", "check the disk");
    return parse_csv(text, path, key_column, rows_max);
}

} // namespace demo
