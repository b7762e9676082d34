#include "iso/job/run.h"

#include "context_impl.h"
#include "device_lock_impl.h"

#include "iso/base/digest.h"
#include "iso/base/log.h"
#include "iso/base/threads.h"
#include "iso/params/schema.h"

#include <itkConfigure.h>
#include <itkVersion.h>

#include <stdlib.h>

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

/// A folder of one job, gone with it.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& parent) {
    const std::filesystem::path base = parent.empty() ? std::filesystem::temp_directory_path() : parent;
    std::string name = (base / "isocenter-job-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(Errc::output_directory, "no scratch folder can be made in '" + base.string() + "'",
                  "set TMPDIR to a folder you may write to");
    path_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

const plugin::Port* find_port(std::span<const plugin::Port> ports, std::string_view name) {
  const auto found = std::ranges::find(ports, name, &plugin::Port::name);
  return found == ports.end() ? nullptr : &*found;
}

std::string names_of(std::span<const plugin::Port> ports) {
  std::string text;
  for (const plugin::Port& port : ports) text += (text.empty() ? "" : ", ") + port.name;
  return text.empty() ? "none" : text;
}

/// Ports of the recipe that the task does not have, and inputs the task must have.
void check_ports(const Recipe& recipe, const plugin::Task& task) {
  for (const auto& [port, place] : recipe.inputs)
    if (find_port(task.inputs(), port) == nullptr)
      throw Error(Errc::usage, "task '" + recipe.task + "' has no input '" + port + "'",
                  "its inputs are: " + names_of(task.inputs()));
  for (const auto& [port, place] : recipe.outputs)
    if (find_port(task.outputs(), port) == nullptr)
      throw Error(Errc::usage, "task '" + recipe.task + "' has no output '" + port + "'",
                  "its outputs are: " + names_of(task.outputs()));
  for (const plugin::Port& port : task.inputs())
    if (!port.optional && !recipe.inputs.contains(port.name))
      throw Error(Errc::no_input, "task '" + recipe.task + "' needs the input '" + port.name + "'", port.help);
}

void check_result(const std::string& task, const plugin::Port& port, const DatasetPtr& data) {
  const std::string what = "output '" + port.name + "' of task '" + task + "'";
  if (!data) throw Error(Errc::invalid_result, what + " is missing");
  if (kind_of(*data) != port.kind)
    throw Error(Errc::invalid_result, what + " is a " + std::string(to_string(kind_of(*data))) + ", a " +
                                          std::string(to_string(port.kind)) + " was promised");
  const Soundness found = soundness(*data);
  if (found == Soundness::empty) throw Error(Errc::invalid_result, what + " is empty");
  if (found == Soundness::not_finite)
    throw Error(Errc::invalid_result, what + " holds NaN or infinity",
                "the method diverged; choose smaller steps or check the input");
}

/// "needs about 1.2 GiB of memory and 40 s".
std::string needs_in_words(const Estimate& needed) {
  std::string text = "needs about " + in_words(needed.total()) + " of memory";
  if (needed.seconds < 1) return text;
  const auto seconds = static_cast<std::int64_t>(std::ceil(needed.seconds));
  if (seconds < 120) return text + " and " + std::to_string(seconds) + " s";
  return text + " and " + std::to_string((seconds + 30) / 60) + " min";
}

/// Says which run a checkpoint belongs to: everything its bits depend on.
std::string checkpoint_key(const Record& record) {
  Sha256 key;
  key.update(record.recipe.task + "\n" + record.plugin_version + "\n" + record.recipe.parameters_json + "\n" +
             std::to_string(record.recipe.seed) + "\n" + record.backend + "\n" + record.cpu_level + "\n");
  for (const auto& [port, digest] : record.input_digests) key.update(port + " " + digest + "\n");
  return key.hex();
}

/// One job from its recipe to its results; members are filled in the order of the steps.
class Run {
 public:
  Run(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop, const OnEvent& on_event)
      : around_{around}, stop_{stop}, on_event_{on_event} {
    outcome_.record.recipe = recipe;
  }

