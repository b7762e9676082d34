#include "support/command.h"

#include <sys/stat.h>

namespace iso::test {
namespace {

constexpr auto fan = R"({"beam": "fan", "detector": "flat", "angles_deg": {"first": 0, "step": 5, "count": 72},
  "elements": [336, 1], "pitch_mm": [2, 1], "source_to_axis_mm": 595, "source_to_detector_mm": 1086})";

class Surroundings : public ::testing::Test {
 protected:
  Surroundings() {
    EXPECT_EQ(
        isocenter({"project", "shepp-logan", "-g", folder.write("fan.json", fan), "-o", scan, "--factor", "0.02"}).code,
        0);
  }
  /// The command with arguments as a shell takes them, behind which descriptors may be closed.
  Answer shell(const std::string& arguments, const How& how = {}) {
    return start({"/bin/bash", "-c", "cd '" + folder.path().string() + "' && exec '" ISO_COMMAND "' " + arguments},
                 how);
  }

  Folder folder{"iso_surroundings"};
  std::string scan = folder / "scan.h5";
};

TEST_F(Surroundings, ClosedDescriptorsChangeNothing) {
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- 2>&-", ">&- 2>&-", "<&- >&-", "<&- >&- 2>&-"})
    for (const std::string more : {"", "--isolate "}) {
      const std::string output = folder / "out.mha";
      fs::remove(output);
      fs::remove(output + ".record.json");
      const Answer answer = shell("run sparse_view_ct/fbp -i scan.h5 --size 32 -o out.mha " + more + closed);
      EXPECT_EQ(answer.code, 0) << closed << more << answer.err;
      EXPECT_TRUE(fs::exists(output)) << closed << more;
      EXPECT_EQ(shell("check out.mha").code, 0) << closed << more;
    }
  folder.write("cases.csv", "case,sinogram,volume,size\na,scan.h5,a.mha,32\nb,scan.h5,b.mha,32\nc,scan.h5,c.mha,32\n");
  EXPECT_EQ(shell("batch sparse_view_ct/fbp --manifest cases.csv <&- >&- 2>&-").code, 0);
  for (const char* const name : {"a.mha", "b.mha", "c.mha"}) EXPECT_TRUE(fs::exists(folder / name)) << name;
}

/// Long enough that a signal comes in the middle.
const std::string long_run =
    "run sparse_view_ct/tv -i scan.h5 --size 256 --iterations 100000 -o long.mha --progress jsonl";

TEST_F(Surroundings, AHangUpStopsARunInOrder) {
  const Folder temporary{"iso_hangup_tmp"};
  for (const std::string more : {"", " --isolate"}) {
    const Answer answer = shell(long_run + more, {.in = "",
                                                  .largest_file = 0,
                                                  .meanwhile =
                                                      [](const Live& live) {
                                                        ASSERT_GE(seconds_until(live.out, "\"running\""), 0);
                                                        ::kill(live.process, SIGHUP);
                                                      },
                                                  .environment = {{"TMPDIR", temporary.path().string()}}});
    EXPECT_EQ(answer.code, 87) << answer.err;
    EXPECT_TRUE(fs::is_empty(temporary.path()));
    EXPECT_FALSE(fs::exists(folder / "long.mha"));
  }
}

TEST_F(Surroundings, AHangUpIsIgnoredWhereItWasWhenTheProgramStarted) {
  const Answer answer =
      start({"/bin/bash", "-c",
             "trap '' HUP; cd '" + folder.path().string() +
                 "'; exec '" ISO_COMMAND
                 "' run sparse_view_ct/tv -i scan.h5 --size 64 --iterations 30 -o nohup.mha --progress jsonl"},
            {.in = "",
             .largest_file = 0,
             .meanwhile =
                 [](const Live& live) {
                   ASSERT_GE(seconds_until(live.out, "\"running\""), 0);
                   ::kill(live.process, SIGHUP);
                 },
             .environment = {}});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(fs::exists(folder / "nohup.mha"));
}

/// Sends a signal at some moment; whatever the moment, the old state or the new one is left and nothing else.
TEST_F(Surroundings, SignalsLeaveNothingOfAConversionBehind) {
  ASSERT_EQ(shell("phantom shepp-logan -o big.mha --size 128,128,128").code, 0);
  const auto before = folder.listing().size();
  for (const int signal : {SIGHUP, SIGTERM, SIGINT})
    for (const int delay_ms : {20, 40, 60, 80, 100, 140}) {
      const Answer answer =
          shell("convert big.mha big.nrrd", {.in = "",
                                             .largest_file = 0,
                                             .meanwhile =
                                                 [&](const Live& live) {
                                                   std::this_thread::sleep_for(std::chrono::milliseconds{delay_ms});
                                                   ::kill(live.process, signal);
                                                 },
                                             .environment = {}});
      EXPECT_TRUE(answer.code == 0 || answer.code == 128 + signal) << answer.code << answer.err;
      if (fs::exists(folder / "big.nrrd")) {
        EXPECT_EQ(shell("check big.nrrd").code, 0);
      }
      fs::remove(folder / "big.nrrd");
      EXPECT_EQ(folder.listing().size(), before) << "signal " << signal << " after " << delay_ms << " ms";
    }
}

