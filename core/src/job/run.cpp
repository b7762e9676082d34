#include "iso/job/run.h"

#include "context_impl.h"
#include "device_lock_impl.h"
#include "networks_impl.h"
#include "run_impl.h"

#include "iso/base/checked.h"
#include "iso/base/digest.h"
#include "iso/base/log.h"
#include "iso/base/process_state.h"
#include "iso/base/temporary_folder.h"
#include "iso/base/threads.h"
#include "iso/models/library.h"

#include <itkConfigure.h>
#include <itkVersion.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>

namespace iso::job {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::string utc_now() {
  const std::time_t moment = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&moment, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

const plugin::Port* find_port(std::span<const plugin::Port> ports, std::string_view name) {
  const auto found = std::ranges::find(ports, name, &plugin::Port::name);
  return found == ports.end() ? nullptr : &*found;
}

std::string to_names(std::span<const plugin::Port> ports) {
  std::string text;
  for (const plugin::Port& port : ports) text += (text.empty() ? "" : ", ") + port.name;
  return text.empty() ? "none" : text;
}

/// Ports of the recipe that the task does not have, and inputs the task must have.
void check_ports(const Recipe& recipe, const plugin::Task& task) {
  for (const auto& [port, place] : recipe.inputs)
    if (find_port(task.inputs(), port) == nullptr)
      throw Error(Errc::usage, "task '" + recipe.task + "' has no input '" + port + "'",
                  "its inputs are: " + to_names(task.inputs()));
  for (const auto& [port, places] : recipe.collections) {
    const plugin::Port* const found = find_port(task.inputs(), port);
    if (found == nullptr)
      throw Error(Errc::usage, "task '" + recipe.task + "' has no input '" + port + "'",
                  "its inputs are: " + to_names(task.inputs()));
    if (!found->collection && places.size() != 1)
      throw Error(Errc::usage, "the input '" + port + "' of task '" + recipe.task + "' takes one data set, " +
                                   std::to_string(places.size()) + " are named");
  }
  for (const auto& [port, place] : recipe.outputs)
    if (find_port(task.outputs(), port) == nullptr)
      throw Error(Errc::usage, "task '" + recipe.task + "' has no output '" + port + "'",
                  "its outputs are: " + to_names(task.outputs()));
  for (const plugin::Port& port : task.inputs())
    if (!port.optional && !recipe.inputs.contains(port.name) && !recipe.collections.contains(port.name))
      throw Error(Errc::no_input, "task '" + recipe.task + "' needs the input '" + port.name + "'", port.help);
}

/// "needs about 1.2 GiB of memory and 40 s".
std::string needs_in_words(const Estimate& needed) {
  std::string text = "needs about " + in_words(needed.total()) + " of memory";
  if (needed.seconds < 1) return text;
  const auto seconds = to_clamped<std::int64_t>(std::ceil(needed.seconds));
  if (seconds > 1000000000) return text + " and more than 30 years";
  if (seconds < 120) return text + " and " + std::to_string(seconds) + " s";
  return text + " and " + std::to_string((seconds + 30) / 60) + " min";
}

/// Says which run a checkpoint belongs to: everything its bits depend on.
std::string checkpoint_key(const Record& record) {
  Sha256 key;
  key.update(record.recipe.task + "\n" + record.program_version + "\n" + record.plugin_version + "\n" +
             record.plugin_sha256 + "\n" + record.recipe.parameters_json + "\n" + std::to_string(record.recipe.seed) +
             "\n" + record.backend + "\n" + record.cpu_level + "\n");
  for (const auto& [port, digest] : record.input_digests) key.update(port + " " + digest + "\n");
  return key.hex();
}

/// One job from its recipe to its results; members are filled in the order of the steps.
class Run {
 public:
  Run(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop, const OnEvent& on_event)
      : around_{around}, stop_{stop}, on_event_{on_event} {
    result_.record.recipe = recipe;
  }

