#include "contract/plugin/sample_inputs.h"

#include "host/plugins/catalogue.h"
#include "host/startup/startup.h"
#include "iso/base/error.h"
#include "iso/plugin/library.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <mutex>
#include <sstream>

namespace iso::plugin {
namespace {

namespace fs = std::filesystem;
using test::Amount;

host::PluginCatalogue& catalogue() {
  static host::PluginCatalogue one{std::array{fs::path{ISO_BUILT_PLUGINS}}};
  return one;
}

const compute::BackendRegistry& backends() {
  static compute::BackendRegistry registry;
  if (registry.available().empty()) host::add_backends(registry);
  return registry;
}

/// Remembers what a task reports, and can ask it to stop.
class WatchingContext final : public RunContext {
 public:
  explicit WatchingContext(const compute::Backend& backend) : backend_{backend} {
    std::string name = (fs::path(::testing::TempDir()) / "iso_contract_XXXXXX").string();
    scratch_ = ::mkdtemp(name.data());
  }
  WatchingContext(const WatchingContext&) = delete;
  WatchingContext& operator=(const WatchingContext&) = delete;
  ~WatchingContext() override { fs::remove_all(scratch_); }

  void report(double fraction, std::string_view stage) override {
    const std::scoped_lock lock{mutex_};
    fractions.push_back(fraction);
    if (stage.empty()) unnamed_stage = true;
    if (stop_at_first_report) {
      stopped_at = std::chrono::steady_clock::now();
      stopper.request_stop();
      stop_at_first_report = false;
    }
  }
  void plot(std::string_view, double, double) override {}
  void figure(std::string_view name, double value, std::string_view unit) override {
    if (name.empty() || unit.empty() || !std::isfinite(value)) bad_figure = name;
  }
  void attach(std::string_view, const fs::path& file) override { EXPECT_TRUE(fs::exists(file)) << file; }
  [[nodiscard]] Model model(std::string_view id) override {
    throw Error{Errc::no_input, "the network '" + std::string{id} + "' is not installed"};
  }
  void preview(std::string_view, DatasetPtr) override { ++previews; }
  void log(std::string_view) override {}
  void warn(std::string_view) override {}
  [[nodiscard]] std::stop_token stop() const noexcept override { return stopper.get_token(); }
  [[nodiscard]] const compute::Backend& backend() const noexcept override { return backend_; }
  [[nodiscard]] std::uint64_t seed() const noexcept override { return 7; }
  [[nodiscard]] std::size_t memory_budget_bytes() const noexcept override { return std::size_t{1} << 30; }
  [[nodiscard]] fs::path scratch() const override { return scratch_; }
  [[nodiscard]] bool wants_preview() const noexcept override { return true; }
  [[nodiscard]] bool wants_checkpoint() const noexcept override { return false; }
  void keep(const Checkpoint&) override {}
  [[nodiscard]] std::optional<Checkpoint> resumed() const override { return std::nullopt; }

  std::vector<double> fractions;
  bool unnamed_stage{false}, stop_at_first_report{false};
  std::string bad_figure;  ///< one without name, unit or value
  std::atomic<int> previews{0};
  std::stop_source stopper;
  std::chrono::steady_clock::time_point stopped_at;

 private:
  const compute::Backend& backend_;
  fs::path scratch_;
  std::mutex mutex_;  // guards fractions and what is beside them
};

class PluginContract : public ::testing::TestWithParam<std::string> {
 protected:
  PluginContract() : manifest{catalogue().find_task(GetParam())}, task{catalogue().load(GetParam()).task} {
    parameters = task->parse(params::defaults_json(manifest->parameters));
  }

  /// Parses and plans as the program does before every run. Throws the first reason against it.
  Plan planned(const Datasets& inputs) const {
    Plan plan = task->plan(describe(inputs), *parameters);
    if (!plan.possible()) throw Error{plan.refusals.front().code, plan.refusals.front().sentence};
    return plan;
  }

  const compute::Backend& backend_for(const Datasets& inputs) const {
    std::vector<compute::OperatorSpec> specs;
    for (const PlannedOperator& one : planned(inputs).operators) specs.push_back(one.spec);
    return backends().choose(specs, 0);
  }

  Datasets run(const Datasets& inputs, RunContext& context) const { return task->run(inputs, *parameters, context); }

  /// Inputs the task runs on with default parameters: the required ones, or all of them. Empty if there are none here.
  Datasets working_inputs() const {
    for (const bool optional : {false, true}) {
      Datasets inputs = test::sample_inputs(*manifest, Amount::small, optional);
      const bool whole = std::ranges::all_of(
          manifest->inputs, [&](const Port& port) { return port.optional || inputs.contains(port.name); });
      if (!whole || !task->plan(describe(inputs), *parameters).possible()) continue;
      try {
        WatchingContext context{backend_for(inputs)};
        (void)run(inputs, context);
        return inputs;
      } catch (const Error& error) {
        if (error.code() != Errc::invalid_input && error.code() != Errc::no_input) throw;
      }
    }
    return {};
  }

