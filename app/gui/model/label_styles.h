#pragma once

#include "render/scene/display.h"

#include "iso/data/dataset.h"
#include "iso/data/label_table.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

/// The label table: name, colour, eye and lock of each label of a map.
namespace iso::gui {

struct LabelStyle {
  std::string name;  ///< empty: "label 3"
  LabelColour colour{};
  bool shown{true}, locked{false};  ///< a locked label is not painted over
  friend bool operator==(const LabelStyle&, const LabelStyle&) = default;
};
using LabelStyles = std::map<std::uint16_t, LabelStyle>;

/// The names and colours that a label map brings along.
[[nodiscard]] LabelStyles make_label_styles(const LabelMap& map);
[[nodiscard]] std::string to_label_name(const LabelStyles& styles, std::uint16_t label);
[[nodiscard]] LabelColour to_label_colour(const LabelStyles& styles, std::uint16_t label);
/// Colours for the views; null where they are the usual ones.
[[nodiscard]] std::shared_ptr<const render::Palette> make_label_palette(const LabelStyles& styles);
/// The data with these names and colours, as they are written. The voxels are shared, and `data` is kept alive, so that a stroke
/// does not write into them meanwhile.
[[nodiscard]] DatasetPtr with_styles(const DatasetPtr& data, const LabelStyles& styles);

}  // namespace iso::gui
