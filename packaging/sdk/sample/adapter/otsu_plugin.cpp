#include "method/otsu.h"

#include "iso/plugin/export.h"

namespace otsu {
namespace {

using iso::Errc, iso::Error, iso::Kind, iso::LabelMap, iso::Volume;
using namespace iso::plugin;

class Threshold final : public TypedTask<Options> {
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
  Plan plan(const Descriptions& inputs, const Options&) const override {
    const auto& volume = input<Volume>(inputs, "volume");
    if (iso::is_complex(volume.pixels.spec().type)) throw Error{Errc::invalid_input, "the volume is complex"};
    Plan plan;
    plan.bytes = static_cast<std::size_t>(volume.pixels.spec().shape.count()) * (sizeof(float) + 1);
    return plan;
  }
  Datasets run(const Datasets& inputs, const Options& options, RunContext& context) override {
    const auto& volume = input<Volume>(inputs, "volume");
    context.report(0, "histogram");
    const iso::Pixels pixels = volume.pixels.converted(iso::ScalarType::f32);
    const auto values = pixels.values<float>();
    const double level = threshold(values, options);
    context.figure("threshold", level, "1");
    if (context.stop().stop_requested()) throw Error{Errc::cancelled, "the threshold was cancelled"};
    iso::PixelBuffer buffer = iso::PixelBuffer::allocate({pixels.spec().shape, iso::ScalarType::u8});
    const auto labels = buffer.values<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i) labels[i] = (values[i] >= level) != options.invert ? 1 : 0;
    context.report(1, "mask");
    return {{"mask", iso::freeze(LabelMap{std::move(buffer), volume.grid, {"background", "object"}, {}})}};
  }

 private:
  Port input_{"volume", Kind::volume, false, "The image."};
  Port output_{"mask", Kind::label_map, false, "1 where the image is above the threshold."};
};

}  // namespace
}  // namespace otsu

ISO_PLUGIN("otsu", "1.0.0", "Otsu's threshold", "Apache-2.0", iso::plugin::task<otsu::Threshold>("otsu/threshold"))
