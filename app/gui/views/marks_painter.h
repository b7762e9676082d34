#pragma once

#include "render/scene/slice_marks.h"

class QPainter;

namespace iso::gui {

/// Draws marks; `pixel_ratio` is device pixels of the painter's device to its own.
void paint(QPainter& painter, const render::Marks& marks, double pixel_ratio);

}  // namespace iso::gui
