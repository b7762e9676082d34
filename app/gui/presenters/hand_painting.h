#pragma once

#include "gui/model/document.h"

#include <memory>
#include <vector>

namespace iso::gui {

/// Voxels of the label map of an interactive segmentation that the user painted by hand. They keep their label, whatever the
/// method answers later, until the stroke is undone.
///
/// The object is notified of every change of the map. Undo always reverts the newest change in effect, so a stack of changes
/// is enough; changes by the method are marked as such.
class HandPainting {
 public:
  void changed(const Document::LabelDelta& delta, bool forwards);
  void newest_was_the_task() noexcept;  ///< marks the last change as one by the method
  void clear() noexcept { steps_.clear(); }
  /// The part of a change outside of the voxels painted by hand; null if it is empty.
  [[nodiscard]] std::shared_ptr<const Document::LabelDelta> spared(
      std::shared_ptr<const Document::LabelDelta> change) const;

 private:
  struct Span {
    std::int64_t first, end;
  };
  std::vector<std::vector<Span>> steps_;  ///< in effect, oldest first; without spans: the task's
};

}  // namespace iso::gui
