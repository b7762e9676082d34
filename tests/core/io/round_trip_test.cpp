#include "io_fixture.h"

#include "iso/base/digest.h"

#include <cmath>
#include <complex>

namespace iso::test {
namespace {

struct Case {
  std::string extension;
  ScalarType type;
  std::vector<std::int64_t> extents;
  double tolerance;  // of the grid; NIfTI keeps single precision
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.extension << " " << to_string(c.type); }

class ImageRoundTrip : public IoTest, public ::testing::WithParamInterface<Case> {};

Pixels filled(const Shape& shape, ScalarType type) {
  PixelBuffer block = PixelBuffer::allocate({shape, type});
  const Pixels source = counting<float>(shape);
  const auto from = source.values<float>();
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::byte* at = block.data() + i * byte_count(type);
    const auto store = [&](auto value) { std::memcpy(at, &value, sizeof value); };
    switch (type) {
      case ScalarType::u8: store(static_cast<std::uint8_t>(from[i])); break;
      case ScalarType::u16: store(static_cast<std::uint16_t>(300 * from[i])); break;
      case ScalarType::i16: store(static_cast<std::int16_t>(-200 * from[i])); break;
      case ScalarType::i32: store(static_cast<std::int32_t>(-70000 * from[i])); break;
      case ScalarType::f32: store(from[i] / 7); break;
      case ScalarType::f64: store(static_cast<double>(from[i]) / 7); break;
      case ScalarType::c64: store(std::complex<float>(from[i], -from[i] / 3)); break;
      case ScalarType::c128: store(std::complex<double>(from[i], -from[i] / 3.0)); break;
    }
  }
  return block;
}

TEST_P(ImageRoundTrip, KeepsPixelsGridAndQuantity) {
  const Case& c = GetParam();
  const Shape shape{std::span<const std::int64_t>{c.extents}};
  Volume volume{filled(shape, c.type), oblique({shape[0], shape[1], shape[2]}), Quantity::hounsfield, {}};
  const fs::path file = folder / ("image" + c.extension);
  io::write(file, Dataset{volume});
  EXPECT_EQ(files_in(folder), 1u) << "a temporary file was left";
  io::ReadOptions options;
  options.expected = Kind::volume;
  const DatasetPtr read = io::read(file, options);
  const auto& again = get<Volume>(read);
  ASSERT_EQ(again.pixels.spec(), volume.pixels.spec());
  EXPECT_EQ(std::memcmp(again.pixels.data(), volume.pixels.data(), volume.pixels.spec().bytes()), 0);
  if (c.extension == ".tif") return;
  EXPECT_EQ(again.quantity, Quantity::hounsfield);
  EXPECT_EQ(again.grid.size, volume.grid.size);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(again.grid.spacing_mm[i], volume.grid.spacing_mm[i], c.tolerance);
    EXPECT_NEAR(again.grid.origin_mm[i], volume.grid.origin_mm[i], 30 * c.tolerance);
  }
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(again.grid.direction[i], volume.grid.direction[i], c.tolerance);
}

std::vector<Case> cases() {
  std::vector<Case> list;
  using enum ScalarType;
  for (const auto& [extension, types, tolerance] :
       std::vector<std::tuple<std::string, std::vector<ScalarType>, double>>{
           {".nii", {u8, u16, i16, i32, f32, f64, c64, c128}, 1e-6},
           {".nii.gz", {i16, f32}, 1e-6},
           {".nrrd", {u8, u16, i16, i32, f32, f64, c64, c128}, 1e-12},
           {".mha", {u8, u16, i16, i32, f32, f64}, 1e-12},
           {".h5", {u8, u16, i16, i32, f32, f64, c64, c128}, 0}}) {
    for (const auto type : types) list.push_back({extension, type, {5, 4, 3}, tolerance});
    list.push_back({extension, f32, {5, 4, 1}, tolerance});
    list.push_back({extension, f32, {5, 4, 3, 2}, tolerance});
  }
  for (const auto type : {u8, u16, f32}) list.push_back({".tif", type, {5, 4, 3}, 0});
  list.push_back({".tif", f32, {5, 4, 1}, 0});
  return list;
}
INSTANTIATE_TEST_SUITE_P(Formats, ImageRoundTrip, ::testing::ValuesIn(cases()));

