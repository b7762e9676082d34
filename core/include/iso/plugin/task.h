#pragma once

#include "iso/compute/backend.h"
#include "iso/data/checkpoint.h"
#include "iso/data/dataset.h"

#include <array>
#include <chrono>
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
/// (`iso/plugin/descriptor.h`); a complete plugin is in plugins/example.
namespace iso::plugin {

/// Everything a running task may ask of the program. Nothing else is reachable. Safe from any thread of the task.
class RunContext {
 public:
  virtual ~RunContext();
  /// Fraction in [0, 1] over the whole task; stage is a short noun phrase. Cheap; call often.
  virtual void report(double fraction, std::string_view stage) = 0;
  /// A point on a curve the program plots while the task runs; the last value of each is kept in the record.
  virtual void plot(std::string_view curve, double x, double y) = 0;
  /// An intermediate result, shown if the user asked for previews.
  virtual void preview(std::string_view output, DatasetPtr data) = 0;
  virtual void log(std::string_view text) = 0;   ///< for the lab book
  virtual void warn(std::string_view text) = 0;  ///< the result may differ from what was asked; kept in the record
  [[nodiscard]] virtual std::stop_token stop() const noexcept = 0;
  [[nodiscard]] virtual const compute::Backend& backend() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t seed() const noexcept = 0;
  [[nodiscard]] virtual std::size_t memory_budget_bytes() const noexcept = 0;
  [[nodiscard]] virtual std::filesystem::path scratch() const = 0;  ///< a folder of this run, gone afterwards
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
  std::string view_hint;  ///< "slices", "gallery", "overlay", "curves": the program picks the view
  std::string residual;   ///< for a learned output, and only there: the output that holds its residual map
};

using Datasets = std::map<std::string, DatasetPtr, std::less<>>;

/// What a run will take; `isocenter estimate` adds it up.
struct Needs {
  std::vector<compute::OperatorSpec> operators;
  std::size_t work_bytes{0};  ///< highest sum of the task's own arrays, results included, inputs not
  double seconds_guess{0};    ///< on the CPU back end with the present thread budget; 0: no idea
};

/// Whether a task can work on data, and if not, why: one sentence for the user.
struct Suitability {
  bool possible{true};
  std::string reason;
};

/// What people read about a task, in lists, help and manual.
struct About {
  std::string title;                    ///< "Total variation", at most 60 characters
  std::string summary;                  ///< one or two sentences
  std::string description;              ///< Markdown: what it computes, equations, limits
  std::string category;                 ///< "Reconstruction", "Segmentation", "Filtering", "Unmixing", "Evaluation"
  std::vector<std::string> references;  ///< citation with DOI
};

/// What the user marked.
struct Stroke {
  std::vector<std::array<std::int32_t, 3>> voxels;
  std::uint16_t label{0};
};

/// A task that answers while the user draws: Task::begin makes it, its destructor ends it. `update` must return within
/// the budget, with the best answer so far; the program calls it again with nothing new while the user rests. `undo`
/// takes back the strokes of the last update that had any; the next update answers without them.
class Interaction {
 public:
  virtual ~Interaction();
  [[nodiscard]] virtual Datasets update(std::span<const Stroke> added, std::chrono::milliseconds budget,
                                        RunContext& context) = 0;
  virtual void undo() = 0;
};

/// One thing a plugin can do. Errors of parameters are invalid_input and name every one of them.
class Task {
 public:
  virtual ~Task();
  [[nodiscard]] virtual About about() const = 0;
  [[nodiscard]] virtual std::span<const Port> inputs() const noexcept = 0;
  [[nodiscard]] virtual std::span<const Port> outputs() const noexcept = 0;
  [[nodiscard]] virtual std::string schema_json() const = 0;  ///< made by TypedTask from the fields
  [[nodiscard]] virtual Suitability suits(const Datasets& inputs, const std::string& parameters_json) const = 0;
  [[nodiscard]] virtual Needs needs(const Datasets& inputs, const std::string& parameters_json) const = 0;
  [[nodiscard]] virtual Datasets run(const Datasets& inputs, const std::string& parameters_json,
                                     RunContext& context) = 0;
  /// Whether `begin` makes an interaction; said in the manifest, so that a program can offer it without loading code.
  [[nodiscard]] virtual bool interactive() const noexcept;
  /// An interaction, or null for a task that only runs.
  [[nodiscard]] virtual std::unique_ptr<Interaction> begin(const Datasets& inputs, const std::string& parameters_json,
                                                           RunContext& context);
};

}  // namespace iso::plugin
