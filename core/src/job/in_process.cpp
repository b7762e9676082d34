#include "iso/job/run.h"

#include <mutex>

namespace iso::job {
namespace {

class InProcess final : public Executor {
 public:
  InProcess(TaskSource& source, const compute::BackendRegistry& registry, ExecutionOptions options,
            std::shared_ptr<DataAccess> data)
      : source_{source}, registry_{registry}, options_{std::move(options)}, data_{std::move(data)} {}

  Record execute(const Recipe& recipe, const std::stop_token& stop, const OnEvent& on_event) override {
    const std::lock_guard lock{one_at_a_time_};
    RunResult result = run_task(recipe, {source_, registry_, *data_, options_}, stop, on_event);
    deliver(result, *data_, options_);
    if (on_event) on_event(end_event(result.record));
    return std::move(result.record);
  }

 private:
  TaskSource& source_;
  const compute::BackendRegistry& registry_;
  ExecutionOptions options_;
  std::shared_ptr<DataAccess> data_;
  std::mutex one_at_a_time_;
};

}  // namespace

std::shared_ptr<Executor> make_in_process_executor(TaskSource& source, const compute::BackendRegistry& registry,
                                                   ExecutionOptions options, std::shared_ptr<DataAccess> data) {
  if (!data) data = make_data_access();
  return std::make_shared<InProcess>(source, registry, std::move(options), std::move(data));
}

}  // namespace iso::job
