// The tasks as a program calls them: parse, plan, run.
#include "adapter/tasks.h"

#include "cpu_backend.h"
#include "scenes.h"

#include <gtest/gtest.h>
#include <iso/evaluation/spectral_phantom.h>
#include <iso/plugin/typed_task.h>
#include <iso/spectra/library.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

namespace spectral_unmixing {
namespace {

using iso::plugin::Datasets;

class Context final : public iso::plugin::RunContext {
 public:
  void report(double, std::string_view) override {}
  void plot(std::string_view curve, double, double) override { ++points[std::string{curve}]; }
  void figure(std::string_view name, double value, std::string_view) override { figures[std::string{name}] = value; }
  void attach(std::string_view, const std::filesystem::path&) override {}
  iso::plugin::Model model(std::string_view) override { throw iso::Error{iso::Errc::no_input, "there is no network"}; }
  void preview(std::string_view, iso::DatasetPtr) override {}
  void log(std::string_view) override {}
  void warn(std::string_view text) override { warnings.emplace_back(text); }
  std::stop_token stop() const noexcept override { return {}; }
  const iso::compute::Backend& backend() const noexcept override { return *backend_; }
  std::uint64_t seed() const noexcept override { return 1; }
  std::size_t memory_budget_bytes() const noexcept override { return std::size_t{1} << 30; }
  std::filesystem::path scratch() const override { return {}; }
  bool wants_preview() const noexcept override { return false; }
  bool wants_checkpoint() const noexcept override { return false; }
  void keep(const iso::Checkpoint&) override {}
  std::optional<iso::Checkpoint> resumed() const override { return std::nullopt; }

  std::map<std::string, int> points;
  std::map<std::string, double> figures;
  std::vector<std::string> warnings;

