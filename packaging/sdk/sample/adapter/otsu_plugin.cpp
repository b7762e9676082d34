#include "method/otsu.h"

#include "iso/plugin/export.h"

namespace otsu {
namespace {

using iso::Errc, iso::Error, iso::Kind, iso::LabelMap, iso::Volume;
using namespace iso::plugin;

struct Parameters {
  int bins = 256;
  bool invert = false;
  friend bool operator==(const Parameters&, const Parameters&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple{
        field("bins", &Parameters::bins)
            .with_label("Bins")
            .in_range(2, 65536)
            .as_advanced()
            .with_help("Bins of the histogram."),
        field("invert", &Parameters::invert).with_label("Dark side").with_help("Mark what lies below the threshold.")};
  }
};

class Threshold final : public TypedTask<Parameters> {
 public:
  About about() const override {
    return {"Otsu's threshold",
            "Divides an image into two classes by its histogram.",
            "Maximises $w_0 w_1 (m_1 - m_0)^2$ over the threshold.",
            "Segmentation",
            {"Otsu, IEEE Trans. SMC 9 (1979) 62, doi:10.1109/TSMC.1979.4310076"}};
  }
  std::span<const Port> inputs() const noexcept override { return {&input_, 1}; }
  std::span<const Port> outputs() const noexcept override { return {&output_, 1}; }

 protected:
  Needs needs(const Datasets& inputs, const Parameters&) const override {
    const auto& volume = input<Volume>(inputs, "volume");
    return {{}, static_cast<std::size_t>(volume.pixels.spec().shape.count()) * (sizeof(float) + 1), 0};
  }
  Datasets run(const Datasets& inputs, const Parameters& parameters, RunContext& context) override {
    const auto& volume = input<Volume>(inputs, "volume");
    if (volume.pixels.empty() || iso::is_complex(volume.pixels.spec().type))
      throw Error{Errc::invalid_input, "the volume is empty or complex, expected real values"};
    context.report(0, "histogram");
    const iso::PixelBlock pixels = volume.pixels.converted(iso::ScalarType::f32);
    const auto values = pixels.values<float>();
    const double level = threshold(values, parameters.bins);
    context.plot("threshold", 0, level);
    if (context.stop().stop_requested()) throw Error{Errc::cancelled, "the threshold was cancelled"};
    LabelMap mask{iso::PixelBlock::allocate({pixels.spec().shape, iso::ScalarType::u8}),
                  volume.grid,
                  {"background", "object"},
                  {}};
    const auto labels = mask.labels.mutable_values<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i) labels[i] = (values[i] >= level) != parameters.invert ? 1 : 0;
    context.report(1, "mask");
    return {{"mask", iso::freeze(std::move(mask))}};
  }

 private:
  Port input_{"volume", Kind::volume, false, "The image.", "slices", ""};
  Port output_{"mask", Kind::label_map, false, "1 where the image is above the threshold.", "overlay", ""};
};

}  // namespace
}  // namespace otsu

ISO_PLUGIN("otsu", "1.0.0", "Otsu's threshold", "Apache-2.0", iso::plugin::task<otsu::Threshold>("otsu/threshold"))
