#include "iso/plugin/typed_task.h"

#include "iso/compute/backend.h"

#include <gtest/gtest.h>

namespace iso {
namespace {

// header example: iso/plugin/task.h
struct Parameters {
  double factor = 2;
  friend bool operator==(const Parameters&, const Parameters&) = default;
  static constexpr auto fields() { return std::tuple{params::field("factor", &Parameters::factor).in_range(0, 10)}; }
};

class Scale final : public plugin::TypedTask<Parameters> {
 public:
  plugin::About about() const override { return {"Scaling", "Multiplies every value.", "$b = f a$", "Filtering", {}}; }
  std::span<const plugin::Port> inputs() const noexcept override { return {&volume_, 1}; }
  std::span<const plugin::Port> outputs() const noexcept override { return {&scaled_, 1}; }

 protected:
  plugin::Plan plan(const plugin::Descriptions& inputs, const Parameters& parameters) const override {
    plugin::Plan plan;
    if (parameters.factor == 1) plan.refuse_parameter("factor", "a factor of 1 changes nothing");
    plan.bytes = describe(plugin::input<Volume>(inputs, "volume")).bytes();
    return plan;
  }
  plugin::Datasets run(const plugin::Datasets& inputs, const Parameters& parameters,
                       plugin::RunContext& context) override {
    Volume result = plugin::input<Volume>(inputs, "volume");
    PixelBuffer pixels = PixelBuffer::make_copy(result.pixels);
    for (float& value : pixels.values<float>()) value *= static_cast<float>(parameters.factor);
    result.pixels = std::move(pixels);
    context.report(1, "scaling");
    return {{"scaled", freeze(std::move(result))}};
  }

 private:
  plugin::Port volume_{"volume", Kind::volume, false, "What is scaled, f32."};
  plugin::Port scaled_{"scaled", Kind::volume, false, "The volume times the factor."};
};
// end of the example

class NoContext final : public plugin::RunContext {
 public:
  void report(double, std::string_view) override {}
  void plot(std::string_view, double, double) override {}
  void figure(std::string_view, double, std::string_view) override {}
  void attach(std::string_view, const std::filesystem::path&) override {}
  [[nodiscard]] plugin::Model model(std::string_view) override { return {}; }
  void preview(std::string_view, DatasetPtr) override {}
  void log(std::string_view) override {}
  void warn(std::string_view) override {}
  [[nodiscard]] std::stop_token stop() const noexcept override { return {}; }
  [[nodiscard]] const compute::Backend& backend() const noexcept override { std::abort(); }
  [[nodiscard]] std::uint64_t seed() const noexcept override { return 0; }
  [[nodiscard]] std::size_t memory_budget_bytes() const noexcept override { return 0; }
  [[nodiscard]] std::filesystem::path scratch() const override { return {}; }
  [[nodiscard]] bool wants_preview() const noexcept override { return false; }
  [[nodiscard]] bool wants_checkpoint() const noexcept override { return false; }
  void keep(const Checkpoint&) override {}
  [[nodiscard]] std::optional<Checkpoint> resumed() const override { return {}; }
};

TEST(TaskExample, ScalesAVolumeAndRefusesWhatChangesNothing) {
  Volume volume;
  volume.grid = VoxelGrid::centred({2, 1, 1}, {1, 1, 1});
  PixelBuffer pixels = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
  pixels.values<float>()[1] = 3;
  volume.pixels = std::move(pixels);
  const plugin::Datasets inputs{{"volume", freeze(std::move(volume))}};
  Scale scale;
  plugin::Task& task = scale;
  const auto parameters = task.parse(R"({"factor": 4})");
  EXPECT_EQ(parameters->json(), R"({"factor":4.0})");
  const plugin::Plan plan = task.plan(plugin::describe(inputs), *parameters);
  EXPECT_TRUE(plan.possible());
  EXPECT_EQ(plan.bytes, 2 * sizeof(float));
  NoContext context;
  const plugin::Datasets outputs = task.run(inputs, *parameters, context);
  EXPECT_EQ(get<Volume>(outputs.at("scaled")).pixels.values<float>()[1], 12);
  EXPECT_FALSE(task.plan(plugin::describe(inputs), *task.parse(R"({"factor": 1})")).possible());
}

}  // namespace
}  // namespace iso
