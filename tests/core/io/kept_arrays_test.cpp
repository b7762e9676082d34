// A file that is read several times with other hints: its values are looked at once.

#include "io_fixture.h"

#include "iso/io/kept_arrays.h"

namespace iso {
namespace {

namespace fs = std::filesystem;

class KeptArrays : public test::IoTest {
 protected:
  fs::path write(const std::string& name, float value, Shape shape = {6, 5, 4}) {
    Volume data;
    data.grid = VoxelGrid::centred({shape[0], shape[1], shape[2]}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({shape, ScalarType::f32});
    std::ranges::fill(buffer.values<float>(), value);
    data.pixels = std::move(buffer);
    io::write(folder / name, Dataset{std::move(data)}, {.overwrite = true});
    return folder / name;
  }
  static DatasetPtr read(const fs::path& file, std::map<std::string, std::string> hints) {
    io::ReadOptions options;
    options.hints = std::move(hints);
    return io::read(file, options);
  }
  static float first(const fs::path& file) { return to_pixels(*io::read(file))->values<float>()[0]; }
};

TEST_F(KeptArrays, AreGivenAnotherMeaningWithoutReadingTheirValuesAgain) {
  for (const char* const name : {"a.npy", "a.nrrd", "a.nii", "a.mha", "a.cfl"}) {
    const fs::path file = write(name, 3, {8, 7, 6});
    const io::KeptArrays kept{std::size_t{1} << 20};
    const DatasetPtr one = io::read(file);
    EXPECT_EQ(kept.taken(), 0U) << name;
    const DatasetPtr two = read(file, {{"kind", "volume"}, {"quantity", "hounsfield"}});
    EXPECT_EQ(kept.taken(), 1U) << name;
    EXPECT_EQ(get<Volume>(two).quantity, Quantity::hounsfield) << name;
    EXPECT_EQ(to_pixels(*one)->spec(), to_pixels(*two)->spec()) << name;
  }
}

TEST_F(KeptArrays, AreReadAnewFromAFileThatHasChanged) {
  const fs::path file = write("a.npy", 3);
  const io::KeptArrays kept{std::size_t{1} << 20};
  EXPECT_EQ(first(file), 3);
  write("a.npy", 4);
  EXPECT_EQ(first(file), 4);
  EXPECT_EQ(kept.taken(), 0U);
}

TEST_F(KeptArrays, AreReadAnewFromAFileWrittenOverWithItsTimePutBack) {
  const fs::path file = write("a.npy", 3), other = write("b.npy", 4);
  const auto time = fs::last_write_time(file);
  const io::KeptArrays kept{std::size_t{1} << 20};
  EXPECT_EQ(first(file), 3);
  const std::string bytes = test::bytes_of_file(other);
  std::fstream{file, std::ios::in | std::ios::out | std::ios::binary} << bytes;  // the same file, of the same size
  fs::last_write_time(file, time);
  EXPECT_EQ(first(file), 4);
  EXPECT_EQ(kept.taken(), 0U);
}

TEST_F(KeptArrays, TakeNoMoreMemoryThanTheyMayAndNoneWhenNobodyAsks) {
  const fs::path file = write("a.npy", 3);
  {
    const io::KeptArrays kept{100};  // bytes, the array has 480
    EXPECT_EQ(first(file), 3);
    EXPECT_EQ(first(file), 3);
    EXPECT_EQ(kept.taken(), 0U);
  }
  EXPECT_EQ(first(file), 3);
  const io::KeptArrays later{std::size_t{1} << 20};
  EXPECT_EQ(first(file), 3);
  EXPECT_EQ(later.taken(), 0U) << "nothing was kept while none lived";
}

TEST_F(KeptArrays, OfOneFileAreToldApart) {
  const fs::path file = folder / "two.seg.nrrd";
  test::put(file, std::string{"NRRD0004\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\n"
                              "sizes: 2 2 1 1\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\n"
                              "kinds: list domain domain domain\nencoding: raw\nspace origin: (0,0,0)\n"
                              "Segment0_ID:=A\nSegment1_ID:=B\nSegment1_Layer:=1\n\n"} +
                      "\1\2\1\2");
  const auto first_label = [&](const char* layer) {
    return to_pixels(*read(file, {{"layer", layer}}))->values<std::uint8_t>()[0];
  };
  const io::KeptArrays kept{std::size_t{1} << 20};
  EXPECT_EQ(first_label("1"), 1);
  EXPECT_EQ(first_label("2"), 2);
  EXPECT_EQ(first_label("1"), 1);
  EXPECT_EQ(kept.taken(), 1U);
}

}  // namespace
}  // namespace iso
