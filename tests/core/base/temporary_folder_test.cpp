#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/base/temporary_folder.h>

#include <fstream>
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

}  // namespace
