#include "io/formats/nrrd_segments_impl.h"

#include "iso/base/dispatch.h"
#include "iso/data/label_table.h"

#include <array>
#include <cmath>

namespace iso::io::detail::nrrd {
namespace {

constexpr const char* kind_key = "isocenter_kind";
using Keys = std::map<std::string, std::string>;

std::string find_value(const Keys& keys, const std::string& name) {
  const auto found = keys.find(name);
  return found == keys.end() ? std::string{} : trimmed(found->second);
}

/// "0.5 1 0" as a colour.
std::optional<LabelColour> to_colour(const std::string& text) {
  const auto words = to_words(text);
  if (words.size() != 3) return std::nullopt;
  LabelColour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = to_number(words[i]);
    if (!part || !(*part >= 0) || *part > 1) return std::nullopt;
    colour[i] = static_cast<std::uint8_t>(std::lround(255 * *part));
  }
  return colour;
}

std::string to_text(const LabelColour& colour) {
  std::string text;
  for (const std::uint8_t part : colour) text += (text.empty() ? "" : " ") + short_number(part / 255.0);
  return text;
}

std::string one_line(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return name;
}

/// First and last index of each label along each axis: "3 17 0 9 4 4".
std::map<std::uint16_t, std::array<std::int64_t, 6>> make_extents(const Pixels& labels) {
  std::map<std::uint16_t, std::array<std::int64_t, 6>> boxes;
  const Shape& shape = labels.spec().shape;
  const std::int64_t nx = shape[0], ny = shape.rank() > 1 ? shape[1] : 1, nz = shape.rank() > 2 ? shape[2] : 1;
  dispatch<ScalarTypes<std::uint8_t, std::uint16_t>>(labels.spec().type, [&](auto zero) {
    const auto values = labels.values<decltype(zero)>();
    std::array<std::int64_t, 6>* box = nullptr;
    std::uint16_t known = 0;
    std::size_t at = 0;
    for (std::int64_t z = 0; z < nz; ++z)
      for (std::int64_t y = 0; y < ny; ++y)
        for (std::int64_t x = 0; x < nx; ++x, ++at) {
          if (values[at] == 0) continue;
          if (box == nullptr || values[at] != known) {
            known = values[at];
            box = &boxes.try_emplace(known, std::array<std::int64_t, 6>{x, x, y, y, z, z}).first->second;
          }
          const std::array<std::int64_t, 3> here{x, y, z};
          for (std::size_t axis = 0; axis < 3; ++axis) {
            (*box)[2 * axis] = std::min((*box)[2 * axis], here[axis]);
            (*box)[2 * axis + 1] = std::max((*box)[2 * axis + 1], here[axis]);
          }
        }
  });
  return boxes;
}

int count_segments(const Keys& keys) {
  if (!keys.contains("Segment0_ID") && !keys.contains("Segment0_Name")) return 0;
  int count = 1;
  for (; count < 65536; ++count) {
    const std::string begin = "Segment" + std::to_string(count) + "_";
    if (!keys.contains(begin + "ID") && !keys.contains(begin + "Name")) break;
  }
  return count;
}

std::size_t to_layer(const Keys& keys, int segment) {
  const std::string said = find_value(keys, "Segment" + std::to_string(segment) + "_Layer");
  const auto number = said.empty() ? std::optional<double>{0.0} : to_number(said);
  if (!number || !(*number >= 0) || *number > 65535 || *number != std::floor(*number))
    throw Error{Errc::invalid_input,
                "the NRRD header gives segment " + std::to_string(segment) + " the layer '" + said.substr(0, 20) + "'"};
  return static_cast<std::size_t>(*number);
}

LayerNames to_layers(const Keys& keys, int segments, std::int64_t stored) {
  LayerNames layers(static_cast<std::size_t>(stored));
  for (int i = 0; i < segments; ++i) {
    const std::size_t layer = to_layer(keys, i);
    if (layer >= layers.size())
      throw Error{Errc::invalid_input, "the NRRD header puts segment " + std::to_string(i) + " into layer " +
                                           std::to_string(layer) + " of " + std::to_string(stored)};
    const std::string begin = "Segment" + std::to_string(i) + "_", name = find_value(keys, begin + "Name");
    layers[layer].push_back(name.empty() ? find_value(keys, begin + "ID") : name);
  }
  return layers;
}

/// One element of the last of four axes.
Pixels one_layer(const Pixels& layers, std::size_t layer) {
  const auto extents = layers.spec().shape.extents();
  const ArraySpec spec{Shape{extents[0], extents[1], extents[2]}, layers.spec().type};
  PixelBuffer one = PixelBuffer::allocate(spec);
  std::copy_n(layers.data() + layer * spec.bytes(), spec.bytes(), one.data());
  return one;
}

}  // namespace

