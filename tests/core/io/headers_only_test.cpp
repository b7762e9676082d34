#include "io_fixture.h"

#include <zlib.h>

/// What the header says is the same whether the values are read or not, and what lacks is found without them.
namespace iso::test {
namespace {

io::ReadOptions headers_only() {
  io::ReadOptions options;
  options.headers_only = true;
  return options;
}

class HeadersOnly : public IoTest {
 protected:
  Volume volume() { return {counting<std::int16_t>(Shape{5, 4, 3}), oblique({5, 4, 3}), Quantity::hounsfield, {}}; }
  /// The file looked at, held against the file read.
  void expect_same(const fs::path& file) {
    const auto looked = io::read(file, headers_only()), read = io::read(file);
    const Pixels &outline = *to_pixels(*looked), &pixels = *to_pixels(*read);
    EXPECT_TRUE(outline.is_outline()) << file;
    EXPECT_EQ(outline.spec(), pixels.spec()) << file;
    Metadata said = metadata(*looked), all = metadata(*read);
    // What the mean of several flat fields is made of is said with the values.
    EXPECT_TRUE(all["assumed"].starts_with(said["assumed"])) << file << ": " << said["assumed"];
    if (!std::holds_alternative<Sinogram>(*read)) {
      EXPECT_EQ(said["assumed"], all["assumed"]) << file;
    }
    said.erase("assumed"), all.erase("assumed");
    EXPECT_EQ(said, all) << file;
    if (std::holds_alternative<Volume>(*read)) {
      EXPECT_EQ(get<Volume>(looked).grid, get<Volume>(read).grid) << file;
      EXPECT_EQ(get<Volume>(looked).quantity, get<Volume>(read).quantity) << file;
    }
  }
  /// Refused by its header or its length, without its values.
  void expect_refused(const fs::path& file, int code) {
    const Error error = catch_error([&] { (void)io::read(file, headers_only()); });
    EXPECT_EQ(exit_code(error.code()), code) << file << ": " << error.what();
  }
};

TEST_F(HeadersOnly, SayTheSameAsTheWholeFile) {
  for (const char* name : {"a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.tif", "a.h5", "a.npy"}) {
    io::write(folder / name, Dataset{volume()});
    expect_same(folder / name);
  }
}

TEST_F(HeadersOnly, SayTheSameOfEveryStoredFileThatIsRead) {
  log::set_level(log::Level::quiet);
  std::size_t same = 0;
  for (const char* place : {"differential", "readers", "mrc"})
    for (const auto& entry : fs::directory_iterator{fs::path{ISO_SOURCE_DIR} / "tests" / "data" / place}) {
      const fs::path& file = entry.path();
      try {
        const auto read = io::read(file);
        if (to_pixels(*read) == nullptr) continue;
      } catch (const Error&) {
        continue;  // refused, or no file to read by itself
      }
      const auto looked = io::read(file, headers_only());
      if (std::holds_alternative<KSpace>(*looked)) continue;  // ISMRMRD is read whole
      expect_same(file);
      ++same;
    }
  EXPECT_GT(same, 60U);
}

TEST_F(HeadersOnly, FindWhatLacks) {
  for (const char* name : {"a.nii", "a.nrrd", "a.mha", "a.tif", "a.npy"}) {
    io::write(folder / name, Dataset{volume()});
    const std::string bytes = bytes_of_file(folder / name);
    put(folder / name, bytes.substr(0, bytes.size() - 10));
    expect_refused(folder / name, 20);
  }
  io::write(folder / "b.nii.gz", Dataset{volume()});
  std::string bytes = bytes_of_file(folder / "b.nii.gz");
  bytes[bytes.size() - 6] ^= 1;
  put(folder / "b.nii.gz", bytes);
  expect_refused(folder / "b.nii.gz", 20);
}

TEST_F(HeadersOnly, AskForNoMemoryOfTheSizeOfTheValues) {
  // Sixteen gigabytes that are not on the disk.
  io::write(folder / "a.npy", Dataset{volume()});
  std::string header = bytes_of_file(folder / "a.npy").substr(0, 128);
  const std::string shape = "(3, 4, 5, )";
  header.replace(header.find(shape), shape.size() + 20, "(2000, 2000, 2000), }" + std::string(10, ' '));
  put(folder / "large.npy", header);
  fs::resize_file(folder / "large.npy", header.size() + 2ULL * 2000 * 2000 * 2000);
  const auto looked = io::read(folder / "large.npy", headers_only());
  EXPECT_EQ(to_pixels(*looked)->spec().shape, (Shape{2000, 2000, 2000}));
}

}  // namespace
}  // namespace iso::test