  /// The inputs are refused with an Error, or give outputs; nothing else may happen.
  void expect_error_or_outputs(const Datasets& inputs) const {
    try {
      WatchingContext context{backend_for(inputs)};
      const Datasets outputs = run(inputs, context);
      for (const Port& port : manifest->outputs) EXPECT_TRUE(port.optional || outputs.contains(port.name)) << port.name;
    } catch (const Error& error) {
      EXPECT_GT(std::string_view{error.what()}.size(), 10U);
    }
  }

  const TaskManifest* manifest;
  std::shared_ptr<Task> task;
  ParametersPtr parameters;  ///< the defaults
};

TEST_P(PluginContract, DescribesItself) {
  for (const host::PluginEntry& entry : catalogue().plugins()) {
    if (!GetParam().starts_with(entry.manifest.id + "/")) continue;
    for (const std::string& problem : find_problems(entry.manifest)) ADD_FAILURE() << problem;
    std::ifstream file{entry.manifest_file};
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(to_json(make_manifest(open_plugin(entry.manifest_file.parent_path() / entry.manifest.library),
                                    entry.manifest.library)),
              text.str());
  }
  EXPECT_EQ(task->interactive(), manifest->interactive);
}

std::string beyond(const params::FieldInfo& field, double limit, double direction) {
  if (field.kind == params::FieldKind::integer) return std::to_string(static_cast<std::int64_t>(limit + direction));
  const std::string value = params::to_text(std::nextafter(limit, direction * HUGE_VAL));
  return field.kind == params::FieldKind::numbers ? "[" + value + "]" : value;
}

TEST_P(PluginContract, RejectsEveryParameterJustOutsideItsRange) {
  const auto refuses = [&](const std::string& name, const std::string& value) {
    try {
      (void)task->parse("{\"" + name + "\":" + value + "}");
      ADD_FAILURE() << name << " takes " << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_input);
      EXPECT_NE(std::string_view{error.what()}.find("'" + name + "'"), std::string_view::npos) << error.what();
    }
  };
  for (const params::FieldInfo& field : manifest->parameters.fields) {
    if (field.minimum) refuses(field.name, beyond(field, *field.minimum, -1));
    if (field.maximum) refuses(field.name, beyond(field, *field.maximum, 1));
    if (field.kind == params::FieldKind::choice) refuses(field.name, "\"no such choice\"");
  }
  refuses("no_such_parameter", "1");
}

TEST_P(PluginContract, AnswersMissingEmptyAndTinyInputsWithAnError) {
  EXPECT_FALSE(task->plan({}, *parameters).possible());
  for (const Amount amount : {Amount::none, Amount::tiny})
    for (const bool optional : {false, true}) expect_error_or_outputs(test::sample_inputs(*manifest, amount, optional));
}

TEST_P(PluginContract, GivesTheOutputsItPromisesReportsAllTheWayAndCleansUp) {
  const Datasets inputs = working_inputs();
  if (inputs.empty()) GTEST_SKIP() << "there is no sample data for its inputs";
  WatchingContext context{backend_for(inputs)};
  const Datasets outputs = run(inputs, context);
  for (const Port& port : manifest->outputs) {
    const auto found = outputs.find(port.name);
    if (found == outputs.end()) {
      EXPECT_TRUE(port.optional) << port.name;
      continue;
    }
    EXPECT_EQ(to_kind(*found->second), port.kind);
    EXPECT_EQ(soundness(*found->second), Soundness::sound) << port.name;
  }
  EXPECT_TRUE(std::ranges::is_sorted(context.fractions));
  ASSERT_FALSE(context.fractions.empty());
  EXPECT_GE(context.fractions.front(), 0);
  EXPECT_NEAR(context.fractions.back(), 1, 1e-9);
  EXPECT_FALSE(context.unnamed_stage);
  EXPECT_TRUE(fs::is_empty(context.scratch()));
}

TEST_P(PluginContract, GivesTheSameBytesForTheSameSeed) {
  const Datasets inputs = working_inputs();
  if (inputs.empty()) GTEST_SKIP() << "there is no sample data for its inputs";
  std::array<std::map<std::string, std::string>, 2> digests;
  for (auto& one : digests) {
    WatchingContext context{backend_for(inputs)};
    for (const auto& [name, data] : run(inputs, context)) one[name] = digest(*data);
  }
  EXPECT_EQ(digests[0], digests[1]);
}

TEST_P(PluginContract, StopsWithinASecond) {
  const Datasets inputs = working_inputs();
  if (inputs.empty()) GTEST_SKIP() << "there is no sample data for its inputs";
  WatchingContext context{backend_for(inputs)};
  context.stop_at_first_report = true;
  try {
    (void)run(inputs, context);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cancelled) << error.what();
  }
  ASSERT_TRUE(context.stopper.stop_requested());
  EXPECT_LT(std::chrono::steady_clock::now() - context.stopped_at, std::chrono::seconds{1});
}

