#include "iso/job/run.h"
#include "iso/base/digest.h"
#include "iso/job/estimate.h"
#include "support/job_tasks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

namespace iso::job {
namespace {

/// Files as a stand-in: writes the number of bytes asked for, or fails halfway like a full disk.
class Files final : public DataAccess {
 public:
  DatasetPtr read(const std::string& place, const Wanted&) override {
    throw Error(Errc::cannot_read, "'" + place + "' cannot be read");
  }
  void write(const std::string& place, const DatasetPtr&, bool) override {
    if (full || place.ends_with(fails_at)) throw Error(Errc::cannot_write, "'" + place + "': the disk is full");
    std::ofstream(place) << "pixels";
    std::ofstream(place + ".side") << "a companion";
    if (record_fails) std::filesystem::create_directories(record_path(place) / "in the way");
  }
  bool full{false}, record_fails{false};
  std::string fails_at{"never"};
};

class Jobs : public ::testing::Test {
 protected:
  Jobs() {
    test::add_backends(registry);
    workspace->put("in", freeze(test::sample_volume()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    options.scratch = folder;
  }
  ~Jobs() override { std::filesystem::remove_all(folder); }

  Record run(const Recipe& recipe, const std::stop_token& stop = {}) {
    const auto executor = make_in_process_executor(source, registry, options, make_data_access(workspace, files));
    return executor->execute(recipe, stop, [&](const Event& event) { events.push_back(event); });
  }
  Recipe to_file(const std::string& task) const {
    Recipe recipe = test::sample_recipe(task);
    recipe.outputs = {{"volume", (folder / "out.raw").string()}};
    return recipe;
  }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }

  test::SampleSource source;
  compute::BackendRegistry registry;
  ExecutionOptions options;
  std::shared_ptr<Workspace> workspace = std::make_shared<Workspace>();
  std::shared_ptr<Files> files = std::make_shared<Files>();
  std::vector<Event> events;
  std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("iso_job_test" + std::to_string(::getpid()));
};

TEST_F(Jobs, RecordWhatTheyMet) {
  const Record record = run(test::sample_recipe("noise"));
  ASSERT_EQ(record.state, State::done) << record.error_message;
  EXPECT_EQ(record.backend, "memory");
  EXPECT_EQ(record.plugin_version, "1.0.0");
  EXPECT_EQ(record.recipe.parameters_json, R"({"strength":1.5,"rounds":3})");
  EXPECT_EQ(record.input_digests.at("volume"), digest(*workspace->find("in")));
  EXPECT_EQ(record.output_digests.at("volume"), digest(*workspace->find("out")));
  EXPECT_EQ(record.curves.at("residual").y, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(record.warnings, std::vector<std::string>{"noise is noise"});
  EXPECT_GT(record.peak_memory_bytes, std::size_t{1} << 20);
  EXPECT_FALSE(record.libraries.at("ITK").empty());
  EXPECT_EQ(events.back().state, State::done);
}

TEST_F(Jobs, ReportProgressThatNeverFalls) {
  (void)run(test::sample_recipe("noise"));
  double last = 0;
  for (const Event& event : events) {
    EXPECT_GE(event.fraction, last);
    last = event.fraction;
  }
  EXPECT_EQ(last, 1.0);
}

TEST_F(Jobs, PassOnEveryNthPreviewOnly) {
  const auto previews = [&] {
    return std::ranges::count_if(events, [](const Event& e) { return e.kind == EventKind::preview && e.data; });
  };
  (void)run(test::sample_recipe("noise"));
  EXPECT_EQ(previews(), 0);
  options.preview_every = 1;
  (void)run(test::sample_recipe("noise"));
  EXPECT_EQ(previews(), 1);
}

TEST_F(Jobs, MakeOnlyThePreviewsThatAreWanted) {
  const auto previews = [&](const char* output) {
    return std::ranges::count_if(events,
                                 [&](const Event& e) { return e.kind == EventKind::preview && e.output == output; });
  };
  for (const auto& [every, wanted] : {std::pair{1, 10}, {2, 5}, {3, 4}, {10, 1}, {50, 1}, {0, 0}}) {
    events.clear();
    options.preview_every = every;
    const Record record = run(test::sample_recipe("iterate"));
    EXPECT_EQ(record.figures.at("previews made").value, wanted) << "every " << every;
    EXPECT_EQ(previews("volume"), wanted) << "every " << every;
    EXPECT_EQ(previews("second"), wanted) << "every " << every;
  }
  options.preview_every = 1;
  options.preview_pause = std::chrono::hours{1};
  EXPECT_EQ(run(test::sample_recipe("iterate")).figures.at("previews made").value, 1) << "the next is an hour away";
}

TEST_F(Jobs, WriteARecordBesideTheOutput) {
  ASSERT_EQ(run(to_file("noise")).state, State::done);
  EXPECT_EQ(read_record(folder / "out.raw.record.json").recipe.task, "test/noise");
  EXPECT_EQ(entries(), 3U) << "the output, its companion and the record";
}

TEST_F(Jobs, GiveTheErrorOfTheTaskAndWriteNothing) {
  const std::map<std::string, Errc> cases{{"throw_error", Errc::quality_gate},
                                          {"throw_int", Errc::internal},
                                          {"nan_output", Errc::invalid_result},
                                          {"no_output", Errc::invalid_result},
                                          {"huge", Errc::out_of_memory}};
  for (const auto& [task, code] : cases) {
    const Record record = run(to_file(task));
    EXPECT_EQ(record.state, State::failed) << task;
    EXPECT_EQ(record.error, code) << task << ": " << record.error_message;
    EXPECT_FALSE(record.error_message.empty());
    EXPECT_EQ(entries(), 0U) << task;
  }
}

TEST_F(Jobs, RunAgainstTheEstimateWhenToldTo) {
  options.ignore_memory = true;
  EXPECT_EQ(run(test::sample_recipe("huge")).state, State::done);
}

TEST_F(Jobs, LeaveNothingOnAFullDisk) {
  files->full = true;
  const Record record = run(to_file("noise"));
  EXPECT_EQ(record.error, Errc::cannot_write);
  EXPECT_EQ(entries(), 0U);
}

TEST_F(Jobs, TakeTheOutputAwayWhenItsRecordCannotBeWritten) {
  files->record_fails = true;
  const Record record = run(to_file("noise"));
  EXPECT_EQ(record.error, Errc::cannot_write);
  EXPECT_FALSE(std::filesystem::exists(folder / "out.raw"));
}

TEST_F(Jobs, LeaveNothingOfTheFirstOutputWhenTheSecondFails) {
  Recipe recipe = to_file("two_outputs");
  recipe.outputs = {{"second", (folder / "a.raw").string()}, {"volume", (folder / "b.raw").string()}};
  files->fails_at = "b.raw";
  const Record record = run(recipe);
  EXPECT_EQ(record.error, Errc::cannot_write);
  EXPECT_NE(record.error_message.find((folder / "b.raw").string()), std::string::npos) << record.error_message;
  EXPECT_EQ(entries(), 0U);
}

TEST_F(Jobs, KeepWhatTheyWouldReplaceUntilEverythingIsThere) {
  std::ofstream(folder / "a.raw") << "precious";
  std::filesystem::create_directories(folder / "b.raw.side" / "in the way");  // cannot be replaced by a file
  Recipe recipe = to_file("two_outputs");
  recipe.outputs = {{"second", (folder / "a.raw").string()}, {"volume", (folder / "b.raw").string()}};
  EXPECT_EQ(run(recipe).error, Errc::cannot_write);
  options.overwrite = true;
  files->fails_at = "b.raw";
  EXPECT_EQ(run(recipe).error, Errc::cannot_write);
  std::string text;
  std::ifstream(folder / "a.raw") >> text;
  EXPECT_EQ(text, "precious");
  EXPECT_EQ(entries(), 2U);
}

TEST_F(Jobs, GoOnWhereTheyWereInterrupted) {
  options.checkpoint_every = std::chrono::milliseconds{1};
  options.resume = true;
  const Recipe recipe = to_file("count");
  std::stop_source stop;
  const auto executor = make_in_process_executor(source, registry, options, make_data_access(workspace, files));
  const Record first = executor->execute(recipe, stop.get_token(), [&](const Event& event) {
    if (event.fraction > 0.5) stop.request_stop();
  });
  ASSERT_EQ(first.state, State::cancelled);
  ASSERT_TRUE(std::filesystem::exists(checkpoint_path(recipe)));
  const Record second = run(recipe);
  ASSERT_EQ(second.state, State::done) << second.error_message;
  EXPECT_GT(second.figures.at("first round").value, 40);
  EXPECT_FALSE(std::filesystem::exists(checkpoint_path(recipe)));
  Recipe whole = recipe;
  whole.outputs.clear();
  EXPECT_EQ(run(whole).output_digests, second.output_digests) << "an interruption changes no bit";
}

TEST_F(Jobs, DoNotGoOnWithTheStateOfAnotherRun) {
  options.checkpoint_every = std::chrono::milliseconds{1};
  options.resume = true;
  Recipe recipe = to_file("count");
  std::stop_source stop;
  const auto executor = make_in_process_executor(source, registry, options, make_data_access(workspace, files));
  (void)executor->execute(recipe, stop.get_token(), [&](const Event& event) {
    if (event.fraction > 0.5) stop.request_stop();
  });
  recipe.seed = 99;
  EXPECT_EQ(run(recipe).figures.at("first round").value, 0);
}

TEST_F(Jobs, SayWhatTheyNeedBeforeTheyCompute) {
  (void)run(test::sample_recipe("noise"));
  const auto needs = std::ranges::find(events, EventKind::needs, &Event::kind);
  ASSERT_NE(needs, events.end());
  EXPECT_GT(needs->x, 1e6);
  EXPECT_EQ(needs->y, 1);
  EXPECT_TRUE(needs->message.starts_with("needs about")) << needs->message;
}

TEST_F(Jobs, CanBePlannedWithoutRunning) {
  const auto data = make_data_access(workspace, files);
  const RunPlan result = plan(to_file("noise"), {source, registry, *data, options});
  EXPECT_EQ(result.recipe.parameters_json, R"({"strength":1.5,"rounds":3})");
  EXPECT_EQ(result.backend, "memory");
  EXPECT_GT(result.estimate.total(), result.estimate.work_bytes);
  EXPECT_EQ(entries(), 0U);
  EXPECT_THROW((void)plan(to_file("huge"), {source, registry, *data, options}), Error);
}

TEST_F(Jobs, RefuseToReplaceAnOutputBeforeTheyRun) {
  std::ofstream(folder / "out.raw") << "precious";
  EXPECT_EQ(run(to_file("noise")).error, Errc::cannot_write);
  EXPECT_TRUE(events.size() <= 1) << "the task was started";
  options.overwrite = true;
  EXPECT_EQ(run(to_file("noise")).state, State::done);
}

TEST_F(Jobs, RefuseAMissingFolder) {
  Recipe recipe = test::sample_recipe("noise");
  recipe.outputs = {{"volume", (folder / "no" / "out.raw").string()}};
  EXPECT_EQ(run(recipe).error, Errc::output_directory);
}

TEST_F(Jobs, NameUnknownAndMissingPorts) {
  Recipe recipe = test::sample_recipe("noise");
  recipe.inputs["sinogram"] = "workspace:in";
  EXPECT_EQ(run(recipe).error, Errc::usage);
  recipe.inputs.clear();
  EXPECT_EQ(run(recipe).error, Errc::no_input);
  recipe = test::sample_recipe("noise");
  recipe.outputs = {{"picture", "workspace:out"}};
  EXPECT_EQ(run(recipe).error, Errc::usage);
  recipe = test::sample_recipe("noise");
  recipe.inputs["volume"] = "workspace:nothing";
  EXPECT_EQ(run(recipe).error, Errc::no_input);
}

TEST_F(Jobs, StopWhenAsked) {
  std::stop_source stop;
  std::jthread later{[&] {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    stop.request_stop();
  }};
  const Record record = run(to_file("waits"), stop.get_token());
  EXPECT_EQ(record.state, State::cancelled);
  EXPECT_EQ(record.error, Errc::cancelled);
  EXPECT_EQ(entries(), 0U);
}

TEST_F(Jobs, ReplayToTheSameBitsWithAnyNumberOfThreads) {
  options.threads = 2;
  const Record before = run(test::sample_recipe("noise"));
  for (const int threads : {1, 2}) {
    options.threads = threads;
    const auto executor = make_in_process_executor(source, registry, options, make_data_access(workspace, files));
    const Replay again = replay(record_from_json(to_json(before)), *executor);
    EXPECT_TRUE(again.comparison.same_bits) << threads;
    EXPECT_EQ(again.comparison.differences.empty(), threads == 2);
  }
}

TEST_F(Jobs, OfAnotherSeedAreToldApart) {
  const Record before = run(test::sample_recipe("noise"));
  Record other = before;
  other.recipe.seed = 12;
  const auto executor = make_in_process_executor(source, registry, options, make_data_access(workspace, files));
  const Replay again = replay(other, *executor);
  EXPECT_FALSE(again.comparison.same_bits);
  EXPECT_TRUE(again.comparison.differences.at(0).starts_with("output volume"));
}

TEST_F(Jobs, RecordFiguresWithTheirUnitsAndWholeCurves) {
  Record record = run(test::sample_recipe("iterate"));
  EXPECT_EQ(record.figures.at("previews made").unit, "previews");
  record = record_from_json(to_json(run(test::sample_recipe("noise"))));
  EXPECT_EQ(record.curves.at("residual").x, (std::vector<double>{1, 2}));
  EXPECT_EQ(record.curves.at("residual").y, (std::vector<double>{0.5, 0.25}));
  record = run(test::sample_recipe("long_curve"));
  const Curve& curve = record.curves.at("objective");
  EXPECT_LE(curve.x.size(), 502U);
  EXPECT_GE(curve.x.size(), 250U);
  EXPECT_EQ(curve.x.front(), 0);
  EXPECT_EQ(curve.x.back(), 4999) << "the last point is kept";
  EXPECT_TRUE(std::ranges::is_sorted(curve.x));
  EXPECT_EQ(curve.x.size(), curve.y.size());
}

TEST_F(Jobs, PutAttachmentsBesideTheFirstOutputWithTheirDigests) {
  const Record record = run(to_file("attaches"));
  ASSERT_EQ(record.state, State::done) << record.error_message;
  const Attachment& one = record.attachments.at("tiles.csv");
  EXPECT_EQ(one.file, "out.raw.tiles.csv");
  std::ifstream file(folder / one.file);
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(text, "tile,radius\n1,0.5\n");
  EXPECT_EQ(one.bytes, text.size());
  EXPECT_EQ(one.sha256, sha256_of_file(folder / one.file));
  EXPECT_EQ(read_record(record_path(folder / "out.raw")).attachments.at("tiles.csv"), one);
  const Record in_memory = run(test::sample_recipe("attaches"));
  EXPECT_EQ(in_memory.attachments.at("tiles.csv").file, "");
  ASSERT_EQ(in_memory.warnings.size(), 1U);
  EXPECT_NE(in_memory.warnings.front().find("'tiles.csv' is not kept"), std::string::npos);
}

TEST_F(Jobs, TakeACollectionOfDataSetsWithADigestEach) {
  workspace->put("other", freeze(test::sample_volume()));
  Recipe recipe = test::sample_recipe("collects");
  recipe.inputs.clear();
  recipe.collections["volume"] = {"workspace:in", "workspace:other", "workspace:in"};
  const Record record = run(recipe_from_json(to_json(recipe)));
  ASSERT_EQ(record.state, State::done) << record.error_message;
  EXPECT_EQ(record.input_digests.size(), 3U);
  EXPECT_EQ(record.input_digests.at("volume[2]"), digest(*workspace->find("in")));
  const auto sum = workspace->find("out");
  EXPECT_FLOAT_EQ(get<Volume>(sum).pixels.values<float>()[5], 3 * test::sample_volume().pixels.values<float>()[5]);
  recipe.task = "test/noise";
  const Record refused = run(recipe);
  EXPECT_EQ(refused.error, Errc::usage);
  EXPECT_NE(refused.error_message.find("takes one data set, 3 are named"), std::string::npos) << refused.error_message;
}

TEST_F(Jobs, NoteTheNetworksTheyUseAndAreRefusedWithoutThem) {
  EXPECT_EQ(run(test::sample_recipe("networks")).error, Errc::no_input);
  const std::filesystem::path models{ISO_SOURCE_DIR "/tests/data/networks"};
  options.model_directories = {folder / "nowhere", models};
  const Record record = run(test::sample_recipe("networks"));
  ASSERT_EQ(record.state, State::done) << record.error_message;
  EXPECT_EQ(record.models.at("tiny_denoiser"), sha256_of_file(models / "tiny_denoiser.card.json"));
  EXPECT_GT(record.estimated_memory_bytes, std::size_t{70} << 20) << "the library that runs networks is counted";
  EXPECT_EQ(get<Volume>(workspace->find("out")).meta.at("estimate"), "estimated from 24 views by tiny_denoiser");
  EXPECT_TRUE(record.warnings.empty());
}

TEST_F(Jobs, WarnOfEstimatesBeyondWhatTheirNetworkWasValidatedFor) {
  options.model_directories = {ISO_SOURCE_DIR "/tests/data/networks"};
  Recipe recipe = test::sample_recipe("networks");
  recipe.parameters_json = R"({"strength": 9})";
  const Record record = run(recipe);
  ASSERT_EQ(record.state, State::done) << record.error_message;
  ASSERT_EQ(record.warnings.size(), 2U);
  EXPECT_NE(record.warnings[0].find("unexplained"), std::string::npos);
  EXPECT_NE(record.warnings[1].find("out-of-domain score is 9"), std::string::npos);
  EXPECT_EQ(std::ranges::count(events, EventKind::warning, &Event::kind), 2) << "who waits for the job is told, too";
}

TEST_F(Jobs, RefuseEstimatesWithoutTheirResidualOrScore) {
  options.model_directories = {ISO_SOURCE_DIR "/tests/data/networks"};
  for (const char* task : {"networks_alone", "networks_unscored"}) {
    const Record record = run(test::sample_recipe(task));
    EXPECT_EQ(record.error, Errc::invalid_result) << task;
    EXPECT_NE(record.error_message.find("tiny_denoiser"), std::string::npos) << record.error_message;
  }
}

TEST_F(Jobs, RefuseACopyOfANetworkThatWasChanged) {
  const auto models = folder / "changed";
  std::filesystem::copy(ISO_SOURCE_DIR "/tests/data/networks", models);
  std::ofstream(models / "tiny_denoiser.onnx", std::ios::app) << "x";
  options.model_directories = {models};
  const Record record = run(test::sample_recipe("networks"));
  EXPECT_EQ(record.error, Errc::invalid_input);
  EXPECT_NE(record.error_message.find("SHA-256"), std::string::npos) << record.error_message;
}

TEST_F(Jobs, AreRefusedWithEveryReasonOfTheirPlan) {
  Recipe recipe = test::sample_recipe("particular");
  recipe.parameters_json = R"({"rounds": 17, "strength": 3})";
  const Record record = run(recipe);
  EXPECT_EQ(record.error, Errc::invalid_input);
  EXPECT_EQ(record.error_message, "rounds is 17, the volume has 16 slices; strength is too high for this volume");
  EXPECT_EQ(run(test::sample_recipe("unsuited")).error, Errc::unsupported);
}

/// The backend of the tests under the name of a device.
class NamedBackend final : public compute::HostBackend {
 public:
  explicit NamedBackend(std::string id) : id_{std::move(id)} {}
  [[nodiscard]] compute::DeviceInfo info() const override {
    return {id_, "memory of the host", "none", std::size_t{1} << 40, std::size_t{1} << 40};
  }
  [[nodiscard]] std::span<const compute::OperatorEntry> operators() const noexcept override { return {}; }
  [[nodiscard]] const compute::VectorOps& vector() const noexcept override { std::abort(); }

 private:
  std::string id_;
};

/// Starts two jobs that wait, and says how many are past waiting for the device after a while.
int jobs_at_once(const std::string& device, Workspace& workspace) {
  test::SampleSource source;
  compute::BackendRegistry registry;
  registry.add(std::make_unique<NamedBackend>(device), 1);
  std::atomic<int> computing{0};
  std::stop_source stop;
  const auto shared = std::make_shared<Workspace>();
  shared->put("in", workspace.find("in"));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        const auto executor = make_in_process_executor(source, registry, {}, make_data_access(shared, nullptr));
        bool counted = false;
        (void)executor->execute(test::sample_recipe("waits"), stop.get_token(), [&](const Event& event) {
          if (event.stage == "waiting" && !std::exchange(counted, true)) ++computing;
        });
      });
    for (int i = 0; i < 300 && computing < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{2});
    stop.request_stop();
  }
  return computing;
}

TEST_F(Jobs, ShareADeviceUnlessItHasMemoryOfItsOwn) {
  EXPECT_EQ(jobs_at_once("memory", *workspace), 2);
  EXPECT_EQ(jobs_at_once("cuda:7", *workspace), 1) << "whichever executor, queue or process runs it";
}

TEST_F(Jobs, CanBePlannedFromDescriptionsAlone) {
  const auto data = make_data_access(workspace, files);
  const plugin::Descriptions inputs{{"volume", describe(test::sample_volume())}};
  Recipe recipe = test::sample_recipe("noise");
  recipe.inputs["volume"] = "workspace:not there";
  const RunPlan result = plan(recipe, inputs, {source, registry, *data, options});
  EXPECT_EQ(result.estimate.input_bytes, std::size_t{16} * 16 * 16 * sizeof(float));
  EXPECT_EQ(result.estimate.work_bytes, 4096U);
  EXPECT_EQ(result.outputs.at("volume").one().bytes(), result.estimate.input_bytes);
  recipe.task = "test/huge";
  EXPECT_THROW((void)plan(recipe, inputs, {source, registry, *data, options}), Error);
}

/// A back end that has one operator, which costs what it says.
class PricedBackend final : public compute::HostBackend {
 public:
  [[nodiscard]] compute::DeviceInfo info() const override { return {"priced", "memory of the host", "none", 1, 1}; }
  [[nodiscard]] std::span<const compute::OperatorEntry> operators() const noexcept override {
    static const compute::OperatorSpec spec = transform();
    static const compute::OperatorEntry entries[] = {{spec.name(), nullptr,
                                                      [](const compute::OperatorSpec&) {
                                                        return compute::OperatorCost{300, 40, 0.5, true};
                                                      },
                                                      nullptr}};
    return entries;
  }
  [[nodiscard]] const compute::VectorOps& vector() const noexcept override { std::abort(); }
  static compute::OperatorSpec transform() { return compute::Fourier{Shape{8, 8}, {0, 1}, true, ScalarType::c64}; }
};

TEST(Estimate, AddsInputsWorkAndWhatTheBackEndSaysOfTheOperators) {
  plugin::Plan needed;
  needed.bytes = 1000;
  needed.seconds = 1;
  needed.operators.push_back({PricedBackend::transform(), 6});
  const plugin::Descriptions inputs = plugin::describe({{"volume", freeze(test::sample_volume(4))}});
  const Estimate result = estimate(needed, inputs, PricedBackend{}, InputMemory::resident);
  EXPECT_EQ(result.input_bytes, 256U);
  EXPECT_EQ(result.operator_bytes, 340U);
  EXPECT_EQ(result.work_bytes, 1000U);
  EXPECT_EQ(result.seconds, 4) << "six applications of half a second, and one for the rest";
  EXPECT_GT(result.process_bytes, std::size_t{1} << 20);
}

}  // namespace
}  // namespace iso::job
