#include "io_fixture.h"

#include "iso/data/label_table.h"

#include <cstdio>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

class DicomSegmentation : public IoTest {
 protected:
  /// Labels 2 and 5 in a turned grid; the first and the last slice hold none.
  static LabelMap map() {
    LabelMap made;
    made.grid = VoxelGrid::centred({7, 5, 6}, {0.7, 0.9, 2.5});
    made.grid.direction = {0, -1, 0, 1, 0, 0, 0, 0, 1};
    made.grid.origin_mm = {-101.25, 33.5, 1.0 / 3};
    PixelBuffer buffer = PixelBuffer::allocate({made.grid.shape(), ScalarType::u8});
    auto values = buffer.values<std::uint8_t>();
    for (std::size_t i = 35; i < values.size() - 35; ++i) values[i] = i % 4 == 0 ? 5 : i % 7 == 0 ? 2 : 0;
    made.labels = std::move(buffer);
    made.names = {"", "", "Leber", "", "", "Niere \u00fcber 5 mm"};
    set_label_colours(made.meta, {{2, {200, 30, 90}}, {5, {0, 255, 1}}});
    return made;
  }
  /// What dciodvfy says of a file, and nothing if it is not installed.
  static std::optional<std::string> verdict(const fs::path& file) {
    if (std::system("command -v dciodvfy >/dev/null 2>&1") != 0) return {};
    std::string text;
    FILE* const pipe = ::popen(("dciodvfy -new '" + file.string() + "' 2>&1").c_str(), "r");
    std::array<char, 4096> some{};
    while (pipe != nullptr && std::fgets(some.data(), some.size(), pipe) != nullptr) text += some.data();
    if (pipe != nullptr) ::pclose(pipe);
    return text;
  }
};

TEST_F(DicomSegmentation, ComesBackWithItsVoxelsGridNamesAndColours) {
  io::write(folder / "labels.dcm", Dataset{map()});
  const DatasetPtr read = io::read(folder / "labels.dcm");
  ASSERT_EQ(to_kind(*read), Kind::label_map);
  const auto& again = get<LabelMap>(read);
  const LabelMap before = map();
  EXPECT_EQ(again.grid.size, before.grid.size) << "slices without a label too";
  EXPECT_TRUE(
      std::ranges::equal(to_label_pixels(again.labels).values<std::uint8_t>(), before.labels.values<std::uint8_t>()));
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(again.grid.spacing_mm[k], before.grid.spacing_mm[k], 1e-9);
    EXPECT_NEAR(again.grid.origin_mm[k], before.grid.origin_mm[k], 1e-9);
  }
  for (std::size_t k = 0; k < 9; ++k) EXPECT_NEAR(again.grid.direction[k], before.grid.direction[k], 1e-9);
  EXPECT_EQ(again.names[2], "Leber");
  EXPECT_TRUE(again.names[3].empty()) << "a label that does not occur gets no name";
  EXPECT_EQ(again.names[5], "Niere \u00fcber 5 mm");
  EXPECT_EQ(label_colours(again.meta).at(2), (LabelColour{200, 30, 90}));
  EXPECT_EQ(label_colours(again.meta).at(5), (LabelColour{0, 255, 1}));
}

TEST_F(DicomSegmentation, HasNoErrorForDciodvfy) {
  io::write(folder / "labels.dcm", Dataset{map()});
  const auto said = verdict(folder / "labels.dcm");
  if (!said) GTEST_SKIP() << "dciodvfy (dicom3tools) is not installed";
  EXPECT_EQ(said->find("Error"), std::string::npos) << *said;
  EXPECT_NE(said->find("Segmentation"), std::string::npos) << "it was looked at: " << *said;
}

TEST_F(DicomSegmentation, ColoursSurviveCielab) {
  LabelMap many = map();
  PixelBuffer buffer = PixelBuffer::allocate({many.grid.shape(), ScalarType::u16});
  buffer.values<std::uint16_t>()[0] = 216;
  many.labels = std::move(buffer);
  LabelColours colours;
  for (int i = 0; i < 216; ++i)
    colours[static_cast<std::uint16_t>(i + 1)] = {static_cast<std::uint8_t>(i % 6 * 51),
                                                  static_cast<std::uint8_t>(i / 6 % 6 * 51),
                                                  static_cast<std::uint8_t>(i / 36 * 51)};
  set_label_colours(many.meta, colours);
  io::write(folder / "many.dcm", Dataset{many});
  const LabelColours again = label_colours(get<LabelMap>(io::read(folder / "many.dcm")).meta);
  ASSERT_EQ(again.size(), colours.size());
  for (const auto& [label, colour] : colours)
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(again.at(label)[i], colour[i], 1) << label;
}

TEST_F(DicomSegmentation, SaysWhatItCannotHold) {
  LabelMap empty = map();
  empty.labels = PixelBuffer::allocate({empty.grid.shape(), ScalarType::u8});
  LabelMap high = map();
  PixelBuffer buffer = PixelBuffer::allocate({high.grid.shape(), ScalarType::u16});
  buffer.values<std::uint16_t>()[3] = 5000;
  high.labels = std::move(buffer);
  for (const auto& [bad, word] : {std::pair{empty, "labelled voxel"}, std::pair{high, "5000"}}) {
    try {
      io::write(folder / "bad.dcm", Dataset{bad});
      ADD_FAILURE() << word;
    } catch (const Error& refusal) {
      EXPECT_EQ(refusal.code(), Errc::cannot_write);
      EXPECT_NE(std::string{refusal.what()}.find(word), std::string::npos) << refusal.what();
    }
    EXPECT_FALSE(fs::exists(folder / "bad.dcm"));
  }
}

}  // namespace
}  // namespace iso::test
