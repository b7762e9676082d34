// What a hostile or unlucky day does to files: by the real command.

#include "support/command.h"

#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace iso::test {
namespace {

using Json = nlohmann::json;

class Writes : public ::testing::Test {
 protected:
  Writes() {
    EXPECT_EQ(isocenter({"phantom", "discs", "-o", folder / "a.mha", "--size", "16,16,1"}).code, 0);
    fs::current_path(folder.path());
  }
  ~Writes() override { fs::current_path(fs::temp_directory_path()); }
  [[nodiscard]] Answer smooth(std::vector<std::string> more) const {
    more.insert(more.begin(), {"run", "example/smoothing", "-i", "a.mha", "--progress", "text", "--threads", "1"});
    return isocenter(more);
  }
  [[nodiscard]] bool skips(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"-o", "o.mha", "--skip-complete", "--overwrite"});
    const Answer answer = smooth(more);
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer.out.find("complete already") != std::string::npos;
  }
  [[nodiscard]] std::size_t hidden_entries() const {
    return static_cast<std::size_t>(std::ranges::count_if(fs::directory_iterator{folder.path()}, [](const auto& entry) {
      return entry.path().filename().string().starts_with(".");
    }));
  }
  Folder folder{"iso_writes"};
};

TEST_F(Writes, OfAPictureOnAFullDiskKeepTheOldOne) {
  ASSERT_EQ(isocenter({"convert", "a.mha", "o.png"}).code, 0);
  const std::string before = to_text(folder / "o.png");
  ASSERT_EQ(isocenter({"phantom", "discs", "-o", folder / "b.mha", "--size", "64,64,1"}).code, 0);
  for (const std::size_t room : {1, 64, 200}) {
    How how;
    how.largest_file = room;
    const Answer answer = isocenter({"convert", "b.mha", "o.png", "--overwrite"}, how);
    EXPECT_EQ(answer.code, 40) << answer.err;
    EXPECT_EQ(to_text(folder / "o.png"), before);
    EXPECT_EQ(hidden_entries(), 0U);
  }
}

// On a disk of 3 MiB: the checkpoint has room, and the result beside it has not.
TEST_F(Writes, OfResultsTakeTheRoomOfACheckpoint) {
  if (start({"/usr/bin/unshare", "-m", "true"}).code != 0) GTEST_SKIP() << "no disk can be mounted without root";
  folder.write("g.json", parallel_scan(192, equal_views(60)));
  ASSERT_EQ(isocenter({"project", "shepp-logan", "-g", "g.json", "-o", "scan.h5", "--factor", "0.02"}).code, 0);
  fs::create_directory("disk");
  folder.write("small_disk.sh",
               "mount -t tmpfs -o size=3m tmpfs disk || exit 99\n"
               "head -c $(((3072 - $2) * 1024)) /dev/zero > disk/fill\n"
               "$1 run sparse_view_ct/tv -i scan.h5 -o disk/r.mha --size 128 --iterations 60 --progress none"
               " --checkpoint-every 0.02 && test ! -e disk/r.mha.checkpoint.h5\n");
  for (const int left : {120, 500, 520, 535, 550, 600, 1000}) {
    const Answer answer =
        start({"/usr/bin/unshare", "-m", "/bin/sh", "small_disk.sh", ISO_COMMAND, std::to_string(left)});
    if (answer.code == 99) GTEST_SKIP() << "no disk can be mounted: " << answer.err;
    EXPECT_EQ(answer.code, 0) << left << " KiB: " << answer.err;
  }
}

