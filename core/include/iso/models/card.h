#pragma once

#include "iso/base/error.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/geometry/voxel_grid.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iso::models {

/// A graph of a network: an ONNX file beside the card.
struct GraphFile {
  std::filesystem::path file;
  std::string sha256;
  std::uintmax_t bytes{0};
  double parity{0};  ///< largest difference from what was trained, in units of the output
};

/// The scan that a network was trained for: equally spaced views of a flat, centred detector from angle 0 on, and the square
/// image centred on the axis. Lengths in mm.
struct CardScan {
  Beam beam{Beam::fan};
  std::int64_t views{0}, elements{0};
  double pitch_mm{0}, span_deg{360};
  double source_to_axis_mm{0}, source_to_detector_mm{0};
  std::int64_t size{0};
  double spacing_mm{0};

  /// The image, `slices` of them one above the other.
  [[nodiscard]] VoxelGrid grid(std::int64_t slices = 1) const;
  /// In what a scan differs from this one, as a sentence with both numbers; empty if in nothing. Lengths may differ by 1e-5 of
  /// themselves, angles by 1e-3 degrees.
  [[nodiscard]] std::string difference(const ProjectionGeometry& scan) const;
};

/// A figure over the patients of a part of the split, with the 95 % interval over patients.
struct HeldOut {
  double mean{0}, low{0}, high{0};
  int patients{0}, cases{0};
};

/// How far a scan lies from those that a network was trained on: the root mean square of (feature - mean) / deviation.
struct OutOfDomain {
  std::vector<std::string> features;
  std::vector<double> mean, deviation;
  double threshold{0};
  /// Throws shape_mismatch for another number of features.
  [[nodiscard]] double score(const std::vector<double>& found) const;
};

struct TrainingData {
  std::string collection, licence;
  int patients{0}, slices{0};
};

/// What a classifier was trained for (resources/models/classifier_card.schema.json): images of one size whose values from `low` to `high` are
/// mapped to 0 to 1, and Gaussian noise on them. "rs": one graph that sees all pixels; "drs": two graphs, each of which sees one half.
struct CardClassifier {
  std::int64_t width{0}, height{0};
  double low{0}, high{1};  ///< in the unit of the images
  std::vector<std::string> classes;
  std::string mode;   ///< "rs" or "drs"
  double sigma{0};    ///< of the noise, in units of the mapped image
  std::string split;  ///< of the pixels: "none", "checkerboard", "rows" or "columns"
  std::string loss;   ///< of the training
  struct Figures {
    double plain_accuracy{0}, smoothed_accuracy{0};
    int images{0};
  };
  std::map<std::string, Figures> held_out;  ///< by part of the images
};

/// What is known of a network: NAME.card.json beside its graphs (resources/models/model_card.schema.json). No card, no run.
struct Card {
  std::filesystem::path file;
  std::string sha256;  ///< of the card, which names the digests of the graphs
  std::string name, says;
  std::vector<GraphFile> graphs;  ///< in the order in which they are run
  std::vector<std::string> channels;
  std::string start;         ///< image that the network begins from: "tv", "fbp" or "none"
  double tv_strength{1};     ///< of that total variation
  int tv_iterations{150};    ///< likewise
  std::int64_t multiple{1};  ///< height and width are multiples of it
  std::int64_t halo{
      -1};  ///< how far a pixel of the output looks; -1: the card does not say, and no image is cut into tiles
  std::string unit, output_unit;
  std::optional<double> lower_bound;
  std::int64_t parameters{0};
  CardScan scan;
  std::string geometry_hash;
  double water_per_mm{0};  ///< attenuation of water by which images are divided
  std::string domain;
  std::vector<TrainingData> training;
  std::string trained_on, trained_with, trained_at;  ///< machine, command, date
  double hours{0};
  /// Part of the split -> method ("network", "start", "fbp", "tv") -> RMSE in HU.
  std::map<std::string, std::map<std::string, HeldOut>> rmse_hu;
  std::optional<OutOfDomain> out_of_domain;
  std::optional<double> residual_warning;  ///< relative data residual above which a result is warned of
  std::vector<std::string> known_failures;
  std::optional<CardClassifier> classifier{};  ///< of a classifier, which has no scan, start and RMSE

  [[nodiscard]] std::uintmax_t bytes() const noexcept;
};

/// Reads and checks a card. Throws cannot_read; invalid_input naming the file and the member that is missing or wrong, or a
/// geometry hash that is not that of the geometry.
[[nodiscard]] Card read_card(const std::filesystem::path& file);
/// The same of a text; graphs are looked for in `folder`.
[[nodiscard]] Card parse_card(std::string_view json, const std::filesystem::path& folder);

/// SHA-256 of a geometry object as JSON with sorted keys, ", " and ": " between, every number that is no integer as text of %.9g.
[[nodiscard]] std::string geometry_hash(std::string_view geometry_json);

/// Throws cannot_read for a graph that is not there, invalid_input for one that is not the file its card describes.
void check_graphs(const Card& card);

}  // namespace iso::models
