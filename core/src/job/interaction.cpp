#include "iso/job/interaction.h"

#include "context_impl.h"
#include "device_lock_impl.h"
#include "run_impl.h"

#include "iso/base/error.h"
#include "iso/base/process_state.h"
#include "iso/base/temporary_folder.h"
#include "iso/job/estimate.h"

#include <optional>

namespace iso::job {

struct InteractionSession::Impl {
  Impl(const InteractionRecipe& from, plugin::Datasets data, TaskSource& source, const ExecutionOptions& options)
      : recipe{from},
        inputs{std::move(data)},
        descriptions{plugin::describe(inputs)},
        loaded{source.load(from.task)},
        scratch{scratch_name, options.scratch} {}

  /// The plan with these parameters, which become the present ones. Throws what a run would be refused with.
  plugin::Plan take(const std::string& parameters_json) {
    const ForeignCode inside{task_name()};
    auto parsed = loaded.task->parse(parameters_json);
    plugin::Plan plan = loaded.task->plan(descriptions, *parsed);
    refuse_unless_possible(plan);
    parameters = std::move(parsed);
    recipe.parameters_json = parameters_json;
    return plan;
  }

  [[nodiscard]] std::string task_name() const { return "task '" + recipe.task + "'"; }

  InteractionRecipe recipe;
  plugin::Datasets inputs;
  plugin::Descriptions descriptions;
  LoadedTask loaded;
  plugin::ParametersPtr parameters;
  TemporaryFolder scratch;
  std::string device;
  std::optional<JobContext> context;
  std::unique_ptr<plugin::Interaction> interaction;
};

InteractionSession::InteractionSession(const InteractionRecipe& recipe, plugin::Datasets inputs, TaskSource& source,
                                       const compute::BackendRegistry& registry, const ExecutionOptions& options)
    : impl_{std::make_unique<Impl>(recipe, std::move(inputs), source, options)} {
  Impl& own = *impl_;
  if (!own.loaded.task->interactive())
    throw Error(Errc::unsupported, "the task '" + recipe.task + "' does not answer to marks; it can only be run");
  const plugin::Plan plan = own.take(recipe.parameters_json);
  std::vector<compute::OperatorSpec> specs;
  specs.reserve(plan.operators.size());
  for (const plugin::PlannedOperator& planned : plan.operators) specs.push_back(planned.spec);
  std::size_t arrays = plan.bytes;
  for (const auto& [port, items] : own.descriptions)
    for (const Description& item : items.all()) arrays += item.bytes();
  const compute::Backend& backend = registry.choose(specs, arrays, recipe.device);
  own.device = backend.info().id;
  own.context.emplace(JobContext::Environment{.backend = backend,
                                              .stop = {},
                                              .seed = recipe.seed,
                                              .memory_budget_bytes = available_memory_bytes(),
                                              .scratch = own.scratch.path(),
                                              .attachments = own.scratch.path(),
                                              .model_directories = options.model_directories,
                                              .checkpoint_file = {},
                                              .checkpoint_key = {}},
                      OnEvent{});
  const DeviceLock device{own.device, {}, {}};
  {
    const ForeignCode inside{own.task_name()};
    own.interaction = own.loaded.task->begin(own.inputs, *own.context);
  }
  if (!own.interaction)
    throw Error(Errc::plugin_incompatible, "the task '" + recipe.task + "' calls itself interactive and begins nothing",
                "ask its author");
}

InteractionSession::~InteractionSession() = default;

InteractionAnswer InteractionSession::answer(std::span<const plugin::Mark> marks, const std::string& parameters_json,
                                             std::chrono::milliseconds budget, const std::stop_token& stop) {
  Impl& own = *impl_;
  if (parameters_json != own.recipe.parameters_json) (void)own.take(parameters_json);
  own.context->restart(stop);
  const DeviceLock device{own.device, stop, {}};
  InteractionAnswer answer;
  {
    const ForeignCode inside{own.task_name()};
    answer.outputs = own.interaction->answer(marks, *own.parameters, budget, *own.context);
  }
  for (const plugin::Port& port : own.loaded.task->outputs()) {
    const auto found = answer.outputs.find(port.name);
    if (found == answer.outputs.end() && port.optional) continue;
    check_result(own.recipe.task, port, found == answer.outputs.end() ? nullptr : found->second.one());
  }
  Record record;
  own.context->fill(record);
  answer.figures = std::move(record.figures);
  answer.warnings = std::move(record.warnings);
  answer.fraction = own.context->fraction();
  return answer;
}

}  // namespace iso::job
