// A plugin that tries what it may not, in the real worker: each attempt is refused or ended, with a sentence.
#include "host/plugins/catalogue.h"
#include "host/workers/confinement.h"
#include "host/workers/plan_worker.h"
#include "host/workers/worker_executor.h"

#include "support/job_tasks.h"
#include "support/plugin_folder.h"
#include "support/sanitizers.h"

#include "iso/base/temporary_folder.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>

namespace iso::host {
namespace {

namespace fs = std::filesystem;

/// How many processes run that this one started as a worker, or that stem from one: a fork keeps the words of its command.
int workers_running() {
  int count = 0;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator("/proc", problem)) {
    std::ifstream stream(entry.path() / "cmdline");
    std::string line;
    std::getline(stream, line);
    if (line.find("--parent=" + std::to_string(::getpid())) != std::string::npos) ++count;
  }
  return count;
}

class HostilePlugin : public ::testing::Test {
 protected:
  HostilePlugin() : plugins{"hostile"}, secret{"iso_hostile_secret"}, settings{"iso_hostile_settings"} {
    ::setenv("XDG_CONFIG_HOME", settings.path().c_str(), 1);
    ::setenv("HOSTILE_VICTIM", std::to_string(::getpid()).c_str(), 1);
    ::setenv("HOSTILE_FILE", (secret.path() / "secret.txt").c_str(), 1);
    std::ofstream(secret.path() / "secret.txt") << "patient";
    options.program = ISO_WORKER_PROGRAM;
    options.plugin_directories = {plugins.path()};
    options.execution.scratch = scratch.path();
    options.execution.threads = 1;
    workspace->put("in", freeze(test::sample_volume(4)));
  }
  ~HostilePlugin() override {
    EXPECT_TRUE(fs::is_empty(scratch.path())) << "a folder was left behind";
    EXPECT_EQ(workers_running(), 0) << "a process was left behind";
  }

  job::Record run(const std::string& task) {
    job::Recipe recipe;
    recipe.task = "hostile/" + task;
    recipe.inputs = {{"volume", "workspace:in"}};
    recipe.outputs = {{"result", "workspace:out"}};
    return make_worker_executor(options, {}, workspace)->execute(recipe, {}, {});
  }
  void expect(const std::string& task, Errc code, const std::string& words) {
    const job::Record record = run(task);
    ASSERT_TRUE(record.error) << task << " was done";
    EXPECT_EQ(*record.error, code) << task << ": " << record.error_message;
    EXPECT_NE(record.error_message.find(words), std::string::npos) << task << ": " << record.error_message;
  }

  test::PluginFolder plugins;
  TemporaryFolder secret, settings, scratch{"iso_hostile_scratch"};
  WorkerOptions options;
  std::shared_ptr<job::Workspace> workspace = std::make_shared<job::Workspace>();
};

TEST_F(HostilePlugin, IsRefusedSocketsFilesSignalsTracingAndProcesses) {
  if (!confinement_support().complete()) GTEST_SKIP() << confinement_support().sentence();
  plugins.add_hostile();
  for (const char* const task : {"network", "unix_socket", "signal", "trace", "limits", "forks", "program"})
    expect(task, Errc::unsupported, "Operation not permitted");
  for (const char* const task : {"read_file", "write_file", "list_home"})
    expect(task, Errc::unsupported, "Permission denied");
  expect("signal_all", Errc::unsupported, "not permitted");
  EXPECT_EQ(run("nothing").state, job::State::done) << "an honest task goes on";
}

TEST_F(HostilePlugin, GetsNoMoreMemoryThanItsPlanAllows) {
  if (test::sanitized) GTEST_SKIP() << "sanitizers take addresses without end";
  plugins.add_hostile();
  const job::Record record = run("memory");
  EXPECT_EQ(record.error, Errc::out_of_memory) << record.error_message;
  EXPECT_NE(record.error_hint.find("by its plan it may take"), std::string::npos) << record.error_hint;
  options.execution.ignore_memory = true;
  EXPECT_EQ(run("memory").error, Errc::internal) << "the user insisted: 10 GiB of addresses are given";
}

TEST_F(HostilePlugin, ThatEndsItsProcessHasCrashedWithItsCode) {
  plugins.add_hostile();
  expect("exit", Errc::plugin_crashed, "exit code 0");
  expect("exit_at_once", Errc::plugin_crashed, "exit code 0");
  expect("quick_exit", Errc::plugin_crashed, "exit code 3");
  expect("abort", Errc::plugin_crashed, "signal 6");
}

TEST_F(HostilePlugin, ThatMayStartProcessesLeavesNone) {
  plugins.add_hostile({"processes"});
  expect("child", Errc::plugin_incompatible, "unless you agree");
  const std::vector<fs::path> folders{plugins.path()};
  PluginCatalogue{folders}.agree("hostile");
  EXPECT_EQ(run("child").state, job::State::done) << run("child").error_message;
  EXPECT_EQ(workers_running(), 0);
  expect("child_and_exit", Errc::plugin_crashed, "exit code 3");
  EXPECT_EQ(workers_running(), 0);
  expect("forks", Errc::internal, "got through");
  EXPECT_EQ(workers_running(), 0);
}

TEST_F(HostilePlugin, ThatDescribesItsResultWronglyIsRefused) {
  plugins.add_hostile();
  for (const char* const task : {"grid_size", "grid_nan", "grid_singular", "few_pixels", "one_axis", "five_axes"})
    expect(task, Errc::invalid_result, "contradicts itself");
}

TEST_F(HostilePlugin, IsConfinedWhileItPlans) {
  if (!confinement_support().complete()) GTEST_SKIP() << confinement_support().sentence();
  plugins.add_hostile();
  PlanWorker planner{options};
  for (const auto& [task, words] : std::map<std::string, std::string>{{"plan_network", "Operation not permitted"},
                                                                      {"plan_read_file", "Permission denied"}}) {
    job::Recipe recipe;
    recipe.task = "hostile/" + task;
    recipe.inputs = {{"volume", "workspace:in"}};
    recipe.outputs = {{"result", "workspace:out"}};
    plugin::Descriptions inputs;
    inputs["volume"] = describe(*workspace->find("in"));
    try {
      (void)planner.ask(recipe, inputs);
      ADD_FAILURE() << task << " was planned";
    } catch (const Error& error) {
      EXPECT_NE(std::string{error.what()}.find(words), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace iso::host