  RunResult run() {
    const auto begin = Clock::now();
    Record& record = result_.record;
    record.started_utc = utc_now();
    record.program_version = ISO_VERSION;
    record.libraries = around_.options.libraries;
    record.libraries["ITK"] = ITK_VERSION_STRING;
    try {
      take_threads();
      const LoadedTask loaded = load();
      const compute::Backend& backend = prepare(*loaded.task);
      const DeviceLock device{backend.info().id, stop_, [&] { tell("waiting for the device"); }};
      timed("run", [&] { compute(*loaded.task, backend); });
      inputs_.clear();
      timed("check", [&] { check_results(*loaded.task); });
      record.state = State::done;
    } catch (...) {
      result_.outputs.clear();
      put_error(record, current_error());
    }
    record.peak_memory_bytes = peak_resident_bytes();
    record.seconds = seconds_since(begin);
    return std::move(result_);
  }

  RunPlan plan() {
    take_threads();
    const LoadedTask loaded = load();
    (void)prepare(*loaded.task);
    return run_plan();
  }

  RunPlan plan(const plugin::Descriptions& inputs) {
    take_threads();
    const LoadedTask loaded = load_task();
    for (const auto& [port, items] : inputs)
      for (const Description& item : items.all())
        if (!item.empty()) check_geometry(port, item.outline());
    (void)choose(*loaded.task, inputs);
    return run_plan();
  }

 private:
  void take_threads() {
    if (around_.options.threads > 0) ThreadBudget::set(around_.options.threads);
    result_.record.threads = ThreadBudget::threads();
  }

  [[nodiscard]] RunPlan run_plan() {
    const Record& record = result_.record;
    return {record.recipe, needed_, budget_, record.backend, record.device, record.geometry, std::move(plan_.outputs),
            networks_};
  }

  /// What can be refused before anything is read.
  LoadedTask load() {
    check_places(recipe(), around_.options);
    LoadedTask loaded = load_task();
    check_ports(recipe(), *loaded.task);
    for (const auto& [port, place] : recipe().outputs)
      around_.data.check_write(place, find_port(loaded.task->outputs(), port)->kind);
    find_network_asked_for(make_schema(*loaded.task), recipe().parameters_json, around_.options.model_directories);
    return loaded;
  }

  [[nodiscard]] params::Schema make_schema(const plugin::Task& task) const {
    const ForeignCode inside{task_name()};
    return params::schema_from_json(task.schema_json());
  }

  LoadedTask load_task() {
    LoadedTask loaded = around_.source.load(recipe().task);
    result_.record.plugin_version = loaded.plugin_version;
    result_.record.plugin_sha256 = loaded.plugin_sha256;
    const ForeignCode inside{task_name()};
    parameters_ = loaded.task->parse(recipe().parameters_json);
    result_.record.recipe.parameters_json = parameters_->json();
    return loaded;
  }

  const compute::Backend& prepare(const plugin::Task& task) {
    timed("read", [&] { read_inputs(task); });
    return choose(task, plugin::describe(inputs_));
  }

  void read_inputs(const plugin::Task& task) {
    tell("reading inputs");
    for (const auto& [port, place] : recipe().inputs) inputs_[port] = read_input(task, port, place, port);
    for (const auto& [port, places] : recipe().collections) {
      std::vector<DatasetPtr> all;
      all.reserve(places.size());
      for (std::size_t i = 0; i < places.size(); ++i)
        all.push_back(read_input(task, port, places[i], port + "[" + std::to_string(i) + "]"));
      inputs_[port] = plugin::PortItems<DatasetPtr>{std::move(all)};
    }
  }

