#include "adapter/tasks.h"
#include "cpu_backend.h"

#include "host/startup/modules.h"
#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/temporary_folder.h"
#include "iso/data/case_names.h"
#include "iso/data/dataset.h"
#include "iso/job/executor.h"
#include "iso/models/library.h"
#include "iso/models/runtime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numbers>

// The tasks as the program runs them, on the networks that ship with it and on images that are none of patients.
namespace certification {
namespace {

namespace fs = std::filesystem;
using iso::Errc;

const fs::path shipped{ISO_SOURCE_DIR "/resources/models"};

/// Smooth blobs of 28 x 28 in values from 0 to `high`.
iso::Volume images(std::int64_t count, double high = 255, std::int64_t edge = 28) {
  iso::Volume out;
  out.grid = iso::VoxelGrid::centred({edge, edge, count}, {1, 1, 1});
  iso::PixelBuffer pixels = iso::PixelBuffer::allocate({out.grid.shape(), iso::ScalarType::f32});
  for (std::int64_t z = 0; z < count; ++z) {
    const iso::Philox random{static_cast<std::uint64_t>(z), 3};
    for (std::int64_t i = 0; i < edge * edge; ++i) {
      const std::int64_t column = i % edge, row = i / edge;
      const double x = static_cast<double>(column) / 27 - random.uniform(0),
                   y = static_cast<double>(row) / 27 - random.uniform(1);
      pixels.values<float>()[static_cast<std::size_t>(z * edge * edge + i)] =
          static_cast<float>(high * std::exp(-6 * (x * x + y * y)));
    }
  }
  out.pixels = std::move(pixels);
  return out;
}

/// Waves on which the shipped networks do not agree with themselves: of how many periods, how high, shifted by.
iso::Volume waves() {
  struct Wave {
    double periods, height, shift;
  };
  constexpr std::array<Wave, 4> all{{{1, 80, 2}, {1, 127, 0}, {1, 127, 2}, {2, 40, 0}}};
  iso::Volume out = images(4);
  iso::PixelBuffer pixels = iso::PixelBuffer::allocate({out.grid.shape(), iso::ScalarType::f32});
  for (std::size_t i = 0; i < pixels.values<float>().size(); ++i) {
    const Wave& wave = all[i / 784];
    const double x = static_cast<double>(i % 28) / 27, y = static_cast<double>(i / 28 % 28) / 27,
                 turn = 2 * std::numbers::pi * wave.periods;
    pixels.values<float>()[i] =
        static_cast<float>(std::round(127.4 + wave.height * std::cos(turn * x + wave.shift) * std::cos(turn * y)));
  }
  out.pixels = std::move(pixels);
  return out;
}

iso::Table labels(std::size_t rows) {
  iso::Table table;
  table.columns = {"label"};
  table.texts = {{"case", {}}};
  for (std::size_t i = 0; i < rows; ++i) {
    table.values.push_back({static_cast<double>(i % 2)});
    table.texts[0].values.push_back("p" + std::to_string(i));
  }
  return table;
}

class Tasks final : public iso::job::TaskSource {
 public:
  iso::job::LoadedTask load(std::string_view id) override {
    const auto named = [&](const char* name) { return id.ends_with(name); };
    iso::plugin::Task* const task = named("/drs")       ? make_drs()
                                    : named("/rs")      ? make_rs()
                                    : named("/predict") ? make_predict()
                                    : named("/attack")  ? make_attack()
                                                        : make_report();
    return {std::shared_ptr<iso::plugin::Task>(task), "certification", "1.0.0"};
  }
};

class CertificationTasks : public testing::Test {
 protected:
  void SetUp() override {
    iso::host::use_runtime_module();
    try {
      (void)iso::models::runtime();
    } catch (const iso::Error& none) {
      GTEST_SKIP() << none.what();
    }
    workspace_->put("images", iso::freeze(images(3)));
    workspace_->put("labels", iso::freeze(labels(3)));
  }
  iso::job::Record run(const std::string& name, const std::map<std::string, std::string>& inputs,
                       const std::vector<std::string>& outputs, const std::string& parameters) {
    iso::job::Recipe recipe;
    recipe.task = "certification/" + name;
    for (const auto& [port, data] : inputs) {
      if (port == "images")
        recipe.collections[port] = {"workspace:" + data};
      else
        recipe.inputs[port] = "workspace:" + data;
    }
    for (const std::string& port : outputs) recipe.outputs[port] = "workspace:" + port;
    recipe.parameters_json = parameters;
    recipe.device = "cpu";
    iso::job::ExecutionOptions options;
    options.model_directories = {models_};
    iso::compute::BackendRegistry registry;
    registry.add(iso::gpu::make_cpu_backend(), 1);
    Tasks tasks;
    return iso::job::make_in_process_executor(tasks, registry, options, iso::job::make_data_access(workspace_, nullptr))
        ->execute(recipe, {}, {});
  }
  iso::job::Record certify(const std::string& name = "drs",
                           const std::string& parameters = R"({"n0": 20, "n": 200, "picture_draws": 8})") {
    return run(name, {{"images", "images"}, {"labels", "labels"}}, {"certificates", "curve", "pictures"}, parameters);
  }
  void expect_refused(const iso::job::Record& record, Errc code, const std::string& words) {
    EXPECT_EQ(record.error, code) << record.error_message;
    EXPECT_NE(record.error_message.find(words), std::string::npos) << record.error_message;
  }
  /// Of the certificates: radius, then draws and votes of both stages.
  [[nodiscard]] std::vector<std::vector<double>> votes_and_radii() const {
    const iso::Table& found = table("certificates");
    std::vector<std::vector<double>> rows;
    for (const auto& values : found.values) {
      rows.push_back({values[3]});
      for (std::size_t column = 0; column < values.size(); ++column)
        if (found.columns[column].starts_with("select_") || found.columns[column].starts_with("estimate_"))
          rows.back().push_back(values[column]);
    }
    return rows;
  }
  [[nodiscard]] const iso::Table& table(const char* port) const { return iso::get<iso::Table>(workspace_->find(port)); }

