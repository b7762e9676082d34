#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/temporary_folder.h"
#include "iso/geometry/projection_geometry.h"
#include "iso/models/classifier.h"
#include "iso/models/denoiser.h"
#include "iso/models/library.h"
#include "iso/models/reference.h"
#include "iso/models/runtime.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

namespace iso::models {
namespace {

namespace fs = std::filesystem;

const fs::path networks{ISO_SOURCE_DIR "/tests/data/networks"};

Pixels random_images(const Shape& shape, std::uint64_t seed = 1) {
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
  const Philox random{seed, 0};
  std::uint64_t i = 0;
  for (float& value : out.values<float>()) value = static_cast<float>(random.normal(i++));
  return out;
}

double largest_difference(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.spec(), b.spec());
  double most = 0;
  for (std::size_t i = 0; i < a.values<float>().size(); ++i)
    most = std::max(most, std::abs(double{a.values<float>()[i]} - double{b.values<float>()[i]}));
  return most;
}

Errc catch_code(const std::function<void()>& step, std::string* text = nullptr) {
  try {
    step();
  } catch (const Error& problem) {
    if (text != nullptr) *text = problem.what();
    return problem.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Errc::internal;
}

std::string read_text(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Card, HoldsWhatTheTrainingPackageWrote) {
  const Card card = read_card(networks / "tiny_unet.card.json");
  EXPECT_EQ(card.name, "tiny_unet");
  EXPECT_EQ(card.scan.views, 24);
  EXPECT_EQ(card.scan.beam, Beam::fan);
  EXPECT_EQ(card.start, "tv");
  EXPECT_EQ(card.tv_strength, 2);
  EXPECT_EQ(card.tv_iterations, 20);
  EXPECT_EQ(card.multiple, 8);
  EXPECT_EQ(card.rmse_hu.at("validation").at("network").high, 110);
  EXPECT_EQ(card.out_of_domain->score({0.4, 0.4, 1.0, 0.05}), 0);
  EXPECT_NEAR(card.out_of_domain->score({0.8, 0.4, 1.0, 0.05}), 1, 1e-12) << "two deviations in one of four features";
  check_graphs(card);
}

TEST(Card, NamesTheMemberThatIsMissingOrWrong) {
  const std::string whole = read_text(networks / "tiny_unet.card.json");
  const std::vector<std::pair<std::string, std::string>> changes{
      {"\"known_failures\"", "\"known_errors\""},
      {"\"card_version\": 1", "\"card_version\": 2"},
      {"\"tiny_unet.onnx\"", "\"../tiny_unet.onnx\""},
      {"\"start\": \"tv\"", "\"start\": \"art\""},
      {"\"water_per_mm\": 0.0192", "\"water_per_mm\": 0"},
      {"\"views\": 24", "\"views\": 25"}};  // another geometry than that of the hash
  for (const auto& [from, to] : changes) {
    std::string text;
    EXPECT_EQ(catch_code([&, &from = from, &to = to] { (void)parse_card(replaced(whole, from, to), networks); }, &text),
              Errc::invalid_input)
        << from;
    EXPECT_NE(text.find("member '"), std::string::npos) << text;
  }
  EXPECT_EQ(catch_code([&] { (void)parse_card(whole.substr(0, 100), networks); }), Errc::invalid_input);
}

TEST(Card, FitsItsScanAndNoOther) {
  const CardScan scan = read_card(networks / "tiny_unet.card.json").scan;
  const auto fan = [](std::int64_t views, double pitch, double source, double first) {
    CircularScan wish{.source_to_axis_mm = source, .source_to_detector_mm = 150, .elements = {63, 1}};
    wish.element_pitch_mm = {pitch, 1};
    return ProjectionGeometry::circular(equal_angles(views, 2 * std::numbers::pi, first), wish);
  };
  EXPECT_EQ(scan.difference(fan(24, 2, 100, 0)), "");
  EXPECT_NE(scan.difference(fan(25, 2, 100, 0)).find("views"), std::string::npos);
  EXPECT_NE(scan.difference(fan(24, 2.1, 100, 0)).find("pitch"), std::string::npos);
  EXPECT_NE(scan.difference(fan(24, 2, 101, 0)).find("source to axis"), std::string::npos);
  EXPECT_NE(scan.difference(fan(24, 2, 100, 0.01)).find("angle"), std::string::npos);
  EXPECT_NE(
      scan.difference(ProjectionGeometry::parallel(equal_angles(24, std::numbers::pi), {63, 1}, {2, 1})).find("beam"),
      std::string::npos);
  EXPECT_EQ(scan.grid(3).size, (std::array<std::int64_t, 3>{32, 32, 3}));
}

TEST(Networks, AreFoundByNameInFoldersAndAsCards) {
  const std::vector<fs::path> places{"/nowhere", networks};
  EXPECT_EQ(find_card("tiny_unet", places).name, "tiny_unet");
  EXPECT_EQ(catch_code([&] { (void)find_card("absent", places); }), Errc::no_input);
  const std::vector<fs::path> one{networks / "tiny_denoiser.card.json"};
  EXPECT_EQ(find_card("tiny_denoiser", one).name, "tiny_denoiser");
  EXPECT_EQ(catch_code([&] { (void)find_card("tiny_unet", one); }), Errc::no_input);
  const auto all = list_cards(places);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].name, "tiny_unet");
  EXPECT_EQ(all[2].problem, "");
}