TEST_F(IoTest, ThatANetworkEstimatedAVolumeIsStillSaidByTheFile) {
  const std::string said = "estimated from 24 views by unet";
  const Volume volume{
      filled(Shape{5, 4, 3}, ScalarType::f32), oblique({5, 4, 3}), Quantity::hounsfield, {{"estimate", said}}};
  const LabelMap labels{counting<std::uint8_t>(Shape{6, 5, 4}), oblique({6, 5, 4}), {"a", "b"}, {{"estimate", said}}};
  for (const char* const extension : {".nii", ".nii.gz", ".nrrd", ".mha", ".h5"})
    for (const Dataset& data : {Dataset{volume}, Dataset{labels}}) {
      const fs::path file = folder / (std::string{"estimate"} + extension);
      io::write(file, data, {true});
      io::ReadOptions options;
      options.expected = to_kind(data);
      EXPECT_EQ(metadata(*io::read(file, options)).at("estimate"), said) << file;
    }
}

TEST_F(IoTest, ALongEstimateIsCutByNiftiAndStaysOneLineElsewhere) {
  const std::string said = "estimated from 24 views by " + std::string(70, 'u') + "\nSpoof = 1";
  const Volume volume{
      filled(Shape{5, 4, 3}, ScalarType::f32), oblique({5, 4, 3}), Quantity::hounsfield, {{"estimate", said}}};
  for (const auto& [extension, kept] : {std::pair{".nii", 79U}, std::pair{".nrrd", 107U}, std::pair{".mha", 107U}}) {
    const fs::path file = folder / (std::string{"long"} + extension);
    io::write(file, Dataset{volume});
    std::string expected = said.substr(0, kept);
    std::ranges::replace(expected, '\n', ' ');
    EXPECT_EQ(metadata(*io::read(file)).at("estimate"), expected);
  }
}

TEST_F(IoTest, AFormatWithoutAPlaceForItSaysThatAnEstimateWillPassForAMeasurement) {
  std::string warned;
  log::set_level(log::Level::warning);
  log::set_sink([&](log::Level, std::string_view, std::string_view text) { warned += std::string{text} + "\n"; });
  const Volume measured{filled(Shape{5, 4, 3}, ScalarType::f32), oblique({5, 4, 3}), Quantity::hounsfield, {}};
  Volume estimated = measured;
  estimated.meta["estimate"] = "estimated from 24 views by unet";
  const std::string said = "a TIFF file cannot say that the volume is estimated";
  io::write(folder / "measured.tif", Dataset{measured});
  io::write(folder / "estimated.nrrd", Dataset{estimated});
  EXPECT_EQ(warned.find(said), std::string::npos) << warned;
  io::write(folder / "estimated.tif", Dataset{estimated});
  log::set_sink({});
  EXPECT_NE(warned.find(said + " from 24 views by unet; .nii.gz, .nrrd, .mha, .h5 do\n"), std::string::npos) << warned;
}

