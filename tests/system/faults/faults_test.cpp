// Every system call that writes fails or is the last one: what is on the disk afterwards is the old state or the new one.

#include "traced_run.h"

#include "support/command.h"

#include "iso/base/file_replacement.h"
#include "iso/data/dataset.h"
#include "iso/io/registry.h"
#include "iso/job/record.h"
#ifdef ISO_FAULTS_DRIVER
#include "gui/model/journal.h"
#include "gui/model/session.h"
#endif

#include <cstdlib>
#include <iostream>
#include <set>

namespace iso::test {
namespace {

constexpr std::string_view absent = "absent", damaged = "damaged";

/// What a file says, so far as it is the same in every run that makes it.
std::string meaning(const fs::path& file) {
  std::error_code problem;
  if (!fs::exists(fs::symlink_status(file, problem))) return std::string{absent};
  const std::string name = file.filename().string();
  if (name.find(".txt") != std::string::npos) return to_text(file);
  try {
#ifdef ISO_FAULTS_DRIVER
    if (name.ends_with(".isocenter.json")) {
      std::string text;
      const gui::LoadedSession loaded = gui::read_session(file);
      if (!loaded.problems.empty()) return std::string{damaged} + ": " + loaded.problems.front();
      for (const auto& item : loaded.items) text += digest(*item.data);
      return text;
    }
#endif
    if (name.ends_with(".json")) {
      const std::string text = to_text(file);
      if (text.find("record_version") == std::string::npos) return job::recipe_from_json(text).parameters_json;
      const job::Record record = job::record_from_json(text);
      std::string said = std::string(to_string(record.state)) + record.recipe.parameters_json;
      for (const auto& [port, sum] : record.output_digests) said += " " + sum;
      return said;
    }
    if (name.ends_with(".png") || name.ends_with(".hdr") || name.ends_with(".cfl") || name.ends_with(".img"))
      return to_text(file);
    return digest(*io::read(file));
  } catch (const Error& error) {
    return std::string{damaged} + ": " + error.what();
  }
}

/// Files that are old together or new together. Records may be missing after a kill, until the next one who writes there; of
/// several files with data some may be, until the next one who reads them.
using Group = std::vector<std::string>;

enum class After : std::uint8_t { fault, kill, reader, writer };

bool has_data(const std::string& file) { return !file.ends_with(record_suffix); }

struct Scenario {
  std::string name;
  std::vector<std::vector<std::string>> before;  ///< commands that make inputs and the old state
  std::vector<std::string> words;                ///< the command that meets the faults
  std::vector<std::string> inputs;
  std::vector<Group> groups;
  bool every_ask{false};  ///< SIGTERM at each point, whatever the step
  bool finishes{false};   ///< the command only finishes what another began: one that fails leaves it to the next reader
};

/// What was found in all points of a scenario.
struct Count {
  int failed{0}, killed{0}, asked{0}, crashed{0}, wrong{0};
  int& of(Fault fault) {
    return fault == Fault::killed ? killed : fault == Fault::asked || fault == Fault::asked_twice ? asked : failed;
  }
};

int step_from_environment() {
  const char* const text = std::getenv("ISO_FAULT_STEP");
  return text == nullptr ? 37 : std::max(1, std::atoi(text));
}

class Faults : public ::testing::TestWithParam<Scenario> {
 protected:
  void SetUp() override {
    if (const std::string reason = why_no_tracing(); !reason.empty()) GTEST_SKIP() << reason;
    for (const fs::path& each : {old_, work_}) fs::create_directories(each);
    for (const auto& words : GetParam().before) {
      fs::current_path(old_);
      const Answer made = start(words);
      ASSERT_EQ(made.code, 0) << made.err;
    }
    fs::current_path(fs::temp_directory_path());
  }
  void TearDown() override {
    fs::current_path(fs::temp_directory_path());
    fs::remove_all(base_);
  }

  void renew() const {
    fs::remove_all(work_);
    EXPECT_EQ(start({"/bin/cp", "-a", old_.string(), work_.string()}).code, 0);  // keeps hard links
  }
  [[nodiscard]] std::map<std::string, std::string> meanings() const {
    std::map<std::string, std::string> all;
    for (const Group& group : GetParam().groups)
      for (const std::string& file : group) all[file] = meaning(work_ / file);
    return all;
  }
  void sweep() const {
    sweep_staging(work_);
    for (const auto& entry : fs::directory_iterator{work_})
      if (entry.is_directory()) sweep_staging(entry.path());
  }
  [[nodiscard]] std::string leftovers() const {
    std::string found;
    for (const auto& entry : fs::recursive_directory_iterator{work_})
      if (entry.path().filename().string().starts_with(".isocenter-")) found += entry.path().string() + " ";
    return found;
  }