  /// `name` is that of the data set in the record.
  DatasetPtr read_input(const plugin::Task& task, const std::string& port, const std::string& place,
                        const std::string& name) {
    stop_if_asked();
    Wanted wanted{find_port(task.inputs(), port)->kind, {}, recipe().accepted_geometry};
    if (const auto hints = recipe().hints.find(port); hints != recipe().hints.end()) wanted.hints = hints->second;
    if (!in_workspace(place))  // before it is read: a file that changes meanwhile has another stamp afterwards
      if (const auto stamp = io::make_stamp(read_for(place, wanted.hints))) result_.record.input_stamps[name] = *stamp;
    DatasetPtr data = around_.data.read(place, wanted);
    if (!data) throw Error(Errc::no_input, "input '" + name + "' is empty");
    check_geometry(name, *data);
    result_.record.input_digests[name] = digest(*data);
    return data;
  }

  void check_geometry(const std::string& port, const Dataset& data) {
    const auto* sinogram = std::get_if<Sinogram>(&data);
    if (sinogram == nullptr) return;  // readers judge grids while they still have the slices
    const GeometryVerdict verdict = check_sinogram(sinogram->readings.spec().shape, sinogram->geometry);
    result_.record.geometry[port] = verdict;
    refuse_unless_accepted(verdict, recipe().accepted_geometry);
    if (verdict.finding != Finding::uniform)
      result_.record.warnings.push_back("geometry of '" + port + "' accepted although: " + verdict.sentence);
  }

  const compute::Backend& choose(const plugin::Task& task, const plugin::Descriptions& inputs) {
    {
      const models::PlacesScope places{around_.options.model_directories};
      const ForeignCode inside{task_name()};
      plan_ = task.plan(inputs, *parameters_);
    }
    refuse_unless_possible(plan_);
    networks_ = add_networks(task, plan_, around_.options.model_directories);
    std::vector<compute::OperatorSpec> specs;
    specs.reserve(plan_.operators.size());
    for (const plugin::PlannedOperator& planned : plan_.operators) specs.push_back(planned.spec);
    const bool resident = !inputs_.empty();
    std::size_t input_bytes = 0;
    for (const auto& [port, items] : inputs)
      for (const Description& item : items.all()) input_bytes += item.bytes();
    const std::size_t available = available_memory_bytes();
    const std::size_t limit = around_.options.memory_limit_bytes;
    budget_ = limit == 0 ? available : std::min(limit, available);
    refuse_beyond_budget(plan_.bytes + (resident ? 0 : input_bytes));  // before a device is looked for
    const compute::Backend& backend =
        around_.registry.choose(specs, around_.options.ignore_memory ? 0 : plan_.bytes + input_bytes, recipe().device);
    const Estimate& needed = needed_ =
        estimate(plan_, inputs, backend, resident ? InputMemory::resident : InputMemory::to_come);
    result_.record.estimated_memory_bytes = needed.total();
    result_.record.estimated_seconds = needed.seconds;
    refuse_beyond_budget(needed.total() - needed.process_bytes - (resident ? needed.input_bytes : 0));
    const compute::DeviceInfo info = backend.info();
    result_.record.backend = info.id;
    result_.record.device = info.description;
    result_.record.cpu_level = info.level;
    tell_estimate();
    iso::log::info("job", recipe().task, " on ", info.id, " with ", ThreadBudget::threads(), " threads, seed ",
                   recipe().seed);
    return backend;
  }

  /// `additional` is what comes on top of what this process holds now.
  void refuse_beyond_budget(std::size_t additional) const {
    if (additional <= budget_ || around_.options.ignore_memory) return;
    throw Error(Errc::out_of_memory,
                "task '" + recipe().task + "' needs about " + in_words(additional) + " of memory, " +
                    in_words(budget_) + " are available",
                "use a smaller grid or fewer views, close other programs, or insist with --ignore-memory");
  }

