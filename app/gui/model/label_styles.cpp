#include "label_styles.h"

#include <algorithm>

namespace iso::gui {

LabelStyles make_label_styles(const LabelMap& map) {
  LabelStyles styles;
  const LabelColours colours = label_colours(map.meta);
  const auto style = [&](std::uint16_t label) -> LabelStyle& {
    return styles.try_emplace(label, LabelStyle{{}, usual_label_colour(label), true, false}).first->second;
  };
  for (std::size_t label = 1; label < std::min<std::size_t>(map.names.size(), 65536); ++label)
    if (!map.names[label].empty()) style(static_cast<std::uint16_t>(label)).name = map.names[label];
  for (const auto& [label, colour] : colours)
    if (label != 0) style(label).colour = colour;
  return styles;
}

std::string to_label_name(const LabelStyles& styles, std::uint16_t label) {
  const auto found = styles.find(label);
  return found == styles.end() || found->second.name.empty() ? "label " + std::to_string(label) : found->second.name;
}

LabelColour to_label_colour(const LabelStyles& styles, std::uint16_t label) {
  const auto found = styles.find(label);
  return found == styles.end() ? usual_label_colour(label) : found->second.colour;
}

std::shared_ptr<const render::Palette> make_label_palette(const LabelStyles& styles) {
  const bool usual = std::ranges::all_of(styles, [](const auto& each) {
    return each.second.shown && each.second.colour == usual_label_colour(each.first);
  });
  if (usual) return nullptr;
  constexpr std::size_t period = 255;  // of the usual colours
  const std::size_t last = styles.rbegin()->first;
  auto palette = std::make_shared<render::Palette>((last / period + 1) * period + 1);
  for (std::size_t label = 1; label < palette->size(); ++label) {
    const LabelColour c = usual_label_colour(static_cast<std::uint16_t>(label));
    (*palette)[label] = {c[0], c[1], c[2], 255};
  }
  for (const auto& [label, style] : styles)
    (*palette)[label] = {style.colour[0], style.colour[1], style.colour[2],
                         static_cast<std::uint8_t>(style.shown ? 255 : 0)};
  return palette;
}

DatasetPtr with_styles(const DatasetPtr& data, const LabelStyles& styles) {
  const auto* const map = std::get_if<LabelMap>(data.get());
  if (map == nullptr || styles == make_label_styles(*map)) return data;
  LabelMap named{map->labels, map->grid, {}, map->meta};
  LabelColours colours;
  for (const auto& [label, style] : styles) {
    if (named.names.size() <= label) named.names.resize(label + std::size_t{1});
    named.names[label] = style.name;
    colours[label] = style.colour;
  }
  set_label_colours(named.meta, colours);
  return {new Dataset{std::move(named)}, [data](const Dataset* made) { delete made; }};
}

}  // namespace iso::gui
