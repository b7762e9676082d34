#include "host/plugins/catalogue.h"

#include "iso/base/error.h"
#include "iso/plugin/task.h"
#include "support/plugin_folder.h"
#include "support/process_memory.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

namespace iso::host {
namespace {

using test::PluginFolder;
namespace fs = std::filesystem;

/// What using a task is refused with.
struct Refusal {
  Errc code{Errc::internal};
  std::string message, hint;
};

Refusal make_refusal(PluginCatalogue& catalogue, std::string_view task) {
  try {
    (void)catalogue.load(task);
  } catch (const Error& error) {
    return {error.code(), error.what(), error.hint()};
  }
  return {Errc::internal, "it was not refused", ""};
}

PluginCatalogue make_catalogue(const fs::path& folder) { return PluginCatalogue{std::array{folder}}; }

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(PluginCatalogue, ReadsManifestsWithoutLoadingCode) {
  PluginFolder folder{"read"};
  folder.add_broken("throws_on_create");
  fs::resize_file(folder.path() / "throws_on_create.so", 100);  // no longer a library
  const PluginCatalogue catalogue{std::array{folder.path()}};
  ASSERT_EQ(catalogue.plugins().size(), 1U);
  EXPECT_EQ(catalogue.plugins()[0].state, PluginState::compatible);
  ASSERT_NE(catalogue.find_task("throws_on_create/pass"), nullptr);
  EXPECT_EQ(catalogue.find_task("throws_on_create/pass")->about.title, "Pass");
}

TEST(PluginCatalogue, LoadsATaskAndRemembersIt) {
  PluginCatalogue catalogue{std::array{fs::path{ISO_BUILT_PLUGINS}}};
  const job::LoadedTask loaded = catalogue.load("example/smoothing");
  EXPECT_EQ(loaded.plugin_id, "example");
  EXPECT_EQ(loaded.task->about().title, "Edge-preserving smoothing");
  for (const PluginEntry& entry : catalogue.plugins())
    EXPECT_EQ(entry.state, entry.manifest.id == "example" ? PluginState::loaded : PluginState::compatible)
        << entry.reason;
}

TEST(PluginCatalogue, SuggestsTheTaskThatWasMeant) {
  PluginCatalogue catalogue{std::array{fs::path{ISO_BUILT_PLUGINS}}};
  const Refusal refusal = make_refusal(catalogue, "example/smothing");
  EXPECT_EQ(refusal.code, Errc::usage);
  EXPECT_TRUE(holds(refusal.message, "example/smothing"));
  EXPECT_TRUE(holds(refusal.hint, "'example/smoothing'"));
  EXPECT_EQ(make_refusal(catalogue, "zebra").code, Errc::usage);
}

struct Case {
  const char* plugin;
  const char* sentence;  ///< part of the reason
  Errc code{Errc::plugin_incompatible};
};
void PrintTo(const Case& one, std::ostream* stream) { *stream << one.plugin; }

class BrokenLibrary : public ::testing::TestWithParam<Case> {};

TEST(PluginCatalogue, FindsTasksByTheirShortNames) {
  const PluginFolder folder("short_names");
  for (const char* const id : {"two", "one"}) {
    folder.add(PluginFolder::manifest(id));
    folder.write(std::string{id} + ".so", "");
  }
  folder.add(PluginFolder::manifest("without_library"));
  const PluginCatalogue catalogue = make_catalogue(folder.path());
  EXPECT_EQ(catalogue.tasks_called("pass"), (std::vector<std::string>{"one/pass", "two/pass"}));
  EXPECT_TRUE(catalogue.tasks_called("one/pass").empty());
  EXPECT_TRUE(catalogue.tasks_called("pas").empty());
}

TEST_P(BrokenLibrary, IsRefusedWithTheReasonAndTheOthersWork) {
  PluginFolder folder{GetParam().plugin};
  folder.add_broken(GetParam().plugin);
  const std::array folders{folder.path(), fs::path{ISO_BUILT_PLUGINS}};
  PluginCatalogue catalogue{folders};
  for (int time = 0; time < 2; ++time) {  // the second answer is the same
    const Refusal refusal = make_refusal(catalogue, std::string(GetParam().plugin) + "/pass");
    EXPECT_EQ(refusal.code, GetParam().code);
    EXPECT_TRUE(holds(refusal.message, GetParam().sentence)) << refusal.message;
    EXPECT_TRUE(holds(refusal.message, GetParam().plugin)) << refusal.message;
    EXPECT_FALSE(holds(refusal.message, "\n"));
  }
  EXPECT_NE(catalogue.load("example/smoothing").task, nullptr);
}

INSTANTIATE_TEST_SUITE_P(
    Plugins, BrokenLibrary,
    ::testing::Values(Case{"no_entry", "does not have the entry 'iso_plugin_v1'"},
                      Case{"null_descriptor", "gives no descriptor"}, Case{"short_descriptor", "too short"},
                      Case{"no_title", "incomplete descriptor"},
                      Case{"other_major", "plugin interface 3.0 with the fingerprint"},
                      Case{"newer_minor", "newer plugin interface 2."},
                      Case{"other_build", "gcc99-cxx11abi0-0123456789abcdef"}, Case{"other_id", "'somebody_else'"},
                      Case{"other_version", "'2.0.0'"}, Case{"other_task", "lists the task 'other_task/pass'"},
                      Case{"throws_in_entry", "not in the mood"},
                      Case{"throws_on_create", "the licence server does not answer", Errc::plugin_crashed},
                      Case{"throws_a_number_on_create", "unknown type", Errc::plugin_crashed},
                      Case{"null_on_create", "does not make it"},
                      Case{"missing_library", "needs the library 'libbroken_missing_dependency.so'"},
                      Case{"missing_function", "needs 'from_nowhere(int)'"}),
    [](const auto& each) { return std::string(each.param.plugin); });

TEST(PluginCatalogue, SurvivesATaskThatThrowsWhileItIsDestroyed) {
  PluginFolder folder{"destroy"};
  folder.add_broken("throws_on_destroy");
  auto catalogue = make_catalogue(folder.path());
  job::LoadedTask loaded = catalogue.load("throws_on_destroy/pass");
  EXPECT_NO_THROW(loaded.task.reset());
}

struct Manifested {
  const char* name;
  std::function<void(const PluginFolder&)> prepare;
  const char* sentence;
};

TEST(PluginCatalogue, SaysWhatIsWrongWithAManifestBeforeAnyCodeIsLoaded) {
  const auto with = [](const auto& change) {
    return [change](const PluginFolder& folder) {
      plugin::Manifest manifest = PluginFolder::manifest("crashes");
      change(manifest);
      folder.add_broken("crashes");
      folder.write("crashes.plugin.json", to_json(manifest));
    };
  };
  const Manifested cases[] = {
      {"empty", [](const PluginFolder& folder) { folder.write("crashes.plugin.json", ""); }, "empty"},
      {"cut", [](const PluginFolder& folder) { folder.write("crashes.plugin.json", "{\"schema_version\": 1,"); },
       "not JSON"},
      {"other_json", [](const PluginFolder& folder) { folder.write("crashes.plugin.json", "[1]"); },
       "expected an object"},
      {"newer_schema", with([](auto& m) { m.schema_version = 2; }), "schema_version 2"},
      {"no_library", [](const PluginFolder& folder) { folder.add(PluginFolder::manifest("crashes")); },
       "library 'crashes.so' is missing"},
      {"newer_minor", with([](auto& m) { m.abi_minor = plugin::abi_minor + 1; }), "newer plugin interface"},
      {"other_major", with([](auto& m) { m.abi_major = plugin::abi_major + 1; }), "plugin interface 3.0"},
      {"other_build", with([](auto& m) { m.build_tag = "gcc99"; }),
       "with the fingerprint gcc99, this program has the interface"},
      {"outside", with([](auto& m) { m.library = "../crashes.so"; }), "'library'"},
      {"foreign_task", with([](auto& m) { m.tasks[0].id = "other/pass"; }), "'other/pass'"}};
  for (const Manifested& one : cases) {
    PluginFolder folder{std::string("manifest_") + one.name};
    one.prepare(folder);
    auto catalogue = make_catalogue(folder.path());
    ASSERT_EQ(catalogue.plugins().size(), 1U) << one.name;
    EXPECT_EQ(catalogue.plugins()[0].state, PluginState::failed) << one.name;
    EXPECT_TRUE(holds(catalogue.plugins()[0].reason, one.sentence))
        << one.name << ": " << catalogue.plugins()[0].reason;
    const Refusal refusal = make_refusal(catalogue, "crashes/pass");
    EXPECT_EQ(refusal.code, Errc::plugin_incompatible) << one.name;
    EXPECT_TRUE(holds(refusal.message, one.sentence)) << one.name;
    EXPECT_EQ(catalogue.find_task("crashes/pass"), nullptr) << one.name;
  }
}

TEST(PluginCatalogue, RefusesABinaryOfTheFirstSdkNamingBothFingerprints) {
  const fs::path kept{ISO_FIRST_SDK_PLUGIN};
  const auto expect_refused = [](const fs::path& folder) {
    PluginCatalogue catalogue{std::array{folder}};
    const Refusal refusal = make_refusal(catalogue, "example/smoothing");
    EXPECT_EQ(refusal.code, Errc::plugin_incompatible);
    EXPECT_TRUE(holds(refusal.message, "gcc12-cxx11abi1-itk5.2")) << refusal.message;
    EXPECT_TRUE(holds(refusal.message, plugin::build_tag())) << refusal.message;
    EXPECT_FALSE(holds(refusal.message, "\n"));
  };
  expect_refused(kept);
  // Its manifest may say what it will: the library is looked into before any of its code runs.
  PluginFolder folder{"first_sdk"};
  plugin::Manifest manifest = PluginFolder::manifest("example");
  manifest.tasks.front().id = "example/smoothing";
  folder.add(manifest);
  fs::copy(kept / "example.so", folder.path());
  expect_refused(folder.path());
}

TEST(PluginCatalogue, TakesADamagedLibraryForOne) {
  PluginFolder folder{"damaged"};
  folder.add(PluginFolder::manifest("crashes"));
  folder.write("crashes.so", "not a library");
  auto catalogue = make_catalogue(folder.path());
  EXPECT_TRUE(holds(make_refusal(catalogue, "crashes/pass").message, "damaged"));
  EXPECT_EQ(catalogue.plugins()[0].state, PluginState::failed);
}

TEST(PluginCatalogue, TriesLibrariesWithoutHarm) {
  PluginFolder folder{"tried"};
  const std::map<std::string, std::string> reasons{
      {"missing_library", "libbroken_missing_dependency.so"},
      {"other_version", "'2.0.0'"},
      {"crashes_when_loaded", "ends the program that loads it (signal 11)"},
      {"crashes", ""}};  // only when it runs
  for (const auto& [id, reason] : reasons) folder.add_broken(id);
  auto catalogue = make_catalogue(folder.path());
  catalogue.try_libraries();
  ASSERT_EQ(catalogue.plugins().size(), reasons.size());
  for (const PluginEntry& entry : catalogue.plugins()) {
    const std::string& id = entry.manifest.id;
    EXPECT_EQ(entry.state, reasons.at(id).empty() ? PluginState::compatible : PluginState::failed) << id;
    EXPECT_TRUE(holds(entry.reason, reasons.at(id))) << id << ": " << entry.reason;
    EXPECT_EQ(make_refusal(catalogue, id + "/pass").code == Errc::plugin_incompatible, !reasons.at(id).empty()) << id;
  }
  EXPECT_TRUE(test::children().empty());
}

TEST(PluginCatalogue, DoesNotWaitForALibraryThatNeverLoads) {
  PluginFolder folder{"never"};
  folder.add_broken("never_loads");
  auto catalogue = make_catalogue(folder.path());
  catalogue.try_libraries(std::chrono::milliseconds{300});
  EXPECT_EQ(catalogue.plugins().front().state, PluginState::failed);
  EXPECT_TRUE(holds(catalogue.plugins().front().reason, "not loaded in time")) << catalogue.plugins().front().reason;
  EXPECT_TRUE(test::children().empty());
}

TEST(PluginCatalogue, PrefersTheFirstOfTwoWithOneId) {
  PluginFolder first{"first"}, second{"second"};
  first.add_broken("crashes");
  second.add_broken("crashes");
  const std::array folders{first.path(), second.path(), first.path()};
  const PluginCatalogue catalogue{folders};
  const auto plugins = catalogue.plugins();
  ASSERT_EQ(plugins.size(), 2U);  // a folder named twice is read once
  EXPECT_EQ(plugins[0].state, PluginState::compatible);
  EXPECT_EQ(plugins[1].state, PluginState::failed);
  EXPECT_TRUE(holds(plugins[1].reason, first.path().string()));
}

TEST(PluginCatalogue, IsEmptyWithoutFolders) {
  PluginCatalogue catalogue{std::array{fs::path{"/nowhere/at/all"}}};
  EXPECT_TRUE(catalogue.plugins().empty());
  EXPECT_EQ(make_refusal(catalogue, "example/smoothing").code, Errc::usage);
}

TEST(PluginCatalogue, LoadsFromSeveralThreads) {
  PluginCatalogue catalogue{std::array{fs::path{ISO_BUILT_PLUGINS}}};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        (void)catalogue.load("example/region_growing");
        (void)catalogue.plugins();
      }
    });
}

TEST(PluginDirectories, StartWithThoseAskedForAndLeaveOutWhatIsNotThere) {
  PluginFolder first{"asked"}, second{"environment"};
  ::setenv("ISOCENTER_PLUGIN_PATH", (second.path().string() + ":/nowhere/at/all").c_str(), 1);
  const auto folders = plugin_directories(std::array{first.path()});
  ::unsetenv("ISOCENTER_PLUGIN_PATH");
  ASSERT_GE(folders.size(), 2U);
  EXPECT_TRUE(fs::equivalent(folders[0], first.path()));
  EXPECT_TRUE(fs::equivalent(folders[1], second.path()));
  for (const fs::path& folder : folders) EXPECT_TRUE(fs::is_directory(folder));
}

}  // namespace
}  // namespace iso::host
