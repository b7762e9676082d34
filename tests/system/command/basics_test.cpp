#include "iso/io/checkpoint_file.h"
#include "support/command.h"
#include "support/plugin_folder.h"

#include <nlohmann/json.hpp>

namespace iso::test {
namespace {

using Json = nlohmann::json;

#ifdef ISO_WITH_DESKTOP
TEST(Command, ExplainsTheDesktopWithoutADisplayAndRefusesToStartItInOneSentence) {
  How blind;
  blind.environment = {{"DISPLAY", ""}, {"WAYLAND_DISPLAY", ""}, {"QT_QPA_PLATFORM", ""}};
  const Answer help = isocenter({"gui", "--help"}, blind);
  EXPECT_EQ(help.code, 0) << help.err;
  EXPECT_NE(help.out.find("--unattenuated"), std::string::npos) << help.out;
  const Answer refused = isocenter({"gui"}, blind);
  EXPECT_EQ(refused.code, 80) << refused.err;
  EXPECT_NE(refused.err.find("there is no display"), std::string::npos) << refused.err;
}
#endif

TEST(Command, ExplainsItselfAndEverySubCommandWithExamples) {
  const Answer all = isocenter({"--help"});
  EXPECT_EQ(all.code, 0);
  for (const std::string name : {"run", "batch", "list", "describe", "estimate", "check", "series", "convert",
                                 "compare", "click", "evaluate", "phantom", "project", "replay", "devices"}) {
    EXPECT_NE(all.out.find("\n" + name), std::string::npos) << name;
    const Answer one = isocenter({name, "--help"});
    EXPECT_EQ(one.code, 0) << name << one.err;
    EXPECT_NE(one.out.find("Usage: isocenter " + std::string(name == "estimate" ? "run" : name)), std::string::npos)
        << one.out;
    EXPECT_NE(one.out.find("Examples:"), std::string::npos) << name;
    EXPECT_TRUE(one.err.empty()) << one.err;
  }
}

TEST(Command, MakesOptionsOfThePortsAndParametersOfATask) {
  const Answer answer = isocenter({"run", "example/smoothing", "--help"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  for (const char* const option :
       {"--volume", "--smoothed", "--sigma-mm", "--edge", "--threads", "--checkpoint-every", "--preview-every"})
    EXPECT_NE(answer.out.find(option), std::string::npos) << option;
}

TEST(Command, ProjectsOneOfTheArraysOfAFile) {
  const auto folder = std::filesystem::path{::testing::TempDir()} / ("iso_project_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  Checkpoint two;  // a file of several arrays
  for (const char* const name : {"first", "second"}) {
    PixelBuffer series = PixelBuffer::allocate({Shape{8, 8, 1, 4}, ScalarType::f32});
    std::ranges::fill(series.values<float>(), 1.0F);
    two.arrays.emplace(name, std::move(series));
  }
  const std::string file = folder / "two.h5", out = folder / "k.h5";
  io::write_checkpoint(file, "", two);
  const Answer unsaid = isocenter({"project", file, "--mask", "random", "-o", out});
  EXPECT_EQ(unsaid.code, 22) << unsaid.err;
  EXPECT_NE(unsaid.err.find("dataset"), std::string::npos) << unsaid.err;
  const Answer said = isocenter({"project", file, "--mask", "random", "--acceleration", "2", "--centre-lines", "2",
                                 "--dataset", "/arrays/second", "-o", out});
  EXPECT_EQ(said.code, 0) << said.err;
  const Answer phantom = isocenter({"project", "heart", "--mask", "random", "--dataset", "x", "-o", out});
  EXPECT_EQ(phantom.code, 1) << phantom.err;
  std::filesystem::remove_all(folder);
}

TEST(Command, SuggestsWhatWasMeant) {
  EXPECT_NE(isocenter({"chekc"}).err.find("hint: did you mean check?"), std::string::npos);
  EXPECT_NE(isocenter({"run", "example/smoothing", "--sigma-m", "1"}).err.find("hint: did you mean --sigma-mm?"),
            std::string::npos);
  EXPECT_NE(isocenter({"run", "example/smoothng"}).err.find("example/smoothing"), std::string::npos);
}

TEST(Command, KnowsATaskByItsShortNameWherePluginsDoNotShareIt) {
  EXPECT_EQ(isocenter({"describe", "smoothing"}).out, isocenter({"describe", "example/smoothing"}).out);
  const Folder folder("iso_short_name");
  ASSERT_EQ(isocenter({"phantom", "discs", "-o", folder / "in.mha", "--size", "16,16,1"}).code, 0);
  const Answer plan = isocenter({"run", "smoothing", "-i", folder / "in.mha", "-o", folder / "out.mha", "--dry-run"});
  EXPECT_EQ(plan.code, 0) << plan.err;
  EXPECT_EQ(Json::parse(plan.out).at("task"), "example/smoothing") << "recipes hold whole names";
  EXPECT_NE(isocenter({"run", "smothing"}).err.find("did you mean 'example/smoothing'?"), std::string::npos);
  EXPECT_NE(isocenter({"run", "exmple/smothing"}).err.find("did you mean 'example/smoothing'?"), std::string::npos);
}

TEST(Command, ListsTasksAndDevicesAsTextAndJson) {
  EXPECT_NE(isocenter({"list"}).out.find("example/smoothing"), std::string::npos);
  const Answer lines = isocenter({"list", "--all", "--json"});
  std::istringstream text(lines.out);
  std::size_t count = 0;
  for (std::string line; std::getline(text, line); ++count) EXPECT_TRUE(Json::parse(line).contains("state")) << line;
  EXPECT_GE(count, 1U);
  const Json devices = Json::parse(isocenter({"devices", "--json"}).out);
  EXPECT_GE(devices.at("devices").size(), 2U);
  EXPECT_NE(isocenter({"devices"}).out.find("reference"), std::string::npos);
}

TEST(Command, DescribesATaskInEveryForm) {
  EXPECT_NE(isocenter({"describe", "example/smoothing"}).out.find("--sigma-mm"), std::string::npos);
  EXPECT_TRUE(isocenter({"describe", "example/smoothing", "--markdown"}).out.starts_with("# "));
  EXPECT_NE(isocenter({"describe", "example/smoothing", "--xml"}).out.find("<executable>"), std::string::npos);
  EXPECT_EQ(isocenter({"example/smoothing", "--xml"}).out, isocenter({"describe", "example/smoothing", "--xml"}).out)
      << "what Slicer asks a module";
  const Json json = Json::parse(isocenter({"describe", "example/smoothing", "--json"}).out);
  EXPECT_EQ(json.at("task"), "example/smoothing");
  EXPECT_FALSE(json.at("parameters").empty());
}

TEST(Command, ListsPluginsThatCannotBeUsedWithTheReason) {
  const PluginFolder folder("list");
  folder.write("broken.plugin.json", "{\"id\": ");
  plugin::Manifest too_new = PluginFolder::manifest("too_new");
  too_new.abi_major = plugin::abi_major + 1;
  folder.add(too_new);
  folder.write("too_new.so", "");
  folder.add(PluginFolder::manifest("without_file"));
  folder.add(PluginFolder::manifest("damaged"));
  folder.write("damaged.so", "not a library");
  folder.add_broken("missing_library");      // which another library needs
  folder.add_broken("crashes_when_loaded");  // and with it whoever loads it
  const std::vector<std::pair<std::string, std::string>> reasons{
      {"broken.plugin.json", "not JSON"},
      {"too_new", "built for the plugin interface 3.0"},
      {"without_file", "'without_file.so' is missing"},
      {"damaged", "is damaged"},
      {"missing_library", "needs the library 'libbroken_missing_dependency.so'"},
      {"crashes_when_loaded", "ends the program that loads it"}};
  for (const bool all : {false, true}) {
    std::vector<std::string> words{"list", "--plugins-path", folder.path().string()};
    if (all) words.emplace_back("--all");
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 0) << answer.err;
    for (const auto& [plugin, reason] : reasons) {
      const auto line = answer.out.find(reason);
      ASSERT_NE(line, std::string::npos) << plugin << '\n' << answer.out;
      const auto begin = answer.out.rfind('\n', line);
      EXPECT_NE(answer.out.substr(begin, line - begin).find(plugin), std::string::npos) << answer.out;
      EXPECT_EQ(answer.out.find(plugin + "/pass"), std::string::npos) << "no task of it is offered";
    }
    EXPECT_NE(answer.out.find("example/smoothing"), std::string::npos) << "the others still work";
  }
}

TEST(Command, SaysSoWhenItsOutputIsNotTaken) {
  const Answer answer = start({"/bin/sh", "-c", std::string(ISO_COMMAND) + " --help > /dev/full"});
  EXPECT_EQ(answer.code, 40) << answer.err;
}

TEST(Command, KeepsWhatAPluginPrintsOutOfItsLinesOfJson) {
  const PluginFolder plugins("prints");
  plugins.add_broken("prints");
  const Folder folder("iso_prints");
  ASSERT_EQ(isocenter({"phantom", "discs", "-o", folder / "in.mha", "--size", "8,8,1"}).code, 0);
  const Answer answer = isocenter({"run", "prints/pass", "--plugins-path", plugins.path().string(), "-i",
                                   folder / "in.mha", "-o", folder / "out.mha", "--progress", "jsonl"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_NE(answer.err.find("a plugin prints where results go"), std::string::npos) << answer.err;
  std::istringstream lines(answer.out);
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_TRUE(Json::accept(line)) << line;
  EXPECT_GT(count, 1U);
}

TEST(Command, LogsATaskInAWorkerAsOneOfItsOwn) {
  const Folder folder("iso_worker_log");
  ASSERT_EQ(isocenter({"phantom", "discs", "-o", folder / "in.mha", "--size", "8,8,1"}).code, 0);
  const auto lines_of_the_job = [&](const std::string& log, std::vector<std::string> more) {
    more.insert(more.begin(), {"run", "example/smoothing", "-i", folder / "in.mha", "-o", folder / "out.mha",
                               "--overwrite", "--threads", "1", "--progress", "none", "--log-file", folder / log});
    const Answer answer = isocenter(more);
    EXPECT_EQ(answer.code, 0) << answer.err;
    std::istringstream text(to_text(folder / log));
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);)
      if (const auto at = line.find("[job] - "); at != std::string::npos) found.push_back(line.substr(at));
    return found;
  };
  const auto here = lines_of_the_job("here.log", {"--verbose", "info"});
  ASSERT_FALSE(here.empty());
  EXPECT_EQ(lines_of_the_job("there.log", {"--verbose", "info", "--isolate"}), here);
  EXPECT_TRUE(lines_of_the_job("quiet.log", {"--isolate"}).empty()) << "warnings and above, if nothing is said";
}

TEST(Command, EndsWith22WhereAParameterDoesNotFitTheScan) {
  const Folder folder("iso_views");
  std::ofstream(folder / "scan.json") << R"({"beam": "parallel", "angles_deg": {"first": 0, "step": 1, "count": 180},
    "elements": [16, 1], "pitch_mm": [1, 1]})";
  ASSERT_EQ(isocenter({"project", "discs", "-g", folder / "scan.json", "-o", folder / "scan.h5", "--radius", "6"}).code,
            0);
  for (const char* const task : {"fbp", "sart", "cgls", "tv"}) {
    const Answer answer =
        isocenter({"run", task, "-i", folder / "scan.h5", "-o", folder / "rec.mha", "--use-views", "181"});
    EXPECT_EQ(answer.code, 22) << task << ": " << answer.err;
    EXPECT_NE(answer.err.find("180 views"), std::string::npos) << answer.err;
  }
}

}  // namespace
}  // namespace iso::test