  std::shared_ptr<iso::job::Workspace> workspace_ = std::make_shared<iso::job::Workspace>();
  fs::path models_ = shipped;
};

TEST_F(CertificationTasks, CertifyReportAndAttackOneAfterTheOther) {
  const auto record = certify();
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  const iso::Table& certificates = table("certificates");
  ASSERT_EQ(certificates.rows(), 3U);
  EXPECT_EQ(certificates.texts[0].values, (std::vector<std::string>{"p0", "p1", "p2"}));
  EXPECT_EQ(iso::get<iso::Volume>(workspace_->find("pictures")).pixels.spec().shape, (iso::Shape{4 * 28, 28, 3}));
  EXPECT_TRUE(record.models.contains("drs_018"));
  EXPECT_TRUE(record.figures.contains("average_certified_radius"));
  EXPECT_FALSE(record.curves.empty());

  const auto report = run("report", {{"certificates", "certificates"}}, {"curve", "classes", "picture"}, "{}");
  ASSERT_EQ(report.state, iso::job::State::done) << report.error_message;
  EXPECT_TRUE(report.attachments.contains("report.json"));
  EXPECT_EQ(report.figures.at("average_certified_radius").value, record.figures.at("average_certified_radius").value);
  const iso::Table& curve = table("curve");
  for (std::size_t i = 1; i < curve.rows(); ++i) EXPECT_LE(curve.values[i][1], curve.values[i - 1][1]);

  const auto attacked = run("attack", {{"images", "images"}, {"certificates", "certificates"}, {"labels", "labels"}},
                            {"attacks"}, R"({"steps": 3, "copies": 8, "recheck": 200, "most": 1})");
  ASSERT_EQ(attacked.state, iso::job::State::done) << attacked.error_message;
  EXPECT_EQ(attacked.figures.at("changed").value, 0);
}

TEST_F(CertificationTasks, DecideAboutChangesThatAnotherAttackMade) {
  ASSERT_EQ(certify().state, iso::job::State::done);
  const std::map<std::string, std::string> inputs{
      {"images", "images"}, {"certificates", "certificates"}, {"labels", "labels"}, {"changed", "changed"}};
  const std::string settings = R"({"recheck": 100, "most": 0})";
  iso::Volume same = images(3, 1);
  workspace_->put("changed", iso::freeze(iso::Volume{same}));
  const auto record = run("attack", inputs, {"attacks", "attacked"}, settings);
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  for (const auto& row : table("attacks").values) EXPECT_LT(row[1], 1e-5) << "the length of no change";
  EXPECT_EQ(iso::find_case_names(iso::get<iso::Volume>(workspace_->find("attacked"))),
            (std::vector<std::string>{"p0", "p1", "p2"}));
  iso::PixelBuffer far = iso::PixelBuffer::make_copy(same.pixels);
  for (float& value : far.values<float>()) value += 1;
  same.pixels = std::move(far);
  workspace_->put("changed", iso::freeze(std::move(same)));
  const auto beyond = run("attack", inputs, {"attacks"}, settings);
  ASSERT_EQ(beyond.state, iso::job::State::done) << beyond.error_message;
  EXPECT_EQ(beyond.figures.at("changed").value, 0);
  EXPECT_TRUE(std::ranges::any_of(beyond.warnings, [](const std::string& warning) {
    return warning.find("3 of 3 changes are longer than the radius") != std::string::npos;
  }));
  workspace_->put("changed", iso::freeze(images(2, 1)));
  expect_refused(run("attack", inputs, {"attacks"}, settings), Errc::shape_mismatch, "expected 28 x 28 x 3");
}

/// Image, label as its name says, whatever the order of the rows.
TEST_F(CertificationTasks, FindTheLabelsOfImagesThatHaveNamesByThem) {
  iso::Volume named = images(3);
  iso::set_case_names(named, {"p2", "p0", "p1"});
  workspace_->put("images", iso::freeze(iso::Volume{named}));
  ASSERT_EQ(certify().state, iso::job::State::done);
  EXPECT_EQ(table("certificates").texts[0].values, (std::vector<std::string>{"p2", "p0", "p1"}));
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(table("certificates").values[i][0], (std::array{0.0, 0.0, 1.0})[i]) << "p1 alone has the label 1";
  auto pictures = iso::find_case_names(iso::get<iso::Volume>(workspace_->find("pictures")));
  std::ranges::sort(pictures);
  EXPECT_EQ(pictures, (std::vector<std::string>{"p0", "p1", "p2"}));
  iso::set_case_names(named, {"p2", "p0", "q"});
  workspace_->put("images", iso::freeze(std::move(named)));
  expect_refused(certify(), Errc::invalid_input, "the labels have no row for the image 'q'");
  workspace_->put("labels", iso::freeze(labels(4)));
  iso::Volume three = images(3);
  iso::set_case_names(three, {"p2", "p0", "p1"});
  workspace_->put("images", iso::freeze(std::move(three)));
  expect_refused(certify(), Errc::invalid_input, "there is no image for the label of 'p3'");
}

TEST_F(CertificationTasks, DoNotAttackAnotherImageThanTheOneThatWasCertified) {
  ASSERT_EQ(certify().state, iso::job::State::done);
  const auto attack = [this](const std::string& parameters) {
    return run("attack", {{"images", "images"}, {"certificates", "certificates"}, {"labels", "labels"}}, {"attacks"},
               parameters);
  };
  iso::Volume turned = images(3);
  iso::PixelBuffer other = iso::PixelBuffer::make_copy(turned.pixels);
  std::ranges::reverse(other.values<float>());
  turned.pixels = std::move(other);
  workspace_->put("images", iso::freeze(std::move(turned)));
  expect_refused(attack(R"({"steps": 2, "copies": 4, "recheck": 50, "most": 1})"), Errc::invalid_input,
                 "'p0' is not the one that was certified");
}

TEST_F(CertificationTasks, TakeNamesThatAreNumbersAndRefuseTwoOfTheSame) {
  iso::Table numbered;
  numbered.columns = {"case", "label"};
  numbered.values = {{0, 0}, {7, 1}, {2.5, 0}};
  workspace_->put("labels", iso::freeze(iso::Table{numbered}));
  ASSERT_EQ(certify().state, iso::job::State::done);
  EXPECT_EQ(table("certificates").texts[0].values, (std::vector<std::string>{"0", "7", "2.5"}));
  numbered.values[2][0] = 7;
  workspace_->put("labels", iso::freeze(std::move(numbered)));
  expect_refused(certify(), Errc::invalid_input, "rows 2 and 3 of the labels name the same case '7'");
}

TEST_F(CertificationTasks, SayThatSomeLabelsAreMissing) {
  iso::Table some = labels(3);
  some.values[1][0] = -1;
  workspace_->put("labels", iso::freeze(std::move(some)));
  const auto record = certify();
  ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
  EXPECT_TRUE(std::ranges::any_of(record.warnings, [](const std::string& warning) {
    return warning.find("1 of 3 images have no label") != std::string::npos;
  }));
}

TEST_F(CertificationTasks, GiveTheSameBitsAgainAndOthersForAnotherSeedOfNoise) {
  for (const std::string name : {"drs", "rs"}) {
    const auto first = certify(name), second = certify(name);
    ASSERT_EQ(first.state, iso::job::State::done) << first.error_message;
    EXPECT_EQ(first.output_digests, second.output_digests);
  }
}

/// Radius, draws and votes for each class of every image. A vote may go another way where scores tie within the rounding of another processor.
TEST_F(CertificationTasks, GiveTheVotesAndRadiiThatAreStored) {
  struct Stored {
    const char *task, *network;
    std::vector<std::vector<double>> rows;
  };
  const std::vector<Stored> all{
      {"drs",
       "drs_018",
       {{0.0946012, 40, 13, 27, 2, 38, 400, 149, 251, 77, 323},
        {0.188726, 40, 5, 35, 3, 37, 400, 65, 335, 64, 336},
        {0.438093, 40, 40, 0, 40, 0, 400, 396, 4, 394, 6},
        {0.0645379, 40, 20, 20, 12, 28, 400, 154, 246, 103, 297}}},
      {"rs",
       "rs_050",
       {{0.9991, 40, 0, 40, 400, 1, 399},
        {1.0586, 40, 0, 40, 400, 0, 400},
        {0.661355, 40, 3, 37, 400, 20, 380},
        {1.0586, 40, 0, 40, 400, 0, 400}}},
      {"drs",
       "shapes_drs_018",
       {{0.470556, 40, 40, 0, 0, 0, 40, 0, 0, 0, 400, 400, 0, 0, 0, 393, 0, 0, 7},
        {0, 40, 36, 0, 0, 4, 5, 0, 0, 35, 400, 340, 0, 0, 60, 94, 0, 0, 306},
        {0.114175, 40, 39, 0, 0, 1, 17, 0, 0, 23, 400, 369, 0, 0, 31, 199, 0, 0, 201},
        {0.153477, 40, 34, 0, 0, 6, 28, 2, 0, 10, 400, 358, 3, 0, 39, 269, 8, 0, 123}}},
  };
  workspace_->put("images", iso::freeze(waves()));
  workspace_->put("labels", iso::freeze(labels(4)));
  for (const Stored& stored : all) {
    const auto record = certify(
        stored.task, R"({"n0": 40, "n": 400, "picture_draws": 2, "network": ")" + std::string{stored.network} + "\"}");
    ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
    const auto found = votes_and_radii();
    ASSERT_EQ(found.size(), stored.rows.size()) << stored.network << testing::PrintToString(found);
    for (std::size_t row = 0; row < found.size(); ++row) {
      ASSERT_EQ(found[row].size(), stored.rows[row].size());
      for (std::size_t i = 0; i < found[row].size(); ++i)
        EXPECT_NEAR(found[row][i], stored.rows[row][i], i == 0 ? 0.01 : 1) << testing::PrintToString(found);
    }
  }
}

TEST_F(CertificationTasks, PredictWithEitherKindOfNetwork) {
  for (const std::string network : {"drs_018", "rs_025"}) {
    const auto record = run("predict", {{"images", "images"}}, {"predictions"},
                            R"({"n0": 20, "n": 100, "network": ")" + network + "\"}");
    ASSERT_EQ(record.state, iso::job::State::done) << record.error_message;
    EXPECT_EQ(table("predictions").rows(), 3U);
  }
}

