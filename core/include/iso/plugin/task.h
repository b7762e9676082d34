#pragma once

#include "iso/base/refusal.h"
#include "iso/compute/backend.h"
#include "iso/data/checkpoint.h"
#include "iso/data/description.h"

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

/// What a plugin is made of. A task is a pure function of its inputs and parameters: the same inputs, parameters, seed
/// and back end give the same bits. It reaches the program through the run context alone: no files, no widgets, no
/// globals. Authors derive from TypedTask (`iso/plugin/typed_task.h`) and export a descriptor
/// (`iso/plugin/export.h`); a complete plugin is in plugins/example.
///
/// A run goes: parse the parameters once; plan on descriptions of the inputs (no pixels); if the plan has no reasons
/// against it and fits into memory, run. A whole task (tests/core/plugin/example_test.cpp runs it):
///
///     struct Parameters {
///       double factor = 2;
///       friend bool operator==(const Parameters&, const Parameters&) = default;
///       static constexpr auto fields() { return std::tuple{params::field("factor", &Parameters::factor).in_range(0, 10)}; }
///     };
///
///     class Scale final : public plugin::TypedTask<Parameters> {
///      public:
///       plugin::About about() const override { return {"Scaling", "Multiplies every value.", "$b = f a$", "Filtering", {}}; }
///       std::span<const plugin::Port> inputs() const noexcept override { return {&volume_, 1}; }
///       std::span<const plugin::Port> outputs() const noexcept override { return {&scaled_, 1}; }
///
///      protected:
///       plugin::Plan plan(const plugin::Descriptions& inputs, const Parameters& parameters) const override {
///         plugin::Plan plan;
///         if (parameters.factor == 1) plan.refuse_parameter("factor", "a factor of 1 changes nothing");
///         plan.bytes = describe(plugin::input<Volume>(inputs, "volume")).bytes();
///         return plan;
///       }
///       plugin::Datasets run(const plugin::Datasets& inputs, const Parameters& parameters,
///                            plugin::RunContext& context) override {
///         Volume result = plugin::input<Volume>(inputs, "volume");
///         PixelBuffer pixels = PixelBuffer::make_copy(result.pixels);
///         for (float& value : pixels.values<float>()) value *= static_cast<float>(parameters.factor);
///         result.pixels = std::move(pixels);
///         context.report(1, "scaling");
///         return {{"scaled", freeze(std::move(result))}};
///       }
///
///      private:
///       plugin::Port volume_{"volume", Kind::volume, false, "What is scaled, f32."};
///       plugin::Port scaled_{"scaled", Kind::volume, false, "The volume times the factor."};
///     };
namespace iso::plugin {

/// The card of a network (iso/models/card.h) beside the programs, or in a place that the user named; `models::load` loads it.
struct Model {
  std::string id;              ///< "pd_unet"
  std::filesystem::path file;  ///< NAME.card.json
  std::string sha256;          ///< of the card, which holds those of the graphs; they were checked
};

/// Everything a running task may ask of the program. Nothing else is reachable. Safe from any thread of the task.
class RunContext {
 public:
  virtual ~RunContext();
  /// Fraction in [0, 1] over the whole task; stage is a short noun phrase. Cheap; call often.
  virtual void report(double fraction, std::string_view stage) = 0;
  /// A point on a curve the program plots while the task runs (an objective over iterations); curves are kept in the record.
  virtual void plot(std::string_view curve, double x, double y) = 0;
  /// A number that says something about the result ("noise_level", 0.02, "1/mm"; "views_used", 60, "views"). Kept in the
  /// record under its name; the last value counts. The unit is "1" for a ratio.
  virtual void figure(std::string_view name, double value, std::string_view unit) = 0;
  /// A file that the task wrote in `scratch` and that belongs to the result, such as a report. The program takes it at once,
  /// puts it beside the first output file as "<output>.<name>", and lists it with its SHA-256 in the record. Throws
  /// invalid_input for a name that is no file name, cannot_read for a file that is not there.
  virtual void attach(std::string_view name, const std::filesystem::path& file) = 0;
  /// The network of that id, noted in the record. Throws no_input if it is not installed.
  [[nodiscard]] virtual Model model(std::string_view id) = 0;
  /// An intermediate result, shown if the user asked for previews.
  virtual void preview(std::string_view output, DatasetPtr data) = 0;
  virtual void log(std::string_view text) = 0;   ///< for the lab book
  virtual void warn(std::string_view text) = 0;  ///< the result may differ from what was asked; kept in the record
  [[nodiscard]] virtual std::stop_token stop() const noexcept = 0;
  [[nodiscard]] virtual const compute::Backend& backend() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t seed() const noexcept = 0;
  [[nodiscard]] virtual std::size_t memory_budget_bytes() const noexcept = 0;
  /// A folder of this run, or of this interaction; gone afterwards.
  [[nodiscard]] virtual std::filesystem::path scratch() const = 0;
  /// True when a preview would be shown now; making one costs a download. Ask once an iteration, before making one: the
  /// program counts the questions, and wants the preview of every n-th, or none until some time has passed.
  [[nodiscard]] virtual bool wants_preview() const noexcept = 0;
  /// True when enough time has passed for another checkpoint to be worth its cost (and the user wants them).
  [[nodiscard]] virtual bool wants_checkpoint() const noexcept = 0;
  virtual void keep(const Checkpoint& state) = 0;
  /// The state an interrupted run of the same recipe on the same inputs left behind, if the user wants to go on.
  [[nodiscard]] virtual std::optional<Checkpoint> resumed() const = 0;
};

struct Port {
  std::string name;  ///< "sinogram", "abundances"
  Kind kind{Kind::volume};
  bool optional{false};
  std::string help;
  std::string residual{};  ///< for a learned output, and only there: the output that holds its residual map
  bool collection{false};  ///< an input that takes any number of data sets of the kind, in their order
};

/// Throws type_mismatch.
[[noreturn]] void throw_several(std::size_t count);

/// What stands at a port: one data set or description, or several where the port takes a collection.
template <class T>
class PortItems {
 public:
  PortItems() = default;
  PortItems(T item) { all_.push_back(std::move(item)); }  // NOLINT(google-explicit-constructor): one is the usual case
  explicit PortItems(std::vector<T> all) : all_{std::move(all)} {}
  [[nodiscard]] std::span<const T> all() const noexcept { return all_; }
  /// The only one; an empty one if there is none. Throws type_mismatch where there are several.
  [[nodiscard]] const T& one() const {
    static const T none{};
    if (all_.size() > 1) throw_several(all_.size());
    return all_.empty() ? none : all_.front();
  }
  operator const T&() const { return one(); }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }

