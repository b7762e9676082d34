#pragma once

#include "iso/data/dataset.h"
#include "iso/evaluation/clicks.h"
#include "iso/job/interaction.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace iso::cli {

/// An image and the masks that people drew on it: X_image.nii.gz and X_mask.nii.gz (or _label, _labels, _seg) in one folder.
struct ClickCase {
  std::string name;
  std::filesystem::path image, mask;
};
/// In the order of their names. Throws no_input, saying what was looked for.
[[nodiscard]] std::vector<ClickCase> find_click_cases(const std::filesystem::path& folder);

/// How the simulated user works.
struct ClickProtocol {
  int most_clicks{20};
  bool volumes{false};            ///< objects in three dimensions; else slices of them
  int slices{1};                  ///< of each object of a volume, spread over its extent; the largest first
  int most_objects{0};            ///< of an image, the largest first; 0: all
  std::int64_t least_voxels{50};  ///< smaller objects are left out
  bool jitter{false};
  std::uint64_t seed{0};
};

/// One object, clicked on until it was right or the clicks were up.
struct ClickedObject {
  std::string name;                 ///< "STS_001, label 1, slice 12"
  std::vector<plugin::Mark> marks;  ///< in voxels of the slice or volume that was clicked on
  std::vector<double> iou;          ///< after each click
  double dice{0};
  std::optional<double> hausdorff95_mm;
  std::size_t disobeyed{0};  ///< clicks with the wrong label, over all answers
  std::size_t answers{0};
  double seconds{0}, first_seconds{0};  ///< of all answers, and until each first answer
};

/// The figures of many objects; an object that never reaches an overlap counts as the most clicks, and as a failure.
struct ClickFigures {
  std::size_t objects{0};
  double noc85{0}, noc90{0};
  std::size_t failures85{0}, failures90{0};
  double iou1{0}, iou3{0}, iou5{0}, iou10{0}, iou20{0}, dice{0}, hausdorff95_mm{0};
  std::size_t disobeyed{0};
  double seconds_per_click{0};  ///< the median over the objects of their means
};
[[nodiscard]] ClickFigures make_figures(const std::vector<ClickedObject>& objects, int most_clicks);

/// Clicks on all objects of a case. `begin` makes a session on an image; `label_port` is the task's output of labels.
[[nodiscard]] std::vector<ClickedObject> click_on(
    const ClickCase& one, const ClickProtocol& protocol,
    const std::function<std::unique_ptr<job::InteractionSession>(const DatasetPtr& image)>& begin,
    const std::string& parameters_json, const std::string& label_port, const std::stop_token& stop);

}  // namespace iso::cli
