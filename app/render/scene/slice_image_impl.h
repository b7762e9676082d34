#pragma once

#include "slice_scene.h"

#include <vtkSmartPointer.h>

#include <cstdint>
#include <map>
#include <vector>

class vtkImageData;
class vtkImageReslice;

namespace iso::render {

/// The pixels of a picture: each layer cut along the plane at the resolution of the screen, windowed, coloured, and laid
/// over the ones below. Keeps the cut of a layer until its data, plane or size change, so that a window drag only colours.
class SliceImage {
 public:
  SliceImage();
  ~SliceImage();
  SliceImage(const SliceImage&) = delete;
  SliceImage& operator=(const SliceImage&) = delete;
  /// RGB, three bytes a pixel, rows from the bottom as VTK counts; `size` in device pixels.
  const std::vector<std::uint8_t>& make(const SlicePicture& picture, int width, int height);

 private:
  struct Cut;
  void cut(Cut& cut, const SlicePicture& picture, const Layer& layer, int width, int height);
  std::vector<std::unique_ptr<Cut>> cuts_;
  std::vector<std::uint8_t> rgb_;
};

}  // namespace iso::render
