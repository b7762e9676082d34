#pragma once

#include "io/array_impl.h"

#include <memory>

/// Folders of files with one image each, in the order of the numbers in their names.
namespace iso::io::detail {

/// Bands of a lambda stack, or slices: at least two files.
[[nodiscard]] std::unique_ptr<Handler> make_tiff_folder();
/// Pictures, each a case with its name (iso/data/case_names.h), of one size and type.
[[nodiscard]] std::unique_ptr<Handler> make_picture_folder();

}  // namespace iso::io::detail
