#pragma once

#include "iso/compute/backend.h"
#include "iso/job/executor.h"
#include "iso/plugin/task.h"

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace iso::job {

/// What a running task sees of the program. Turns its calls into events, at most ten of progress a second, with the
/// time that remains at the pace so far. Safe from any thread of the task.
class JobContext final : public plugin::RunContext {
 public:
  struct Setting {
    const compute::Backend& backend;
    std::stop_token stop;
    std::uint64_t seed{0};
    std::size_t memory_budget_bytes{0};
    std::filesystem::path scratch;
    int preview_every{0};
    std::chrono::milliseconds preview_pause{0};         ///< between two of them at least
    std::filesystem::path checkpoint_file;              ///< empty: none are kept
    std::string checkpoint_key;                         ///< says which run the file belongs to
    std::chrono::milliseconds checkpoint_pause{30000};  ///< between two of them
    bool resume{false};
  };
  JobContext(Setting setting, OnEvent on_event);

  void report(double fraction, std::string_view stage) override;
  void plot(std::string_view curve, double x, double y) override;
  void preview(std::string_view output, DatasetPtr data) override;
  void log(std::string_view text) override;
  void warn(std::string_view text) override;
  [[nodiscard]] std::stop_token stop() const noexcept override { return setting_.stop; }
  [[nodiscard]] const compute::Backend& backend() const noexcept override { return setting_.backend; }
  [[nodiscard]] std::uint64_t seed() const noexcept override { return setting_.seed; }
  [[nodiscard]] std::size_t memory_budget_bytes() const noexcept override { return setting_.memory_budget_bytes; }
  [[nodiscard]] std::filesystem::path scratch() const override { return setting_.scratch; }

  [[nodiscard]] bool wants_preview() const noexcept override;
  [[nodiscard]] bool wants_checkpoint() const noexcept override;
  void keep(const Checkpoint& state) override;
  [[nodiscard]] std::optional<Checkpoint> resumed() const override;

  /// What was plotted last on every curve, and what was warned of; once the task has ended.
  [[nodiscard]] std::map<std::string, double> quality() const;
  [[nodiscard]] std::vector<std::string> warnings() const;

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] Event now(Tells tells) const;  ///< with mutex_ held
  void tell(const Event& event) const;         ///< with mutex_ held, so that never two come at once

  Setting setting_;
  OnEvent on_event_;
  mutable std::mutex mutex_;  // guards everything below
  Clock::time_point begin_{Clock::now()}, told_{}, kept_{Clock::now()};
  double fraction_{0};
  std::string stage_;
  std::map<std::string, double> quality_;

  /// The occasions for a preview: each call of wants_preview is one, and so is each further preview without a call.
  mutable std::int64_t asked_{0};
  mutable bool granted_{false};
  mutable std::optional<Clock::time_point> previewed_;
  struct Offers {
    std::int64_t asked{0}, since{0};  ///< the last question one followed, and how many came after it
  };
  std::map<std::string, Offers, std::less<>> previews_;
  std::vector<std::string> warnings_;
};

}  // namespace iso::job
