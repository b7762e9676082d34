#pragma once

#include "iso/data/pixel_block.h"
#include "iso/geometry/voxel_grid.h"

#include <itkImage.h>
#include <itkImportImageContainer.h>

namespace iso {

namespace detail {

/// Pixel container that keeps a PixelBlock alive while ITK uses its memory.
template <class T>
class SharedContainer : public itk::ImportImageContainer<itk::SizeValueType, T> {
 public:
  using Self = SharedContainer;
  using Pointer = itk::SmartPointer<Self>;
  itkFactorylessNewMacro(Self);
  void hold(const PixelBlock& block) {
    block_ = block;
    this->SetImportPointer(reinterpret_cast<T*>(block_.mutable_data()),
                           static_cast<itk::SizeValueType>(block.spec().shape.count()), false);
  }

 private:
  PixelBlock block_;
};

}  // namespace detail

/// Shares the image's buffer; no copy.
template <class T, unsigned D>
[[nodiscard]] PixelBlock wrap(itk::SmartPointer<itk::Image<T, D>> image) {
  std::array<std::int64_t, D> extents{};
  const auto size = image->GetBufferedRegion().GetSize();
  for (unsigned axis = 0; axis < D; ++axis) extents[axis] = static_cast<std::int64_t>(size[axis]);
  T* data = image->GetBufferPointer();
  auto owner = std::make_shared<itk::SmartPointer<itk::Image<T, D>>>(image);
  return PixelBlock::adopt({Shape{std::span<const std::int64_t>{extents}}, scalar_type_of<T>}, owner, data);
}

/// The same memory as a typed ITK image, with the grid's frame. Throws type_mismatch if T is not what is stored,
/// shape_mismatch if the block has more axes than D.
template <class T, unsigned D>
[[nodiscard]] itk::SmartPointer<itk::Image<T, D>> as_itk(const PixelBlock& block, const VoxelGrid& grid = {}) {
  (void)block.values<T>();
  if (block.spec().shape.rank() > D) {
    throw Error{Errc::shape_mismatch, "an array of shape " + block.spec().shape.text() + " does not fit an image of " +
                                          std::to_string(D) + " axes"};
  }
  auto container = detail::SharedContainer<T>::New();
  container->hold(block);
  auto image = itk::Image<T, D>::New();
  typename itk::Image<T, D>::SizeType size;
  typename itk::Image<T, D>::SpacingType spacing;
  typename itk::Image<T, D>::PointType origin;
  typename itk::Image<T, D>::DirectionType direction;
  direction.SetIdentity();
  for (unsigned axis = 0; axis < D; ++axis) {
    size[axis] = static_cast<itk::SizeValueType>(block.spec().shape[axis]);
    spacing[axis] = axis < 3 ? grid.spacing_mm[axis] : 1.0;
    origin[axis] = axis < 3 ? grid.origin_mm[axis] : 0.0;
    for (unsigned row = 0; row < D && axis < 3 && row < 3; ++row) direction(row, axis) = grid.direction[3 * row + axis];
  }
  image->SetRegions(size);
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  image->SetDirection(direction);
  image->SetPixelContainer(container);
  return image;
}

}  // namespace iso