TEST_P(PluginContract, PlansOnDescriptionsAndKeepsWhatThePlanPromises) {
  const Datasets inputs = working_inputs();
  if (inputs.empty()) GTEST_SKIP() << "there is no sample data for its inputs";
  const Plan plan = planned(inputs);
  EXPECT_GT(plan.bytes, 0U);
  WatchingContext context{backend_for(inputs)};
  const Datasets outputs = run(inputs, context);
  std::size_t result_bytes = 0;
  for (const auto& [name, data] : outputs) {
    const Description is = iso::describe(*data);
    result_bytes += is.bytes();
    const auto promised = plan.outputs.find(name);
    if (promised == plan.outputs.end()) continue;
    EXPECT_EQ(promised->second.one().kind(), is.kind()) << name;
    EXPECT_EQ(promised->second.one().bytes(), is.bytes()) << name;
  }
  EXPECT_GE(plan.bytes, result_bytes) << "the plan must count the results";
  EXPECT_TRUE(context.bad_figure.empty()) << context.bad_figure;
}

/// What a task answers to marks, asked until it says that it is done.
class PluginInteraction : public PluginContract {
 protected:
  static constexpr std::chrono::milliseconds budget{100};
  std::unique_ptr<Interaction> begin(WatchingContext& context) { return task->begin(inputs, context); }
  std::string digests(Interaction& session, const std::vector<Mark>& marks, WatchingContext& context) const {
    std::string text;
    for (int round = 0; round < 200; ++round) {
      context.fractions.clear();
      const auto begin = std::chrono::steady_clock::now();
      const Datasets outputs = session.answer(marks, *parameters, budget, context);
      EXPECT_LT(std::chrono::steady_clock::now() - begin, 5 * budget);  // another job may share this machine
      text.clear();
      for (const auto& [name, data] : outputs) text += name + " " + digest(*data) + "\n";
      if (!context.fractions.empty() && context.fractions.back() >= 1) return text;
    }
    ADD_FAILURE() << "it never says that it is done";
    return text;
  }
  const Datasets inputs = test::sample_inputs(*manifest, Amount::small, false);
  const Mark a{1, 1, {0, 0, 0}, {{16, 16, 0}, {17, 16, 0}}}, b{2, 2, {-12, -12, 0}, {{4, 4, 0}}};
};

TEST_P(PluginInteraction, AnswersAllMarksWhateverWasAskedBefore) {
  if (!manifest->interactive) GTEST_SKIP() << "it only runs";
  WatchingContext context{backend_for(inputs)};
  const auto session = begin(context);
  ASSERT_NE(session, nullptr);
  const auto fresh = [&](const std::vector<Mark>& marks) { return digests(*begin(context), marks, context); };
  Mark relabelled = a;
  relabelled.label = 3;
  const std::string none = digests(*session, {}, context), one = digests(*session, {a}, context);
  EXPECT_NE(none, one);
  EXPECT_EQ(digests(*session, {a, b}, context), fresh({a, b}));
  EXPECT_EQ(digests(*session, {b}, context), fresh({b}));  // an older mark is removed
  EXPECT_EQ(digests(*session, {relabelled, b}, context), fresh({relabelled, b}));
  EXPECT_EQ(digests(*session, {a}, context), one);
  EXPECT_EQ(digests(*session, {}, context), none);
}

std::vector<std::string> all_tasks() {
  std::vector<std::string> ids;
  for (const host::PluginEntry& entry : catalogue().plugins()) {
    if (entry.state == host::PluginState::failed) ids.push_back("broken: " + entry.reason);
    for (const TaskManifest& task : entry.manifest.tasks) ids.push_back(task.id);
  }
  return ids;
}

std::string to_name(const std::string& id) {
  std::string name;
  for (const char letter : id) name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Tasks, PluginInteraction, ::testing::ValuesIn(all_tasks()),
                         [](const auto& each) { return to_name(each.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PluginInteraction);
INSTANTIATE_TEST_SUITE_P(Tasks, PluginContract, ::testing::ValuesIn(all_tasks()),
                         [](const auto& each) { return to_name(each.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PluginContract);

}  // namespace
}  // namespace iso::plugin
