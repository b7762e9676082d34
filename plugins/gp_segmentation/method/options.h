#pragma once

#include <iso/params/field.h>

#include <array>
#include <string_view>
#include <tuple>
#include <vector>

namespace gp_segmentation {

enum class Extent : std::uint8_t { slice, volume };
inline constexpr auto choice_names(Extent) { return std::array<std::string_view, 2>{"slice", "volume"}; }
enum class SliceAxis : std::uint8_t { z, y, x };
inline constexpr auto choice_names(SliceAxis) { return std::array<std::string_view, 3>{"z", "y", "x"}; }
enum class Inference : std::uint8_t { laplace, calibrated, interpolation };
inline constexpr auto choice_names(Inference) {
  return std::array<std::string_view, 3>{"laplace", "calibrated", "interpolation"};
}
enum class Parts : std::uint8_t { clicked, largest, all };
inline constexpr auto choice_names(Parts) { return std::array<std::string_view, 3>{"clicked", "largest", "all"}; }

struct Options {
  std::vector<double> clicks;
  Extent extent = Extent::slice;
  SliceAxis slice_axis = SliceAxis::z;
  double reach_mm = 0;
  double brush_mm = 0;
  bool everywhere = false;
  double smoothing = 0.7;
  int propagate = 0;
  Parts parts = Parts::clicked;
  double hole_mm2 = 5;
  bool local_edits = false;
  bool uncertainty = false;
  Inference inference = Inference::laplace;
  double prior_mean = -0.5;
  friend bool operator==(const Options&, const Options&) = default;

  // NOLINTNEXTLINE(readability-function-size): a table
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple{
        field("clicks", &Options::clicks)
            .with_label("Clicks")
            .with_unit("voxel")
            .as_advanced()
            .in_range(0, 1e6)
            .with_help("x,y,z,label,x,y,z,label,...: what a run starts from, and a session before its own clicks. "
                       "Label 0 takes "
                       "away."),
        field("extent", &Options::extent)
            .with_label("Extent")
            .with_help("slice: every marked slice by itself; volume: all three dimensions at once."),
        field("reach_mm", &Options::reach_mm)
            .with_label("Reach")
            .with_unit("mm")
            .in_range(0, 1000)
            .with_help("How far a click acts on tissue that looks like it. 0: a fifth of the side of the slice or "
                       "volume, less "
                       "where that makes the clicks more probable."),
        field("brush_mm", &Options::brush_mm)
            .with_label("Brush")
            .with_unit("mm")
            .in_range(0, 200)
            .with_help("How far a click acts on whatever lies there. 0: four pixels."),
        field("everywhere", &Options::everywhere)
            .with_label("Everywhere")
            .with_help("A click also acts on similar tissue far away, and parts without a click are kept."),
        field("smoothing", &Options::smoothing)
            .with_label("Smoothing")
            .with_unit("pixel")
            .in_range(0, 5)
            .with_help("Standard deviation of the Gaussian that smooths the outline; clicks are obeyed all the same."),
        field("propagate", &Options::propagate)
            .with_label("Propagate")
            .with_unit("slices")
            .in_range(0, 2000)
            .visible_when("extent", "slice")
            .with_help("To so many slices on both sides of every marked one, as far as the object goes."),
        field("parts", &Options::parts)
            .with_label("Parts")
            .with_help("Which connected parts are kept: those with a click, the largest of them, or all."),
        field("hole_mm2", &Options::hole_mm2)
            .with_label("Fill holes")
            .with_unit("mm^2")
            .in_range(0, 10000)
            .with_help("Holes up to this area without a background click are filled; in a volume, of the cube with "
                       "this face."),
        field("local_edits", &Options::local_edits)
            .with_label("Local edits")
            .visible_when("extent", "slice")
            .with_help(
                "A click changes only the connected part that it lies in, and nothing if the mask already agreed."),
        field("uncertainty", &Options::uncertainty)
            .with_label("Uncertainty")
            .with_help("Also give probability, standard deviation and where a click would tell most."),
        field("slice_axis", &Options::slice_axis)
            .with_label("Slices across")
            .as_advanced()
            .visible_when("extent", "slice")
            .with_help("The axis of the image that slices lie across."),
        field("inference", &Options::inference)
            .with_label("Inference")
            .as_advanced()
            .with_help("laplace: logistic likelihood; calibrated: expectation propagation, better probabilities; "
                       "interpolation: exact values at the clicks, no calibrated probability."),
        field("prior_mean", &Options::prior_mean)
            .with_label("Prior mean")
            .as_advanced()
            .in_range(-5, 5)
            .with_help("Of the latent function far from clicks: below 0 is background.")};
  }
};

}  // namespace gp_segmentation
