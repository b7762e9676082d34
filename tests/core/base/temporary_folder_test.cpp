#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/temporary_folder.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>

namespace {

namespace fs = std::filesystem;

TEST(TemporaryFolder, IsItsOwnersAloneAndGoesWithAllThatIsInIt) {
  std::optional<iso::TemporaryFolder> folder{"isocenter-test"};
  const fs::path path = folder->path();
  EXPECT_TRUE(path.filename().string().starts_with("isocenter-test-"));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
  EXPECT_NE(iso::TemporaryFolder{"isocenter-test"}.path(), path);
  fs::create_directories(path / "a" / "b");
  std::ofstream{path / "a" / "b" / "file"} << "text";
  folder.reset();
  EXPECT_FALSE(fs::exists(path));
}

TEST(TemporaryFolder, InAParentThatIsNotThereIsRefused) {
  try {
    const iso::TemporaryFolder folder{"isocenter-test", "/no/such/parent"};
    ADD_FAILURE() << folder.path();
  } catch (const iso::Error& problem) {
    EXPECT_EQ(problem.code(), iso::Errc::output_directory);
    EXPECT_NE(std::string{problem.what()}.find("/no/such/parent"), std::string::npos);
  }
}

TEST(TemporaryFolder, OfAProcessThatWasKilledIsRemovedByTheNext) {
  const iso::TemporaryFolder parent{"isocenter-test-parent"};
  const iso::TemporaryFolder living{"isocenter-test", parent.path()};
  const pid_t child = ::fork();
  if (child == 0) {
    const iso::TemporaryFolder folder{"isocenter-test", parent.path()};
    std::ofstream{folder.path() / "file"} << "text";
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  const fs::path named = parent.path() / "isocenter-test-results", other = parent.path() / "other-0123456789abcdef";
  fs::create_directory(named);
  fs::create_directory(other);
  ASSERT_EQ(std::distance(fs::directory_iterator{parent.path()}, {}), 4);
  { const iso::TemporaryFolder next{"isocenter-test", parent.path()}; }
  EXPECT_EQ(std::distance(fs::directory_iterator{parent.path()}, {}), 3);
  EXPECT_TRUE(fs::exists(living.path())) << "its owner lives";
  EXPECT_TRUE(fs::exists(named)) << "a folder of the user";
  EXPECT_TRUE(fs::exists(other)) << "a folder of another name";
}

TEST(TemporaryFolder, GoesWithTheProcessThatEndsAtOnce) {
  std::optional<iso::TemporaryFolder> folder{"isocenter-test"};
  const fs::path path = folder->path();
  const pid_t child = ::fork();
  if (child == 0) {
    const iso::TemporaryFolder own{"isocenter-test", path};
    iso::forget_folder(path);  // of the parent
    iso::remove_remembered_folders();
    ::_exit(fs::exists(own.path()) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(fs::exists(path));
}

}  // namespace
