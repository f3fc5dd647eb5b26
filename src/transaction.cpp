// SPDX-License-Identifier: BSL-1.0

#include "tandem/transaction.hpp"

#include "tandem/table/check_row.hpp"

#include <algorithm>

namespace tandem {

result<void> transaction::check_declared(table_id table, const row_key& at) const {
    const bool declared = std::any_of(keys_.begin(), keys_.end(), [&](const table_key& k) {
        return k.table == table && k.key.encoded == at.encoded;
    });
    if (declared) return success();
    return error(errc::unsupported, "table " + tables_[table].name +
                                        ": the key was not declared when the transaction began");
}

result<std::optional<stored_row>> transaction::read(table_id table, const row_key& at) {
    TANDEM_TRY(check_declared(table, at));
    return inner_.get(table, at);
}

result<write_reply> transaction::write(write_command command) {
    TANDEM_TRY(check_declared(command.table, command.key));
    const table_schema& schema = tables_[command.table];
    if (command.kind == write_kind::erase) {
        if (schema.deletes == deletes::never) {
            return error(errc::unsupported, "table " + schema.name + " is declared deletes_never");
        }
    } else {
        TANDEM_TRY(check_row(schema, command.image, limits_));
    }
    command.want_change = want_change_;
    TANDEM_TRY(auto reply, inner_.write(command));
    if (reply.status == write_status::exists) return errc::already_exists;
    return reply;
}

} // namespace tandem
