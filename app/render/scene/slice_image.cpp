#include "slice_image_impl.h"

#include "../bridge/vtk_bridge.h"

#include "iso/base/threads.h"

#include <vtkImageData.h>
#include <vtkImageReslice.h>
#include <vtkMatrix4x4.h>
#include <vtkNew.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace iso::render {

/// One layer's slice in the raster's own numbers; NaN outside.
struct SliceImage::Cut {
  std::shared_ptr<const Raster> raster;
  std::int64_t frame{-1};
  vtkSmartPointer<vtkImageData> input;
  vtkNew<vtkImageReslice> reslice;
  Plane plane;
  double mm_per_pixel{0}, slab_mm{0};
  Slab slab{Slab::none};
  bool interpolate{false};
  int width{0}, height{0};
};

namespace {

constexpr int most_slab_samples = 64;

/// Maps screen axes in mm about the plane's centre to indices of the frame: what vtkImageReslice calls reslice axes.
void set_axes(vtkImageReslice& reslice, const VoxelGrid& frame, const Plane& plane) {
  const Vec3 centre = frame.to_index(plane.centre_mm), n = plane.normal();
  const auto along = [&](const Vec3& direction) {
    const Vec3 ahead{plane.centre_mm[0] + direction[0], plane.centre_mm[1] + direction[1],
                     plane.centre_mm[2] + direction[2]};
    const Vec3 index = frame.to_index(ahead);
    return Vec3{index[0] - centre[0], index[1] - centre[1], index[2] - centre[2]};
  };
  const std::array<Vec3, 4> columns{along(plane.right), along(plane.up), along(n), centre};
  vtkNew<vtkMatrix4x4> axes;
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 3; ++row)
      axes->SetElement(row, column, columns[static_cast<std::size_t>(column)][static_cast<std::size_t>(row)]);
  reslice.SetResliceAxes(axes);
}

void set_slab(vtkImageReslice& reslice, const SlicePicture& picture, const VoxelGrid& frame) {
  if (picture.slab == Slab::none || picture.slab_mm <= 0) {
    reslice.SetSlabNumberOfSlices(1);
    return;
  }
  const double finest = *std::ranges::min_element(frame.spacing_mm);
  const int samples = std::clamp(static_cast<int>(picture.slab_mm / finest) + 1, 2, most_slab_samples);
  reslice.SetSlabNumberOfSlices(samples);
  reslice.SetSlabSliceSpacingFraction(picture.slab_mm / samples / reslice.GetOutputSpacing()[2]);
  if (picture.slab == Slab::maximum) reslice.SetSlabModeToMax();
  if (picture.slab == Slab::minimum) reslice.SetSlabModeToMin();
  if (picture.slab == Slab::mean) reslice.SetSlabModeToMean();
}

/// The display as a table over the window, so that a pixel costs a multiplication and a look-up.
class Colouring {
 public:
  Colouring(const Display& display, bool labels)
      : map_{colour_map(labels ? "labels" : display.colour_map)}, display_{display}, labels_{labels} {}
  [[nodiscard]] std::array<std::uint8_t, 4> operator()(float value) const noexcept {
    if (labels_) {
      const auto label = static_cast<long>(value);
      return label <= 0 ? map_[0] : map_[static_cast<std::size_t>((label - 1) % 255 + 1)];
    }
    const double y = voi(display_, static_cast<double>(value));
    const auto at = static_cast<std::size_t>(std::lround(255 * (display_.inverted ? 1 - y : y)));
    return map_[at];
  }

 private:
  const std::vector<std::array<std::uint8_t, 4>>& map_;
  const Display& display_;
  bool labels_;
};

void blend(const float* values, std::int64_t begin, std::int64_t end, const Colouring& colour, double opacity,
           std::uint8_t* rgb) {
  for (std::int64_t i = begin; i < end; ++i) {
    if (std::isnan(values[i])) continue;
    const auto c = colour(values[i]);
    const double part = opacity * c[3] / 255;
    std::uint8_t* const pixel = rgb + 3 * i;
    if (part >= 1) {
      std::copy_n(c.data(), 3, pixel);
      continue;
    }
    for (int k = 0; k < 3; ++k)
      pixel[k] = static_cast<std::uint8_t>(pixel[k] + part * (c[static_cast<std::size_t>(k)] - pixel[k]) + 0.5);
  }
}

}  // namespace

SliceImage::SliceImage() = default;
SliceImage::~SliceImage() = default;

void SliceImage::cut(Cut& cut, const SlicePicture& picture, const Layer& layer, int width, int height) {
  const bool interpolate = layer.display.interpolate && !layer.raster->labels;
  const bool other_input = cut.raster != layer.raster || cut.frame != layer.frame;
  if (!other_input && cut.plane == picture.plane && cut.mm_per_pixel == picture.mm_per_pixel && cut.width == width &&
      cut.height == height && cut.slab == picture.slab && cut.slab_mm == picture.slab_mm &&
      cut.interpolate == interpolate)
    return;
  if (other_input) {
    cut.input = to_vtk(layer.raster->pixels, layer.frame);
    cut.reslice->SetInputData(cut.input);
    cut.reslice->SetOutputScalarType(VTK_FLOAT);
    cut.reslice->SetOutputDimensionality(2);
    cut.reslice->SetBackgroundLevel(std::numeric_limits<double>::quiet_NaN());
    cut.reslice->BorderOn();
    cut.reslice->AutoCropOutputOff();
  }
  set_axes(*cut.reslice, layer.raster->frame, picture.plane);
  const double step = picture.mm_per_pixel;
  cut.reslice->SetInterpolationMode(interpolate ? VTK_RESLICE_LINEAR : VTK_RESLICE_NEAREST);
  cut.reslice->SetOutputSpacing(step, step, 1);
  cut.reslice->SetOutputOrigin(-step * (width - 1) / 2.0, -step * (height - 1) / 2.0, 0);
  cut.reslice->SetOutputExtent(0, width - 1, 0, height - 1, 0, 0);
  set_slab(*cut.reslice, picture, layer.raster->frame);
  cut.reslice->Update();
  cut.raster = layer.raster;
  cut.frame = layer.frame;
  cut.plane = picture.plane;
  cut.mm_per_pixel = step;
  cut.width = width;
  cut.height = height;
  cut.slab = picture.slab;
  cut.slab_mm = picture.slab_mm;
  cut.interpolate = interpolate;
}

const std::vector<std::uint8_t>& SliceImage::make(const SlicePicture& picture, int width, int height) {
  rgb_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  for (std::size_t i = 0; i < rgb_.size(); ++i) rgb_[i] = static_cast<std::uint8_t>(255 * picture.background[i % 3]);
  while (cuts_.size() < picture.layers.size()) cuts_.push_back(std::make_unique<Cut>());
  cuts_.resize(picture.layers.size());
  for (std::size_t at = 0; at < picture.layers.size(); ++at) {
    const Layer& layer = picture.layers[at];
    if (!layer.raster || !layer.display.visible || layer.display.opacity <= 0) continue;
    cut(*cuts_[at], picture, layer, width, height);
    const auto* const values = static_cast<const float*>(cuts_[at]->reslice->GetOutput()->GetScalarPointer());
    const Colouring colour{layer.display, layer.raster->labels};
    const int shown = at == 0 ? width : static_cast<int>(std::lround(std::clamp(picture.reveal, 0.0, 1.0) * width));
    parallel_for(height, 32, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row)
        blend(values, row * width, row * width + shown, colour, layer.display.opacity, rgb_.data());
    });
  }
  return rgb_;
}

}  // namespace iso::render
