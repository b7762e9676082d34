#include "gui/presenters/log_book.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <thread>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class Logged : public ::testing::Test {
 protected:
  Logged() {
    fs::remove_all(folder);
    log::set_level(log::Level::debug);
  }
  ~Logged() override {
    log::set_level(log::Level::warning);
    fs::remove_all(folder);
  }
  static std::string to_text(const fs::path& file) {
    std::ostringstream text;
    text << std::ifstream{file}.rdbuf();
    return text.str();
  }
  fs::path folder = fs::path{::testing::TempDir()} / ("iso_log_book" + std::to_string(::getpid()));
};

TEST_F(Logged, LinesOfEveryThreadAreInMemoryAndInTheFileInTheFormOfTheConvention) {
  LogBook book{folder};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([t] {
        for (int i = 0; i < 100; ++i) log::info("test", "thread ", t, " line ", i);
      });
  }
  EXPECT_EQ(book.lines().size(), 400U);
  EXPECT_EQ(book.revision(), 400U);
  const std::string text = to_text(book.file());
  const std::regex form{R"(\[INFO\]\[desktop\] \d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d \[test\] - thread 3 line 99\n)"};
  EXPECT_TRUE(std::regex_search(text, form)) << text.substr(0, 600);
  EXPECT_NE(text.find("memory: "), std::string::npos) << "what a report needs stands first";
}

TEST_F(Logged, LinesAreFilteredByLevelAndByWords) {
  LogBook book{folder};
  log::debug("core.io", "looked at a Header");
  log::info("app.gui", "opened a volume");
  log::warning("core.io", "a spacing was assumed");
  EXPECT_EQ(book.lines(log::Level::warning).size(), 1U);
  EXPECT_EQ(book.lines(log::Level::debug, "header").size(), 1U);
  EXPECT_EQ(book.lines(log::Level::debug, "core.io").size(), 2U);
  EXPECT_TRUE(book.lines(log::Level::info, "header").empty());
}

TEST_F(Logged, AnEarlierLogIsReadBackAsItWasWritten) {
  std::vector<LogLine> written;
  fs::path file;
  {
    LogBook book{folder};
    log::error("app.jobs", "it failed\nin two lines");
    log::info("app.gui", "it went on");
    written = book.lines();
    file = book.file();
  }
  const std::vector<LogLine> read = filtered(read_log(file), log::Level::debug, "it ");
  ASSERT_EQ(read.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(line_text(read[i]), line_text(written[i]));
  EXPECT_EQ(filtered(read_log(file), log::Level::error, "").size(), 1U);
}

TEST_F(Logged, TheTenNewestFilesAreKept) {
  fs::create_directories(folder);
  for (int i = 0; i < 14; ++i) {
    const fs::path file = folder / ("isocenter_20200101_00000" + std::to_string(i) + "_1.log");
    std::ofstream{file} << "old\n";
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours{100 - i});
  }
  std::ofstream{folder / "notes.txt"} << "of the user\n";
  LogBook book{folder};
  const auto files = log_files(folder);
  ASSERT_EQ(files.size(), 10U);
  EXPECT_EQ(files.front(), book.file());
  EXPECT_EQ(files[1].filename(), "isocenter_20200101_0000013_1.log");
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
}

TEST_F(Logged, AFolderThatCannotBeMadeCostsTheFileOnly) {
  std::ofstream{folder} << "a file where the folder should be\n";
  LogBook book{folder};
  log::info("app.gui", "still there");
  EXPECT_TRUE(book.file().empty());
  EXPECT_NE(book.problem().find("cannot be kept"), std::string::npos);
  EXPECT_EQ(book.lines().size(), 1U);
}

TEST_F(Logged, AFileThatGrewTooLargeBeginsAnewAndKeepsThePartBefore) {
  LogBook book{folder};
  const std::string words(1 << 16, 'x');
  for (int i = 0; i < 200; ++i) log::debug("test", words);
  EXPECT_LT(fs::file_size(book.file()), 9U << 20);
  EXPECT_TRUE(fs::exists(fs::path{book.file()}.concat(".old")));
}

}  // namespace
}  // namespace iso::gui