TEST_F(CertificationTasks, RefuseWhatTheNetworkWasNotTrainedFor) {
  expect_refused(certify("drs", R"({"sigma": 0.25})"), Errc::invalid_input,
                 "sigma is 0.25, the network 'drs_018' was trained for 0.18");
  expect_refused(certify("drs", R"({"network": "rs_025"})"), Errc::invalid_input, "is one graph for the whole image");
  expect_refused(certify("rs", R"({"network": "drs_018"})"), Errc::invalid_input, "is two graphs");
  expect_refused(certify("drs", R"({"network": "unet"})"), Errc::invalid_input, "is no classifier");
  expect_refused(certify("drs", R"({"network": "none"})"), Errc::no_input, "none");
  expect_refused(certify("drs", R"({"target": 0.5})"), Errc::invalid_input, "bound that holds at any time");
  workspace_->put("images", iso::freeze(images(3, 1)));
  expect_refused(certify(), Errc::invalid_input, "0.998732 only, the network 'drs_018' maps 0 to 255");
  workspace_->put("images", iso::freeze(images(3, 2000)));
  expect_refused(certify(), Errc::invalid_input, "to 1997.46, the network 'drs_018' maps 0 to 255");
  workspace_->put("images", iso::freeze(images(3, 255, 32)));
  expect_refused(certify(), Errc::shape_mismatch, "the images are 32 x 32");
  workspace_->put("images", iso::freeze(images(4)));
  expect_refused(certify(), Errc::invalid_input, "3 rows of labels for 4 images");
}

