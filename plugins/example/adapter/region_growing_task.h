#pragma once

#include "adapter/suits.h"
#include "method/region_growing.h"

#include "iso/plugin/typed_task.h"

#include <array>

namespace example {

struct GrowingParameters {
  std::vector<double> seeds;
  double tolerance = 0;
  friend bool operator==(const GrowingParameters&, const GrowingParameters&) = default;
  static constexpr auto fields() {
    return std::tuple{field("seeds", &GrowingParameters::seeds)
                          .with_label("Seeds")
                          .with_unit("voxel")
                          .in_range(0, 1e6)
                          .with_help("Voxels to grow from, as x,y,z,x,y,z,... They get label 1."),
                      field("tolerance", &GrowingParameters::tolerance)
                          .with_label("Tolerance")
                          .in_range(0, 1e6)
                          .with_help("How far values may be from those marked, in the units of the image. "
                                     "0: three times the noise about the seed, at least a twentieth of the range.")};
  }
};

inline std::vector<Stroke> strokes_from(std::span<const iso::plugin::Stroke> drawn) {
  std::vector<Stroke> strokes;
  for (const iso::plugin::Stroke& stroke : drawn) strokes.push_back({stroke.voxels, stroke.label});
  return strokes;
}

/// The regions of the strokes so far, for as long as the user draws.
class RegionGrowingSession final : public iso::plugin::Interaction {
 public:
  RegionGrowingSession(RegionGrowing growing, const Volume& volume) : growing_{std::move(growing)}, volume_{volume} {}

  Datasets update(std::span<const iso::plugin::Stroke> added, std::chrono::milliseconds budget,
                  RunContext& context) override {
    const auto deadline = std::chrono::steady_clock::now() + budget * 3 / 4;  // the rest is for handing over the result
    if (!added.empty()) growing_.add(strokes_from(added));
    if (!added.empty() || !shown_ || !finished_) {
      finished_ = growing_.grow(
          [&] { return context.stop().stop_requested() || std::chrono::steady_clock::now() >= deadline; });
      shown_ = iso::freeze(growing_.label_map(volume_));
    }
    context.report(growing_.fraction_grown(), "growing");
    return {{"regions", shown_}};
  }
  void undo() override {
    growing_.undo();
    shown_.reset();
  }

 private:
  RegionGrowing growing_;
  Volume volume_;  // shares its pixels with the input
  DatasetPtr shown_;
  bool finished_{false};
};

class RegionGrowingTask final : public iso::plugin::TypedTask<GrowingParameters> {
 public:
  About about() const override {
    return {
        "Region growing",
        "Marks what is connected to seeds or strokes and has similar values.",
        "A region takes neighbours whose value is within the tolerance of the values marked; where labels meet, the "
        "nearest along a path wins. Regions leak through gaps in an edge: mark the leak with label 0.",
        "Segmentation",
        {"Adams and Bischof, IEEE Trans. PAMI 16 (1994) 641, doi:10.1109/34.295913"}};
  }
  std::span<const Port> inputs() const noexcept override { return inputs_; }
  std::span<const Port> outputs() const noexcept override { return {&output_, 1}; }
  bool interactive() const noexcept override { return true; }

 protected:
  std::vector<iso::params::Problem> check(const GrowingParameters& parameters, const Datasets&) const override {
    if (parameters.seeds.size() % 3 == 0) return {};
    return {{"seeds",
             "parameter 'seeds' has " + std::to_string(parameters.seeds.size()) + " numbers, expected three a seed"}};
  }
  Suitability suits(const Datasets& inputs, const GrowingParameters&) const override { return suits_as_image(inputs); }
  Needs needs(const Datasets& inputs, const GrowingParameters&) const override {
    const std::size_t voxels = image_of(iso::plugin::input<Volume>(inputs, "volume")).values().size();
    return {{},
            voxels * (sizeof(float) + 2 * sizeof(std::uint16_t) + sizeof(std::int64_t)),
            1e-7 * static_cast<double>(voxels)};
  }
  Datasets run(const Datasets& inputs, const GrowingParameters& parameters, RunContext& context) override {
    RegionGrowing growing = start(inputs, parameters);
    if (!growing.marked())
      throw iso::Error{iso::Errc::invalid_input, "nothing is marked", "give seeds as x,y,z, or an input 'marks'"};
    (void)growing.grow([&] {
      context.report(growing.fraction_grown(), "growing");
      if (context.stop().stop_requested()) throw iso::Error{iso::Errc::cancelled, "the growing was cancelled"};
      return false;
    });
    context.report(1, "growing");
    return {{"regions", iso::freeze(growing.label_map(iso::plugin::input<Volume>(inputs, "volume")))}};
  }
  std::unique_ptr<iso::plugin::Interaction> begin(const Datasets& inputs, const GrowingParameters& parameters,
                                                  RunContext&) override {
    return std::make_unique<RegionGrowingSession>(start(inputs, parameters),
                                                  iso::plugin::input<Volume>(inputs, "volume"));
  }

 private:
  static RegionGrowing start(const Datasets& inputs, const GrowingParameters& parameters) {
    const Image image = image_of(iso::plugin::input<Volume>(inputs, "volume"));
    const auto marks = inputs.find("marks");
    auto strokes = marks == inputs.end() ? std::vector<Stroke>{} : strokes_of(iso::get<LabelMap>(marks->second), image);
    if (!parameters.seeds.empty()) strokes.push_back(stroke_of(parameters.seeds, image));
    return {image, parameters.tolerance, std::move(strokes)};
  }

  std::array<Port, 2> inputs_{
      Port{"volume", Kind::volume, false, "The image, in two or three dimensions.", "slices", ""},
      Port{"marks", Kind::label_map, true, "Voxels to grow from, with their labels; 0 marks nothing.", "overlay", ""}};
  Port output_{"regions", Kind::label_map, false, "The regions, with the labels of what they grew from.", "overlay",
               ""};
};

}  // namespace example