TEST_F(Writes, AreCompleteOnlyAfterALookAtOutputAndInputs) {
  ASSERT_FALSE(skips());
  EXPECT_TRUE(skips());
  const std::string whole = to_text(folder / "o.mha");
  for (const std::string& damaged : {whole.substr(0, 100), std::string{}, whole.substr(0, whole.size() - 1) + "x"}) {
    folder.write("o.mha", damaged);
    EXPECT_FALSE(skips()) << damaged.size();
    EXPECT_EQ(to_text(folder / "o.mha"), whole);
    EXPECT_TRUE(skips());
  }
  // Of the same size and time, as a copy of another version may be.
  for (const std::string& file : {std::string{"o.mha"}, std::string{"a.mha"}}) {
    const std::string before = to_text(folder / file);
    const auto time = fs::last_write_time(file);
    std::string other = before;
    other.back() = static_cast<char>(other.back() ^ 1);
    folder.write(file, other);
    fs::last_write_time(file, time);
    EXPECT_FALSE(skips()) << file;
    folder.write(file, before);
    EXPECT_EQ(skips(), file == "o.mha") << "the result is the same again, or was made from the other input";
    EXPECT_TRUE(skips());
  }
  // Touched, but the same: it is read and recognised.
  fs::last_write_time(folder / "o.mha", fs::file_time_type::clock::now() + std::chrono::hours{1});
  fs::last_write_time(folder / "a.mha", fs::file_time_type::clock::now() + std::chrono::hours{1});
  EXPECT_TRUE(skips());
  ASSERT_EQ(isocenter({"phantom", "discs", "-o", "a.mha", "--size", "16,16,1", "--factor", "2", "--overwrite"}).code,
            0);
  EXPECT_FALSE(skips()) << "the input is another one";
  EXPECT_TRUE(skips());
  EXPECT_FALSE(skips({"--sigma-mm", "3"}));
  EXPECT_FALSE(skips({"--device", "reference"}));
  EXPECT_TRUE(skips({"--device", "reference"}));
  EXPECT_FALSE(skips()) << "auto would not choose the reference";
  Json record = Json::parse(to_text(folder / "o.mha.record.json"));
  record["plugin_sha256"] = std::string(64, '0');
  folder.write("o.mha.record.json", record.dump());
  EXPECT_FALSE(skips()) << "another build of the plugin";
}

TEST_F(Writes, ReplaceNoInputWhateverItIsCalled) {
  ASSERT_EQ(smooth({"-o", "o.mha"}).code, 0);
  fs::create_hard_link("a.mha", "hard.mha");
  fs::create_symlink("a.mha", "soft.mha");
  const std::string before = to_text(folder / "a.mha"), result = to_text(folder / "o.mha");
  const std::vector<std::vector<std::string>> commands{
      {"run", "example/smoothing", "-i", "a.mha", "-o", "a.mha", "--overwrite"},
      {"run", "example/smoothing", "-i", "a.mha", "-o", "hard.mha", "--overwrite"},
      {"run", "example/smoothing", "-i", "a.mha", "-o", "soft.mha", "--overwrite"},
      {"run", "example/smoothing", "-i", "soft.mha", "-o", "./a.mha", "--overwrite"},
      {"run", "example/smoothing", "-i", "a.mha", "-o", "new.mha", "--report", "a.mha"},
      {"run", "example/smoothing", "-i", "a.mha", "-o", "new.mha", "--report", "a.mha", "--overwrite"},
      {"run", "example/smoothing", "-i", "a.mha", "-o", "new.mha", "--report", "new.mha", "--overwrite"},
      {"run", "example/smoothing", "-i", "a.mha", "-o", "new.mha", "--save-recipe", "hard.mha", "--overwrite"},
      {"convert", "a.mha", "hard.mha", "--overwrite"},
      {"convert", "soft.mha", "a.mha", "--overwrite"},
      {"compare", "a.mha", "o.mha", "--difference", "o.mha", "--overwrite"},
      {"compare", "a.mha", "o.mha", "--difference", "hard.mha", "--overwrite"},
      {"convert", "a.mha", "new.npy", "--log-file", "a.mha"},
      {"phantom", "discs", "--like", "a.mha", "-o", "a.mha", "--overwrite"},
  };
  for (const auto& words : commands) {
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 40) << words[0] << " " << words.back() << ": " << answer.err;
    EXPECT_EQ(to_text(folder / "a.mha"), before) << words[0] << " " << words.back();
    EXPECT_EQ(to_text(folder / "o.mha"), result) << words[0] << " " << words.back();
    EXPECT_TRUE(fs::is_symlink("soft.mha"));
    EXPECT_FALSE(fs::exists("new.mha"));
  }
  folder.write("g.json", parallel_scan(16, equal_views(8)));
  ASSERT_EQ(isocenter({"project", "discs", "-g", "g.json", "-o", "scan.h5"}).code, 0);
  const std::string scan = to_text(folder / "scan.h5");
  EXPECT_EQ(isocenter({"project", "a.mha", "-g", "scan.h5", "-o", "scan.h5", "--overwrite"}).code, 40);
  EXPECT_EQ(to_text(folder / "scan.h5"), scan);
}

