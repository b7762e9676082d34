#include "interaction.h"

#include "conversation.h"

#include "iso/base/temporary_folder.h"
#include "iso/job/run.h"

#include <mutex>

namespace iso::host {
namespace {

class WarmWorker final : public InteractionWorker {
 public:
  WarmWorker(const WorkerOptions& options, const job::InteractionRecipe& recipe, const plugin::Datasets& inputs)
      : scratch_{"isocenter-worker", options.execution.scratch},
        worker_{options.program, "task '" + recipe.task + "'", options.start_limit} {
    Packer packer;
    InteractRequest request{recipe, options.execution, {}, pack_ports(packer, inputs)};
    request.options.scratch = scratch_.path();
    for (const auto& folder : options.plugin_directories) request.plugin_directories.push_back(folder.string());
    worker_.send(request, packer.descriptors());
    (void)worker_.expect<Ready>(options.start_limit);
  }

  job::InteractionAnswer answer(std::span<const plugin::Mark> marks, const std::string& parameters_json,
                                std::chrono::milliseconds budget) override {
    const std::lock_guard lock{one_at_a_time_};
    worker_.send(AnswerRequest{{marks.begin(), marks.end()}, parameters_json, budget.count()});
    Message message = worker_.expect<AnswerReply>(10 * budget + std::chrono::seconds{1});
    auto reply = from_message<AnswerReply>(message.body);
    plugin::Datasets outputs = unpack_ports(reply.outputs, message);
    for (const auto& [port, items] : outputs)
      for (const DatasetPtr& data : items.all()) job::check_result_data("output '" + port + "'", data);
    return {std::move(outputs), reply.fraction, std::move(reply.figures), std::move(reply.warnings)};
  }

  void stop() noexcept override {
    try {
      worker_.send(StopAnswer{});
    } catch (...) {  // NOLINT(bugprone-empty-catch): whoever waits for the answer hears of it
    }
  }

 private:
  TemporaryFolder scratch_;  // outlives the worker, which may be killed
  Conversation worker_;
  std::mutex one_at_a_time_;
};

}  // namespace

InteractionWorker::~InteractionWorker() = default;

std::shared_ptr<InteractionWorker> start_interaction(WorkerOptions options, const job::InteractionRecipe& recipe,
                                                     const plugin::Datasets& inputs) {
  if (options.program.empty()) options.program = find_worker();
  return std::make_shared<WarmWorker>(options, recipe, inputs);
}

}  // namespace iso::host
