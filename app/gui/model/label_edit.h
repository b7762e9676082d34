#pragma once

#include "labels.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Changes of one label as a whole: what a brush would take long for. Each gives the delta of one undo step. Voxels of other labels
/// are never taken: a label grows into unlabelled voxels only. Any thread; the data set is held by the caller meanwhile.
namespace iso::gui {

enum class LabelEdit : std::uint8_t {
  keep_largest,  ///< of the islands (voxels that share a face belong together)
  drop_islands,  ///< those of fewer than `voxels` voxels
  fill_holes,    ///< what is enclosed by the label: cannot reach the border of the map through other voxels' faces
  smooth,        ///< a mean over about `mm` to each side (three box means), cut where the volume stays: corners go
  margin,        ///< grows by `mm`, or shrinks for a negative one, as far as a ball reaches
  interpolate,   ///< fills slices between labelled ones along `axis` by their signed distances (Raya and Udupa)
  threshold,     ///< adds the voxels whose value in the image lies from `low` to `high`
  copy_slice     ///< what slice `from` has along `axis`, to slice `to`
};

struct LabelEditOptions {
  std::uint16_t label{1};
  std::int64_t voxels{100};
  double mm{1};
  std::size_t axis{2};
  std::int64_t from{0}, to{0};
  double low{0}, high{0};
  std::shared_ptr<const render::Raster> image{};  ///< of a threshold; on the map's grid
  std::int64_t frame{0};
};

/// Null if nothing changes.
/// Source   interpolation: S. P. Raya and J. K. Udupa, IEEE Trans. Med. Imaging 9(1) (1990) 32, doi:10.1109/42.52980
/// Errors   invalid_input: the label does not occur (but for a threshold), a slice outside of the map, no image for a
///          threshold; shape_mismatch: an image on another grid
[[nodiscard]] std::shared_ptr<const Document::LabelDelta> edit_labels(const LabelMap& map, LabelEdit edit,
                                                                      const LabelEditOptions& options);

/// Of the voxels of a label: how many, how much, where, and their values in an image (none without one).
struct LabelStatistics {
  std::uint16_t label{0};
  std::int64_t voxels{0}, valued{0};  ///< valued: those that lie in the image
  double volume_ml{0};
  Vec3 centre_mm{};                                               ///< LPS
  double mean{0}, standard_deviation{0}, minimum{0}, maximum{0};  ///< of the sample (n - 1)
};
/// Of every label that occurs, by number; values are those of the nearest voxel of the image.
[[nodiscard]] std::vector<LabelStatistics> make_label_statistics(const LabelMap& map, const render::Raster* image,
                                                                 std::int64_t frame);
/// The same as a table for other programs: a head line, then a line a label; RFC 4180. `unit` is of the values.
[[nodiscard]] std::string label_statistics_csv(const std::vector<LabelStatistics>& rows, const LabelStyles& styles,
                                               const std::string& unit);

}  // namespace iso::gui
