#include "messages.h"

#include "iso/base/error.h"

namespace iso::host {
namespace {

using Json = nlohmann::json;

/// A number, or 0 where there is none: what is not finite travels as null.
double number(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<double>() : 0.0;
}

Json options_object(const job::ExecutionOptions& options) {
  std::vector<std::string> models;
  models.reserve(options.model_directories.size());
  for (const auto& folder : options.model_directories) models.push_back(folder.string());
  return {{"threads", options.threads},
          {"overwrite", options.overwrite},
          {"ignore_memory", options.ignore_memory},
          {"memory_limit_bytes", options.memory_limit_bytes},
          {"preview_every", options.preview_every},
          {"preview_pause_ms", options.preview_pause.count()},
          {"checkpoint_every_ms", options.checkpoint_every.count()},
          {"resume", options.resume},
          {"scratch", options.scratch.string()},
          {"model_directories", models},
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
  options.scratch = json.value("scratch", "");
  for (const auto& folder : json.value("model_directories", std::vector<std::string>{}))
    options.model_directories.emplace_back(folder);
  options.libraries = json.value("libraries", std::map<std::string, std::string>{});
  return options;
}

Json recipe_object(const job::Recipe& recipe) { return Json::parse(to_json(recipe)); }
job::Recipe recipe_from(const Json& json) { return job::recipe_from_json(json.dump()); }

Json figures_object(const std::map<std::string, job::Figure>& figures) {
  Json json = Json::object();
  for (const auto& [name, figure] : figures) json[name] = {{"value", figure.value}, {"unit", figure.unit}};
  return json;
}

// Members of every message, one pair of functions a struct.

Json members(const Hello& m) { return {{"protocol", {m.major, m.minor}}, {"process", m.process}}; }
void read(const Json& json, Hello& m) {
  const auto version = json.at("protocol").get<std::array<int, 2>>();
  m.major = version[0];
  m.minor = version[1];
  m.process = json.value("process", std::int64_t{0});
}

Json members(const Heartbeat&) { return Json::object(); }
void read(const Json&, Heartbeat&) {}
Json members(const LogLine& m) { return {{"level", log::to_string(m.level)}, {"topic", m.topic}, {"text", m.text}}; }
void read(const Json& json, LogLine& m) {
  m.level = log::level_from_string(json.at("level").get<std::string>()).value_or(log::Level::info);
  m.topic = json.at("topic").get<std::string>();
  m.text = json.at("text").get<std::string>();
}
Json members(const Cancel&) { return Json::object(); }
void read(const Json&, Cancel&) {}
Json members(const Ready&) { return Json::object(); }
void read(const Json&, Ready&) {}
Json members(const StopAnswer&) { return Json::object(); }
void read(const Json&, StopAnswer&) {}

Json members(const RunRequest& m) {
  return {{"recipe", recipe_object(m.recipe)},
          {"options", options_object(m.options)},
          {"plugin_directories", m.plugin_directories},
          {"address_space_bytes", m.address_space_bytes},
          {"datasets", m.datasets}};
}
void read(const Json& json, RunRequest& m) {
  m.recipe = recipe_from(json.at("recipe"));
  m.options = options_from(json.at("options"));
  m.plugin_directories = json.at("plugin_directories").get<std::vector<std::string>>();
  m.address_space_bytes = json.value("address_space_bytes", std::size_t{0});
  m.datasets = json.value("datasets", Json::object());
}

Json members(const JobEvent& m) {
  const job::Event& event = m.event;
  Json json{{"kind", to_string(event.kind)}, {"state", to_string(event.state)}, {"fraction", event.fraction},
            {"stage", event.stage},          {"message", event.message},        {"elapsed_s", event.elapsed_seconds}};
  if (event.remaining_seconds) json["remaining_s"] = *event.remaining_seconds;
  if (event.kind == job::EventKind::plot) json["curve"] = event.curve;
  if (event.kind == job::EventKind::plot || event.kind == job::EventKind::needs) {
    json["x"] = event.x;
    json["y"] = event.y;
  }
  if (event.kind == job::EventKind::preview) json["output"] = event.output;
  if (!m.data.is_null()) json["data"] = m.data;
  return json;
}
void read(const Json& json, JobEvent& m) {
  job::Event& event = m.event;
  event.kind = job::event_kind_from_string(json.at("kind").get<std::string>());
  event.state = job::state_from_string(json.value("state", "running"));
  event.fraction = number(json, "fraction");
  event.stage = json.value("stage", "");
  event.message = json.value("message", "");
  event.elapsed_seconds = number(json, "elapsed_s");
  if (json.contains("remaining_s")) event.remaining_seconds = number(json, "remaining_s");
  event.curve = json.value("curve", "");
  event.x = number(json, "x");
  event.y = number(json, "y");
  event.output = json.value("output", "");
  m.data = json.value("data", Json{});
}

Json members(const RunReply& m) {
  return {{"record", Json::parse(to_json(m.record))}, {"outputs", m.outputs}, {"attachments", m.attachments}};
}
void read(const Json& json, RunReply& m) {
  m.record = job::record_from_json(json.at("record").dump());
  m.outputs = json.at("outputs");
  m.attachments = json.value("attachments", std::map<std::string, std::string>{});
}

Json members(const PlanRequest& m) {
  return {{"recipe", recipe_object(m.recipe)},
          {"options", options_object(m.options)},
          {"plugin_directories", m.plugin_directories},
          {"inputs", m.inputs}};
}
void read(const Json& json, PlanRequest& m) {
  m.recipe = recipe_from(json.at("recipe"));
  m.options = options_from(json.at("options"));
  m.plugin_directories = json.at("plugin_directories").get<std::vector<std::string>>();
  m.inputs = json.at("inputs");
}

Json members(const PlanReply& m) {
  return {{"recipe", recipe_object(m.recipe)},
          {"process_bytes", m.estimate.process_bytes},
          {"input_bytes", m.estimate.input_bytes},
          {"operator_bytes", m.estimate.operator_bytes},
          {"work_bytes", m.estimate.work_bytes},
          {"seconds", m.estimate.seconds},
          {"available_bytes", m.available_bytes},
          {"backend", m.backend},
          {"device", m.device},
          {"outputs", m.outputs},
          {"processor_seconds", m.processor_seconds},
          {"networks", m.networks}};
}
void read(const Json& json, PlanReply& m) {
  m.recipe = recipe_from(json.at("recipe"));
  m.estimate.process_bytes = json.at("process_bytes").get<std::size_t>();
  m.estimate.input_bytes = json.at("input_bytes").get<std::size_t>();
  m.estimate.operator_bytes = json.at("operator_bytes").get<std::size_t>();
  m.estimate.work_bytes = json.at("work_bytes").get<std::size_t>();
  m.estimate.seconds = number(json, "seconds");
  m.available_bytes = json.at("available_bytes").get<std::size_t>();
  m.backend = json.value("backend", "");
  m.device = json.value("device", "");
  m.outputs = json.value("outputs", Json::object());
  m.processor_seconds = number(json, "processor_seconds");
  m.networks = json.value("networks", std::vector<std::string>{});
}

Json members(const InteractRequest& m) {
  return {
      {"task", m.recipe.task}, {"parameters", m.recipe.parameters_json}, {"device", m.recipe.device},
      {"seed", m.recipe.seed}, {"options", options_object(m.options)},   {"plugin_directories", m.plugin_directories},
      {"inputs", m.inputs}};
}
void read(const Json& json, InteractRequest& m) {
  m.recipe.task = json.at("task").get<std::string>();
  m.recipe.parameters_json = json.at("parameters").get<std::string>();
  m.recipe.device = json.value("device", "auto");
  m.recipe.seed = json.value("seed", std::uint64_t{0});
  m.options = options_from(json.at("options"));
  m.plugin_directories = json.at("plugin_directories").get<std::vector<std::string>>();
  m.inputs = json.at("inputs");
}

Json members(const AnswerRequest& m) {
  Json marks = Json::array();
  for (const plugin::Mark& mark : m.marks)
    marks.push_back({{"id", mark.id}, {"label", mark.label}, {"place_mm", mark.place_mm}, {"voxels", mark.voxels}});
  return {{"marks", std::move(marks)}, {"parameters", m.parameters_json}, {"budget_ms", m.budget_ms}};
}
void read(const Json& json, AnswerRequest& m) {
  for (const Json& entry : json.at("marks")) {
    plugin::Mark mark;
    mark.id = entry.at("id").get<std::uint64_t>();
    mark.label = entry.at("label").get<std::uint16_t>();
    mark.place_mm = entry.at("place_mm").get<Vec3>();
    mark.voxels = entry.at("voxels").get<std::vector<std::array<std::int32_t, 3>>>();
    m.marks.push_back(std::move(mark));
  }
  m.parameters_json = json.at("parameters").get<std::string>();
  m.budget_ms = json.at("budget_ms").get<std::int64_t>();
}

Json members(const AnswerReply& m) {
  return {{"outputs", m.outputs},
          {"fraction", m.fraction},
          {"figures", figures_object(m.figures)},
          {"warnings", m.warnings}};
}
void read(const Json& json, AnswerReply& m) {
  m.outputs = json.at("outputs");
  m.fraction = number(json, "fraction");
  const Json figures = json.value("figures", Json::object());
  for (const auto& [name, entry] : figures.items()) m.figures[name] = {number(entry, "value"), entry.value("unit", "")};
  m.warnings = json.value("warnings", std::vector<std::string>{});
}

Json members(const ErrorReply& m) { return {{"code", to_string(m.code)}, {"message", m.message}, {"hint", m.hint}}; }
void read(const Json& json, ErrorReply& m) {
  m.code = errc_from_string(json.at("code").get<std::string>());
  m.message = json.at("message").get<std::string>();
  m.hint = json.value("hint", "");
}

/// One data set, or a list where the port holds several.
template <class Item, class Pack>
PackedPorts packed(const std::map<std::string, plugin::PortItems<Item>, std::less<>>& data, const Pack& pack) {
  PackedPorts ports = PackedPorts::object();
  for (const auto& [port, items] : data) {
    Json list = Json::array();
    for (const Item& item : items.all()) list.push_back(pack(item));
    ports[port] = list.size() == 1 ? list.front() : list;
  }
  return ports;
}

template <class Item, class Unpack>
std::map<std::string, plugin::PortItems<Item>, std::less<>> unpacked(const PackedPorts& ports, const Unpack& unpack) {
  std::map<std::string, plugin::PortItems<Item>, std::less<>> data;
  if (!ports.is_object()) throw Error(Errc::plugin_incompatible, "a message lists its data sets in another form");
  for (const auto& [port, described] : ports.items()) {
    std::vector<Item> items;
    if (described.is_array())
      for (const Json& one : described) items.push_back(unpack(one));
    else
      items.push_back(unpack(described));
    data.emplace(port, plugin::PortItems<Item>{std::move(items)});
  }
  return data;
}

}  // namespace

PackedPorts pack_ports(Packer& packer, const plugin::Datasets& data) {
  return packed(data, [&](const DatasetPtr& item) { return packer.pack(*item); });
}

PackedPorts pack_ports(Packer& packer, const plugin::Descriptions& data) {
  return packed(data, [&](const Description& item) { return packer.pack(item); });
}

plugin::Datasets unpack_ports(const PackedPorts& packed, Message& message) {
  return unpacked<DatasetPtr>(packed, [&](const Json& one) { return unpack(one, message); });
}

plugin::Descriptions unpack_descriptions(const PackedPorts& packed, Message& message) {
  return unpacked<Description>(packed, [&](const Json& one) { return unpack_description(one, message); });
}

std::string_view to_type(const Message& message) noexcept {
  const auto found = message.body.find("type");
  const auto* const text = found == message.body.end() ? nullptr : found->get_ptr<const Json::string_t*>();
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

template <class T>
Json to_message(const T& message) {
  Json body = members(message);
  body["type"] = T::type;
  return body;
}

template <class T>
T from_message(const Json& body) {
  T message;
  try {
    read(body, message);
  } catch (const Json::exception& problem) {
    throw Error(Errc::plugin_incompatible,
                "a message '" + std::string{T::type} + "' has another form than expected: " + problem.what());
  }
  return message;
}

#define ISO_MESSAGE(T)                   \
  template Json to_message<T>(const T&); \
  template T from_message<T>(const Json&);
ISO_MESSAGE(Hello)
ISO_MESSAGE(Heartbeat)
ISO_MESSAGE(LogLine)
ISO_MESSAGE(RunRequest)
ISO_MESSAGE(Cancel)
ISO_MESSAGE(JobEvent)
ISO_MESSAGE(RunReply)
ISO_MESSAGE(PlanRequest)
ISO_MESSAGE(PlanReply)
ISO_MESSAGE(InteractRequest)
ISO_MESSAGE(Ready)
ISO_MESSAGE(AnswerRequest)
ISO_MESSAGE(StopAnswer)
ISO_MESSAGE(AnswerReply)
ISO_MESSAGE(ErrorReply)
#undef ISO_MESSAGE

}  // namespace iso::host
