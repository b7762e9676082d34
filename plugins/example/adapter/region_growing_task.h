#pragma once

#include "adapter/names.h"
#include "method/region_growing.h"

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

/// The regions of all marks, for as long as the user marks. What was converted of the image is kept between two answers, and
/// so is the growing while marks and parameters stay as they are.
class RegionGrowingSession final : public iso::plugin::TypedInteraction<GrowingParameters> {
 public:
  RegionGrowingSession(Volume volume, std::vector<SeedStroke> given)
      : volume_{std::move(volume)}, given_{std::move(given)}, growing_{make_image(volume_), 0, given_} {}

 private:
  Datasets answer(std::span<const Mark> marks, const GrowingParameters& parameters, std::chrono::milliseconds budget,
                  RunContext& context) override {
    const auto deadline = std::chrono::steady_clock::now() + budget * 3 / 4;  // the rest is for handing over the result
    std::vector<SeedStroke> strokes = given_;
    if (!parameters.seeds.empty()) strokes.push_back(make_stroke(parameters.seeds, growing_.image()));
    for (const Mark& mark : marks) strokes.push_back({mark.voxels, mark.label});
    growing_.mark(parameters.tolerance, std::move(strokes));
    (void)growing_.grow(
        [&] { return context.stop().stop_requested() || std::chrono::steady_clock::now() >= deadline; });
    context.report(growing_.fraction_grown(), "growing");
    return {{"regions", iso::freeze(growing_.label_map(volume_))}};
  }

  Volume volume_;  // shares its pixels with the input
  std::vector<SeedStroke> given_;
  RegionGrowing growing_;
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

  std::unique_ptr<iso::plugin::Interaction> begin(const Datasets& inputs, RunContext&) override {
    const auto& volume = iso::plugin::input<Volume>(inputs, "volume");
    return std::make_unique<RegionGrowingSession>(volume, given_marks(inputs, make_image(volume)));
  }

 protected:
  Plan plan(const Descriptions& inputs, const GrowingParameters& parameters) const override {
    const auto& volume = iso::plugin::input<Volume>(inputs, "volume");
    (void)image_size(volume.pixels.spec());  // throws for what is no image
    Plan plan;
    if (parameters.seeds.size() % 3 != 0)
      plan.refuse_parameter("seeds", "parameter 'seeds' has " + std::to_string(parameters.seeds.size()) +
                                         " numbers, expected three a seed");
    const auto voxels = static_cast<std::size_t>(volume.pixels.spec().shape.count());
    plan.bytes = voxels * (sizeof(float) + 2 * sizeof(std::uint16_t) + sizeof(std::int64_t));
    plan.seconds = 1e-7 * static_cast<double>(voxels);
    plan.outputs["regions"] = iso::describe(
        LabelMap{iso::Pixels::outline({volume.pixels.spec().shape, iso::ScalarType::u16}), volume.grid, {}, {}});
    return plan;
  }
  Datasets run(const Datasets& inputs, const GrowingParameters& parameters, RunContext& context) override {
    const auto& volume = iso::plugin::input<Volume>(inputs, "volume");
    const Image image = make_image(volume);
    auto strokes = given_marks(inputs, image);
    if (!parameters.seeds.empty()) strokes.push_back(make_stroke(parameters.seeds, image));
    RegionGrowing growing{image, parameters.tolerance, std::move(strokes)};
    if (!growing.marked())
      throw iso::Error{iso::Errc::invalid_input, "nothing is marked", "give seeds as x,y,z, or an input 'marks'"};
    (void)growing.grow([&] {
      context.report(growing.fraction_grown(), "growing");
      if (context.stop().stop_requested()) throw iso::Error{iso::Errc::cancelled, "the growing was cancelled"};
      return false;
    });
    context.report(1, "growing");
    return {{"regions", iso::freeze(growing.label_map(volume))}};
  }

 private:
  static std::vector<SeedStroke> given_marks(const Datasets& inputs, const Image& image) {
    const auto* const marks = iso::plugin::optional_input<LabelMap>(inputs, "marks");
    return marks == nullptr ? std::vector<SeedStroke>{} : make_strokes(*marks, image);
  }

  std::array<Port, 2> inputs_{
      Port{"volume", Kind::volume, false, "The image, in two or three dimensions."},
      Port{"marks", Kind::label_map, true, "Voxels to grow from, with their labels; 0 marks nothing."}};
  Port output_{"regions", Kind::label_map, false, "The regions, with the labels of what they grew from."};
};

}  // namespace example