  Outcome go() {
    const auto begin = Clock::now();
    Record& record = outcome_.record;
    record.started_utc = utc_now();
    record.program_version = ISO_VERSION;
    record.libraries = around_.options.libraries;
    record.libraries["ITK"] = ITK_VERSION_STRING;
    try {
      take_threads();
      const LoadedTask loaded = load();
      const compute::Backend& backend = prepare(*loaded.task);
      if (around_.options.estimate_only) {
        record.state = State::done;
        return std::move(outcome_);
      }
      const DeviceLock device{backend.info().id, stop_, [&] { tell("waiting for the device"); }};
      timed("run", [&] { compute(*loaded.task, backend); });
      inputs_.clear();
      timed("check", [&] { check_results(*loaded.task); });
      record.state = State::done;
    } catch (...) {
      outcome_.outputs.clear();
      put_error(record, current_error());
    }
    record.peak_memory_bytes = peak_resident_bytes();
    record.seconds = seconds_since(begin);
    return std::move(outcome_);
  }

  Plan plan() {
    take_threads();
    const LoadedTask loaded = load();
    (void)prepare(*loaded.task);
    const Record& record = outcome_.record;
    return {record.recipe, needed_, budget_, record.backend, record.device, record.geometry};
  }

 private:
  void take_threads() {
    if (around_.options.threads > 0) ThreadBudget::set(around_.options.threads);
    ThreadBudget::enter();
    outcome_.record.threads = ThreadBudget::threads();
  }

  /// What can be refused before anything is read.
  LoadedTask load() {
    check_places(recipe(), around_.options);
    LoadedTask loaded = around_.source.load(recipe().task);
    outcome_.record.plugin_version = loaded.plugin_version;
    check_ports(recipe(), *loaded.task);
    for (const auto& [port, place] : recipe().outputs)
      around_.data.check_write(place, find_port(loaded.task->outputs(), port)->kind);
    const params::Schema schema = params::schema_from_json(loaded.task->schema_json());
    outcome_.record.recipe.parameters_json = params::complete(schema, recipe().parameters_json);
    return loaded;
  }

  const compute::Backend& prepare(const plugin::Task& task) {
    timed("read", [&] { read_inputs(task); });
    const plugin::Suitability suits = task.suits(inputs_, recipe().parameters_json);
    if (!suits.possible) throw Error(Errc::unsupported, suits.reason);
    return choose(task);
  }

  void read_inputs(const plugin::Task& task) {
    tell("reading inputs");
    for (const auto& [port, place] : recipe().inputs) {
      stop_if_asked();
      Wanted wanted{find_port(task.inputs(), port)->kind, {}, recipe().accepted_geometry};
      if (const auto hints = recipe().hints.find(port); hints != recipe().hints.end()) wanted.hints = hints->second;
      DatasetPtr data = around_.data.read(place, wanted);
      if (!data) throw Error(Errc::no_input, "input '" + port + "' is empty");
      check_geometry(port, *data);
      outcome_.record.input_digests[port] = digest(*data);
      inputs_.emplace(port, std::move(data));
    }
  }

  void check_geometry(const std::string& port, const Dataset& data) {
    const auto* sinogram = std::get_if<Sinogram>(&data);
    if (sinogram == nullptr) return;  // readers judge grids while they still have the slices
    const GeometryVerdict verdict = check_sinogram(sinogram->readings.spec().shape, sinogram->geometry);
    outcome_.record.geometry[port] = verdict;
    refuse_unless_accepted(verdict, recipe().accepted_geometry);
    if (verdict.finding != Finding::uniform)
      outcome_.record.warnings.push_back("geometry of '" + port + "' accepted although: " + verdict.sentence);
  }

