#include "adapter/click_task.h"

#include "method/features.h"

#include <iso/base/error.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

namespace gp_segmentation {

using iso::LabelMap, iso::Volume;
using iso::plugin::Datasets, iso::plugin::Descriptions, iso::plugin::Mark, iso::plugin::Plan, iso::plugin::RunContext;

namespace {

constexpr std::int64_t usual_clicks = 20;
constexpr std::chrono::milliseconds report_every{100};

std::vector<MarkStroke> strokes_in(const Options& options) {
  std::vector<MarkStroke> strokes;
  for (std::size_t i = 0; i + 3 < options.clicks.size(); i += 4)
    strokes.push_back({static_cast<std::uint16_t>(options.clicks[i + 3]),
                       {{std::llround(options.clicks[i]), std::llround(options.clicks[i + 1]),
                         std::llround(options.clicks[i + 2])}}});
  return strokes;
}

std::vector<std::uint16_t> to_u16(const LabelMap* mask) {
  std::vector<std::uint16_t> labels;
  if (mask == nullptr) return labels;
  const auto copy = [&labels](auto values) { labels.assign(values.begin(), values.end()); };
  mask->labels.spec().type == iso::ScalarType::u16 ? copy(mask->labels.values<std::uint16_t>())
                                                   : copy(mask->labels.values<std::uint8_t>());
  return labels;
}

iso::DatasetPtr to_volume(const std::vector<float>& values, const Volume& like, iso::Quantity quantity) {
  Volume made;
  iso::PixelBuffer pixels = iso::PixelBuffer::allocate({like.grid.shape(), iso::ScalarType::f32});
  std::ranges::copy(values, pixels.values<float>().begin());
  made.pixels = std::move(pixels), made.grid = like.grid, made.quantity = std::move(quantity);
  return iso::freeze(std::move(made));
}

Datasets to_datasets(const Answer& answer, const Volume& image, const LabelMap* mask, const Options& options) {
  Datasets outputs;
  iso::PixelBuffer labels = iso::PixelBuffer::allocate({image.grid.shape(), iso::ScalarType::u16});
  std::ranges::copy(answer.labels, labels.values<std::uint16_t>().begin());
  outputs["labels"] = iso::freeze(
      LabelMap{std::move(labels), image.grid, mask == nullptr ? std::vector<std::string>{} : mask->names, {}});
  if (!options.uncertainty || answer.probability.empty()) return outputs;
  outputs["probability"] = to_volume(answer.probability, image, iso::Quantity::probability);
  outputs["deviation"] = to_volume(answer.deviation, image, iso::Quantity::standard_deviation);
  iso::Table hints;
  hints.columns = {"x_mm", "y_mm", "z_mm", "score"};
  for (const Hint& hint : answer.hints) {
    const iso::Vec3 place = image.grid.to_world(
        {static_cast<double>(hint.at[0]), static_cast<double>(hint.at[1]), static_cast<double>(hint.at[2])});
    hints.values.push_back({place[0], place[1], place[2], hint.score});
  }
  if (!hints.values.empty()) outputs["hint"] = iso::freeze(std::move(hints));
  return outputs;
}

void tell(const Answer& answer, RunContext& context) {
  context.figure("clicks", static_cast<double>(answer.clicks), "1");
  context.figure("clicks_corrected", answer.told.violated, "1");
  context.figure("margin_error", answer.told.margin_error, "1");
  if (answer.coarse && answer.fraction >= 1)
    context.log("the box of the clicks has more than 3e7 voxels: its field was found on a grid twice as coarse");
}

class ClickSession final : public iso::plugin::TypedInteraction<Options> {
 public:
  ClickSession(Volume image, const LabelMap* mask, const iso::compute::Backend& backend)
      : image_{std::move(image)},
        mask_{mask == nullptr ? std::optional<LabelMap>{} : *mask},
        segmentation_{image_, to_u16(mask), backend} {}

 private:
  Datasets answer(std::span<const Mark> marks, const Options& options, std::chrono::milliseconds budget,
                  RunContext& context) override {
    const auto deadline = std::chrono::steady_clock::now() + budget * 3 / 4;  // the rest is for handing over the result
    std::vector<MarkStroke> strokes = strokes_in(options);
    for (const Mark& mark : marks) {
      MarkStroke stroke{mark.label, {}};
      for (const auto& voxel : mark.voxels) stroke.voxels.push_back({voxel[0], voxel[1], voxel[2]});
      if (stroke.voxels.empty()) {
        const iso::Vec3 index = image_.grid.to_index(mark.place_mm);
        stroke.voxels.push_back({std::llround(index[0]), std::llround(index[1]), std::llround(index[2])});
      }
      strokes.push_back(std::move(stroke));
    }
    const Answer given = segmentation_.answer(strokes, options, [&] {
      return context.stop().stop_requested() || std::chrono::steady_clock::now() >= deadline;
    });
    tell(given, context);
    context.report(given.fraction, "segmenting");
    return to_datasets(given, image_, mask_ ? &*mask_ : nullptr, options);
  }

