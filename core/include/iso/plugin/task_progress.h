#pragma once

#include "iso/plugin/task.h"
#include "iso/solvers/progress.h"

#include <functional>
#include <optional>
#include <string>

namespace iso::plugin {

/// The progress of a method, told to the program through the run context of its task: what a method in `method/` takes as
/// `solvers::Progress&` and an adapter makes.
class TaskProgress final : public solvers::Progress {
 public:
  /// `preview` makes a data set of the output of that name from the array a solver works on. Both are used until the task ends.
  TaskProgress(RunContext& context, std::string output, std::function<DatasetPtr(const compute::Array&)> preview);

  void report(double fraction, std::string_view stage) override;
  void plot(std::string_view curve, double x, double y) override;
  void figure(std::string_view name, double value, std::string_view unit) override;
  void log(std::string_view text) override;
  void warn(std::string_view text) override;
  [[nodiscard]] bool wants_preview() override;
  void preview(const compute::Array& x) override;
  [[nodiscard]] bool wants_checkpoint() override;
  void keep(const Checkpoint& state) override;
  [[nodiscard]] const Checkpoint* resumed() const noexcept override;

 private:
  RunContext& context_;
  std::string output_;
  std::function<DatasetPtr(const compute::Array&)> preview_;
  std::optional<Checkpoint> resumed_;
};

}  // namespace iso::plugin
