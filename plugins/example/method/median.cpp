#include "method/median.h"

#include "iso/base/threads.h"
#include "iso/data/itk_bridge.h"

#include <itkMedianImageFilter.h>

namespace example {

Image median(const Image& image, std::int64_t radius) {
  using Picture = itk::Image<float, 3>;
  const auto filter = itk::MedianImageFilter<Picture, Picture>::New();
  Picture::SizeType reach;
  for (unsigned axis = 0; axis < 3; ++axis)
    reach[axis] = image.size[axis] > 1 ? static_cast<itk::SizeValueType>(radius) : 0;
  filter->SetRadius(reach);
  filter->SetNumberOfWorkUnits(static_cast<itk::ThreadIdType>(iso::ThreadBudget::threads()));
  iso::set_itk_input(*filter, iso::as_itk<float, 3>(image.pixels));
  return {iso::from_itk(iso::take_output(*filter)), image.size};
}

}  // namespace example