TEST_F(Writes, ReplaceAReportOnlyWhenToldTo) {
  folder.write("victim.txt", "precious");
  folder.write("victim.json", "precious");
  for (const char* const report : {"victim.txt", "victim.json"}) {
    EXPECT_EQ(smooth({"-o", "o.mha", "--report", report}).code, 40);
    EXPECT_EQ(to_text(folder / report), "precious");
  }
  EXPECT_EQ(smooth({"-o", "o.mha", "--report", "r.json"}).code, 0);
  const std::string report = to_text(folder / "r.json");
  EXPECT_EQ(smooth({"-o", "p.mha", "--report", "r.json"}).code, 40) << "a report over a report";
  EXPECT_EQ(to_text(folder / "r.json"), report);
  EXPECT_FALSE(fs::exists(folder / "p.mha")) << "refused before the run";
  EXPECT_EQ(smooth({"-o", "p.mha", "--report", "r.json", "--overwrite"}).code, 0);
  EXPECT_NE(to_text(folder / "r.json"), report);
  const std::string record = to_text(folder / "o.mha.record.json");
  EXPECT_EQ(smooth({"-o", "q.mha", "--report", "o.mha.record.json"}).code, 40) << "the record of another result";
  EXPECT_EQ(to_text(folder / "o.mha.record.json"), record);
  EXPECT_EQ(smooth({"-o", "p.mha", "--report", "victim.json", "--overwrite"}).code, 0);
}

TEST_F(Writes, OfOneCommandAreNotOverEachOther) {
  folder.write("log.json", R"({"click_log_version": 1, "recipe": {"recipe_version": 1, "task": "gp_segmentation/clicks",
      "inputs": {"volume": "a.mha"}}, "marks": [{"id": 1, "label": 1, "voxels": [[6, 6, 0]]}]})");
  const std::vector<std::string> cube{"phantom-cube", "minerals", "--size", "6,5", "--bands", "8", "--overwrite", "-o"};
  const auto with = [](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  for (const auto& words :
       {with(cube, {"c.h5", "--endmembers", "c.h5"}),
        with(cube, {"c.h5", "--endmembers", "d.h5", "--abundances", "./d.h5"}),
        with(cube, {"c.hdr", "--abundances", "c.img"}),
        with(cube, {"c.h5", "--log-file", "c.h5"}),
        {"click", "--clicks", "log.json", "-o", "m.nii.gz", "--also", "probability=./m.nii.gz", "--overwrite"},
        {"run", "example/smoothing", "-i", "a.mha", "-o", "new.mha", "--log-file", "new.mha", "--overwrite"},
        {"run", "example/smoothing", "-i", "a.mha", "-o", "new.mha", "--log-file", "r.json", "--report", "r.json",
         "--overwrite"}}) {
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 40) << words.front() << answer.err;
    EXPECT_NE(answer.err.find("would be written over"), std::string::npos) << answer.err;
  }
}

