// SPDX-License-Identifier: BSL-1.0
#include "tandem/core/log.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>
#include <sstream>

namespace tandem {
namespace {

/// Takes the place of spdlog's default logger as long as it lives.
class captured_log {
public:
    captured_log() {
        auto mine = std::make_shared<spdlog::logger>(
            "captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
        mine->set_pattern("%l %v");
        mine->set_level(spdlog::level::trace);
        spdlog::set_default_logger(std::move(mine));
    }
    captured_log(const captured_log&) = delete;
    captured_log& operator=(const captured_log&) = delete;
    ~captured_log() { spdlog::set_default_logger(before_); }

    std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
    std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST(default_logger, writes_warnings_with_their_fields) {
    const captured_log captured;
    const std::array fields{log_field{"table", "users"}, log_field{"owed", "3"}};
    default_logger().log(log_level::warning, "the relay failed", fields);
    EXPECT_EQ(captured.text(), "warning the relay failed table=users owed=3\n");
}

TEST(default_logger, writes_errors) {
    const captured_log captured;
    default_logger().log(log_level::error, "stop", {});
    EXPECT_EQ(captured.text(), "error stop\n");
}

TEST(default_logger, drops_what_is_below_a_warning) {
    const captured_log captured;
    default_logger().log(log_level::info, "hello", {});
    default_logger().log(log_level::debug, "hello", {});
    EXPECT_EQ(captured.text(), "");
}

TEST(default_logger, takes_a_message_with_braces_as_it_is) {
    const captured_log captured;
    default_logger().log(log_level::error, "{} {0} {", {});
    EXPECT_EQ(captured.text(), "error {} {0} {\n");
}

} // namespace
} // namespace tandem