void read_segments(const Keys& keys, const Header::Layout& layout, std::optional<std::size_t> layer, RawArray& array) {
  array.labels = find_value(keys, kind_key) == "label_map";
  const int segments = count_segments(keys);
  if (segments == 0) return;
  if (layout.others.size() > 1 || layout.components)
    not_supported("its segments lie along several axes beside those of space",
                  "save the segmentation anew with the program that made it");
  array.labels = true;
  const bool layered = !layout.others.empty();
  if (layered && HeadersOnly::active()) return;
  std::size_t taken = 0;
  if (layered) {
    taken = choose_layer(layer, to_layers(keys, segments, array.pixels.spec().shape[3]), array.meta);
    array.pixels = one_layer(array.pixels, taken);
    array.meta.erase(time_step_key);
  } else if (layer) {
    (void)choose_layer(layer, LayerNames(1), array.meta);
  }
  LabelColours colours;
  for (int i = 0; i < segments; ++i) {
    const std::string begin = "Segment" + std::to_string(i) + "_";
    if (layered && to_layer(keys, i) != taken) continue;
    const std::string said = find_value(keys, begin + "LabelValue");
    const auto number = said.empty() ? std::optional<double>{i + 1.0} : to_number(said);
    if (!number || !(*number >= 1) || *number > 65535 || *number != std::floor(*number))
      throw Error{Errc::invalid_input,
                  "the NRRD header gives segment " + std::to_string(i) + " the label '" + said.substr(0, 20) + "'"};
    const auto label = static_cast<std::uint16_t>(*number);
    if (array.label_names.size() <= label) array.label_names.resize(label + std::size_t{1});
    const std::string name = find_value(keys, begin + "Name");
    array.label_names[label] = name.empty() ? find_value(keys, begin + "ID") : name;
    if (const auto colour = to_colour(find_value(keys, begin + "Color"))) colours[label] = *colour;
  }
  set_label_colours(array.meta, colours);
}

std::string segments_text(const LabelMap& map) {
  std::string text = std::string{kind_key} + ":=label_map\n";
  auto boxes = make_extents(map.labels);
  for (std::size_t label = 1; label < map.names.size() && label < 65536; ++label)  // an empty segment has no voxels
    if (!map.names[label].empty())
      boxes.try_emplace(static_cast<std::uint16_t>(label), std::array<std::int64_t, 6>{0, -1, 0, -1, 0, -1});
  if (boxes.empty()) return text;
  const LabelColours colours = label_colours(map.meta);
  int i = 0;
  for (const auto& [label, box] : boxes) {
    const std::string begin = "Segment" + std::to_string(i++) + "_", number = std::to_string(label);
    const bool named = label < map.names.size() && !map.names[label].empty();
    const auto given = colours.find(label);
    std::string extent;
    for (const std::int64_t side : box) extent += (extent.empty() ? "" : " ") + std::to_string(side);
    text += begin + "ID:=Segment_" + number + "\n";
    text += begin + "Name:=" + (named ? one_line(map.names[label]) : "label " + number) + "\n";
    text += begin + "NameAutoGenerated:=" + (named ? "0" : "1") + "\n";
    text += begin + "Color:=" + to_text(given == colours.end() ? usual_label_colour(label) : given->second) + "\n";
    text += begin + "ColorAutoGenerated:=" + (given == colours.end() ? "1" : "0") + "\n";
    text += begin + "LabelValue:=" + number + "\n" + begin + "Layer:=0\n" + begin + "Extent:=" + extent + "\n";
    text += begin + "Tags:=\n";
  }
  text += "Segmentation_ContainedRepresentationNames:=Binary labelmap|\n";
  text += "Segmentation_MasterRepresentation:=Binary labelmap\nSegmentation_ReferenceImageExtentOffset:=0 0 0\n";
  return text;
}

}  // namespace iso::io::detail::nrrd
