#pragma once

#include "iso/job/run.h"
#include "iso/models/card.h"
#include "iso/params/schema.h"
#include "iso/plugin/task.h"

#include <filesystem>
#include <string>
#include <vector>

namespace iso::job {

/// Looks for the network that a task is asked to take, before its inputs are read: by convention a parameter called `network` is
/// the name of a card, unless the schema says that it does not matter beside the other parameters (`visible_when`). Throws no_input,
/// what `models::read_card` throws, and unsupported where the card has graphs and no library is there to run them; nothing for a
/// task without such a parameter.
void find_network_asked_for(const params::Schema& schema, const std::string& parameters_json,
                            const std::vector<std::filesystem::path>& places);

/// Finds the networks of a plan and adds what they take to it. Throws no_input and what `models::read_card` throws;
/// geometry_refused if the scan of the plan (its residual) is another than the one a network was trained for. Returns what
/// people read of each before the run.
[[nodiscard]] std::vector<std::string> add_networks(const plugin::Task& task, plugin::Plan& plan,
                                                    const std::vector<std::filesystem::path>& places);

/// What every result of a network comes with (contract of plugins): the data residual beside each learned output, in the units of
/// the scan; the figures "relative_residual" and, where a card has a threshold, "out_of_domain_score"; and the metadata
/// "estimate", "estimated from 24 views by unet". Throws invalid_result for a task that leaves out one of the first two. Returns
/// a warning for each that is beyond what its card was validated for. Nothing is done where no network was asked for, or classifiers alone.
[[nodiscard]] std::vector<std::string> mark_estimates(const plugin::Task& task, const std::vector<models::Card>& cards,
                                                      RunResult& result);

}  // namespace iso::job