TEST_F(Writes, FindBeforeTheWorkWhatNoFileCanReplace) {
  for (const std::string file : {"o.mha.record.json", "o.mha"})
    for (const bool folder_there : {true, false}) {
      if (folder_there)
        fs::create_directory(file);
      else
        ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
      const Answer answer = smooth({"-o", "o.mha", "--overwrite"});
      EXPECT_EQ(answer.code, 40) << answer.err;
      EXPECT_EQ(answer.err.find("diffusion"), std::string::npos) << "it had begun: " << answer.err;
      fs::remove(file);
    }
}

TEST_F(Writes, WithRecordsThatWereChangedByHandAreRefused) {
  ASSERT_EQ(smooth({"-o", "o.mha"}).code, 0);
  const Json record = Json::parse(to_text(folder / "o.mha.record.json"));
  for (const auto& [member, value] : std::vector<std::pair<std::string, Json>>{
           {"threads", 1e30}, {"threads", 2.5}, {"peak_memory_bytes", -1}, {"threads", std::int64_t{1} << 40}}) {
    Json changed = record;
    changed[member] = value;
    folder.write("changed.json", changed.dump());
    const Answer answer = isocenter({"replay", "changed.json"});
    EXPECT_EQ(answer.code, 22) << member << value << answer.out << answer.err;
  }
  ASSERT_EQ(::mkfifo("pipe.json", 0600), 0);
  EXPECT_EQ(start({"/usr/bin/timeout", "30", ISO_COMMAND, "replay", "pipe.json"}).code, 20);
}

TEST_F(Writes, GoOverNoLogOfTheSameCommand) {
  folder.write("g.json", parallel_scan(16, equal_views(8)));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"convert", "a.mha", "l.npy", "--overwrite", "--log-file", "l.npy"},
           {"convert", "a.mha", "l.cfl", "--overwrite", "--log-file", "l.hdr"},
           {"compare", "a.mha", "a.mha", "--difference", "./l.mha", "--overwrite", "--log-file", "l.mha"},
           {"phantom", "discs", "-o", "l.mha", "--overwrite", "--log-file", "l.mha"},
           {"project", "discs", "-g", "g.json", "-o", "l.h5", "--overwrite", "--log-file", "l.h5"}}) {
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, 40) << words.front() << answer.err;
    EXPECT_NE(answer.err.find("over the log"), std::string::npos) << answer.err;
    EXPECT_NE(to_text(words.back()).find("log of process"), std::string::npos) << words.front();
    fs::remove(words.back());
  }
}

TEST_F(Writes, OfAnEvaluationReplaceNoCase) {
  folder.write("log.json", R"({"click_log_version": 1, "recipe": {"recipe_version": 1, "task": "gp_segmentation/clicks",
      "inputs": {"volume": "a.mha"}}, "marks": [{"id": 1, "label": 1, "voxels": [[6, 6, 0]]}]})");
  fs::create_directory("cases");
  fs::copy_file("a.mha", "cases/x_image.mha");
  ASSERT_EQ(isocenter({"click", "--clicks", "log.json", "-o", "cases/x_mask.mha"}).code, 0);
  const std::string before = to_text("cases/x_mask.mha");
  fs::create_hard_link("cases/x_mask.mha", "report.json");
  for (const char* const report : {"cases/x_mask.mha", "report.json"}) {
    const Answer answer = isocenter({"evaluate", "clicks", "cases", "--report", report, "--overwrite"});
    EXPECT_EQ(answer.code, 40) << answer.err;
    EXPECT_EQ(to_text("cases/x_mask.mha"), before);
  }
}

