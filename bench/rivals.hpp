// SPDX-License-Identifier: BSL-1.0
//
// The hand-written code tandem is held against: blocking libpq, prepared statements, one connection
// a thread, as a good engineer would write it.
#pragma once

#include "user.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;

namespace bench {

class connection {
public:
    /// Ends the program where the server cannot be reached: nothing could be measured.
    explicit connection(const std::string& conninfo);
    void execute(const std::string& sql);
    void prepare(const char* name, const std::string& sql);
    /// Rows affected or returned; negative where it failed. `first`: the texts of the first row.
    int run(const char* name, const std::vector<std::string>& values,
            std::vector<std::string>* first = nullptr);

private:
    struct closer {
        void operator()(pg_conn* c) const;
    };
    std::unique_ptr<pg_conn, closer> conn_;
};

/// A DAO over one table, one connection a thread.
class plain_dao {
public:
    /// `guarded`: an upsert applies only where its utime is newer.
    plain_dao(const std::string& conninfo, const std::string& table, int threads,
              bool guarded = false);
    virtual ~plain_dao() = default;
    virtual bool upsert(int thread, const user& u);
    virtual std::optional<user> find(int thread, std::int64_t id);

private:
    std::vector<std::unique_ptr<connection>> connections_;
};

} // namespace bench
