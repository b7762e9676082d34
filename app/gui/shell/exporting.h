#pragma once

#include "gui/presenters/picture_series.h"

#include <filesystem>

namespace iso::gui {

class MainWindow;

/// Slices or frames of the active view as numbered PNGs that replace none, into the folder `place`; or as a movie, into the file
/// `place`. A failure is a sentence in the window's message bar.
void export_pictures(MainWindow& window, const std::filesystem::path& place, const PictureSeries& series);

}  // namespace iso::gui