TEST_F(IoTest, WhatAFormatHasNoPlaceForIsSaidWhenItIsWritten) {
  std::string warned;
  log::set_level(log::Level::warning);
  log::set_sink([&](log::Level, std::string_view, std::string_view text) { warned += text; });
  const auto said_on_writing = [&](const std::string& name, const Dataset& data) {
    warned.clear();
    io::write(folder / name, data);
    return warned;
  };
  Volume series{filled(Shape{5, 4, 3, 2}, ScalarType::f32), oblique({5, 4, 3}), Quantity::hounsfield, {}};
  series.frames = Axis{"time", "s", {}, 0, 1.5};
  const std::string grid = "its spacing of 0.5 x 0.75 x 2 mm, its place and direction";
  for (const char* name : {"a.nii.gz", "a.nrrd", "a.mha", "a.h5"})
    EXPECT_EQ(said_on_writing(name, Dataset{series}), "");
  for (const char* name : {"a.npy", "a.cfl"})
    EXPECT_NE(
        said_on_writing(name, Dataset{series}).find("the time step of 1.5 s, " + grid + ", the quantity hounsfield"),
        std::string::npos)
        << name << ": " << warned;
  series.frames = Axis{"time", "s", {0, 1, 3}};
  series.pixels = filled(Shape{5, 4, 3, 3}, ScalarType::f32);
  EXPECT_EQ(said_on_writing("b.h5", Dataset{series}), "");
  for (const char* name : {"b.nii", "b.nrrd", "b.mha"})
    EXPECT_NE(said_on_writing(name, Dataset{series}).find("the positions along its fourth axis (time)"),
              std::string::npos)
        << name << ": " << warned;
  Volume bare{filled(Shape{5, 4, 3}, ScalarType::f32), VoxelGrid::centred({5, 4, 3}, {1, 1, 1}), {}, {}};
  EXPECT_EQ(said_on_writing("c.npy", Dataset{bare}), "") << "what nobody said cannot be lost";
  const LabelMap map{counting<std::uint8_t>(Shape{6, 5, 4}), oblique({6, 5, 4}), {"", "liver"}, {}};
  EXPECT_EQ(said_on_writing("d.nrrd", Dataset{map}), "");
  series.frames = Axis{"time", "s", {}, 30, 1.5};
  EXPECT_NE(said_on_writing("e.nii", Dataset{series}).find("the positions along its fourth axis"), std::string::npos)
      << "the first time is not 0: " << warned;
  KSpace scan{filled(Shape{4, 3, 1, 2, 2}, ScalarType::c64), {}, VoxelGrid::centred({4, 3, 1}, {2, 2, 5}), {}, {}};
  scan.noise_covariance = filled(Shape{2, 2}, ScalarType::c64);
  scan.frames = Axis{"time", "s", {}, 0, 0.04};
  scan.fourier_sign = 1;
  for (const char* name : {"f.npy", "f.cfl"})
    EXPECT_NE(said_on_writing(name, Dataset{scan})
                  .find("the noise of its coils, the times of its frames, the sign of its transform, "
                        "its spacing of 2 x 2 x 5 mm"),
              std::string::npos)
        << name << ": " << warned;
  EXPECT_NE(said_on_writing("d.mha", Dataset{map}).find("the names of its labels; .h5 has"), std::string::npos)
      << warned;
  log::set_sink({});
}

TEST_F(IoTest, ALabelMapComesBackAsLabelsWhenItIsExpected) {
  LabelMap map{counting<std::uint8_t>(Shape{6, 5, 4}), oblique({6, 5, 4}), {"a", "b"}, {}};
  io::ReadOptions options;
  options.expected = Kind::label_map;
  for (const char* extension : {".nii.gz", ".nrrd", ".mha", ".h5"}) {
    const fs::path file = folder / (std::string{"labels"} + extension);
    io::write(file, Dataset{map});
    const DatasetPtr read = io::read(file, options);
    const auto& again = get<LabelMap>(read);
    ASSERT_EQ(again.labels.spec(), map.labels.spec()) << extension;
    EXPECT_EQ(std::memcmp(again.labels.data(), map.labels.data(), map.labels.spec().bytes()), 0) << extension;
  }
}

Dataset with_meta(Dataset data) {
  metadata(data)["assumed"] = "nothing";
  return data;
}

// Made by an earlier version: tests/data/containers/README.md.
TEST_F(IoTest, ContainersOfTheFirstLayoutAreRead) {
  const fs::path kept = fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "containers";
  const DatasetPtr spokes = io::read(kept / "k_space_layout1.h5"), lines = io::read(kept / "lines_layout1.h5"),
                   bands = io::read(kept / "cube_layout1.h5");
  const auto& free = get<KSpace>(spokes);
  EXPECT_EQ(free.trajectory.coordinates.spec().shape, (Shape{3, 4, 3}));
  EXPECT_TRUE(std::ranges::equal(free.trajectory.coordinates.values<float>(),
                                 radial_trajectory(3, 4, 0, 0.5).coordinates.values<float>()));
  EXPECT_EQ(free.trajectory.density_compensation.spec().shape, (Shape{4, 3}));
  EXPECT_EQ(free.trajectory.density_compensation.values<float>()[11], 12);
  EXPECT_FALSE(free.coil_sensitivities.empty());
  const auto& mask = get<KSpace>(lines).trajectory.cartesian_mask;
  EXPECT_EQ(mask.spec().shape, (Shape{3, 1, 1}));
  EXPECT_TRUE(std::ranges::equal(mask.values<std::uint8_t>(), std::array<std::uint8_t, 3>{1, 0, 1}));
  EXPECT_EQ(get<SpectralCube>(bands).bands, (Axis{"wavelength", "nm", {400, 500, 600}}));
}

