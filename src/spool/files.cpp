// SPDX-License-Identifier: BSL-1.0
#include "spool/files.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>

namespace tandem::spool::detail {
namespace {

constexpr const char* mark_name = "spool.mark";
constexpr const char* building_name = "spool.building";
constexpr const char* building_wal_name = "spool.building-wal";
constexpr const char* new_name = "spool.new";
constexpr int folders_max = 1'000;

error newer_format(const directory& where, std::uint32_t number) {
    return {errc::unsupported, "the spool '" + where.path() + "' has format " +
                                   std::to_string(number) + ", this version of tandem reads " +
                                   std::to_string(format_number) +
                                   "; use the newer version, nothing was touched"};
}

/// All that can be saved, by whatever way.
struct salvaged {
    std::map<std::int64_t, stored_record> records;
    std::optional<head> seen_head;
};

result<salvaged> collect(const directory& where, std::vector<stored_record> readable) {
    salvaged all;
    for (auto& r : readable)
        all.records.insert_or_assign(r.id, std::move(r));
    for (const char* name : {database_name, wal_name}) {
        if (!where.has(name)) continue;
        TANDEM_TRY(const auto bytes, where.read(name));
        for (auto& r : find_records(bytes))
            all.records.try_emplace(r.id, std::move(r));
        if (!all.seen_head) all.seen_head = find_head(bytes);
    }
    return all;
}

/// Copies of the names, as the originals go away; the first free folder.
result<std::string> set_aside(const directory& where) {
    std::string folder;
    for (int i = 1; i <= folders_max && folder.empty(); ++i) {
        std::string name = "damaged-" + std::to_string(i);
        if (!where.has(name)) folder = std::move(name);
    }
    if (folder.empty()) {
        return error(errc::resources, "'" + where.path() + "' holds " +
                                          std::to_string(folders_max) +
                                          " damaged spools; look at them and remove some");
    }
    TANDEM_TRY(where.make_folder(folder));
    for (const char* name : {database_name, wal_name, mark_name}) {
        if (where.has(name)) {
            TANDEM_TRY(where.link_into(name, folder));
        }
    }
    TANDEM_TRY(where.sync_folder(folder));
    return folder;
}

/// spool.new is complete: it becomes the spool. Repeatable after a crash at any point.
result<void> take_new(const directory& where) {
    // The old log must not stand beside the new database.
    TANDEM_TRY(where.remove(wal_name));
    TANDEM_TRY(where.remove(mark_name));
    TANDEM_TRY(where.sync());
    TANDEM_TRY(where.rename(new_name, database_name));
    return where.sync();
}

result<void> rebuild(const directory& where, const salvaged& all, std::int64_t last_id,
                     const std::string& damage) {
    TANDEM_TRY(where.remove(building_name));
    TANDEM_TRY(where.remove(building_wal_name));
    TANDEM_TRY(where.create(building_name));
    {
        TANDEM_TRY(auto made, database::open(where, building_name));
        TANDEM_TRY(made->initialise(all.seen_head ? all.seen_head->identity : "", last_id, damage));
        batch records;
        for (const auto& [id, r] : all.records)
            records.add.emplace_back(id, encode(r));
        TANDEM_TRY(made->commit(records));
        TANDEM_TRY(made->become_one_file());
    }
    TANDEM_TRY(where.rename(building_name, new_name));
    return where.sync();
}

/// `readable`: the records that SQLite still reads.
result<void> salvage(const directory& where, const std::string& problem, const std::string& earlier,
                     std::vector<stored_record> readable, std::int64_t last_id) {
    if (last_id < 0 || last_id > id_max) last_id = 0;
    TANDEM_TRY(const auto all, collect(where, std::move(readable)));
    if (all.seen_head && all.seen_head->format > format_number)
        return newer_format(where, all.seen_head->format);
    if (!all.records.empty()) last_id = std::max(last_id, all.records.rbegin()->first);
    TANDEM_TRY(const auto folder, set_aside(where));
    std::string damage = earlier.empty() ? "" : earlier + "; ";
    damage += "the spool '" + where.path() + "' was damaged: " + problem + "; " +
              std::to_string(all.records.size()) +
              " good records were kept, others may be lost; the damaged files are in '" +
              where.path_of(folder) + "'";
    TANDEM_TRY(rebuild(where, all, last_id, damage));
    return take_new(where);
}

/// What the mark says; nothing where it is missing, a problem where it cannot be read.
struct mark_seen {
    std::optional<std::int64_t> id;
    std::string problem;
};

result<mark_seen> read_mark(const directory& where) {
    mark_seen seen;
    if (!where.has(mark_name)) return seen;
    TANDEM_TRY(where.check_file(mark_name));
    TANDEM_TRY(const auto bytes, where.read(mark_name));
    if (bytes.empty()) return seen; // being made
    seen.id = decode_mark(bytes);
    if (!seen.id) seen.problem = "its mark of the last record cannot be read";
    return seen;
}

result<void> check_names(const directory& where) {
    for (const char* name : {database_name, wal_name, mark_name, new_name}) {
        if (where.has(name)) {
            TANDEM_TRY(where.check_file(name));
        }
    }
    return success();
}

/// Compares what the file holds with what was acknowledged.
std::string check_mark(const content& found, const mark_seen& mark) {
    if (!mark.problem.empty()) return mark.problem;
    // Right after a salvage it is not there yet.
    if (!mark.id && found.last_id > 0 && found.noted_damage.empty())
        return "its mark of the last record is missing";
    if (mark.id && *mark.id > found.last_id) {
        return "records were acknowledged up to number " + std::to_string(*mark.id) +
               ", the file ends at " + std::to_string(found.last_id);
    }
    return {};
}

/// One try. Nothing: it was damaged, and has been mended.
result<std::optional<files>> try_open(const directory& where) {
    TANDEM_TRY(check_names(where));
    if (where.has(new_name)) {
        TANDEM_TRY(take_new(where));
    }
    TANDEM_TRY(const auto mark, read_mark(where));
    const bool is_there = where.has(database_name);
    bool is_empty = true;
    if (is_there) {
        TANDEM_TRY(const auto file, where.open_file(database_name));
        is_empty = ::lseek(file.get(), 0, SEEK_END) == 0;
    }
    // SQLite would throw the log of an empty database away.
    if (is_empty && (mark.id || !mark.problem.empty() || where.has(wal_name))) {
        TANDEM_TRY(where.create(database_name));
        TANDEM_TRY(salvage(where, "its database is missing or empty", {}, {}, mark.id.value_or(0)));
        return std::optional<files>();
    }
    if (is_empty) {
        TANDEM_TRY(rebuild(where, {}, 0, {}));
        TANDEM_TRY(take_new(where));
    }
    files opened;
    TANDEM_TRY(opened.records, database::open(where, database_name));
    opened.found = opened.records->inspect();
    if (opened.found.head && opened.found.head->format > format_number) {
        opened.records->leave_untouched();
        return newer_format(where, opened.found.head->format);
    }
    std::string problem = opened.found.problem;
    if (problem.empty()) problem = check_mark(opened.found, mark);
    if (!problem.empty()) {
        auto readable = opened.records->readable();
        opened.records->leave_untouched();
        opened.records.reset();
        TANDEM_TRY(salvage(where, problem, opened.found.noted_damage, std::move(readable),
                           std::max(opened.found.last_id, mark.id.value_or(0))));
        return std::optional<files>();
    }
    if (!mark.id) {
        TANDEM_TRY(where.write(mark_name, encode_mark(opened.found.last_id)));
        TANDEM_TRY(where.sync());
    }
    TANDEM_TRY(opened.mark, where.open_file(mark_name));
    opened.damage = opened.found.noted_damage;
    return std::optional<files>(std::move(opened));
}

} // namespace

result<files> open_files(const directory& where) {
    for (int tries = 0; tries < 2; ++tries) {
        TANDEM_TRY(auto opened, try_open(where));
        if (opened) return std::move(*opened);
    }
    return error(errc::store_error, "the spool '" + where.path() +
                                        "' is damaged again right after it was salvaged; the "
                                        "disk fails");
}

void write_mark(const descriptor& mark, std::int64_t id) noexcept {
    const std::string bytes = encode_mark(id);
    [[maybe_unused]] const auto done = ::pwrite(mark.get(), bytes.data(), bytes.size(), 0);
}

} // namespace tandem::spool::detail
