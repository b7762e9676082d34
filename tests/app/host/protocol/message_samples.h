#pragma once

#include "host/protocol/messages.h"

#include <limits>
#include <vector>

namespace iso::test {

/// One message of every type, with every member set.
inline std::vector<nlohmann::json> message_samples() {
  using namespace host;
  Packer packer;
  const PackedPorts ports =
      pack_ports(packer, plugin::Datasets{{"table", freeze(Table{{"a", "b"}, {}, {{"from", "a test"}}})}});
  job::Recipe recipe;
  recipe.task = "example/smoothing";
  recipe.inputs["volume"] = "workspace:1";
  recipe.collections["tiles"] = {"a.mha", "b.mha"};
  job::ExecutionOptions options;
  options.model_directories = {"models"};
  options.libraries = {{"ITK", "5.2"}};
  job::Event event;
  event.kind = job::EventKind::plot;
  event.curve = "residual";
  event.x = 3;
  event.y = std::numeric_limits<double>::quiet_NaN();
  event.remaining_seconds = 4.5;
  job::Record record;
  record.recipe = recipe;
  record.figures["noise"] = {0.5, "1/mm"};
  const job::Estimate estimate{1, 2, 3, 4, 5};
  return {to_message(Hello{.process = 7}),
          to_message(Heartbeat{}),
          to_message(LogLine{log::Level::warning, "core.io", "a spacing was assumed"}),
          to_message(RunRequest{recipe, options, {"plugins"}, 1024, ports}),
          to_message(Cancel{}),
          to_message(JobEvent{event, ports["table"]}),
          to_message(RunReply{record, ports, {{"tiles.csv", "/tmp/tiles.csv"}}}),
          to_message(PlanRequest{recipe, options, {"plugins"}, ports}),
          to_message(PlanReply{recipe, estimate, 6, "cpu", "a processor", ports, 0.25, {"unet: mends"}}),
          to_message(InteractRequest{{"example/region_growing", "{}", "cpu", 3}, options, {"plugins"}, ports}),
          to_message(Ready{}),
          to_message(AnswerRequest{{{1, 2, {3.5, 4, 5}, {{6, 7, 8}}}}, R"({"tolerance": 2})", 60}),
          to_message(StopAnswer{}),
          to_message(AnswerReply{ports, 0.5, {{"noise", {1, "mm"}}}, {"careful"}}),
          to_message(ErrorReply{Error{Errc::usage, "no", "yes"}})};
}

}  // namespace iso::test
