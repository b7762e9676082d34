#include "interaction.h"

#include "process.h"

#include "../protocol/dataset_message.h"

#include "iso/base/error.h"

#include <sys/wait.h>

#include <cstring>
#include <mutex>

namespace iso::host {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds tick{20};

class WarmWorker final : public InteractionWorker {
 public:
  WarmWorker(const WorkerOptions& options, std::string task_id) : task_{std::move(task_id)}, worker_{options.program} {}

  void begin(const WorkerOptions& options, const plugin::Datasets& inputs, const std::string& parameters_json,
             const std::string& device) {
    (void)wait_for("hello", options.start_limit);
    Packer packer;
    Json datasets = Json::object();
    for (const auto& [port, data] : inputs) datasets[port] = packer.pack(*data);
    std::vector<std::string> folders;
    for (const auto& folder : options.plugin_directories) folders.push_back(folder.string());
    worker_.channel().send({{"type", "interact"},
                            {"task", task_},
                            {"parameters", parameters_json},
                            {"device", device},
                            {"plugin_directories", folders},
                            {"datasets", std::move(datasets)}},
                           packer.descriptors());
    (void)wait_for("ready", options.start_limit);
  }

  plugin::Datasets update(std::span<const plugin::Stroke> added, std::chrono::milliseconds budget) override {
    const std::lock_guard lock{one_at_a_time_};
    Json strokes = Json::array();
    for (const plugin::Stroke& stroke : added) strokes.push_back({{"label", stroke.label}, {"voxels", stroke.voxels}});
    send({{"type", "update"}, {"strokes", std::move(strokes)}, {"budget_ms", budget.count()}});
    Message message = wait_for("answer", 10 * budget + std::chrono::seconds{1});
    plugin::Datasets outputs;
    for (const auto& [name, description] : message.body.at("outputs").items())
      outputs[name] = unpack(description, message);
    return outputs;
  }

  void undo() override {
    const std::lock_guard lock{one_at_a_time_};
    send({{"type", "undo"}});
    (void)wait_for("answer", std::chrono::seconds{2});
  }

 private:
  void send(const Json& message) {
    try {
      worker_.channel().send(message);
    } catch (const Error&) {
      died();
    }
  }

  Message wait_for(std::string_view type, std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    Message message;
    while (Clock::now() < until) {
      worker_.read_output();
      switch (worker_.channel().receive(message, tick)) {
        case Channel::Got::nothing: continue;
        case Channel::Got::closed: died();
        case Channel::Got::message: break;
      }
      const std::string got = message.body.value("type", "");
      if (got == type) return message;
      if (got == "error")
        throw Error(errc_from_string(message.body.value("code", "")), message.body.value("message", ""),
                    message.body.value("hint", ""));
    }
    worker_.kill();
    throw Error(Errc::plugin_crashed,
                "task '" + task_ + "' did not answer within " + std::to_string(limit.count()) + " ms and was ended",
                "report this to the author of the plugin");
  }

  [[noreturn]] void died() {
    const int status = worker_.wait(std::chrono::milliseconds{500});
    std::string how = "ended with exit code " + std::to_string(WEXITSTATUS(status));
    if (WIFSIGNALED(status)) {
      const char* const name = ::sigdescr_np(WTERMSIG(status));
      how =
          "crashed with signal " + std::to_string(WTERMSIG(status)) + " (" + (name == nullptr ? "unknown" : name) + ")";
    }
    const std::string printed = worker_.tail();
    throw Error(Errc::plugin_crashed, "task '" + task_ + "' " + how + " while it answered",
                "report this to the author of the plugin" + (printed.empty() ? "" : "; it printed last:\n" + printed));
  }

  std::string task_;
  WorkerProcess worker_;
  std::mutex one_at_a_time_;
};

}  // namespace

InteractionWorker::~InteractionWorker() = default;

std::shared_ptr<InteractionWorker> start_interaction(WorkerOptions options, const std::string& task_id,
                                                     const plugin::Datasets& inputs, const std::string& parameters_json,
                                                     const std::string& device) {
  if (options.program.empty()) options.program = find_worker();
  auto worker = std::make_shared<WarmWorker>(options, task_id);
  worker->begin(options, inputs, parameters_json, device);
  return worker;
}

}  // namespace iso::host