  // As the pointer to the only data set.
  [[nodiscard]] const Dataset& operator*() const requires std::same_as<T, DatasetPtr> { return *one(); }
  [[nodiscard]] const Dataset* operator->() const requires std::same_as<T, DatasetPtr> { return one().get(); }
  [[nodiscard]] const Dataset* get() const requires std::same_as<T, DatasetPtr> { return one().get(); }
  [[nodiscard]] explicit operator bool() const noexcept requires std::same_as<T, DatasetPtr> {
    return !all_.empty() && all_.front() != nullptr;
  }

 private:
  std::vector<T> all_;
};
/// By the names of the ports.
using Datasets = std::map<std::string, PortItems<DatasetPtr>, std::less<>>;
using Descriptions = std::map<std::string, PortItems<Description>, std::less<>>;
[[nodiscard]] Descriptions describe(const Datasets& data);
/// What stands at a port; throws no_input if nothing does.
[[nodiscard]] const PortItems<DatasetPtr>& require_port(const Datasets& data, std::string_view port);
[[nodiscard]] const PortItems<Description>& require_port(const Descriptions& data, std::string_view port);

/// An operator that a run will make, and how often it is applied, forward or adjoint.
struct PlannedOperator {
  compute::OperatorSpec spec;
  double applications{1};
};