  /// Empty, or what is wrong with a group.
  [[nodiscard]] std::string judge(const Group& group, After after) const {
    const bool may_be_away = after == After::kill && std::ranges::count_if(group, has_data) > 1;
    bool all_old = true, all_new = true;
    for (const std::string& file : group) {
      const std::string now = meaning(work_ / file);
      const bool is_old = now == before_.at(file), is_new = now == after_.at(file);
      if (now == absent && (has_data(file) ? may_be_away : after != After::writer)) continue;
      if (!is_old && !is_new) return file + " is neither old nor new: " + now.substr(0, 200);
      all_old = all_old && is_old;
      all_new = all_new && is_new;
    }
    return all_old || all_new ? std::string{} : "old and new are mixed";
  }

  /// Somebody reads what the group holds; what comes of it is looked at afterwards.
  void read_data(const Group& group) const {
    for (const std::string& file : group) {
      try {
        if (has_data(file)) (void)io::read(work_ / file);
      } catch (const Error&) {
        continue;  // a text is no image
      }
    }
  }

  [[nodiscard]] std::string check(const Traced& run, Fault fault) const {
    for (const std::string& input : GetParam().inputs)
      if (to_text(work_ / input) != to_text(old_ / input)) return "the input " + input + " changed";
    for (const Group& group : GetParam().groups) {
      const After after = fault == Fault::killed || GetParam().finishes ? After::kill : After::fault;
      if (std::string wrong = judge(group, after); !wrong.empty()) return wrong;
      if (std::ranges::count_if(group, has_data) < 2) continue;
      read_data(group);
      if (std::string wrong = judge(group, After::reader); !wrong.empty()) return "after the next reader: " + wrong;
    }
    sweep();
    for (const Group& group : GetParam().groups) {
      if (std::string wrong = judge(group, After::writer); !wrong.empty()) return "after the next run: " + wrong;
      if (fault != Fault::killed && run.code == 0)
        for (const std::string& file : group)
          if (meaning(work_ / file) != after_.at(file)) return "exit code 0, but " + file + " is not new";
    }
    return leftovers();
  }

