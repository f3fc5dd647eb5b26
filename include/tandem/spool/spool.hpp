// SPDX-License-Identifier: BSL-1.0
//
// spool: a durable queue of intents in a directory of this machine, for a source that cannot keep
// them itself. add() returns when the intent survives the loss of power; concurrent calls share one
// fsync. Each record carries a CRC32C. It survives kill -9, and notices what a damaged file lost:
// good records are kept, the damaged files are set aside, and damage() says so. Thread-safe; one
// process at a time; starts no thread. It is no log of changes: it names keys whose row is owed.
#pragma once

#include "tandem/concepts/fallback_queue.hpp"

#include <memory>

namespace tandem::spool {

/// What add() does at a bound.
enum class when_full : std::uint8_t {
    refuse, ///< errc::resources, at once
    block,  ///< wait for room until the deadline, then errc::resources
};

struct options {
    /// Exists, belongs to this user, and nobody else may look into it (0700). On a local disk.
    std::string directory;
    std::int64_t records_max = 1'000'000;           ///< at least 1
    std::int64_t bytes_max = std::int64_t{1} << 30; ///< of all records; at least record_bytes_max
    std::int64_t record_bytes_max = 1 << 20;        ///< of one record, with 26 bytes of its own
    when_full full = when_full::refuse;
};

namespace detail {
class spool_state;
}

/// The operations are documented by the concept. A call that commits for others as well ends when
/// the disk has answered, which may be after its deadline.
class spool {
public:
    /// Opens or makes the files, and reads through all of them. Errors: invalid_options (an option,
    /// or no such directory), permission_denied (directory or files can be read by others, belong
    /// to others, or cannot be written), busy (another process has it open), unsupported (a newer
    /// format; nothing was touched), resources (disk full), store_error. Damaged files are no
    /// error: see damage().
    [[nodiscard]] static result<spool> open(options wanted, const call_context& call = {});

    spool(spool&&) noexcept;
    spool& operator=(spool&&) noexcept;
    ~spool();

    [[nodiscard]] result<std::int64_t> add(const intent_record& what, const call_context& call);
    void note(std::int64_t id, write_outcome outcome, monotonic_time at) noexcept;
    [[nodiscard]] result<std::vector<owed_intent>> owed(std::int64_t after, std::size_t limit,
                                                        const call_context& call);
    [[nodiscard]] result<void> settle(std::span<const std::int64_t> ids, const call_context& call);
    [[nodiscard]] queue_stats stats() const;
    /// 32 hexadecimal digits.
    [[nodiscard]] const std::string& identity() const;
    /// Number and birth of the file that is locked; so another text for a copied directory.
    [[nodiscard]] const std::string& place() const;
    /// What was found, how many records were kept, and where the damaged files are.
    [[nodiscard]] std::optional<std::string> damage() const;
    [[nodiscard]] result<void> damage_noted(const call_context& call);

private:
    explicit spool(std::unique_ptr<detail::spool_state> state);
    std::unique_ptr<detail::spool_state> state_;
};

static_assert(fallback_queue<spool>);

} // namespace tandem::spool