TEST_F(IoTest, TheContainerKeepsEveryKindToTheBit) {
  const std::vector<double> angles{0, 0.1, 0.25, 1.0 / 3};
  CircularScan scan;
  scan.source_to_axis_mm = 410.66;
  scan.source_to_detector_mm = 553.74;
  scan.elements = {6, 2};
  scan.shape = DetectorShape::arc;
  scan.pitch_mm_per_turn = 3;
  PixelBuffer buffer = PixelBuffer::allocate({Shape{4, 3, 1, 2, 1}, ScalarType::c64});
  std::ranges::fill(buffer.values<std::complex<float>>(), std::complex<float>{1.5f, -2});
  const Pixels samples = std::move(buffer);
  Trajectory radial = radial_trajectory(3, 4, 0, 1);
  radial.density_compensation = counting<float>(Shape{4, 3});
  VoxelGrid grid = oblique({4, 3, 1});
  const std::vector<Dataset> all{
      Volume{counting<float>(Shape{3, 2, 2, 2}), oblique({3, 2, 2}), Quantity::attenuation_per_mm, {}},
      LabelMap{counting<std::uint16_t>(Shape{3, 2, 2}), oblique({3, 2, 2}), {"air", "bone of the \xc3\xa4ther"}, {}},
      Sinogram{counting<float>(Shape{6, 2, 4}), ProjectionGeometry::circular(angles, scan), {}},
      KSpace{samples, radial, grid, samples.reshaped(Shape{4, 3, 1, 2}), {}},
      KSpace{samples, Trajectory{counting<std::uint8_t>(Shape{3, 1, 1}), {}, {}}, grid, {}, {}},
      SpectralCube{counting<float>(Shape{3, 2, 4}), {"wavelength", "nm", {400, 500, 600, 700.5}}, {}},
      Table{{"iteration", "residual"}, {{1, 0.5}, {2, 0.25}, {3, 1.0 / 3}}, {}},
      Volume{counting<float>(Shape{3, 2, 2, 2}),
             oblique({3, 2, 2}),
             {"force", "N"},
             {},
             counting<std::uint8_t>(Shape{3, 2, 2}),
             {"time", "s", {}, 0, 0.25}},
      SpectralCube{counting<float>(Shape{3, 2, 4}),
                   {"Raman shift", "1/cm", {}, 200, 1.5},
                   {},
                   {"width", "1/cm", {1, 2, 3, 4}},
                   counting<std::uint8_t>(Shape{4}),
                   counting<std::uint8_t>(Shape{3, 2}),
                   Quantity::absorbance},
      KSpace{samples, radial, grid, {}, {}, counting<std::complex<float>>(Shape{2, 2}), {"time", "s", {3}}, 1},
      Table{{"score"}, {{1}, {2}}, {}, {{"case", {"one", "two words"}}, {"class", {"", "b"}}}}};
  int number = 0;
  for (const Dataset& data : all) {
    const fs::path file = folder / ("kind" + std::to_string(number++) + ".h5");
    io::write(file, with_meta(data));
    const DatasetPtr again = io::read(file);
    EXPECT_EQ(to_kind(*again), to_kind(data));
    EXPECT_EQ(digest(*again), digest(data)) << to_string(to_kind(data));
    EXPECT_EQ(metadata(*again).at("assumed"), "nothing");
  }
  const DatasetPtr labels = io::read(folder / "kind1.h5"), k_space = io::read(folder / "kind3.h5"),
                   scan_again = io::read(folder / "kind2.h5");
  EXPECT_EQ(get<LabelMap>(labels).names[1], "bone of the \xc3\xa4ther");
  EXPECT_TRUE(std::ranges::equal(get<KSpace>(k_space).trajectory.density_compensation.values<float>(),
                                 radial.density_compensation.values<float>()));
  EXPECT_EQ(get<Sinogram>(scan_again).geometry, std::get<Sinogram>(all[2]).geometry);
}

TEST_F(IoTest, AFileWithTheWrongExtensionIsFoundByItsContent) {
  Volume volume{counting<float>(Shape{5, 4, 3}), oblique({5, 4, 3}), Quantity::unknown, {}};
  io::write(folder / "a.nrrd", Dataset{volume});
  fs::rename(folder / "a.nrrd", folder / "a.nii");
  fs::copy_file(folder / "a.nii", folder / "noextension");
  EXPECT_EQ(get<Volume>(io::read(folder / "a.nii")).pixels.spec(), volume.pixels.spec());
  EXPECT_EQ(get<Volume>(io::read(folder / "noextension")).pixels.spec(), volume.pixels.spec());
}

}  // namespace
}  // namespace iso::test