  Volume image_;  // shares its pixels with the input
  std::optional<LabelMap> mask_;
  Segmentation segmentation_;
};

void expect_same_grid(const Volume& image, const LabelMap& mask) {
  const PictureSize size = picture_size(image.pixels.spec());
  const iso::Shape& shape = mask.labels.spec().shape;
  if (shape.count() == size.size[0] * size.size[1] * size.size[2] && shape[0] == size.size[0] &&
      shape[1] == size.size[1])
    return;
  throw iso::Error{iso::Errc::shape_mismatch,
                   "the mask has shape " + shape.text() + ", the image has " +
                       iso::Shape{size.size[0], size.size[1], size.size[2]}.text(),
                   "resample the mask on the grid of the image"};
}

}  // namespace

iso::plugin::About ClickTask::about() const {
  return {
      "Click segmentation",
      "Outlines what is clicked, in a slice or a volume, for several labels; every click is obeyed.",
      "A Gaussian process over grey values, textures and places is fitted to the clicks: $F(x) = \\mu(x) + \\sum_i g_i "
      "k(x, x_i)$, and the mask is where $F > 0$. No network, no training; any scalar or colour image. A click acts on "
      "similar tissue within the reach and on anything within the brush. Where two kinds of tissue look alike, mark "
      "the "
      "wrong one with label 0.",
      "Segmentation",
      {"Zhou et al., CVPR 2023, arXiv:2302.14578",
       "Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, ISBN 0-262-18253-X"}};
}

std::unique_ptr<iso::plugin::Interaction> ClickTask::begin(const Datasets& inputs, RunContext& context) {
  return std::make_unique<ClickSession>(iso::plugin::input<Volume>(inputs, "volume"),
                                        iso::plugin::optional_input<LabelMap>(inputs, "mask"), context.backend());
}

Plan ClickTask::plan(const Descriptions& inputs, const Options& options) const {
  const auto& image = iso::plugin::input<Volume>(inputs, "volume");
  const PictureSize size = picture_size(image.pixels.spec());  // throws for what is no image
  if (const auto* const mask = iso::plugin::optional_input<LabelMap>(inputs, "mask")) expect_same_grid(image, *mask);
  Plan plan;
  if (options.clicks.size() % 4 != 0)
    plan.refuse_parameter("clicks", "parameter 'clicks' has " + std::to_string(options.clicks.size()) +
                                        " numbers, expected four a click: x, y, z, label");
  for (std::size_t i = 3; i < options.clicks.size(); i += 4)
    if (options.clicks[i] > 65535 || options.clicks[i] != std::floor(options.clicks[i]))
      plan.refuse_parameter("clicks", "a label of parameter 'clicks' is no whole number up to 65535");
  if (!plan.possible()) return plan;
  const bool slices = options.extent == Extent::slice;
  const auto voxels = static_cast<double>(size.size[0] * size.size[1] * size.size[2]);
  const double looked_at = slices ? voxels / static_cast<double>(size.size[2]) * (1 + 2.0 * options.propagate) : voxels;
  plan.bytes = memory_bytes(size, options);
  plan.seconds = 2e-8 * voxels + 3e-7 * std::min(looked_at, voxels);
  iso::compute::KernelExpansion field;
  field.grid = {size.size[0], size.size[1], slices ? 1 : size.size[2]};
  field.planes = feature_count(size.channels);
  field.centres.assign(static_cast<std::size_t>(usual_clicks),
                       {std::vector<double>(static_cast<std::size_t>(field.planes), 0), {}});
  plan.operators.push_back({std::move(field), 1});
  const auto labels = iso::Pixels::outline({image.grid.shape(), iso::ScalarType::u16});
  plan.outputs["labels"] = iso::describe(LabelMap{labels, image.grid, {}, {}});
  return plan;
}

Datasets ClickTask::run(const Datasets& inputs, const Options& options, RunContext& context) {
  const auto& image = iso::plugin::input<Volume>(inputs, "volume");
  const auto* const mask = iso::plugin::optional_input<LabelMap>(inputs, "mask");
  const std::vector<MarkStroke> strokes = strokes_in(options);
  Segmentation segmentation{image, to_u16(mask), context.backend()};
  if (mask == nullptr && make_marked(strokes, segmentation.picture().size).voxels.empty())
    throw iso::Error{iso::Errc::invalid_input, "there is no click on the image",
                     "give clicks as x,y,z,label,..., or use `isocenter click` with a file of clicks"};
  Answer given;
  do {  // an answer is as large as the image: one a tenth of a second is enough to report and to be cancelled
    const auto begin = std::chrono::steady_clock::now();
    given = segmentation.answer(strokes, options, [&] {
      return context.stop().stop_requested() || std::chrono::steady_clock::now() - begin >= report_every;
    });
    context.report(given.fraction, "segmenting");
    if (context.stop().stop_requested()) throw iso::Error{iso::Errc::cancelled, "the segmentation was cancelled"};
  } while (given.fraction < 1);
  tell(given, context);
  return to_datasets(given, image, mask, options);
}

}  // namespace gp_segmentation
