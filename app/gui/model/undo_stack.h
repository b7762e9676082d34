#pragma once

#include "signals.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace iso::gui {

/// One action of the user with its name. `undo` and `redo` change the document; the two are called in turn, any number of
/// times.
struct UndoStep {
  std::string name;      ///< "Paint label 2", shown in the menu and the history
  std::size_t bytes{0};  ///< memory it keeps alive beyond the document's own
  std::function<void()> undo, redo;
  std::string merge_key;  ///< consecutive steps of one non-empty key within a second become one (window drags)
};

/// The history of the document. When the steps need more memory than the budget, the oldest are dropped and `forgotten` counts
/// them. An action that changes nothing must not be pushed.
class UndoStack {
 public:
  explicit UndoStack(std::size_t budget_bytes = std::size_t{1} << 30);
  void push(UndoStep step);  ///< a step that is already done; steps that could be redone are dropped
  void undo();
  void redo();
  void clear();
  void set_newest_bytes(std::size_t bytes);  ///< memory of the last step, which was extended after it was pushed
  [[nodiscard]] bool can_undo() const noexcept;
  [[nodiscard]] bool can_redo() const noexcept;
  [[nodiscard]] std::string undo_name() const;
  [[nodiscard]] std::string redo_name() const;
  [[nodiscard]] std::vector<std::string> names() const;  ///< oldest first
  [[nodiscard]] std::size_t position() const noexcept;   ///< steps that are done
  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] std::size_t budget_bytes() const noexcept;
  [[nodiscard]] std::size_t forgotten() const noexcept;
  Signal<> changed;

 private:
  std::deque<UndoStep> steps_;
  std::size_t position_{0}, budget_{0}, forgotten_{0};
  std::int64_t last_push_ms_{0};
};

}  // namespace iso::gui