TEST_F(Writes, OfCasesOfABatchAreNotInEachOthersWay) {
  for (const char* const name : {"r", "reports"}) fs::create_directory(name);
  const auto recipe = [&](const std::string& name, const std::string& input, const std::string& output) {
    folder.write("r/" + name + ".json", R"({"task": "example/smoothing", "inputs": {"volume": ")" + input +
                                            R"("}, "outputs": {"smoothed": ")" + output + R"("}})");
    return "r/" + name + ".json";
  };
  const auto batch = [&](std::vector<std::string> words, const std::string& refused) {
    words.insert(words.begin(), "batch");
    const Answer answer = isocenter(words);
    EXPECT_EQ(answer.code, refused.empty() ? 0 : 40) << answer.err;
    EXPECT_NE(answer.err.find(refused), std::string::npos) << answer.err;
    EXPECT_EQ(answer.out.empty(), !refused.empty()) << "no case begins: " << answer.out;
  };
  const std::string x = recipe("x", "../a.mha", "o.mha"), y = recipe("y", "../a.mha", "./o.mha");
  batch({x, y}, "to which the case 'x' writes");
  batch({x, y, "--overwrite", "--jobs", "2"}, "to which the case 'x' writes");
  // Steps of one work: nothing is read that another case replaces.
  const std::string first = recipe("first", "../a.mha", "p.mha"), second = recipe("second", "p.mha", "q.mha");
  batch({first, second}, "");
  batch({first, second, "--resume"}, "");
  const std::string made = to_text("r/p.mha");
  batch({second, first, "--overwrite"}, "which the case 'second' reads");
  EXPECT_EQ(to_text("r/p.mha"), made);
  const std::string of_x = recipe("x.report", "../a.mha", "s.mha"), text = to_text(of_x);
  batch({x, of_x, "--reports", "r", "--overwrite"}, "which the case 'x.report' reads");
  EXPECT_EQ(to_text(of_x), text);
  batch({x, "--log-file", "r/o.mha", "--overwrite"}, "which is the log of the batch");
  folder.write("t.csv", "case,volume\nx,a.mha\ny,a.mha\n");
  batch({"example/smoothing", "--manifest", "t.csv", "--pass=--smoothed=z.mha", "--pass=--overwrite"},
        "to which the case 'x' writes");
  EXPECT_FALSE(fs::exists("z.mha"));
}

TEST_F(Writes, OfATableAreThoseThatASpreadsheetWrote) {
  const auto batch = [&](const std::string& text) {
    folder.write("t.csv", text);
    return isocenter({"batch", "example/smoothing", "--manifest", "t.csv", "--overwrite"});
  };
  const std::string rows = "case,volume,smoothed\nx,a.mha,o.mha\ny,a.mha,p.mha\n";
  std::string with_returns, with_both;
  for (const char c : rows) {
    with_returns += c == '\n' ? '\r' : c;
    with_both += c == '\n' ? std::string{"\r\n"} : std::string{c};
  }
  for (const std::string& text : {"\xef\xbb\xbf" + rows, with_returns, with_both, rows.substr(0, rows.size() - 1)}) {
    const Answer answer = batch(text);
    EXPECT_EQ(answer.code, 0) << text << answer.err;
    EXPECT_NE(answer.out.find("2 cases, all done"), std::string::npos) << answer.out;
  }
  fs::remove("o.mha");
  const Answer cut = batch("case,volume,smoothed\nx,a.mha,o.mha" + std::string{'\0'} + "more\n");
  EXPECT_EQ(cut.code, 22) << cut.err;
  EXPECT_FALSE(fs::exists("o.mha")) << "the name ended at the zero byte";
}

TEST_F(Writes, OfAResumedCaseStandBesideItsEarlierReport) {
  fs::create_directory("reports");
  folder.write("t.csv", "case,volume,smoothed\nx,later.mha,x.mha\n");
  const auto batch = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"batch", "example/smoothing", "--manifest", "t.csv", "--reports", "reports"});
    return isocenter(more);
  };
  EXPECT_EQ(batch({}).code, 20) << "its input is missing";
  const std::string first = to_text("reports/x.report.json");
  fs::copy_file("a.mha", "later.mha");
  EXPECT_EQ(batch({}).code, 40) << "a report over a report";
  EXPECT_EQ(batch({"--resume"}).code, 0);
  EXPECT_EQ(to_text("reports/x.report.json"), first);
  EXPECT_NE(to_text("reports/x.report-2.json").find("\"done\""), std::string::npos);
  EXPECT_EQ(batch({"--overwrite"}).code, 0);
  EXPECT_NE(to_text("reports/x.report.json"), first);
}

