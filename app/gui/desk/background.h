#pragma once

#include "gui/model/document.h"

#include "iso/base/error.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace iso::gui {

/// Background work: reading, saving, anything that waits. The result, or the error, is delivered on the desktop's thread. The
/// destructor waits for work in progress.
class Background : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  ~Background() override;
  /// Runs `work` on a thread of the pool and then `then` on this thread, unless this object no longer exists.
  template <class Result>
  void run(std::function<Result()> work, std::function<void(Result)> then, std::function<void(const Error&)> failed) {
    start([this, work = std::move(work), then = std::move(then), failed = std::move(failed)] {
      try {
        auto result = std::make_shared<Result>(work());
        finish([then, result] { then(std::move(*result)); });
      } catch (...) {
        auto problem = std::make_shared<Error>(current_error());
        finish([failed, problem] { failed(*problem); });
      }
    });
  }
  [[nodiscard]] int running() const noexcept { return running_; }
  void wait();  ///< until all work is done; what was to follow on this thread still waits for its event loop

 Q_SIGNALS:
  void running_changed(int running);

 private:
  void start(std::function<void()> job);
  void finish(std::function<void()> then);
  int running_{0};
};

}  // namespace iso::gui
