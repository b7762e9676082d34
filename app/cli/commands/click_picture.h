#pragma once

#include "iso/data/label_map.h"
#include "iso/data/volume.h"
#include "iso/plugin/task.h"

#include <span>

namespace iso::cli {

/// The slice of the last mark for people: the image in greys, enlarged to at least 512 pixels, the outline of the labels in
/// white and the marks as crosses (foreground white, background black), each on a dark or bright rim. A picture of
/// one slice; `window` in the metadata says how it is shown.
[[nodiscard]] Volume make_click_picture(const Volume& image, const LabelMap& labels,
                                        std::span<const plugin::Mark> marks);

}  // namespace iso::cli
