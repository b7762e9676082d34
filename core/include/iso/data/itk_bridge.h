#pragma once

#include "iso/data/pixels.h"
#include "iso/geometry/voxel_grid.h"

#include <itkImage.h>
#include <itkImportImageContainer.h>

#include <cstring>

/// Pixels as `itk::Image` and back, constant in both directions and without a copy:
///
///     const auto image = as_itk<float, 3>(volume.pixels, volume.grid);
///     auto filter = itk::MedianImageFilter<itk::Image<float, 3>, itk::Image<float, 3>>::New();
///     set_itk_input(*filter, image);
///     volume.pixels = from_itk(take_output(*filter));
namespace iso {

namespace detail {

/// Pixel container that keeps Pixels alive while ITK reads their memory. ITK knows no constant container; the image
/// that holds it is handed out as constant alone.
template <class T>
class PixelsContainer : public itk::ImportImageContainer<itk::SizeValueType, T> {
 public:
  using Self = PixelsContainer;
  using Pointer = itk::SmartPointer<Self>;
  itkFactorylessNewMacro(Self);
  void hold(const Pixels& pixels) {
    pixels_ = pixels;
    auto* const memory = const_cast<T*>(pixels.values<T>().data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    this->SetImportPointer(memory, static_cast<itk::SizeValueType>(pixels.spec().shape.count()), false);
  }
  [[nodiscard]] const Pixels& pixels() const noexcept { return pixels_; }

 private:
  Pixels pixels_;
};

template <class T, unsigned D>
[[nodiscard]] ArraySpec to_spec(const itk::Image<T, D>& image) {
  std::array<std::int64_t, D> extents{};
  const auto size = image.GetBufferedRegion().GetSize();
  for (unsigned axis = 0; axis < D; ++axis) extents[axis] = static_cast<std::int64_t>(size[axis]);
  return {Shape{std::span<const std::int64_t>{extents}}, scalar_type_of<T>};
}

}  // namespace detail

/// The same memory as a constant ITK image, with the grid's frame; it keeps the memory alive. Throws type_mismatch if T
/// is not what is stored, shape_mismatch if the array has more axes than D, internal for an outline.
template <class T, unsigned D>
[[nodiscard]] itk::SmartPointer<const itk::Image<T, D>> as_itk(const Pixels& pixels, const VoxelGrid& grid = {}) {
  (void)pixels.values<T>();
  if (pixels.spec().shape.rank() > D) {
    throw Error{Errc::shape_mismatch, "an array of shape " + pixels.spec().shape.text() + " does not fit an image of " +
                                          std::to_string(D) + " axes"};
  }
  auto container = detail::PixelsContainer<T>::New();
  container->hold(pixels);
  auto image = itk::Image<T, D>::New();
  typename itk::Image<T, D>::SizeType size;
  typename itk::Image<T, D>::SpacingType spacing;
  typename itk::Image<T, D>::PointType origin;
  typename itk::Image<T, D>::DirectionType direction;
  direction.SetIdentity();
  for (unsigned axis = 0; axis < D; ++axis) {
    size[axis] = static_cast<itk::SizeValueType>(pixels.spec().shape[axis]);
    spacing[axis] = axis < 3 ? grid.spacing_mm[axis] : 1.0;
    origin[axis] = axis < 3 ? grid.origin_mm[axis] : 0.0;
    for (unsigned row = 0; row < D && axis < 3 && row < 3; ++row) direction(row, axis) = grid.direction[3 * row + axis];
  }
  image->SetRegions(size);
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  image->SetDirection(direction);
  image->SetPixelContainer(container);
  return image.GetPointer();
}

/// Connects a constant image to a filter. A filter that may run in place would write into its input, constant or not
/// (itk::InPlaceImageFilter casts it): that is switched off. Use this and not `SetInput`.
template <class Filter, class Image>
void set_itk_input(Filter& filter, const itk::SmartPointer<const Image>& image) {
  if constexpr (requires { filter.InPlaceOff(); }) filter.InPlaceOff();
  filter.SetInput(image.GetPointer());
}

/// Runs the filter and takes its output out of the pipeline, so that nobody else holds it.
template <class Filter>
[[nodiscard]] auto take_output(Filter& filter) {
  filter.Update();
  itk::SmartPointer<typename Filter::OutputImageType> image = filter.GetOutput();
  image->DisconnectPipeline();
  return image;
}

/// The pixels of an image, constant from here on. Without a copy where the image came from `as_itk`, or where the
/// caller hands over the only pointer to it and to its pixels; copied where somebody else could still write.
template <class Image>
[[nodiscard]] Pixels from_itk(itk::SmartPointer<Image> image) {
  using T = typename Image::PixelType;
  const ArraySpec spec = detail::to_spec(*image);
  const auto* const container = image->GetPixelContainer();
  if (const auto* own = dynamic_cast<const detail::PixelsContainer<T>*>(container))
    return own->pixels().reshaped(spec.shape);
  const T* const data = std::as_const(*image).GetBufferPointer();
  const bool alone =
      image->GetReferenceCount() == 1 && container->GetReferenceCount() == 1 && container->GetContainerManageMemory();
  if (alone) return Pixels::adopt(spec, std::make_shared<itk::SmartPointer<Image>>(std::move(image)), data);
  PixelBuffer copy = PixelBuffer::allocate(spec);
  if (spec.bytes() > 0) std::memcpy(copy.data(), data, spec.bytes());
  return copy;
}

}  // namespace iso
