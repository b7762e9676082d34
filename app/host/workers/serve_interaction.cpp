#include "serve_interaction.h"

#include "../protocol/dataset_message.h"

#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "iso/job/estimate.h"
#include "iso/job/executor.h"

#include <filesystem>
#include <stop_token>

namespace iso::host {
namespace {

using Json = nlohmann::json;

/// What an interaction may ask of the program: a backend and a seed; it answers too fast for progress.
class QuietContext final : public plugin::RunContext {
 public:
  explicit QuietContext(const compute::Backend& backend) : backend_{backend} {}
  void report(double, std::string_view) override {}
  void plot(std::string_view, double, double) override {}
  void preview(std::string_view, DatasetPtr) override {}
  void log(std::string_view) override {}
  void warn(std::string_view) override {}
  [[nodiscard]] std::stop_token stop() const noexcept override { return {}; }
  [[nodiscard]] const compute::Backend& backend() const noexcept override { return backend_; }
  [[nodiscard]] std::uint64_t seed() const noexcept override { return 0; }
  [[nodiscard]] std::size_t memory_budget_bytes() const noexcept override { return job::available_memory_bytes(); }
  [[nodiscard]] std::filesystem::path scratch() const override { return std::filesystem::temp_directory_path(); }
  [[nodiscard]] bool wants_preview() const noexcept override { return false; }
  [[nodiscard]] bool wants_checkpoint() const noexcept override { return false; }
  void keep(const Checkpoint&) override {}
  [[nodiscard]] std::optional<Checkpoint> resumed() const override { return {}; }

 private:
  const compute::Backend& backend_;
};

Json error_message(const Error& problem) {
  return {
      {"type", "error"}, {"code", to_string(problem.code())}, {"message", problem.what()}, {"hint", problem.hint()}};
}

std::vector<plugin::Stroke> strokes_from(const Json& list) {
  std::vector<plugin::Stroke> strokes;
  for (const Json& entry : list) {
    plugin::Stroke stroke;
    stroke.label = entry.at("label").get<std::uint16_t>();
    stroke.voxels = entry.at("voxels").get<std::vector<std::array<std::int32_t, 3>>>();
    strokes.push_back(std::move(stroke));
  }
  return strokes;
}

void answer(Channel& channel, const plugin::Datasets& outputs) {
  Packer packer;
  Json described = Json::object();
  for (const auto& [name, data] : outputs) described[name] = packer.pack(*data);
  channel.send({{"type", "answer"}, {"outputs", std::move(described)}}, packer.descriptors());
}

void take(Channel& channel, const Message& message, plugin::Interaction& interaction, plugin::RunContext& context) {
  const std::string type = message.body.value("type", "");
  if (type == "undo") {
    interaction.undo();
    return answer(channel, {});
  }
  if (type != "update") throw Error(Errc::internal, "an interaction was sent the message '" + type + "'");
  const auto strokes = strokes_from(message.body.at("strokes"));
  answer(channel,
         interaction.update(strokes, std::chrono::milliseconds{message.body.at("budget_ms").get<int>()}, context));
}

}  // namespace

int serve_interaction(Channel& channel, Message& message, const WorkerParts& parts) {
  std::unique_ptr<job::TaskSource> source;
  compute::BackendRegistry registry;
  job::LoadedTask loaded;
  std::unique_ptr<plugin::Interaction> interaction;
  std::optional<QuietContext> context;
  try {
    ThreadBudget::enter();
    const auto names = message.body.at("plugin_directories").get<std::vector<std::string>>();
    const std::vector<std::filesystem::path> folders(names.begin(), names.end());
    parts.backends(registry, message.body.value("device", "auto"));
    source = parts.source(folders);
    loaded = source->load(message.body.at("task").get<std::string>());
    plugin::Datasets inputs;
    for (const auto& [port, description] : message.body.at("datasets").items())
      inputs[port] = unpack(description, message);
    context.emplace(registry.choose({}, 0, message.body.value("device", "auto")));
    interaction = loaded.task->begin(inputs, message.body.at("parameters").get<std::string>(), *context);
    if (!interaction) throw Error(Errc::unsupported, "the task does not answer to clicks; it can only be run");
    channel.send({{"type", "ready"}});
  } catch (...) {
    const Error problem = current_error();
    channel.send(error_message(problem));
    return exit_code(problem.code());
  }
  Message next;
  while (true) {
    const auto got = channel.receive(next, std::chrono::seconds{3600});
    if (got == Channel::Got::closed) return 0;
    if (got != Channel::Got::message) continue;
    try {
      take(channel, next, *interaction, *context);
    } catch (...) {
      channel.send(error_message(current_error()));
    }
  }
}

}  // namespace iso::host
