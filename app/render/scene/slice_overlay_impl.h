#pragma once

#include "slice_marks.h"

#include <memory>

class vtkRenderer;  // NOLINT(cppcoreguidelines-virtual-class-destructor): a class of VTK

namespace iso::render {

/// Draws marks by VTK, for pictures that no toolkit draws.
class SliceOverlay {
 public:
  explicit SliceOverlay(vtkRenderer& renderer);
  ~SliceOverlay();
  SliceOverlay(const SliceOverlay&) = delete;
  SliceOverlay& operator=(const SliceOverlay&) = delete;
  void show(const Marks& marks, int height);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iso::render
