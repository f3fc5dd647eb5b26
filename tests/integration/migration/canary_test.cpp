// SPDX-License-Identifier: BSL-1.0
//
// What a server says may hold a row. None of it reaches the log or the metrics.
#include "tandem/core/metrics_registry.hpp"
#include "tandem/worker.hpp"

#include "integration/pairs/world.hpp"
#include "support/recording_logger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tandem_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* canary = "canary-8d2f";
constexpr std::int64_t key_canary = 918'273'645;

class canary_row : public ::testing::Test {
protected:
    world w{kind::postgres, kind::postgres};
    recording_logger log;
    std::shared_ptr<metrics_registry> registry = std::make_shared<metrics_registry>();
    canary_row() {
        w.options.log = &log;
        w.options.metrics = registry;
    }
    process& start_dual() {
        auto& p = w.start();
        must(p.migration.forward());
        must(p.migration.backfill());
        return p;
    }
    /// The target takes no amount from 1000 on, and says of which row.
    void refuse_by_name() {
        auto& target = w.at(side::target);
        target.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
                       "NEW.amount >= 1000 THEN RAISE check_violation USING MESSAGE = "
                       "concat('no to ', NEW.thing_id, ' ', NEW.label); END IF; RETURN NEW; "
                       "END $$");
        target.execute("CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON things FOR EACH ROW "
                       "EXECUTE FUNCTION refuse()");
    }
    void expect_nothing_told() {
        const std::string key = std::to_string(key_canary);
        const std::string metrics = to_prometheus(registry->snapshot());
        EXPECT_THAT(metrics, HasSubstr("tandem_operations_total"));
        for (const std::string& told : {log.text(), metrics}) {
            EXPECT_THAT(told, Not(HasSubstr(canary)));
            EXPECT_THAT(told, Not(HasSubstr(key)));
        }
    }
};

TEST_F(canary_row, that_the_target_refuses_is_not_in_the_log) {
    auto& p = start_dual();
    refuse_by_name();
    // The server names the row: to a call, apart from our own words.
    const auto refused =
        p.target.apply(std::vector<change>{{.table = items_id,
                                            .key = id_of(key_canary).encoded,
                                            .version = {epoch{1'000} << epoch_shift},
                                            .epoch = 1'000,
                                            .image = image_of({key_canary, canary, 5'000})}},
                       soon());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().full_message(), HasSubstr(canary));

    must(p.items.upsert({key_canary, canary, 5'000}));
    must(p.notes.upsert({key_canary, canary, canary}));
    worker background(p.migration,
                      {.relay = {.attempts_max = 2, .retry_pause_min = {}, .retry_pause_max = {}},
                       .idle_pause = milliseconds(1)});
    std::thread thread([&] { background.run(); });
    wait_until([&] { return background.counts().dead_letters > 0; });
    background.stop();
    thread.join();
    EXPECT_FALSE(p.migration.forward());
    must(p.migration.drop_dead_letters(must(p.migration.dead_letters()), canary));
    EXPECT_THAT(log.text(), HasSubstr("a change became a dead letter"));
    expect_nothing_told();
}

TEST_F(canary_row, that_meets_a_dead_server_or_a_lost_table_is_not_in_the_log) {
    auto& p = start_dual();
    must(p.items.upsert({key_canary, canary, 5}));
    w.at(side::target).execute("ALTER TABLE things RENAME COLUMN label TO other");
    worker background(p.migration, {.trouble_pause_min = milliseconds(1),
                                    .trouble_pause_max = milliseconds(5),
                                    .housekeeping_every = milliseconds(1)});
    std::thread thread([&] { background.run(); });
    wait_until([&] { return background.counts().failed_passes >= 3; });
    background.stop();
    thread.join();
    w.at(side::source).execute("ALTER TABLE items RENAME COLUMN name TO other");
    EXPECT_FALSE(p.items.upsert({key_canary, canary, 6}));
    EXPECT_FALSE(p.items.get(key_canary));
    EXPECT_THAT(log.text(), HasSubstr("the relay paused"));
    expect_nothing_told();
}

} // namespace
} // namespace tandem_test
