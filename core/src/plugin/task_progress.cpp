#include "iso/plugin/task_progress.h"

#include <utility>

namespace iso::plugin {

TaskProgress::TaskProgress(RunContext& context, std::string output,
                           std::function<DatasetPtr(const compute::Array&)> preview)
    : context_{context}, output_{std::move(output)}, preview_{std::move(preview)}, resumed_{context.resumed()} {}

void TaskProgress::report(double fraction, std::string_view stage) { context_.report(fraction, stage); }
void TaskProgress::plot(std::string_view curve, double x, double y) { context_.plot(curve, x, y); }
void TaskProgress::figure(std::string_view name, double value, std::string_view unit) {
  context_.figure(name, value, unit);
}
void TaskProgress::log(std::string_view text) { context_.log(text); }
void TaskProgress::warn(std::string_view text) { context_.warn(text); }
bool TaskProgress::wants_preview() { return context_.wants_preview(); }
void TaskProgress::preview(const compute::Array& x) { context_.preview(output_, preview_(x)); }
bool TaskProgress::wants_checkpoint() { return context_.wants_checkpoint(); }
void TaskProgress::keep(const Checkpoint& state) { context_.keep(state); }
const Checkpoint* TaskProgress::resumed() const noexcept { return resumed_ ? &*resumed_ : nullptr; }

}  // namespace iso::plugin
