#include "messages.h"

namespace iso::host {

using Json = nlohmann::json;

Json event_message(const job::Event& event) {
  Json json{{"type", "event"},
            {"state", std::string(to_string(event.state))},
            {"fraction", event.fraction},
            {"stage", event.stage},
            {"message", event.message},
            {"tells", static_cast<int>(event.tells)},
            {"elapsed_s", event.elapsed_seconds}};
  if (event.remaining_seconds) json["eta_s"] = *event.remaining_seconds;
  if (event.tells == job::Tells::plot || event.tells == job::Tells::needs) {
    json["curve"] = event.curve;
    json["x"] = event.x;
    json["y"] = event.y;
  }
  if (event.tells == job::Tells::preview) json["output"] = event.output;
  return json;
}

job::Event event_from(const Json& message) {
  job::Event event;
  event.state = job::state_from_string(message.value("state", "running"));
  event.fraction = message.value("fraction", 0.0);
  event.stage = message.value("stage", "");
  event.message = message.value("message", "");
  const int tells = message.value("tells", 0);
  event.tells =
      tells >= 0 && tells <= static_cast<int>(job::Tells::needs) ? static_cast<job::Tells>(tells) : job::Tells::log;
  event.elapsed_seconds = message.value("elapsed_s", 0.0);
  if (message.contains("eta_s")) event.remaining_seconds = message.value("eta_s", 0.0);
  event.curve = message.value("curve", "");
  const auto number = [&](const char* name) {
    const auto found = message.find(name);
    return found != message.end() && found->is_number() ? found->get<double>() : 0.0;  // NaN travels as null
  };
  event.x = number("x");
  event.y = number("y");
  event.output = message.value("output", "");
  return event;
}

Json options_object(const job::ExecutionOptions& options) {
  return {{"threads", options.threads},
          {"overwrite", options.overwrite},
          {"ignore_memory", options.ignore_memory},
          {"memory_limit_bytes", options.memory_limit_bytes},
          {"preview_every", options.preview_every},
          {"preview_pause_ms", options.preview_pause.count()},
          {"checkpoint_every_ms", options.checkpoint_every.count()},
          {"resume", options.resume},
          {"estimate_only", options.estimate_only},
          {"scratch", options.scratch.string()},
          {"libraries", options.libraries}};
}

job::ExecutionOptions options_from(const Json& json) {
  job::ExecutionOptions options;
  options.threads = json.value("threads", 0);
  options.overwrite = json.value("overwrite", false);
  options.ignore_memory = json.value("ignore_memory", false);
  options.memory_limit_bytes = json.value("memory_limit_bytes", std::size_t{0});
  options.preview_every = json.value("preview_every", 0);
  options.preview_pause = std::chrono::milliseconds{json.value("preview_pause_ms", std::int64_t{0})};
  options.checkpoint_every = std::chrono::milliseconds{json.value("checkpoint_every_ms", std::int64_t{0})};
  options.resume = json.value("resume", false);
  options.estimate_only = json.value("estimate_only", false);
  options.scratch = json.value("scratch", "");
  options.libraries = json.value("libraries", std::map<std::string, std::string>{});
  return options;
}

}  // namespace iso::host