 private:
  std::unique_ptr<iso::compute::Backend> backend_{iso::gpu::make_cpu_backend()};
};

Datasets run(iso::plugin::Task* made, const Datasets& inputs, const std::string& parameters, Context& context) {
  const std::unique_ptr<iso::plugin::Task> task{made};
  const auto parsed = task->parse(parameters);
  const auto plan = task->plan(iso::plugin::describe(inputs), *parsed);
  if (!plan.possible()) throw iso::Error{plan.refusals.front().code, plan.refusals.front().sentence};
  return task->run(inputs, *parsed, context);
}

iso::evaluation::SpectralScene scene(int bad_bands = 0) {
  return iso::evaluation::make_spectral_scene(
      "minerals", {.width = 40, .height = 32, .bands = 60, .components = 3, .snr_db = 40, .bad_bands = bad_bands});
}

TEST(UnmixingTasks, GiveNaNAndAMaskWhereThereIsNoSpectrum) {
  auto made = scene();
  iso::PixelBuffer values = iso::PixelBuffer::make_copy(made.cube.pixels);
  values.values<float>()[100] = std::numeric_limits<float>::quiet_NaN();
  made.cube.pixels = std::move(values);
  Context context;
  const auto out = run(make_robust(), {{"cube", iso::freeze(made.cube)}}, R"({"iterations": 60})", context);
  const auto& maps = iso::get<iso::SpectralCube>(out.at("abundances").one());
  EXPECT_TRUE(std::isnan(maps.pixels.values<float>()[100]));
  EXPECT_EQ(maps.mask.values<std::uint8_t>()[100], 0);
  for (const auto& [name, data] : out) EXPECT_EQ(iso::soundness(*data), iso::Soundness::sound) << name;
  EXPECT_EQ(context.points["objective"], static_cast<int>(context.figures["iterations"]));
}

TEST(UnmixingTasks, ListTheBandsThatTheyLeaveOut) {
  Context context;
  const auto out = run(make_robust(), {{"cube", iso::freeze(scene(4).cube)}}, R"({"iterations": 40})", context);
  const auto& bands = iso::get<iso::Table>(out.at("bands").one());
  ASSERT_EQ(bands.rows(), 60U);
  for (const std::size_t band : {7U, 22U, 37U, 52U}) {
    EXPECT_EQ(bands.values[band][1], 0) << band;
    EXPECT_FALSE(bands.texts[0].values[band].empty());
  }
  EXPECT_EQ(context.figures["bands_left_out"], 4);
}

TEST(UnmixingTasks, GiveExactAbundancesOfALibrary) {
  const auto made = scene(4);  // with bad bands
  Context context;
  const Datasets inputs{{"cube", iso::freeze(made.cube)}, {"spectra", iso::freeze(made.endmembers)}};
  const auto out = run(make_abundances_task(), inputs, "{}", context);
  const auto& maps = iso::get<iso::SpectralCube>(out.at("abundances").one());
  double squares = 0;
  for (std::size_t i = 0; i < 3840; ++i) {
    const double d = static_cast<double>(maps.pixels.values<float>()[i] - made.abundances.pixels.values<float>()[i]);
    squares += d * d;
  }
  EXPECT_LT(std::sqrt(squares / 3840), 0.02);
  EXPECT_EQ(context.figures["bands_left_out"], 4);
}

TEST(UnmixingTasks, BringALibraryOfAnotherScaleToThatOfTheCubeWithAWarning) {
  const auto made = scene();
  iso::Table percent = made.endmembers;
  for (auto& row : percent.values)
    for (double& value : row) value *= 100;
  const auto maps = [&](const iso::Table& library, const char* parameters, std::size_t warnings) {
    Context context;
    const Datasets inputs{{"cube", iso::freeze(made.cube)}, {"spectra", iso::freeze(iso::Table{library})}};
    const auto out = run(make_abundances_task(), inputs, parameters, context);
    EXPECT_EQ(context.warnings.size(), warnings);
    const auto values = iso::get<iso::SpectralCube>(out.at("abundances").one()).pixels.values<float>();
    return std::vector<float>(values.begin(), values.end());
  };
  const auto expected = maps(made.endmembers, "{}", 0), scaled = maps(percent, "{}", 1);
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(scaled[i], expected[i], 1e-5);
  // Without the sum rule the scale of a spectrum is that of its amounts: nothing is guessed.
  const auto amounts = maps(percent, R"({"rule": "nnls"})", 0), plain = maps(made.endmembers, R"({"rule": "nnls"})", 0);
  for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(amounts[i], plain[i] / 100, 1e-5);
}

TEST(UnmixingTasks, FindTheirOwnSpectraInALibrary) {
  const auto made = scene();
  Context context;
  const auto table = iso::freeze(made.endmembers);
  const auto out = run(make_library_match(), {{"spectra", table}, {"library", table}}, "{}", context);
  const auto& matches = iso::get<iso::Table>(out.at("matches").one());
  for (std::size_t i = 0; i < matches.rows(); ++i) {
    if (matches.values[i][0] == 1) {
      EXPECT_EQ(matches.texts[0].values[i], matches.texts[1].values[i]);
    }
  }
}

/// Error of the maps of `robust` on a cube of the scene, over pixels that have a spectrum.
double map_error(const iso::evaluation::SpectralScene& made, const iso::SpectralCube& cube, const char* parameters) {
  Context context;
  const auto out = run(make_robust(), {{"cube", iso::freeze(iso::SpectralCube{cube})}}, parameters, context);
  const auto found = iso::get<iso::SpectralCube>(out.at("abundances").one()).pixels.values<float>();
  const auto truth = made.abundances.pixels.values<float>();
  const std::size_t n = truth.size() / 3;
  EXPECT_EQ(context.figures["objective_rises"], 0);
  // The order of the maps is that of the centroids, of the truth another.
  std::array<std::size_t, 3> order{0, 1, 2};
  double best = 1e9;
  do {
    double squares = 0;
    std::size_t counted = 0;
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t i = 0; i < n; ++i) {
        const float value = found[order[k] * n + i];
        if (std::isnan(value)) continue;
        squares += static_cast<double>((value - truth[k * n + i]) * (value - truth[k * n + i]));
        ++counted;
      }
    best = std::min(best, std::sqrt(squares / static_cast<double>(counted)));
  } while (std::ranges::next_permutation(order).found);
  return best;
}

TEST(UnmixingTasks, TakeCubesWithMissingPixelsWholeNumbersAndBandsTwice) {
  const auto made = scene();
  const double plain = map_error(made, made.cube, "{}");
  iso::SpectralCube holes = made.cube;
  iso::PixelBuffer values = iso::PixelBuffer::make_copy(made.cube.pixels);
  for (std::size_t i = 0; i < 40 * 32; i += 20) values.values<float>()[i] = std::numeric_limits<float>::quiet_NaN();
  holes.pixels = std::move(values);
  EXPECT_LT(map_error(made, holes, "{}"), plain + 0.02);

  const auto whole = [&](float offset) {
    iso::SpectralCube out = made.cube;
    iso::PixelBuffer numbers = iso::PixelBuffer::allocate({made.cube.pixels.spec().shape, iso::ScalarType::i16});
    const auto from = made.cube.pixels.values<float>();
    for (std::size_t i = 0; i < from.size(); ++i)
      numbers.values<std::int16_t>()[i] = static_cast<std::int16_t>(std::lround(10000 * from[i] + offset));
    out.pixels = std::move(numbers);
    return out;
  };
  EXPECT_LT(map_error(made, whole(0), R"({"sum_rule": "on"})"), plain + 0.02);
  EXPECT_LT(map_error(made, whole(-300), R"({"sum_rule": "on"})"), plain + 0.05);  // some values are negative

  iso::SpectralCube twice = made.cube;
  const auto& shape = made.cube.pixels.spec().shape;
  iso::PixelBuffer doubled = iso::PixelBuffer::allocate({{shape[0], shape[1], 2 * shape[2]}, iso::ScalarType::f32});
  const auto from = made.cube.pixels.values<float>();
  for (std::size_t i = 0; i < from.size(); ++i)
    doubled.values<float>()[i] = doubled.values<float>()[i + from.size()] = from[i];
  twice.pixels = std::move(doubled);
  twice.bands = {};
  twice.band_widths = {};
  EXPECT_LT(map_error(made, twice, "{}"), plain + 0.02);
}

TEST(UnmixingTasks, RefuseACubeOfWhichNothingIsLeft) {
  const auto made = scene();
  const auto refused = [&](const iso::SpectralCube& cube) {
    Context context;
    try {
      (void)run(make_robust(), {{"cube", iso::freeze(iso::SpectralCube{cube})}}, R"({"components": 1})", context);
      ADD_FAILURE();
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::invalid_input) << error.what();
    }
  };
  iso::SpectralCube masked = made.cube;
  masked.band_mask = iso::PixelBuffer::allocate({iso::Shape{60}, iso::ScalarType::u8});  // zeros
  refused(masked);
  iso::SpectralCube one = made.cube;
  one.pixels = iso::PixelBuffer::allocate({{1, 1, 60}, iso::ScalarType::f32});
  refused(one);
}

TEST(UnmixingTasks, SayInOneSentenceWhatIsMissing) {
  Context context;
  const auto refuses = [&](iso::plugin::Task* task, const Datasets& inputs, const std::string& parameters,
                           iso::Errc code) {
    try {
      (void)run(task, inputs, parameters, context);
      ADD_FAILURE() << parameters;
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
  };
  const auto cube = iso::freeze(scene().cube);
  refuses(make_abundances_task(), {{"cube", cube}}, "{}", iso::Errc::no_input);
  refuses(make_poisson(), {{"cube", cube}}, R"({"free_components": 0})", iso::Errc::invalid_input);
  refuses(make_robust(), {{"cube", cube}}, R"({"components": 61})", iso::Errc::invalid_input);
  refuses(make_robust(), {{"cube", cube}}, R"({"sum_rule": "off", "automatic_weights": false, "sparsity": 0.1})",
          iso::Errc::invalid_input);
}

}  // namespace
}  // namespace spectral_unmixing
