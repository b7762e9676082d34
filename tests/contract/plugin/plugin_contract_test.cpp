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
    defaults = params::defaults_json(manifest->parameters);
  }

  const compute::Backend& backend_for(const Datasets& inputs) const {
    return backends().choose(task->needs(inputs, defaults).operators, 0);
  }

  /// Inputs the task runs on with default parameters: the required ones, or all of them. Empty if there are none here.
  Datasets working_inputs() const {
    for (const bool optional : {false, true}) {
      Datasets inputs = test::sample_inputs(*manifest, Amount::small, optional);
      const bool whole = std::ranges::all_of(
          manifest->inputs, [&](const Port& port) { return port.optional || inputs.contains(port.name); });
      if (!whole || !task->suits(inputs, defaults).possible) continue;
      try {
        WatchingContext context{backend_for(inputs)};
        (void)task->run(inputs, defaults, context);
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
      const Datasets outputs = task->run(inputs, defaults, context);
      for (const Port& port : manifest->outputs) EXPECT_TRUE(port.optional || outputs.contains(port.name)) << port.name;
    } catch (const Error& error) {
      EXPECT_GT(std::string_view{error.what()}.size(), 10U);
    }
  }

  const TaskManifest* manifest;
  std::shared_ptr<Task> task;
  std::string defaults;
};

TEST_P(PluginContract, DescribesItself) {
  for (const host::PluginEntry& entry : catalogue().plugins()) {
    if (!GetParam().starts_with(entry.manifest.id + "/")) continue;
    for (const std::string& problem : problems_of(entry.manifest)) ADD_FAILURE() << problem;
    std::ifstream file{entry.manifest_file};
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(to_json(manifest_of(open_plugin(entry.manifest_file.parent_path() / entry.manifest.library),
                                  entry.manifest.library)),
              text.str());
  }
  EXPECT_EQ(task->interactive(), manifest->interactive);
}

std::string beyond(const params::FieldInfo& field, double limit, double direction) {
  if (field.kind == params::FieldKind::integer) return std::to_string(static_cast<std::int64_t>(limit + direction));
  const std::string value = params::text_of(std::nextafter(limit, direction * HUGE_VAL));
  return field.kind == params::FieldKind::numbers ? "[" + value + "]" : value;
}

TEST_P(PluginContract, RejectsEveryParameterJustOutsideItsRange) {
  const Datasets inputs = test::sample_inputs(*manifest, Amount::small, true);
  const auto refuses = [&](const std::string& name, const std::string& value) {
    try {
      (void)task->suits(inputs, "{\"" + name + "\":" + value + "}");
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
  EXPECT_THROW(
      {
        WatchingContext context{backends().choose({}, 0)};
        (void)task->run({}, defaults, context);
      },
      Error);
  for (const Amount amount : {Amount::none, Amount::tiny})
    for (const bool optional : {false, true}) expect_error_or_outputs(test::sample_inputs(*manifest, amount, optional));
}

TEST_P(PluginContract, GivesTheOutputsItPromisesReportsAllTheWayAndCleansUp) {
  const Datasets inputs = working_inputs();
  if (inputs.empty()) GTEST_SKIP() << "there is no sample data for its inputs";
  WatchingContext context{backend_for(inputs)};
  const Datasets outputs = task->run(inputs, defaults, context);
  for (const Port& port : manifest->outputs) {
    const auto found = outputs.find(port.name);
    if (found == outputs.end()) {
      EXPECT_TRUE(port.optional) << port.name;
      continue;
    }
    EXPECT_EQ(kind_of(*found->second), port.kind);
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
    for (const auto& [name, data] : task->run(inputs, defaults, context)) one[name] = digest(*data);
  }
  EXPECT_EQ(digests[0], digests[1]);
}

TEST_P(PluginContract, StopsWithinASecond) {
  const Datasets inputs = working_inputs();
  if (inputs.empty()) GTEST_SKIP() << "there is no sample data for its inputs";
  WatchingContext context{backend_for(inputs)};
  context.stop_at_first_report = true;
  try {
    (void)task->run(inputs, defaults, context);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cancelled) << error.what();
  }
  ASSERT_TRUE(context.stopper.stop_requested());
  EXPECT_LT(std::chrono::steady_clock::now() - context.stopped_at, std::chrono::seconds{1});
}

TEST_P(PluginContract, AnswersStrokesWithinTheTimeGivenAndTakesThemBack) {
  if (!manifest->interactive) GTEST_SKIP() << "it only runs";
  const Datasets inputs = test::sample_inputs(*manifest, Amount::small, false);
  WatchingContext context{backend_for(inputs)};
  const auto session = task->begin(inputs, defaults, context);
  ASSERT_NE(session, nullptr);
  const std::chrono::milliseconds budget{100};
  const auto update = [&](std::span<const Stroke> strokes) {
    const auto begin = std::chrono::steady_clock::now();
    const Datasets outputs = session->update(strokes, budget, context);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5 * budget);  // another job may share this machine
    std::string digests;
    for (const auto& [name, data] : outputs) digests += digest(*data);
    return digests;
  };
  const std::string before = update({});
  const std::vector<Stroke> stroke{{{{16, 16, 0}, {17, 16, 0}}, 1}};
  const std::string after = update(stroke);
  EXPECT_NE(before, after);
  EXPECT_EQ(update({}), after);
  session->undo();
  EXPECT_EQ(update({}), before);
  session->undo();
  EXPECT_EQ(update({}), before);
}

std::vector<std::string> all_tasks() {
  std::vector<std::string> ids;
  for (const host::PluginEntry& entry : catalogue().plugins()) {
    if (entry.state == host::PluginState::failed) ids.push_back("broken: " + entry.reason);
    for (const TaskManifest& task : entry.manifest.tasks) ids.push_back(task.id);
  }
  return ids;
}

std::string name_of(const std::string& id) {
  std::string name;
  for (const char letter : id) name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Tasks, PluginContract, ::testing::ValuesIn(all_tasks()),
                         [](const auto& each) { return name_of(each.param); });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PluginContract);

}  // namespace
}  // namespace iso::plugin