  void compute(plugin::Task& task, const compute::Backend& backend) {
    stop_if_asked();
    if (around_.planned) around_.planned(needed_, result_.record.backend);
    const TemporaryFolder scratch{scratch_name, around_.options.scratch};
    const auto attached = std::make_shared<const TemporaryFolder>(scratch_name, around_.options.scratch);
    JobContext context{environment(backend, scratch.path(), attached->path()), on_event_};
    try {
      const ForeignCode inside{task_name()};
      result_.outputs = task.run(inputs_, *parameters_, context);
    } catch (...) {
      context.fill(result_.record);
      throw;
    }
    context.fill(result_.record);
    for (const std::string& warning : mark_estimates(task, context.cards(), result_)) {
      context.warn(warning);
      result_.record.warnings.push_back(warning);
    }
    for (const auto& [name, attachment] : result_.record.attachments)
      result_.attachments[name] = context.attachment(name);
    if (!result_.attachments.empty()) result_.folders.push_back(attached);
    stop_if_asked();  // what a stopped method returns is not the whole result
  }

  [[nodiscard]] JobContext::Environment environment(const compute::Backend& backend,
                                                    const std::filesystem::path& scratch,
                                                    const std::filesystem::path& attachments) const {
    JobContext::Environment result{.backend = backend,
                                   .stop = stop_,
                                   .seed = recipe().seed,
                                   .memory_budget_bytes = budget_,
                                   .scratch = scratch,
                                   .attachments = attachments,
                                   .model_directories = around_.options.model_directories,
                                   .preview_every = around_.options.preview_every,
                                   .preview_pause = around_.options.preview_pause,
                                   .checkpoint_file = {},
                                   .checkpoint_key = {}};
    if (around_.options.checkpoint_every.count() <= 0 && !around_.options.resume) return result;
    result.checkpoint_file = checkpoint_path(recipe());
    result.checkpoint_key = checkpoint_key(result_.record);
    if (around_.options.checkpoint_every.count() > 0) result.checkpoint_pause = around_.options.checkpoint_every;
    result.resume = around_.options.resume;
    return result;
  }

  void check_results(const plugin::Task& task) {
    for (const plugin::Port& port : task.outputs()) {
      const auto found = result_.outputs.find(port.name);
      if (found == result_.outputs.end() && port.optional && !recipe().outputs.contains(port.name)) continue;
      const DatasetPtr data = found == result_.outputs.end() ? nullptr : found->second.one();
      check_result(recipe().task, port, data);
      result_.record.output_digests[port.name] = digest(*data);
    }
  }

  template <class Step>
  void timed(const char* name, const Step& step) {
    const auto begin = Clock::now();
    step();
    result_.record.timings[name] = seconds_since(begin);
  }

  void stop_if_asked() const {
    if (stop_.stop_requested()) throw Error(Errc::cancelled, "task '" + recipe().task + "' was cancelled");
  }

  void tell_estimate() const {
    if (!on_event_) return;
    Event event;
    event.state = State::running;
    event.kind = EventKind::needs;
    event.stage = "reading inputs";
    event.message = needs_in_words(needed_);
    event.x = static_cast<double>(needed_.total());
    event.y = needed_.seconds;
    on_event_(event);
  }

  void tell(const char* stage) const {
    if (!on_event_) return;
    Event event;
    event.state = State::running;
    event.stage = stage;
    on_event_(event);
  }

  [[nodiscard]] std::string task_name() const { return "task '" + recipe().task + "'"; }
  [[nodiscard]] const Recipe& recipe() const noexcept { return result_.record.recipe; }

  const Surroundings& around_;
  const std::stop_token& stop_;
  const OnEvent& on_event_;
  RunResult result_;
  plugin::ParametersPtr parameters_;
  plugin::Datasets inputs_;
  plugin::Plan plan_;
  std::vector<std::string> networks_;
  Estimate needed_;
  std::size_t budget_{0};
};

}  // namespace

RunPlan plan(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop, const OnEvent& on_event) {
  return Run{recipe, around, stop, on_event}.plan();
}

RunPlan plan(const Recipe& recipe, const plugin::Descriptions& inputs, const Surroundings& around) {
  return Run{recipe, around, {}, {}}.plan(inputs);
}

RunResult run_task(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop,
                   const OnEvent& on_event) {
  return Run{recipe, around, stop, on_event}.run();
}

}  // namespace iso::job