TEST(Networks, ThatAreDamagedAreListedWithTheReason) {
  const TemporaryFolder folder{"models"};
  fs::copy(networks, folder.path(), fs::copy_options::recursive);
  std::ofstream(folder.path() / "tiny_unet.onnx", std::ios::app) << "x";
  fs::remove(folder.path() / "tiny_denoiser.onnx");
  const std::vector<fs::path> places{folder.path()};
  const auto all = list_cards(places);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_FALSE(all[0].problem.empty());
  EXPECT_NE(all[2].problem.find("SHA-256"), std::string::npos) << all[2].problem;
}

TEST(Network, ChecksWhatItIsGiven) {
  const NetworkPtr network = identity_network(3, 1);
  const Pixels image = random_images({4, 5, 3, 2});
  const Pixels answer = network->run({{"image", image}});
  EXPECT_EQ(answer.spec().shape, (Shape{4, 5, 1, 2}));
  EXPECT_EQ(answer.values<float>()[20], image.values<float>()[60]) << "the first channel of the second image";
  EXPECT_EQ(catch_code([&] { (void)network->run({}); }), Errc::no_input);
  EXPECT_EQ(catch_code([&] { (void)network->run({{"image", image}, {"sigma", image}}); }), Errc::usage);
  EXPECT_EQ(catch_code([&] { (void)network->run({{"image", random_images({4, 5, 2, 2})}}); }), Errc::shape_mismatch);
  EXPECT_EQ(catch_code([&] {
              (void)network->run({{"image", image.converted(ScalarType::f64)}});
            }),
            Errc::type_mismatch);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(catch_code([&] { (void)network->run({{"image", image}}, stop.get_token()); }), Errc::cancelled);
}

TEST(Network, MakesTheSameOfPartsAsOfTheWhole) {
  const NetworkPtr network = mean_network(5);
  const Pixels images = random_images({70, 90, 2, 5});
  const Pixels whole = network->run({{"image", images}});
  for (const Tiling& tiling : {Tiling{2, 0, 0, 1}, Tiling{1, 32, 5, 1}, Tiling{3, 16, 5, 8}, Tiling{5, 64, 6, 2}}) {
    if (tiling.multiple == 8) continue;  // reflected at the border, where the network has zeros
    EXPECT_LT(largest_difference(whole, run_in_parts(*network, "image", images, tiling)), 1e-6) << tiling.tile;
  }
  EXPECT_GT(largest_difference(whole, run_in_parts(*network, "image", images, {1, 32, 4, 1})), 1e-3)
      << "a halo that is too small shows";
  const Pixels odd = run_in_parts(*identity_network(2, 2), "image", images, {2, 24, 3, 8});
  EXPECT_EQ(largest_difference(images, odd), 0) << "reflected up to multiples of 8 and cut again";
}

TEST(Network, IsStoppedBetweenTwoParts) {
  std::stop_source stop;
  double done = 0;
  EXPECT_EQ(catch_code([&] {
              (void)run_in_parts(*identity_network(), "image", random_images({8, 8, 1, 4}), {}, stop.get_token(),
                                 [&](double part) {
                                   done = part;
                                   if (part >= 0.5) stop.request_stop();
                                 });
            }),
            Errc::cancelled);
  EXPECT_EQ(done, 0.5);
}

