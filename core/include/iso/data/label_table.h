#pragma once

#include "iso/data/label_map.h"
#include "iso/data/volume.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

/// What belongs to the labels of a map besides their voxels: names (`LabelMap::names`) and colours, which travel in the
/// metadata as "1:#e6194b,2:#3cb44b".
namespace iso {

using LabelColour = std::array<std::uint8_t, 3>;  ///< red, green, blue

/// The colour of a label to which nobody gave one: hues a golden angle apart, so that neighbours in number differ most. It
/// repeats after 255 labels. Label 0 is none.
[[nodiscard]] LabelColour usual_label_colour(std::uint16_t label) noexcept;

using LabelColours = std::map<std::uint16_t, LabelColour>;
/// The colours that were given; entries that are no colour are left out.
[[nodiscard]] LabelColours label_colours(const Metadata& meta);
void set_label_colours(Metadata& meta, const LabelColours& colours);  ///< none: the entry is taken out
/// "#e6194b", and back; nothing for other text.
[[nodiscard]] std::string to_text(const LabelColour& colour);
[[nodiscard]] std::optional<LabelColour> label_colour_from_text(const std::string& text);

/// Whole numbers from 0 to 65535 as u8, or as u16 from 256 on; shared where they are of such a type. Throws type_mismatch
/// with the first value that is none.
[[nodiscard]] Pixels to_label_pixels(const Pixels& pixels);
/// The voxels of a volume as labels, and back. Throws as `to_label_pixels`; shape_mismatch for a series of volumes.
[[nodiscard]] LabelMap to_label_map(const Volume& volume);
[[nodiscard]] Volume to_volume(const LabelMap& labels);

/// Voxels of each label that occurs, 0 included. `pixels` are u8 or u16.
[[nodiscard]] std::map<std::uint16_t, std::int64_t> label_counts(const Pixels& pixels);
/// The different values, ascending; nothing as soon as there are more than `most`, or one that is no label.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> labels_in(const Pixels& pixels, std::size_t most = 65536);

}  // namespace iso
