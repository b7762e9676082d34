#include "iso/base/log.h"

#include "iso/base/error.h"
#include "iso/base/log_file.h"
#include "iso/base/temporary_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace iso::log {
namespace {

TEST(LogFile, ThatTakesNoLineIsRefusedBeforeAnyWork) {
  try {
    to_file("/dev/full");
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::cannot_write);
  }
  EXPECT_TRUE(is_file_whole()) << "no log is kept";
}

TEST(LogFile, HasEveryLine) {
  const TemporaryFolder folder{"iso_log"};
  const std::string path = folder.path() / "a.log";
  to_file(path);
  set_level(Level::quiet);
  line(Level::info, "test", "here it is");
  set_level(Level::warning);
  EXPECT_TRUE(is_file_whole());
  std::ifstream in{path};
  std::string first, second;
  ASSERT_TRUE(std::getline(in, first) && std::getline(in, second));
  EXPECT_NE(second.find("[info] [test] - here it is"), std::string::npos) << second;
  to_file(path);  // what this program wrote is a log
}

TEST(LogLevel, IsFoundByItsName) {
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error, Level::quiet})
    EXPECT_EQ(level_from_string(to_string(level)), level);
  EXPECT_FALSE(level_from_string("loud"));
}

}  // namespace
}  // namespace iso::log