/// What a run would be, found out from descriptions of its inputs, in milliseconds. The program adds what the back end says
/// that the operators keep, need and take (`Backend::cost`).
struct Plan {
  std::vector<Refusal> refusals;  ///< every one; a run is possible only without
  std::vector<PlannedOperator> operators;
  std::vector<std::string> models;  ///< ids of the networks it will ask for
  std::size_t bytes{0};  ///< highest sum of the task's own arrays, results included, inputs and operators not
  double seconds{0};     ///< on the CPU back end with the present thread budget, without operators
  Descriptions outputs;  ///< what the results will be; those that cannot be said yet are left out

  [[nodiscard]] bool possible() const noexcept { return refusals.empty(); }
  void refuse(std::string sentence, Errc code = Errc::unsupported) {
    refusals.push_back({std::move(sentence), {}, code});
  }
  void refuse_parameter(std::string parameter, std::string sentence) {
    refusals.push_back({std::move(sentence), std::move(parameter), Errc::invalid_input});
  }
};

/// What people read about a task, in lists, help and manual.
struct About {
  std::string title;                    ///< "Total variation", at most 60 characters
  std::string summary;                  ///< one or two sentences
  std::string description;              ///< Markdown: what it computes, equations, limits
  std::string category;                 ///< "Reconstruction", "Segmentation", "Filtering", "Unmixing", "Evaluation"
  std::vector<std::string> references;  ///< citation with DOI
};

/// Something the user marked on the image: a click, a stroke or a region.
struct Mark {
  std::uint64_t id{0};                              ///< stays the same when the mark is relabelled or moved
  std::uint16_t label{0};                           ///< 0 takes away
  Vec3 place_mm{};                                  ///< LPS; of the click, or where the stroke began
  std::vector<std::array<std::int32_t, 3>> voxels;  ///< of the image's grid, in the order they were painted
  friend bool operator==(const Mark&, const Mark&) = default;
};

/// The parameters of one run, parsed once: Task::parse makes them, the other functions of the same task take them.
class ParsedParameters {
 public:
  virtual ~ParsedParameters();
  [[nodiscard]] virtual std::string json() const = 0;  ///< with every default spelled out
};
using ParametersPtr = std::shared_ptr<const ParsedParameters>;

/// A task that answers while the user marks: Task::begin makes it, its destructor ends it.
///
/// The answer is a function of the inputs, of all marks and of the parameters: whatever was asked before (other marks, other
/// labels, another order of gestures) and whether this is the first question to a new process must not show in it. What
/// makes the next answer faster is kept inside.
class Interaction {
 public:
  virtual ~Interaction();
  /// The best answer so far within the budget; ends with context.report(1, ...) once nothing would change any more. Asked
  /// again with the same marks and parameters, it goes on from where it was.
  [[nodiscard]] virtual Datasets answer(std::span<const Mark> marks, const ParsedParameters& parameters,
                                        std::chrono::milliseconds budget, RunContext& context) = 0;
};

/// One thing a plugin can do.
class Task {
 public:
  virtual ~Task();
  [[nodiscard]] virtual About about() const = 0;
  [[nodiscard]] virtual std::span<const Port> inputs() const noexcept = 0;
  [[nodiscard]] virtual std::span<const Port> outputs() const noexcept = 0;
  [[nodiscard]] virtual std::string schema_json() const = 0;  ///< made by TypedTask from the fields
  /// Throws invalid_input naming every parameter that is wrong.
  [[nodiscard]] virtual ParametersPtr parse(const std::string& parameters_json) const = 0;
  [[nodiscard]] virtual Plan plan(const Descriptions& inputs, const ParsedParameters& parameters) const = 0;
  /// Called with inputs and parameters whose plan was possible.
  [[nodiscard]] virtual Datasets run(const Datasets& inputs, const ParsedParameters& parameters,
                                     RunContext& context) = 0;
  /// Whether `begin` makes an interaction; said in the manifest, so that a program can offer it without loading code.
  [[nodiscard]] virtual bool interactive() const noexcept;
  /// An interaction on these inputs, or null for a task that only runs. Every answer brings its parameters.
  [[nodiscard]] virtual std::unique_ptr<Interaction> begin(const Datasets& inputs, RunContext& context);
};

}  // namespace iso::plugin
