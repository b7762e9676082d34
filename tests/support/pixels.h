#pragma once

#include "iso/data/pixels.h"

namespace iso::test {

/// Gives `pixels` new memory in which `change(values)` has changed what it likes.
template <class T, class Change>
void change(Pixels& pixels, Change&& change_values) {
  PixelBuffer copy = PixelBuffer::make_copy(pixels);
  change_values(copy.values<T>());
  pixels = std::move(copy);
}

}  // namespace iso::test
