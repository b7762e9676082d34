#include "io_fixture.h"

#include "iso/data/label_table.h"
#include "iso/io/label_file.h"

#include <fstream>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

io::ReadOptions expecting(Kind kind) {
  io::ReadOptions options;
  options.expected = kind;
  return options;
}
io::ReadOptions saying(std::map<std::string, std::string> hints) {
  io::ReadOptions options;
  options.hints = std::move(hints);
  return options;
}

class LabelFiles : public IoTest {
 protected:
  static LabelMap map() {
    LabelMap made;
    made.grid = VoxelGrid::centred({6, 5, 4}, {1, 2, 3});
    PixelBuffer buffer = PixelBuffer::allocate({made.grid.shape(), ScalarType::u16});
    auto values = buffer.values<std::uint16_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint16_t>(i % 7 == 0 ? 300 : i % 3);
    made.labels = std::move(buffer);
    made.names = {"", "left lung", "a \"quoted\" name"};
    set_label_colours(made.meta, {{1, {255, 0, 128}}, {2, {0, 64, 0}}, {300, {1, 2, 3}}});
    return made;
  }
  static std::string find_text(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

TEST_F(LabelFiles, ComeBackAsLabelsWithNamesAndColours) {
  for (const char* const name : {"a.nii.gz", "a.nii", "a.nrrd", "a.seg.nrrd", "a.h5"}) {
    io::write(folder / name, Dataset{map()}, {.overwrite = true});
    const DatasetPtr read = io::read(folder / name);
    ASSERT_EQ(to_kind(*read), Kind::label_map) << name;
    const auto& again = get<LabelMap>(read);
    EXPECT_TRUE(std::ranges::equal(again.labels.values<std::uint16_t>(), map().labels.values<std::uint16_t>())) << name;
    ASSERT_GE(again.names.size(), 2U) << name;
    EXPECT_EQ(again.names[1], "left lung") << name;
    EXPECT_EQ(label_colours(again.meta), label_colours(map().meta)) << name;
  }
}

TEST_F(LabelFiles, OfNiftiHaveTheIntentOfLabelsAndAVolumeHasNone) {
  io::write(folder / "labels.nii", Dataset{map()});
  io::write(folder / "image.nii", Dataset{to_volume(map())});
  const auto intent = [&](const char* name) {
    std::int16_t code = 0;
    std::memcpy(&code, find_text(folder / name).data() + 68, 2);
    return code;
  };
  EXPECT_EQ(intent("labels.nii"), 1002);
  EXPECT_EQ(intent("image.nii"), 0);
  EXPECT_TRUE(fs::exists(folder / "labels_labels.txt"));
  EXPECT_FALSE(fs::exists(folder / "image_labels.txt"));
  EXPECT_EQ(to_kind(*io::read(folder / "image.nii")), Kind::volume);
}

TEST_F(LabelFiles, OfNiftiWhoseValuesAreNoLabelsAreAnImage) {
  Volume image;
  image.grid = VoxelGrid::centred({4, 4, 4}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({image.grid.shape(), ScalarType::f32});
  std::ranges::fill(buffer.values<float>(), 0.5F);
  image.pixels = std::move(buffer);
  io::write(folder / "half.nii", Dataset{std::move(image)});
  std::string bytes = find_text(folder / "half.nii");
  const std::int16_t labels = 1002;
  std::memcpy(bytes.data() + 68, &labels, 2);
  std::ofstream{folder / "half.nii", std::ios::binary} << bytes;
  const DatasetPtr read = io::read(folder / "half.nii");
  EXPECT_EQ(to_kind(*read), Kind::volume);
  EXPECT_NE(metadata(*read).at("assumed").find("labels"), std::string::npos);
}

TEST_F(LabelFiles, AreReadAsAnImageWhereAnImageIsExpected) {
  io::write(folder / "labels.nii.gz", Dataset{map()});
  EXPECT_EQ(to_kind(*io::read(folder / "labels.nii.gz", expecting(Kind::volume))), Kind::volume);
  EXPECT_EQ(to_kind(*io::read(folder / "labels.nii.gz", saying({{"kind", "volume"}}))), Kind::volume);
}

TEST_F(LabelFiles, OfSegmentsThatOverlapAreReadALayerAtATime) {
  std::ofstream out{folder / "two.seg.nrrd", std::ios::binary};
  out << "NRRD0004\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\nsizes: 2 2 2 2\n"
         "space directions: none (1,0,0) (0,1,0) (0,0,1)\nkinds: list domain domain domain\nendian: little\n"
         "encoding: raw\nspace origin: (0,0,0)\nSegment0_ID:=A\nSegment0_Name:=liver\nSegment0_Layer:=0\n"
         "Segment0_LabelValue:=1\nSegment1_ID:=B\nSegment1_Name:=tumour\nSegment1_Layer:=1\n"
         "Segment1_LabelValue:=1\nSegment2_ID:=C\nSegment2_Layer:=0\nSegment2_LabelValue:=2\n\n";
  for (int voxel = 0; voxel < 8; ++voxel) out << (voxel < 4 ? '\1' : '\2') << (voxel == 2 ? '\1' : '\0');
  out.close();
  const fs::path file = folder / "two.seg.nrrd";
  try {
    (void)io::read(file);
    FAIL();
  } catch (const io::FactMissing& missing) {
    EXPECT_EQ(missing.fact(), "layer");
    const std::string words = missing.what();
    EXPECT_NE(words.find("overlap"), std::string::npos) << words;
    EXPECT_NE(words.find("1 (liver, C), 2 (tumour)"), std::string::npos) << words;
  }
  const DatasetPtr first = io::read(file, saying({{"layer", "1"}})), second = io::read(file, saying({{"layer", "2"}}));
  const auto& organs = get<LabelMap>(first);
  EXPECT_EQ(organs.names, (std::vector<std::string>{"", "liver", "C"}));
  EXPECT_EQ(organs.meta.at("layer"), "1 of 2");
  EXPECT_EQ(label_counts(organs.labels), (std::map<std::uint16_t, std::int64_t>{{1, 4}, {2, 4}}));
  const auto& tumour = get<LabelMap>(second);
  EXPECT_EQ(tumour.names, (std::vector<std::string>{"", "tumour"}));
  EXPECT_EQ(label_counts(tumour.labels), (std::map<std::uint16_t, std::int64_t>{{0, 7}, {1, 1}}));
  EXPECT_THROW((void)io::read(file, saying({{"layer", "3"}})), Error);
  EXPECT_THROW((void)io::read(file, saying({{"layer", "-1"}})), Error);
  io::write(folder / "flat.seg.nrrd", Dataset{map()});
  EXPECT_NO_THROW((void)io::read(folder / "flat.seg.nrrd", saying({{"layer", "1"}})));
  EXPECT_THROW((void)io::read(folder / "flat.seg.nrrd", saying({{"layer", "2"}})), Error) << "it has one";
}

TEST_F(LabelFiles, TablesOfItkSnapAndSlicerAreReadAndWritten) {
  const io::LabelNames labels{{"", "liver", "left lung"}, {{1, {10, 20, 30}}, {2, {40, 50, 60}}}};
  for (const char* const name : {"table.txt", "table.ctbl"}) {
    std::ofstream{folder / name} << io::label_file_text(name, labels);
    const io::LabelNames again = io::read_label_file(folder / name);
    EXPECT_EQ(again.names.at(1), "liver") << name;
    EXPECT_EQ(again.names.at(2), std::string{name}.ends_with("ctbl") ? "left_lung" : "left lung");
    EXPECT_EQ(again.colours.at(2), (LabelColour{40, 50, 60})) << name;
  }
  std::ofstream{folder / "bad.txt"} << "# comment\n1 2 3\n";
  try {
    (void)io::read_label_file(folder / "bad.txt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string{error.what()}.find("line 2"), std::string::npos) << error.what();
  }
}

class Facts : public IoTest {
 protected:
  void write_array(const char* name, const Shape& shape) {
    Volume data;
    data.grid = VoxelGrid::centred({shape[0], shape[1], shape[2]}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({shape, ScalarType::u16});
    auto values = buffer.values<std::uint16_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint16_t>(i);
    data.pixels = std::move(buffer);
    io::write(folder / name, Dataset{std::move(data)});
  }
};

TEST_F(Facts, OfAFileAreItsArraysFastestAxisFirst) {
  write_array("a.npy", {4, 3, 2});
  const auto arrays = io::arrays_in(folder / "a.npy");
  ASSERT_EQ(arrays.size(), 1U);
  EXPECT_EQ(arrays[0].extents, (std::vector<std::int64_t>{4, 3, 2}));
  EXPECT_TRUE(arrays[0].name.empty());
}

TEST_F(Facts, ThatAreMissingAreNamed) {
  write_array("counts.npy", {100, 90, 1});
  try {
    (void)io::read(folder / "counts.npy", expecting(Kind::sinogram));
    FAIL();
  } catch (const io::FactMissing& missing) {
    EXPECT_EQ(missing.fact(), "geometry");
    EXPECT_NE(std::string{missing.what()}.find("counts.npy"), std::string::npos) << missing.what();
  }
}

TEST_F(Facts, OfAxesTakeOneElementByItsNumber) {
  write_array("a.npy", {4, 3, 2});
  const DatasetPtr read = io::read(folder / "a.npy", saying({{"axes", "x,y,1"}}));
  const Pixels& pixels = *to_pixels(*read);
  EXPECT_EQ(pixels.spec().shape, (Shape{4, 3, 1}));
  EXPECT_EQ(pixels.values<std::uint16_t>()[0], 12);
  const DatasetPtr middle = io::read(folder / "a.npy", saying({{"axes", "x,2,y"}}));
  EXPECT_EQ(to_pixels(*middle)->values<std::uint16_t>()[0], 8);
  EXPECT_EQ(to_pixels(*middle)->values<std::uint16_t>()[4], 20);
  EXPECT_THROW((void)io::read(folder / "a.npy", saying({{"axes", "x,y,2"}})), Error) << "there are two";
}

TEST_F(Facts, OfTheKindIsAHintOfEveryFormat) {
  write_array("a.npy", {4, 3, 2});
  EXPECT_EQ(to_kind(*io::read(folder / "a.npy", saying({{"kind", "spectral_cube"}}))), Kind::spectral_cube);
  io::ReadOptions both = saying({{"kind", "label_map"}});
  both.expected = Kind::volume;
  EXPECT_THROW((void)io::read(folder / "a.npy", both), Error);
  EXPECT_THROW((void)io::read(folder / "a.npy", saying({{"kind", "picture"}})), Error);
}

}  // namespace
}  // namespace iso::test