TEST_F(Writes, OfATableAreThoseOfItsRows) {
  folder.write("victim.txt", "precious");
  fs::create_directory("reports");
  fs::create_directory("tables");
  const auto refused = [&](const std::string& text, const std::string& words, int code = 22) {
    folder.write("tables/t.csv", text);
    const Answer answer =
        isocenter({"batch", "example/smoothing", "--manifest", "tables/t.csv", "--reports", "reports"});
    EXPECT_EQ(answer.code, code) << text << answer.err;
    EXPECT_NE(answer.err.find(words), std::string::npos) << answer.err;
    EXPECT_TRUE(fs::is_empty("reports")) << text;
  };
  const std::string o = "tables/o.mha";
  refused("case,volume,smoothed,report\nx,a.mha," + o + ",victim.txt\n", "'report'");
  refused("case,volume,smoothed,plugins-path\nx,a.mha," + o + ",plugins\n", "'plugins-path'");
  refused("case,volume,smoothed,overwrite\nx,a.mha," + o + ",true\n", "'overwrite'");
  refused("case,volume,smoothed,log-file\nx,a.mha," + o + ",victim.txt\n", "'log-file'");
  refused("case,volume,smoothed,sigma-mm,sigma_mm\nx,a.mha," + o + ",1,2\n", "twice");
  for (const char* const name : {"../outside", "a/b", "..", "", "a\tb", "-x"})
    refused("case,volume,smoothed\n" + std::string{name} + ",a.mha," + o + "\n", "no plain name");
  refused("case,volume,smoothed\na,a.mha," + o + "\na,a.mha,tables/p.mha\n", "there already");
  refused("case,volume,smoothed\na,a.mha," + o + "\nb,a.mha,tables/../" + o + "\n", "another case");
  refused("case,volume,smoothed\na,a.mha,o.mha\n", "outside of the folder of the table", 40);
  EXPECT_EQ(to_text(folder / "victim.txt"), "precious");
  folder.write("tables/t.csv", "case,volume,smoothed,sigma-mm,volume.spacing-mm\nx,a.mha,o.mha,1,\n");
  const Answer anywhere = isocenter({"batch", "example/smoothing", "--manifest", "tables/t.csv", "--outputs-anywhere"});
  EXPECT_EQ(anywhere.code, 0) << anywhere.err;
  EXPECT_TRUE(fs::exists("o.mha"));
}

TEST_F(Writes, OfARecipeStayInItsFolder) {
  fs::create_directory("recipes");
  folder.write("recipes/r.json", R"({"task": "example/smoothing", "inputs": {"volume": "../a.mha"},
                                     "outputs": {"smoothed": "../o.mha"}})");
  const Answer refused = isocenter({"run", "recipes/r.json"});
  EXPECT_EQ(refused.code, 40) << refused.err;
  EXPECT_NE(refused.err.find("--outputs-anywhere"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists("o.mha"));
  EXPECT_EQ(isocenter({"run", "recipes/r.json", "-o", "mine.mha"}).code, 0) << "a place that the user names";
  EXPECT_EQ(isocenter({"run", "recipes/r.json", "--outputs-anywhere"}).code, 0);
  EXPECT_TRUE(fs::exists("o.mha"));
}