TEST_F(CertificationTasks, RefuseANetworkWithoutItsOtherHalf) {
  const iso::TemporaryFolder folder{"certification"};
  for (const char* const file : {"drs_018.card.json", "drs_018.left.onnx"})
    fs::copy_file(shipped / file, folder.path() / file);
  models_ = folder.path();
  const auto record = certify();
  EXPECT_EQ(record.state, iso::job::State::failed);
  EXPECT_NE(record.error_message.find("drs_018.right.onnx"), std::string::npos) << record.error_message;
}

TEST_F(CertificationTasks, RefuseCertificatesOfAnotherNetwork) {
  ASSERT_EQ(certify("rs").state, iso::job::State::done);
  expect_refused(
      run("attack", {{"images", "images"}, {"certificates", "certificates"}, {"labels", "labels"}}, {"attacks"}, "{}"),
      Errc::invalid_input, "the certificates are of the network 'rs_025");
  workspace_->put("table", iso::freeze(labels(2)));
  expect_refused(run("report", {{"certificates", "table"}}, {"curve"}, "{}"), Errc::invalid_input, "certificates");
}

TEST(ShippedCards, OfClassifiersSayTheirNoiseAndTheirHalves) {
  for (const auto& [name, graphs] : std::vector<std::pair<std::string, std::size_t>>{
           {"drs_018", 2}, {"drs_036", 2}, {"rs_025", 1}, {"rs_050", 1}, {"shapes_drs_018", 2}}) {
    const auto card = iso::models::read_card(shipped / (name + ".card.json"));
    ASSERT_TRUE(card.classifier) << name;
    EXPECT_EQ(card.graphs.size(), graphs);
    EXPECT_NO_THROW(iso::models::check_graphs(card));
    EXPECT_EQ(card.training.front().licence, name.starts_with("shapes") ? "that of this program" : "CC BY 4.0");
    EXPECT_EQ(card.classifier->classes.size(), name.starts_with("shapes") ? 4U : 2U);
    EXPECT_GT(card.classifier->held_out.at("validation").smoothed_accuracy, 0.75);
  }
}

}  // namespace
}  // namespace certification