  fs::path base_ = fs::path(::testing::TempDir()) / ("iso_faults_" + std::to_string(::getpid()));
  fs::path old_ = base_ / "old", work_ = base_ / "work";
  std::map<std::string, std::string> before_, after_;
};

TEST_P(Faults, LeaveTheOldStateOrTheNewOne) {
  renew();
  before_ = meanings();
  const Traced whole = run_traced(GetParam().words, work_);
  ASSERT_EQ(whole.code, 0) << whole.err;
  after_ = meanings();
  for (const auto& [file, said] : after_) ASSERT_FALSE(said.starts_with(damaged)) << file << ": " << said;
  ASSERT_EQ(leftovers(), "");
  ASSERT_GT(whole.points, 5);
  Count count;
  std::set<std::string> told;
  const int step = step_from_environment();
  for (const Fault fault : {Fault::no_room, Fault::broken_disk, Fault::killed, Fault::asked, Fault::asked_twice}) {
    const bool asks = fault == Fault::asked || fault == Fault::asked_twice;
    if (asks && GetParam().words.front() != ISO_COMMAND) continue;  // the driver has no handler for it
    const int pace = asks && GetParam().every_ask ? 1 : step;
    for (int at = 1 + static_cast<int>(fault) % pace; at <= whole.points; at += pace) {
      renew();
      const Traced run = run_traced(GetParam().words, work_, fault, at);
      if (!run.hit) continue;
      ++count.of(fault);
      if (fault != Fault::killed && run.code >= 128 && !(asks && run.code == 128 + SIGTERM)) {
        ++count.crashed;
        if (told.insert(run.call + std::to_string(run.code)).second)
          std::cout << "  " << run.call << " at point " << at << " ends the program with " << run.code << ": "
                    << run.err.substr(0, 200) << "\n";
      }
      const std::string wrong = check(run, fault);
      if (wrong.empty()) continue;
      ++count.wrong;
      ADD_FAILURE() << GetParam().name << ", fault " << static_cast<int>(fault) << " in " << run.call << " at point "
                    << at << " of " << whole.points << ", exit code " << run.code << ": " << wrong << "\n"
                    << run.err;
      if (count.wrong > 20) return;
    }
  }
  std::cout << GetParam().name << ": " << whole.points << " calls; " << count.failed << " failed, " << count.killed
            << " killed, " << count.asked << " asked to end, " << count.crashed << " crashes, " << count.wrong
            << " lost or mixed states\n";
  EXPECT_EQ(count.crashed, 0);
}

std::vector<std::string> isocenter_words(std::vector<std::string> words) {
  words.insert(words.begin(), ISO_COMMAND);
  return words;
}

Scenario smoothing(const std::string& name, const std::string& output, std::vector<std::string> more, Group group) {
  const auto run = [&](const std::string& sigma) {
    return isocenter_words({"run", "example/smoothing", "-i", "a.mha", "-o", output, "--sigma-mm", sigma, "--threads",
                            "1", "--progress", "none"});
  };
  Scenario made{name,
                {isocenter_words({"phantom", "discs", "-o", "a.mha", "--size", "12,12,1"}), run("0.5")},
                run("2"),
                {"a.mha"},
                {std::move(group)}};
  made.words.insert(made.words.end(), {"--overwrite"});
  made.words.insert(made.words.end(), more.begin(), more.end());
  return made;
}

Scenario converting(const std::string& output, Group group) {
  const auto phantom = [](const std::string& size, const std::string& file) {
    return isocenter_words({"phantom", "discs", "-o", file, "--size", size});
  };
  return {"convert to " + output,
          {phantom("12,12,1", "a.mha"), phantom("10,10,1", "b.mha"), isocenter_words({"convert", "b.mha", output})},
          isocenter_words({"convert", "a.mha", output, "--overwrite"}),
          {"a.mha", "b.mha"},
          {std::move(group)}};
}

/// Those of files that the command does not write, where their driver was built.
void add_driver_scenarios([[maybe_unused]] std::vector<Scenario>& all) {
#ifdef ISO_FAULTS_DRIVER
  all.push_back({"two pairs at once",
                 {{ISO_FAULTS_DRIVER, "replace", ".", "old"}},
                 {ISO_FAULTS_DRIVER, "replace", ".", "new"},
                 {},
                 {{"a.txt", "a.txt.record.json", "b.txt", "b.txt.record.json"}}});
  // The next run after one that was killed in the middle meets faults, too: what it finishes it finishes or leaves.
  all.push_back({"run after a killed one",
                 {{ISO_FAULTS_DRIVER, "replace", ".", "old"}, {ISO_FAULTS_DRIVER, "begin", ".", "new"}},
                 {ISO_FAULTS_DRIVER, "sweep", "."},
                 {},
                 {{"a.txt", "a.txt.record.json", "b.txt", "b.txt.record.json"}},
                 false,
                 true});
  all.push_back({"read after a killed one",
                 {{ISO_FAULTS_DRIVER, "replace", ".", "old"}, {ISO_FAULTS_DRIVER, "take", ".", "new"}},
                 {ISO_FAULTS_DRIVER, "settle", "."},
                 {},
                 {{"a.txt", "a.txt.record.json", "b.txt", "b.txt.record.json"}},
                 false,
                 true});
  all.push_back({"save session",
                 {{ISO_FAULTS_DRIVER, "session", ".", "6"}},
                 {ISO_FAULTS_DRIVER, "session", ".", "8"},
                 {},
                 {{"work.isocenter.json"}}});
  all.push_back({"export picture",
                 {{ISO_FAULTS_DRIVER, "picture", ".", "6"}},
                 {ISO_FAULTS_DRIVER, "picture", ".", "8"},
                 {},
                 {{"view.png"}}});
#endif
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  all.push_back(smoothing("run", "o.mha", {}, {"o.mha", "o.mha.record.json"}));
  all.push_back(smoothing("run to HDF5", "o.h5", {}, {"o.h5", "o.h5.record.json"}));
  Scenario texts = smoothing("run with report and recipe", "o.mha", {"--report", "r.json", "--save-recipe", "s.json"},
                             {"o.mha", "o.mha.record.json"});
  texts.groups.push_back({"s.json"});
  all.push_back(texts);
  all.push_back(converting("o.nii.gz", {"o.nii.gz"}));
  all.push_back(converting("o.h5", {"o.h5"}));
  all.push_back(converting("o.npy", {"o.npy"}));
  all.push_back(converting("o.png", {"o.png"}));
  all.push_back(converting("o.tif", {"o.tif"}));
  all.push_back(converting("o.cfl", {"o.cfl", "o.hdr"}));
  const auto cube = [](const std::string& seed, const std::string& file) {
    return isocenter_words({"phantom-cube", "minerals", "--size", "6,5", "--bands", "8", "--seed", seed, "-o", file});
  };
  all.push_back({"convert to o.hdr",
                 {cube("1", "a.h5"), cube("2", "b.h5"), isocenter_words({"convert", "b.h5", "o.hdr"})},
                 isocenter_words({"convert", "a.h5", "o.hdr", "--overwrite"}),
                 {"a.h5", "b.h5"},
                 {{"o.hdr", "o.img"}},
                 true});
  const std::string scan = R"({"beam":"parallel","angles_deg":{"first":0,"step":20,"count":9},"elements":[16,1],)"
                           R"("pitch_mm":[2,1]})";
  const auto project = [](const std::string& factor) {
    return isocenter_words({"project", "shepp-logan", "-g", "g.json", "-o", "scan.h5", "--factor", factor, "--threads",
                            "1", "--overwrite"});
  };
  all.push_back({"project",
                 {{"/bin/sh", "-c", "echo '" + scan + "' > g.json"}, project("0.01")},
                 project("0.02"),
                 {"g.json"},
                 {{"scan.h5"}}});
  const auto batch = [](const std::string& table) {
    return isocenter_words({"batch", "example/smoothing", "--manifest", table, "--overwrite", "--threads", "1"});
  };
  const auto table = [](const std::string& name, const std::string& sigma) {
    return std::vector<std::string>{"/bin/sh", "-c",
                                    "printf 'case,volume,smoothed,sigma-mm\\nx,a.mha,x.mha," + sigma +
                                        "\\ny,a.mha,y.mha," + sigma + "\\n' > " + name};
  };
  all.push_back({"batch",
                 {isocenter_words({"phantom", "discs", "-o", "a.mha", "--size", "12,12,1"}), table("1.csv", "0.5"),
                  table("2.csv", "2"), batch("1.csv")},
                 batch("2.csv"),
                 {"a.mha", "1.csv", "2.csv"},
                 {{"x.mha", "x.mha.record.json"}, {"y.mha", "y.mha.record.json"}}});
  add_driver_scenarios(all);
  return all;
}

std::string test_name(const ::testing::TestParamInfo<Scenario>& info) {
  std::string name;
  bool upper = true;
  for (const char c : info.param.name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = std::isalnum(static_cast<unsigned char>(c)) == 0;
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(In, Faults, ::testing::ValuesIn(scenarios()), test_name);

#ifdef ISO_FAULTS_DRIVER
/// The journal has no old state: what it holds when it is cut off must be whole, and looking at it must delete nothing.
TEST(FaultsInTheJournal, LoseNoDataFile) {
  if (const std::string reason = why_no_tracing(); !reason.empty()) GTEST_SKIP() << reason;
  const fs::path work = fs::path(::testing::TempDir()) / ("iso_journal_faults_" + std::to_string(::getpid()));
  const std::vector<std::string> words{ISO_FAULTS_DRIVER, "journal", "."};
  const auto renew = [&] {
    fs::remove_all(work);
    fs::create_directories(work);
  };
  const auto data_files = [&] {
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator{work})
      if (entry.path().extension() == ".h5" && entry.path().string().find(".isocenter-") == std::string::npos)
        files.insert(entry.path().string());
    return files;
  };
  renew();
  const Traced whole = run_traced(words, work);
  ASSERT_EQ(whole.code, 0) << whole.err;
  ASSERT_EQ(data_files().size(), 2U);
  int points = 0;
  const int step = step_from_environment();
  for (const Fault fault : {Fault::no_room, Fault::broken_disk, Fault::killed}) {
    for (int at = 1 + static_cast<int>(fault) % step; at <= whole.points; at += step) {
      renew();
      const Traced run = run_traced(words, work, fault, at);
      if (!run.hit) continue;
      ++points;
      const std::string where = run.call + " at point " + std::to_string(at) + ", fault " +
                                std::to_string(static_cast<int>(fault)) + ", exit code " + std::to_string(run.code);
      EXPECT_TRUE(fault == Fault::killed || run.code < 128) << where << run.err;
      const auto before = data_files();
      const auto found = gui::find_recoveries(work / "recovery");
      const auto after = data_files();  // one that was whole and flushed comes to its place
      EXPECT_TRUE(std::ranges::includes(after, before)) << where;
      std::set<std::string> items;  // one that could not be written at first has two files
      for (const std::string& file : after) items.insert(file.substr(0, file.rfind('-')));
      EXPECT_EQ(found.empty(), after.empty()) << where;
      for (const auto& recovery : found) {
        const gui::LoadedSession loaded = gui::recover(recovery.folder);
        EXPECT_TRUE(loaded.problems.empty()) << where << ": " << loaded.problems.front();
        EXPECT_EQ(loaded.items.size(), items.size()) << where;
      }
    }
  }
  fs::remove_all(work);
  std::cout << "journal: " << whole.points << " calls; " << points << " points\n";
}
#endif

}  // namespace
}  // namespace iso::test