TEST_F(Writes, FollowNoLinkAndLeaveNothingThatOthersRead) {
  folder.write("victim.txt", "precious");
  fs::create_symlink("victim.txt", "o.npy");
  EXPECT_EQ(isocenter({"convert", "a.mha", "o.npy"}).code, 40) << "a link is there";
  EXPECT_EQ(isocenter({"convert", "a.mha", "o.npy", "--overwrite"}).code, 0);
  EXPECT_EQ(to_text(folder / "victim.txt"), "precious");
  EXPECT_FALSE(fs::is_symlink("o.npy"));
  ASSERT_EQ(isocenter({"convert", "a.mha", "p.npy", "--log-file", "l.log", "--verbose", "debug"}).code, 0);
  struct stat status {};
  ASSERT_EQ(::stat("l.log", &status), 0);
  EXPECT_EQ(status.st_mode & 077, 0U) << "lines name files of patients";
}

TEST_F(Writes, OfALogThatHasNoRoomEndWithFortyAndOneSentence) {
  const Answer at_once = isocenter({"convert", "a.mha", "o.npy", "--log-file", "/dev/full"});
  EXPECT_EQ(at_once.code, 40) << at_once.err;
  EXPECT_NE(at_once.err.find("the log '/dev/full' cannot be written"), std::string::npos) << at_once.err;
  EXPECT_FALSE(fs::exists("o.npy")) << "it is known before any work is done";
  // Room for the first line, and for what is computed, and for no line more.
  constexpr std::size_t room = 8192;
  const std::string begin = "[info] 01.01.2026 00:00:00 [info] [core.base] - ";
  folder.write("l.log", begin + std::string(room - 100 - begin.size(), '.') + "\n");
  How how;
  how.largest_file = room;
  const Answer later = isocenter({"run", "example/smoothing", "-i", "a.mha", "-o", "o.npy", "--progress", "none",
                                  "--log-file", "l.log", "--verbose", "info"},
                                 how);
  EXPECT_EQ(later.code, 40) << later.err;
  const auto first = later.err.find("cannot be written any more");
  ASSERT_NE(first, std::string::npos) << later.err;
  EXPECT_EQ(later.err.find("cannot be written any more", first + 1), std::string::npos) << later.err;
  EXPECT_EQ(isocenter({"check", "o.npy"}).code, 0) << "the result is whole";
}

/// The line that ends `--progress jsonl` of a job that is done says what the process ends with.
void expect_result_line(const Answer& answer, int code, const std::string& error) {
  EXPECT_EQ(answer.code, code) << answer.err;
  Json result;
  std::istringstream lines{answer.out};
  for (std::string line; std::getline(lines, line);)
    if (const Json json = Json::parse(line, nullptr, false); json.is_object() && json.value("type", "") == "result")
      result = json;
  ASSERT_TRUE(result.is_object()) << answer.out;
  EXPECT_EQ(result.at("exit_code"), code) << result;
  EXPECT_EQ(result.value("error", ""), error) << result;
  EXPECT_EQ(result.at("state"), "done") << result;
}

