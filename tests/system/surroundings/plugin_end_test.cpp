// Plugins that end the process, leave processes behind or change what belongs to the whole process, without --isolate too.
#include "support/command.h"
#include "support/plugin_folder.h"

#include "iso/io/registry.h"

namespace iso::test {
namespace {

class HostileHere : public ::testing::Test {
 protected:
  HostileHere() {
    plugins.add_hostile();
    EXPECT_EQ(isocenter({"phantom", "discs", "-o", image, "--size", "16,16,1", "--spacing", "0.5"}).code, 0);
  }
  Answer run(const std::string& task, std::vector<std::string> more = {},
             std::map<std::string, std::string> with = {}) {
    std::vector<std::string> words{"run",
                                   "hostile/" + task,
                                   "-i",
                                   image,
                                   "-o",
                                   folder / (task + ".mha"),
                                   "--plugins-path",
                                   plugins.path().string()};
    words.insert(words.end(), more.begin(), more.end());
    return isocenter(words, {.in = "", .largest_file = 0, .meanwhile = {}, .environment = std::move(with)});
  }

  PluginFolder plugins{"hostile_here"};
  Folder folder{"iso_hostile_here"};
  std::string image = folder / "image.mha";
};

TEST_F(HostileHere, AnExitIsACrashWithItsCode) {
  const std::map<std::string, std::string> words{{"exit", "ended the program with exit code 0 instead of returning"},
                                                 {"exit_at_once", "ended the program with exit code 0"},
                                                 {"quick_exit", "ended the program"},
                                                 {"exit_syscall", "ended the program with exit code 0"},
                                                 {"thread_exit", "ended the program with exit code 0"},
                                                 {"abort", "crashed with signal 6"}};
  for (const auto& [task, sentence] : words) {
    const Answer answer = run(task);
    EXPECT_EQ(answer.code, 86) << task << answer.err;
    EXPECT_NE(answer.err.find("isocenter: task 'hostile/" + task + "' " + sentence), std::string::npos) << answer.err;
    EXPECT_FALSE(fs::exists(folder / (task + ".mha")));
  }
}

TEST_F(HostileHere, AnExitOfAForkedChildIsNone) {
  const Answer answer = run("forked_exit");
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(answer.err.find("ended the program"), std::string::npos) << answer.err;
}

TEST_F(HostileHere, ABatchDoesNotTakeAnExitForAResult) {
  const std::string cases =
      folder.write("cases.csv", "case,volume,result\na," + image + "," + (folder / "a.mha") + "\n");
  const Answer answer =
      isocenter({"batch", "hostile/exit", "--manifest", cases, "--pass", "--plugins-path=" + plugins.path().string()},
                {.in = "",
                 .largest_file = 0,
                 .meanwhile = {},
                 .environment = {{"ISOCENTER_PLUGIN_PATH", plugins.path().string()}}});
  EXPECT_EQ(answer.code, 86) << answer.err << answer.out;
  EXPECT_NE(answer.out.find("failed with exit code 86"), std::string::npos) << answer.out;
}

/// Processes whose command names this folder.
int processes_with(const fs::path& folder) {
  int count = 0;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator("/proc", problem))
    if (to_text(entry.path() / "cmdline").find(folder.string()) != std::string::npos) ++count;
  return count;
}

TEST_F(HostileHere, LeavesNoProcessBehind) {
  EXPECT_EQ(run("child").code, 0);
  EXPECT_EQ(processes_with(plugins.path()), 0);
  EXPECT_EQ(run("child_and_exit").code, 86);
  EXPECT_EQ(processes_with(plugins.path()), 0);
}

TEST_F(HostileHere, ChangesNeitherNumbersNorPlacesOfWhatIsWrittenAfterIt) {
  const Folder locales{"iso_hostile_locales"};
  const bool made = start({"/usr/bin/localedef", "-i", "de_DE", "-f", "UTF-8", locales / "de_DE.UTF-8"}).code <= 1;
  if (!made || !fs::exists(locales / "de_DE.UTF-8")) GTEST_SKIP() << "localedef or the source of de_DE is missing";
  for (const std::string format : {".mha", ".nrrd", ".nii", ".h5"}) {
    const std::string output = folder / ("out" + format);
    const Answer answer = isocenter(
        {"run", "hostile/surroundings", "-i", image, "-o", output, "--plugins-path", plugins.path().string()},
        {.in = "", .largest_file = 0, .meanwhile = {}, .environment = {{"LOCPATH", locales.path().string()}}});
    ASSERT_EQ(answer.code, 0) << answer.err;
    EXPECT_EQ(answer.out.find(','), answer.out.find(", peak")) << answer.out;
    EXPECT_EQ(isocenter({"compare", output, image}).code, 0);
    EXPECT_EQ(get<Volume>(io::read(output)).grid.spacing_mm[0], 0.5) << format;
    EXPECT_EQ(fs::status(output).permissions() & fs::perms::others_write, fs::perms::none) << "the mask of new files";
  }
}

TEST_F(HostileHere, IsRefusedWhenItDescribesItsResultWrongly) {
  for (const std::string task : {"grid_size", "grid_nan", "grid_singular", "few_pixels", "one_axis", "five_axes"})
    for (const bool isolated : {false, true}) {
      const Answer answer = run(task, isolated ? std::vector<std::string>{"--isolate"} : std::vector<std::string>{});
      EXPECT_EQ(answer.code, 84) << task << answer.err;
      EXPECT_FALSE(fs::exists(folder / (task + ".mha")));
    }
}

}  // namespace
}  // namespace iso::test