TEST(Tiling, KeepsToTheMemory) {
  const Shape images{512, 512, 3, 40};
  EXPECT_EQ(tile_for(images, 8, 40, 1000, std::size_t{8} << 30).batch, 16);
  const Tiling few = tile_for(images, 8, 40, 1000, std::size_t{600} << 20);
  EXPECT_EQ(few.batch, 2);
  EXPECT_EQ(few.tile, 0);
  const Tiling cut = tile_for(images, 8, 40, 1000, std::size_t{100} << 20);
  EXPECT_GT(cut.tile, 0);
  EXPECT_EQ(cut.tile % 8, 0);
  EXPECT_LE(static_cast<double>((cut.tile + 80) * (cut.tile + 80)) * 1000, 100 << 20);
  EXPECT_EQ(catch_code([&] { (void)tile_for(images, 8, -1, 1000, std::size_t{100} << 20); }), Errc::out_of_memory);
  EXPECT_EQ(catch_code([&] { (void)tile_for(images, 8, 40, 1000, 1 << 20); }), Errc::out_of_memory);
}

TEST(Denoiser, OfGaussianImagesIsThePosteriorMean) {
  const DenoiserPtr denoiser = gaussian_denoiser(1, 0.5);
  const Pixels noisy = random_images({64, 64, 1, 4});
  const Pixels clean = denoiser->denoise(noisy, 0.5);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_NEAR(clean.values<float>()[i], 0.5 * noisy.values<float>()[i] + 0.5, 1e-6);
  // -grad log of the normal density of variance s² + sigma².
  const Pixels score = denoiser->negative_score(noisy, 0.25);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_NEAR(score.values<float>()[i], (noisy.values<float>()[i] - 1) / (0.25 + 0.0625), 1e-4);
  EXPECT_EQ(catch_code([&] { (void)denoiser->denoise(noisy, 0); }), Errc::invalid_input);
  EXPECT_EQ(catch_code([&] { (void)denoiser->denoise(random_images({4, 4}), 1); }), Errc::shape_mismatch);
  EXPECT_EQ(catch_code([] { (void)gaussian_denoiser(0, 0); }), Errc::invalid_input);
  EXPECT_EQ(catch_code([] { (void)make_denoiser(identity_network()); }), Errc::usage);
}

TEST(Classifier, ThatIsLinearDecidesByItsScores) {
  PixelBuffer weights = PixelBuffer::allocate({Shape{2, 1, 1, 2}, ScalarType::f32});
  weights.values<float>()[0] = 1;  // class 0 looks at the first pixel, class 1 at the second
  weights.values<float>()[3] = 1;
  const ClassifierPtr classifier = linear_classifier(std::move(weights), {0, 0.5});
  PixelBuffer images = PixelBuffer::allocate({Shape{2, 1, 1, 3}, ScalarType::f32});
  const std::vector<float> values{2, 1, 1, 2, 1, 0.5};
  std::ranges::copy(values, images.values<float>().begin());
  const Pixels all{std::move(images)};
  EXPECT_EQ(classifier->classify(all), (std::vector<std::int64_t>{0, 1, 0})) << "the last has equal scores";
  EXPECT_FLOAT_EQ(classifier->scores(all).values<float>()[3], 2.5F);
  EXPECT_EQ(catch_code([&] { (void)classifier->classify(random_images({3, 1, 1, 1})); }), Errc::shape_mismatch);
  EXPECT_EQ(catch_code([] { (void)make_classifier(identity_network()); }), Errc::invalid_input);
}

TEST(Runtime, SaysWhyThereIsNone) {
  set_runtime_source([]() -> std::shared_ptr<const Runtime> {
    throw Error{Errc::unsupported, "none here", "get one"};
  });
  EXPECT_EQ(catch_code([] { (void)runtime(); }), Errc::unsupported);
  EXPECT_EQ(loaded_runtime(), nullptr);
  check_runtime();  // nothing was said against it, and nothing is loaded
  set_runtime_source([]() -> std::shared_ptr<const Runtime> { return nullptr; },
                     [] {
                       throw Error{Errc::unsupported, "none here", "get one"};
                     });
  EXPECT_EQ(catch_code([] { check_runtime(); }), Errc::unsupported);
  set_runtime_source({});
  EXPECT_EQ(catch_code([] { (void)runtime(); }), Errc::unsupported);
  EXPECT_EQ(catch_code([] { check_runtime(); }), Errc::unsupported);
}

}  // namespace
}  // namespace iso::models