TEST_F(Writes, OfAResultLineSayWhatTheProgramEndsWith) {
  const auto with = [](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), {"--progress", "jsonl", "--threads", "1"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const std::vector<std::string> smooth{"run", "example/smoothing", "-i", "a.mha", "-o", "o.npy"};
  expect_result_line(isocenter(with(smooth, {})), 0, "");
  constexpr std::size_t room = 8192;
  const std::string begin = "[info] 01.01.2026 00:00:00 [info] [core.base] - ";
  folder.write("l.log", begin + std::string(room - 100 - begin.size(), '.') + "\n");
  How how;
  how.largest_file = room;
  expect_result_line(isocenter(with(smooth, {"--overwrite", "--log-file", "l.log", "--verbose", "info"}), how), 40,
                     "cannot_write");
  Json record = Json::parse(to_text(folder / "o.npy.record.json"));
  for (auto& digest : record.at("output_digests")) digest = std::string(64, '0');
  folder.write("bits.json", record.dump());
  expect_result_line(isocenter(with({"replay", "bits.json"}, {})), 88, "quality_gate");
  for (auto& digest : record.at("input_digests")) digest = std::string(64, '0');
  folder.write("inputs.json", record.dump());
  expect_result_line(isocenter(with({"replay", "inputs.json"}, {})), 22, "invalid_input");
}

TEST_F(Writes, OfAReportThatHasNoRoomAreInTheResultLine) {
  if (start({"/usr/bin/unshare", "-m", "true"}).code != 0) GTEST_SKIP() << "no disk can be mounted without root";
  fs::create_directory("disk");
  folder.write("full_disk.sh",
               "mount -t tmpfs -o size=64k tmpfs disk || exit 99\n"
               "head -c 65536 /dev/zero > disk/fill\n"
               "exec $1 run example/smoothing -i a.mha -o o.mha --report disk/r.json --progress jsonl $2\n");
  for (const char* const more : {"", "--isolate"}) {
    const Answer answer = start({"/usr/bin/unshare", "-m", "/bin/sh", "full_disk.sh", ISO_COMMAND, more});
    if (answer.code == 99) GTEST_SKIP() << "no disk can be mounted: " << answer.err;
    expect_result_line(answer, 40, "cannot_write");
    fs::remove("o.mha");
  }
}

TEST_F(Writes, OfEveryAnswerToAFullStandardOutputEndWithForty) {
  const std::vector<std::string> recipe{"run", "example/smoothing", "-i", "a.mha", "-o", "o.mha", "--overwrite"};
  std::vector<std::vector<std::string>> commands{{"--version"},
                                                 {"--help"},
                                                 {"list"},
                                                 {"describe", "example/smoothing"},
                                                 {"devices"},
                                                 {"check", "a.mha"},
                                                 {"compare", "a.mha", "a.mha"}};
  for (const char* const style : {"text", "xml", "jsonl"}) {
    commands.push_back(recipe);
    commands.back().insert(commands.back().end(), {"--progress", style});
  }
  for (const std::vector<std::string>& command : commands) {
    std::vector<std::string> all{"/bin/sh", "-c", "\"$@\" > /dev/full", "sh", ISO_COMMAND};
    all.insert(all.end(), command.begin(), command.end());
    const Answer answer = start(all);
    EXPECT_EQ(answer.code, 40) << command.front() << ": " << answer.err;
    EXPECT_NE(answer.err.find("the standard output cannot be written"), std::string::npos) << command.front();
  }
}

/// Numbers that do not fit a whole number of ours.
TEST_F(Writes, AreRefusedForNumbersThatDoNotFit) {
  const auto find_code = [&](const std::string& name, const std::string& text) {
    folder.write(name, text);
    const Answer answer = isocenter({"run", name});
    EXPECT_EQ(answer.err.find("-9223372036854775808"), std::string::npos) << answer.err;
    EXPECT_EQ(answer.err.find("-2147483648"), std::string::npos) << answer.err;
    return answer.code;
  };
  const std::string recipe =
      R"("task": "example/smoothing", "inputs": {"volume": "a.mha"}, "outputs": {"smoothed": "o.mha"})";
  for (const char* const version : {"1e30", "1.5", "-1", "9223372036854775808", "\"1\""})
    EXPECT_EQ(find_code("v.json", std::string{"{\"recipe_version\": "} + version + ", " + recipe + "}"), 22) << version;
  folder.write("g.json", parallel_scan(16, R"({"first": 0, "step": 5, "count": 9223372036854775808})"));
  EXPECT_EQ(isocenter({"project", "discs", "-g", "g.json", "-o", "s.h5"}).code, 22);
  EXPECT_EQ(isocenter({"project", "discs", "-g", "g.json", "-o", "s.h5", "--elements", "1e30,1"}).code, 1);
  folder.write("fraction.npy", npy("<f8", "2.7, 2", std::string(48, '\0')));
  folder.write("nan.npy", npy("<f8", "nan, 2", std::string(48, '\0')));
  for (const char* const file : {"fraction.npy", "nan.npy"}) EXPECT_EQ(isocenter({"check", file}).code, 22) << file;
}

}  // namespace
}  // namespace iso::test
