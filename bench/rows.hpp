// SPDX-License-Identifier: BSL-1.0
//
// The rows of the table; each measures tandem and its rival in turn and prints its lines.
#pragma once

#include "measure.hpp"

#include <functional>
#include <string>
#include <vector>

namespace bench {

class world;

struct effort {
    int rounds = 9;
    seconds cell{0.7};
};

struct row {
    std::string name; ///< for --only
    std::function<void(world&, const effort&)> run;
};

void measure_routing(world& w, const effort& e);
void measure_idle(world& w, const effort& e);
void measure_fenced_writes(world& w, const effort& e);
void measure_intents(world& w, const effort& e);
void measure_get(world& w, const effort& e);
void measure_async(world& w, const effort& e);
void measure_sync(world& w, const effort& e);
void measure_apply(world& w, const effort& e);
void measure_switch(world& w, const effort& e);
void measure_outage(world& w, const effort& e);
void measure_spool(world& w, const effort& e);

} // namespace bench
