#include "io_fixture.h"

#include "iso/io/input_files.h"

namespace iso::test {
namespace {

class InputFiles : public IoTest {
 protected:
  [[nodiscard]] bool refuses(const fs::path& input, const fs::path& output) const {
    io::InputFiles inputs;
    inputs.add(input);
    const Error error = catch_error([&] { inputs.refuse(output, "the output"); });
    if (error.code() == Errc::cannot_write) {
      EXPECT_NE(std::string{error.what()}.find("would replace the input"), std::string::npos);
      return true;
    }
    return false;
  }
};

TEST_F(InputFiles, AreKnownByOtherSpellingsAndLinks) {
  put(folder / "scan.h5", "a scan");
  fs::create_hard_link(folder / "scan.h5", folder / "hard.h5");
  fs::create_symlink("scan.h5", folder / "soft.h5");
  fs::create_directory(folder / "sub");
  fs::create_directory_symlink(folder, folder / "sub" / "up");
  for (const fs::path& output : {folder / "scan.h5", folder / "hard.h5", folder / "soft.h5", folder / "." / "scan.h5",
                                 folder / "sub" / ".." / "scan.h5", folder / "sub" / "up" / "scan.h5"})
    EXPECT_TRUE(refuses(folder / "scan.h5", output)) << output;
  put(folder / "other.h5", "a scan");
  EXPECT_FALSE(refuses(folder / "scan.h5", folder / "other.h5"));
  EXPECT_FALSE(refuses(folder / "scan.h5", folder / "new.h5"));
}

TEST_F(InputFiles, AreAllFilesOfAFolderAndThoseAHeaderNames) {
  fs::create_directory(folder / "series");
  put(folder / "series" / "1.dcm", "slice");
  fs::create_hard_link(folder / "series" / "1.dcm", folder / "alias.mha");
  EXPECT_TRUE(refuses(folder / "series", folder / "series" / "1.dcm"));
  EXPECT_TRUE(refuses(folder / "series", folder / "alias.mha"));
  EXPECT_FALSE(refuses(folder / "series", folder / "series" / "new.mha"));
  put(folder / "a.mhd", "NDims = 2\nDimSize = 2 1\nElementType = MET_UCHAR\nElementDataFile = a.dat\n");
  put(folder / "a.dat", "xy");
  EXPECT_TRUE(refuses(folder / "a.mhd", folder / "a.dat"));
  put(folder / "b.nhdr", "NRRD0004\ntype: uint8\ndimension: 2\nsizes: 2 1\nencoding: raw\ndata file: b.dat\n\n");
  put(folder / "b.dat", "xy");
  EXPECT_TRUE(refuses(folder / "b.nhdr", folder / "b.dat"));
}

TEST_F(InputFiles, HaveAStampThatChangesWithSizeAndTime) {
  put(folder / "a.raw", "one");
  const auto stamp = io::make_stamp({folder / "a.raw"});
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(stamp->bytes, 3U);
  EXPECT_EQ(io::make_stamp({folder / "a.raw"}), stamp);
  const auto time = fs::last_write_time(folder / "a.raw");
  fs::last_write_time(folder / "a.raw", time + std::chrono::nanoseconds{1000});
  EXPECT_NE(io::make_stamp({folder / "a.raw"}), stamp);
  put(folder / "a.raw", "four");
  fs::last_write_time(folder / "a.raw", time);
  EXPECT_NE(io::make_stamp({folder / "a.raw"}), stamp);
  EXPECT_FALSE(io::make_stamp({folder / "a.raw", folder / "none.raw"}).has_value());
}

}  // namespace
}  // namespace iso::test