  const compute::Backend& choose(const plugin::Task& task) {
    const plugin::Needs needs = task.needs(inputs_, recipe().parameters_json);
    const Estimate& needed = needed_ = estimate(needs, inputs_);
    outcome_.record.estimated_memory_bytes = needed.total();
    outcome_.record.estimated_seconds = needed.seconds;
    const std::size_t available = available_memory_bytes();
    const std::size_t limit = around_.options.memory_limit_bytes;
    budget_ = limit == 0 ? available : std::min(limit, available);
    const std::size_t additional = needed.operator_bytes + needed.work_bytes;  // the inputs are in memory already
    if (additional > budget_ && !around_.options.ignore_memory)
      throw Error(Errc::out_of_memory,
                  "task '" + recipe().task + "' needs about " + in_words(additional) + " of memory, " +
                      in_words(budget_) + " are available",
                  "use a smaller grid or fewer views, close other programs, or insist with --ignore-memory");
    const compute::Backend& backend = around_.registry.choose(
        needs.operators, around_.options.ignore_memory ? 0 : needed.input_bytes + additional, recipe().device);
    const compute::DeviceInfo info = backend.info();
    outcome_.record.backend = info.id;
    outcome_.record.device = info.description;
    outcome_.record.cpu_level = info.level;
    tell_needs();
    iso::log::info("job", recipe().task, " on ", info.id, " with ", ThreadBudget::threads(), " threads, seed ",
                   recipe().seed);
    return backend;
  }

  void compute(plugin::Task& task, const compute::Backend& backend) {
    stop_if_asked();
    const Scratch scratch{around_.options.scratch};
    JobContext context{setting(backend, scratch.path()), on_event_};
    const auto keep = [&] {
      outcome_.record.quality = context.quality();
      const auto warnings = context.warnings();
      outcome_.record.warnings.insert(outcome_.record.warnings.end(), warnings.begin(), warnings.end());
    };
    try {
      outcome_.outputs = task.run(inputs_, recipe().parameters_json, context);
    } catch (...) {
      keep();
      throw;
    }
    keep();
    stop_if_asked();  // what a stopped method returns is not the whole result
  }

  [[nodiscard]] JobContext::Setting setting(const compute::Backend& backend,
                                            const std::filesystem::path& scratch) const {
    JobContext::Setting result{.backend = backend,
                               .stop = stop_,
                               .seed = recipe().seed,
                               .memory_budget_bytes = budget_,
                               .scratch = scratch,
                               .preview_every = around_.options.preview_every,
                               .preview_pause = around_.options.preview_pause,
                               .checkpoint_file = {},
                               .checkpoint_key = {}};
    if (around_.options.checkpoint_every.count() <= 0 && !around_.options.resume) return result;
    result.checkpoint_file = checkpoint_path(recipe());
    result.checkpoint_key = checkpoint_key(outcome_.record);
    if (around_.options.checkpoint_every.count() > 0) result.checkpoint_pause = around_.options.checkpoint_every;
    result.resume = around_.options.resume;
    return result;
  }

  void check_results(const plugin::Task& task) {
    for (const plugin::Port& port : task.outputs()) {
      const auto found = outcome_.outputs.find(port.name);
      if (found == outcome_.outputs.end() && port.optional && !recipe().outputs.contains(port.name)) continue;
      const DatasetPtr data = found == outcome_.outputs.end() ? nullptr : found->second;
      check_result(recipe().task, port, data);
      outcome_.record.output_digests[port.name] = digest(*data);
    }
  }

  template <class Step>
  void timed(const char* name, const Step& step) {
    const auto begin = Clock::now();
    step();
    outcome_.record.timings[name] = seconds_since(begin);
  }

  void stop_if_asked() const {
    if (stop_.stop_requested()) throw Error(Errc::cancelled, "task '" + recipe().task + "' was cancelled");
  }

  void tell_needs() const {
    if (!on_event_) return;
    Event event;
    event.state = State::running;
    event.tells = Tells::needs;
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

  [[nodiscard]] const Recipe& recipe() const noexcept { return outcome_.record.recipe; }

  const Surroundings& around_;
  const std::stop_token& stop_;
  const OnEvent& on_event_;
  Outcome outcome_;
  plugin::Datasets inputs_;
  Estimate needed_;
  std::size_t budget_{0};
};

}  // namespace

Plan plan(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop, const OnEvent& on_event) {
  return Run{recipe, around, stop, on_event}.plan();
}

Outcome run_task(const Recipe& recipe, const Surroundings& around, const std::stop_token& stop,
                 const OnEvent& on_event) {
  return Run{recipe, around, stop, on_event}.go();
}

}  // namespace iso::job
