#pragma once

#include "iso/compute/backend.h"
#include "iso/job/executor.h"
#include "iso/models/card.h"
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
  struct Environment {
    const compute::Backend& backend;
    std::stop_token stop;
    std::uint64_t seed{0};
    std::size_t memory_budget_bytes{0};
    std::filesystem::path scratch;
    std::filesystem::path attachments;                     ///< a folder for what the task attaches
    std::vector<std::filesystem::path> model_directories;  ///< searched for ID.card.json
    int preview_every{0};
    std::chrono::milliseconds preview_pause{0};         ///< between two of them at least
    std::filesystem::path checkpoint_file;              ///< empty: none are kept
    std::string checkpoint_key;                         ///< says which run the file belongs to
    std::chrono::milliseconds checkpoint_pause{30000};  ///< between two of them
    bool resume{false};
  };
  JobContext(Environment environment, OnEvent on_event);

  void report(double fraction, std::string_view stage) override;
  void plot(std::string_view curve, double x, double y) override;
  void figure(std::string_view name, double value, std::string_view unit) override;
  void attach(std::string_view name, const std::filesystem::path& file) override;
  [[nodiscard]] plugin::Model model(std::string_view id) override;
  void preview(std::string_view output, DatasetPtr data) override;
  void log(std::string_view text) override;
  void warn(std::string_view text) override;
  [[nodiscard]] std::stop_token stop() const noexcept override { return environment_.stop; }
  [[nodiscard]] const compute::Backend& backend() const noexcept override { return environment_.backend; }
  [[nodiscard]] std::uint64_t seed() const noexcept override { return environment_.seed; }
  [[nodiscard]] std::size_t memory_budget_bytes() const noexcept override { return environment_.memory_budget_bytes; }
  [[nodiscard]] std::filesystem::path scratch() const override { return environment_.scratch; }

  [[nodiscard]] bool wants_preview() const noexcept override;
  [[nodiscard]] bool wants_checkpoint() const noexcept override;
  void keep(const Checkpoint& state) override;
  [[nodiscard]] std::optional<Checkpoint> resumed() const override;

  /// Puts figures, curves, attachments, models and warnings into the record; once the task has ended.
  void fill(Record& record) const;
  /// The cards of the networks that the task asked for.
  [[nodiscard]] std::vector<models::Card> cards() const;
  /// Where a file that was attached lies now.
  [[nodiscard]] std::filesystem::path attachment(const std::string& name) const {
    return environment_.attachments / name;
  }

  /// For contexts that answer one question after another: forgets what the last one reported.
  void restart(std::stop_token stop);
  [[nodiscard]] double fraction() const;

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] Event now(EventKind tells) const;  ///< with mutex_ held
  void tell(const Event& event) const;             ///< with mutex_ held, so that never two come at once

  Environment environment_;
  OnEvent on_event_;
  mutable std::mutex mutex_;  // guards everything below
  Clock::time_point begin_{Clock::now()}, told_{}, kept_{Clock::now()};
  bool checkpoint_failed_{false};  ///< said once
  double fraction_{0};
  std::string stage_;
  std::map<std::string, Figure> figures_;
  struct Plotted {
    Curve kept;
    std::size_t count{0}, every{1};
    double last_x{0}, last_y{0};
    void add(double x, double y);
  };
  std::map<std::string, Plotted> curves_;
  std::map<std::string, Attachment> attachments_;
  std::map<std::string, models::Card> models_;

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
