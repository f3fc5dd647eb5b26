// SPDX-License-Identifier: BSL-1.0
//
// scripted: a store that can print its installation, for databases in which the service itself may
// not create anything. What was installed from the text is found by install(), which then changes
// nothing.
//
//     struct my_store /* also fenced */ {
//         result<std::string> install_script(const script_options&, const call_context&);
//     };
//
// Models: sqlite::store, postgres::store. See also: core/install.hpp.
#pragma once

#include "tandem/concepts/fenced.hpp"

#include <string>

namespace tandem {

template <class S>
concept scripted = fenced<S> &&
    requires(S& s, const script_options& options, const call_context& call) {
    // SQL with comments, in one transaction, that may be run any number of times: the control
    // objects, this migration's rows at this side, the version columns that are missing now, and
    // the privileges of the role that the service runs as. The live tables are read, nothing is
    // written. Errors: schema_mismatch (a table is missing).
    { s.install_script(options, call) } -> std::same_as<result<std::string>>;
};

} // namespace tandem
