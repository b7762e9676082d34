#pragma once

#include "document.h"

#include <memory>
#include <vector>

namespace iso::gui {

/// What was painted by hand on a label map that a task answers to: such voxels keep what the hand gave them, whatever the
/// task says later, until the stroke is undone.
///
/// Told of every change of the map, it follows the history: what is undone is always the newest change in effect, so a stack
/// is enough, and only the changes of the task itself have to be named as such.
class HandPainting {
 public:
  void changed(const Document::LabelDelta& delta, bool forwards);
  void newest_was_the_task() noexcept;  ///< the change told of last
  void clear() noexcept { steps_.clear(); }
  /// The part of a change that touches no voxel painted by hand; null if nothing is left.
  [[nodiscard]] std::shared_ptr<const Document::LabelDelta> spared(
      std::shared_ptr<const Document::LabelDelta> change) const;

 private:
  struct Span {
    std::int64_t first, end;
  };
  std::vector<std::vector<Span>> steps_;  ///< in effect, oldest first; without spans: the task's
};

}  // namespace iso::gui
