// SPDX-License-Identifier: BSL-1.0
#include <tandem/sqlite/store.hpp>

int main() {
    tandem::sqlite::store store({.path = "/nowhere/at/all.db"});
    tandem::table_schema table{.name = "t", .version_column = "v"};
    table.columns = {{"id", tandem::column_type::int64, false, 0}};
    table.key = {0};
    if (!store.bind({.migration = "m", .id = 1, .tables = {table}})) return 1;
    return store.install({}).error() == tandem::errc::unavailable ? 0 : 1;
}