/// How many processes have a word in their command.
int processes_with(const std::string& word) {
  int count = 0;
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator("/proc", problem))
    if (to_text((entry.path() / "cmdline").string()).find(word) != std::string::npos) ++count;
  return count;
}

TEST_F(Surroundings, ABatchThatIsKilledTakesItsCasesWithIt) {
  const std::string mark = "case_of_" + std::to_string(::getpid()) + ".mha";
  folder.write("cases.csv", "case,sinogram,volume,size,iterations\na,scan.h5," + mark + ",256,100000\n");
  for (const int signal : {SIGKILL, SIGHUP, SIGTERM}) {
    const Answer answer = shell("batch sparse_view_ct/tv --manifest cases.csv",
                                {.in = "",
                                 .largest_file = 0,
                                 .meanwhile =
                                     [&](const Live& live) {
                                       for (int i = 0; i < 500 && processes_with(mark) == 0; ++i)
                                         std::this_thread::sleep_for(std::chrono::milliseconds{10});
                                       EXPECT_EQ(processes_with(mark), 1);
                                       std::this_thread::sleep_for(std::chrono::milliseconds{200});
                                       ::kill(live.process, signal);
                                     },
                                 .environment = {}});
    EXPECT_EQ(answer.code, signal == SIGKILL ? 128 + SIGKILL : 87) << answer.err;
    for (int i = 0; i < 300 && processes_with(mark) > 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    EXPECT_EQ(processes_with(mark), 0) << "after signal " << signal;
  }
}

TEST_F(Surroundings, NamesThatAreNoUtf8WorkIsolatedToo) {
  const Folder odd{"iso_odd_\xff\xfe_tmp"};
  fs::copy(scan, folder / "sc\xe4n.h5");
  for (const std::string more : {"", "--isolate"}) {
    const std::string output = "caf\xe9" + more + ".mha";
    const Answer answer =
        shell("run sparse_view_ct/fbp -i $'sc\\xe4n.h5' --size 32 -o '" + output + "' " + more,
              {.in = "", .largest_file = 0, .meanwhile = {}, .environment = {{"TMPDIR", odd.path().string()}}});
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_TRUE(fs::exists(folder / output));
    const Answer again = shell("replay '" + output + ".record.json' " + more);
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_EQ(answer.out.find('\xe9'), std::string::npos) << "a terminal gets UTF-8 only";
  }
}

TEST_F(Surroundings, AHomeThatIsRelativeOrMissingIsNotLookedInto) {
  fs::create_directories(folder / "here/.local/share/isocenter/plugins");
  folder.write("here/.local/share/isocenter/plugins/odd.plugin.json", "not a manifest");
  for (const std::string home : {"HOME=here", "HOME=", "-u HOME"}) {
    const Answer answer =
        start({"/bin/bash", "-c",
               "cd '" + folder.path().string() + "' && exec env " + home + " '" ISO_COMMAND "' list --all"});
    EXPECT_EQ(answer.code, 0) << answer.err;
    EXPECT_EQ(answer.out.find("odd"), std::string::npos) << answer.out;
  }
}

TEST_F(Surroundings, ControlCharactersOfNamesReachNoTerminal) {
  const std::string red = "\x1b[31mRED\x1b]0;title\x07";
  folder.write("cases.csv", "case,sinogram,volume,size\n" + red + ",nosuch.h5,o7.mha,32\n");
  folder.write("recipe.json",
               R"({"recipe_version":1,"task":"x/\u001b[31mred\u001b]0;T\u0007","inputs":{},"outputs":{}})");
  folder.write(red + ".mha", "no image");
  for (const std::string words : {"run recipe.json", "batch sparse_view_ct/fbp --manifest cases.csv", "check *RED*",
                                  "convert *RED* $'\\x1b[31m.png'", "series .", "check nowhere$'\\x1b'"}) {
    const Answer answer = shell(words);
    EXPECT_NE(answer.code, 139) << words;
    EXPECT_EQ((answer.out + answer.err).find('\x1b'), std::string::npos) << words << answer.out << answer.err;
    EXPECT_EQ((answer.out + answer.err).find('\x07'), std::string::npos) << words;
  }
}

/// A name could say what looks like a line of the program.
TEST_F(Surroundings, ALineBreakInANameBeginsNoLine) {
  folder.write("a\nisocenter: forged.csv", "x,y\n1,2\n");
  for (const std::string words :
       {"check a*", "convert a* $'b\nisocenter: forged.h5'", "check $'c\nisocenter: forged'", "series ."}) {
    const Answer answer = shell(words);
    EXPECT_EQ(("\n" + answer.out + answer.err).find("\nisocenter: forged"), std::string::npos) << words << answer.out;
    const bool named = (answer.out + answer.err).find("\\nisocenter: forged") != std::string::npos;
    EXPECT_EQ(named, !words.starts_with("series")) << words << answer.out;
  }
}

TEST_F(Surroundings, TooFewOpenFilesAreNotCalledADamagedFile) {
  folder.write("a.csv", "x,y\n1,2\n");
  int refused = 0;
  for (int most = 4; most < 12; ++most) {
    const Answer answer = start({"/bin/bash", "-c",
                                 "cd '" + folder.path().string() + "' && ulimit -n " + std::to_string(most) +
                                     " && exec '" ISO_COMMAND "' convert a.csv o.csv --overwrite"});
    if (answer.code == 0 || answer.code == 127) continue;  // 127: not even the libraries could be opened
    ++refused;
    EXPECT_NE(answer.err.find("open files"), std::string::npos) << most << answer.err;
    EXPECT_EQ(answer.err.find("content"), std::string::npos) << most << answer.err;
  }
  EXPECT_GT(refused, 0);
}

TEST_F(Surroundings, ChildrenThatTheStarterIgnoresAreSeenToEnd) {
  folder.write("cases.csv", "case,sinogram,volume,size\na,scan.h5,a.mha,32\n");
  for (const std::string words : {"batch sparse_view_ct/fbp --manifest cases.csv",
                                  "run sparse_view_ct/fbp -i scan.h5 --size 32 -o b.mha --isolate", "check scan.h5"}) {
    const Answer answer = start(
        {"/bin/bash", "-c",
         "cd '" + folder.path().string() + "' && exec timeout 60 env --ignore-signal=CHLD '" ISO_COMMAND "' " + words});
    EXPECT_EQ(answer.code, 0) << words << answer.err;
  }
}

TEST_F(Surroundings, AStandardOutputThatDoesNotWaitGetsEverything) {
  const Answer whole = shell("convert --help");
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_GE(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
  ::fcntl(ends[1], F_SETFL, O_WRONLY | O_NONBLOCK);
  ::fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  std::string text;
  std::thread reader{[&] {
    std::array<char, 512> part{};
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
    for (ssize_t count = 0; (count = ::read(ends[0], part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(count));
  }};
  const Answer answer = shell("convert --help >&" + std::to_string(ends[1]));
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_EQ(text, whole.out);
  EXPECT_GT(text.size(), 4096U) << "it did not have to wait";
}

TEST_F(Surroundings, AWorkingFolderThatIsGoneIsSaid) {
  const std::string base = folder.path().string();
  const Answer answer =
      start({"/bin/bash", "-c",
             "mkdir '" + base + "/gone' && cd '" + base + "/gone' && rmdir '" + base +
                 "/gone' && exec '" ISO_COMMAND "' run sparse_view_ct/fbp -i '" + scan + "' -o '" + base + "/o.mha'"});
  EXPECT_EQ(answer.code, 20) << answer.err;
  EXPECT_NE(answer.err.find("the working folder cannot be found"), std::string::npos) << answer.err;
}

/// A viewer of the progress that ends is no reason to lose the work that it showed.
TEST_F(Surroundings, ARunWhoseListenerIsGoneKeepsItsResults) {
  for (const std::string more : {"", "--isolate"}) {
    const Answer answer =
        shell("run sparse_view_ct/fbp -i scan.h5 --size 32 -o deaf.mha --overwrite --progress jsonl " + more +
              " > >(exec true)");
    EXPECT_EQ(answer.code, 40) << answer.err;
    EXPECT_EQ(shell("check deaf.mha").code, 0) << more;
    EXPECT_TRUE(fs::exists(folder / "deaf.mha.record.json")) << more;
    fs::remove(folder / "deaf.mha");
  }
}

TEST_F(Surroundings, APipeThatAHintNamesIsNotWaitedAt) {
  folder.write("a.csv", "x,y\n1,2\n");
  ASSERT_EQ(shell("phantom-cube minerals --size 6,5 --bands 8 -o c.h5").code, 0);
  ASSERT_EQ(shell("convert c.h5 c.npy").code, 0);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", folder / "zero");
  for (const std::string file : {"pipe", "zero"}) {
    const Answer answer =
        start({"/bin/bash", "-c",
               "cd '" + folder.path().string() +
                   "' && exec timeout 60 '" ISO_COMMAND "' check c.npy --axes x,y,band --wavelengths " + file});
    EXPECT_EQ(answer.code, 20) << answer.err;
    EXPECT_NE(answer.err.find("is not a file"), std::string::npos) << answer.err;
  }
}

TEST_F(Surroundings, ANameThatIsTooLongIsSaidToBe) {
  folder.write("a.csv", "x,y\n1,2\n");
  const Answer answer = shell("convert a.csv " + std::string(300, 'x') + ".h5");
  EXPECT_EQ(answer.code, 40);
  EXPECT_NE(answer.err.find("File name too long"), std::string::npos) << answer.err;
  EXPECT_EQ(answer.err.find("free some space"), std::string::npos) << answer.err;
}

}  // namespace
}  // namespace iso::test
