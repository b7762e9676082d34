#include "iso/base/text_file.h"

#include "iso/base/error.h"
#include "iso/base/temporary_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

namespace iso {
namespace {

Errc refusal(const std::filesystem::path& file, std::size_t most = 1000) {
  try {
    (void)read_text_file(file, most);
  } catch (const Error& problem) {
    EXPECT_NE(std::string{problem.what()}.find("'" + file.string() + "'"), std::string::npos) << problem.what();
    return problem.code();
  }
  ADD_FAILURE() << file << " was read";
  return Errc::internal;
}

TEST(TextFile, IsReadWholeWithEveryByte) {
  const TemporaryFolder folder{"isocenter-test"};
  const std::string text = std::string(70000, 'a') + '\0' + "\r\n\xff";
  std::ofstream{folder.path() / "a.txt", std::ios::binary} << text;
  EXPECT_EQ(read_text_file(folder.path() / "a.txt"), text);
  std::ofstream{folder.path() / "empty.txt"};
  EXPECT_EQ(read_text_file(folder.path() / "empty.txt"), "");
}

/// None of these may be waited at or read without end.
TEST(TextFile, IsNoPipeNoDeviceNoFolderAndNotTooLong) {
  const TemporaryFolder folder{"isocenter-test"};
  const auto pipe = folder.path() / "pipe", zero = folder.path() / "zero", lengthy = folder.path() / "long";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", zero);
  std::ofstream{lengthy} << std::string(1001, 'a');
  EXPECT_EQ(refusal(pipe), Errc::cannot_read);
  EXPECT_EQ(refusal(zero), Errc::cannot_read);
  EXPECT_EQ(refusal(folder.path()), Errc::cannot_read);
  EXPECT_EQ(refusal(folder.path() / "nothing"), Errc::cannot_read);
  EXPECT_EQ(refusal(lengthy), Errc::invalid_input);
}

}  // namespace
}  // namespace iso
