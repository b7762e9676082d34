#include "io_fixture.h"

#include "iso/io/geometry_file.h"

#include <cmath>
#include <complex>
#include <numeric>

/// Files that others wrote. The numbers were taken with NumPy, SciPy and h5py from the same files.
namespace iso::test {
namespace {

using Foreign = IoTest;
const fs::path samples = fs::path{ISO_SOURCE_DIR} / "resources" / "samples";

const fs::path neutron = shared_data() / "projections" / "sarepy_sinogram_360_neutron.tif";

// 459 views of the neutron scan, both 0 and 360 degrees; lengths in elements.
fs::path neutron_geometry(const fs::path& folder) {
  put(folder / "neutron.json", R"({"beam": "parallel", "angles_deg": {"step": 0.7860262008733624, "count": 459},
                                   "elements": 503, "pitch_mm": 1})");
  return folder / "neutron.json";
}

io::ReadOptions scan_options(const fs::path& geometry, std::map<std::string, std::string> hints = {}) {
  io::ReadOptions options;
  options.expected = Kind::sinogram;
  options.geometry = geometry;
  options.hints = std::move(hints);
  return options;
}

double sum(const Pixels& block) {
  const Pixels values = block.converted(ScalarType::f64);
  const auto all = values.values<double>();
  return std::accumulate(all.begin(), all.end(), 0.0);
}

TEST_F(Foreign, TheNeutronTransmissionBecomesLineIntegrals) {
  ISO_NEED(neutron);
  const auto data =
      io::read(neutron, scan_options(neutron_geometry(folder), {{"unattenuated", "47047"}, {"rotation_axis", "245"}}));
  const auto& scan = get<Sinogram>(data);
  EXPECT_EQ(scan.readings.spec(), (ArraySpec{Shape{503, 1, 459}, ScalarType::f32}));
  EXPECT_NE(scan.meta.at("assumed").find("214 dead readings"), std::string::npos) << scan.meta.at("assumed");
  EXPECT_NEAR(scan.geometry.project(0, {0, 0, 0})[0], 245, 1e-9);
  EXPECT_NEAR(scan.geometry.project(200, {0, 0, 0})[0], 245, 1e-9);
  const auto p = scan.readings.values<float>();
  EXPECT_TRUE(std::ranges::all_of(p, [](float v) { return v > -1 && v < 8; }));
  // The turn is closed: the view at 360 degrees sees what the one at 0 degrees sees. Noise apart, their means agree.
  const double first = std::accumulate(p.begin(), p.begin() + 503, 0.0) / 503,
               last = std::accumulate(p.end() - 503, p.end(), 0.0) / 503;
  EXPECT_NEAR(first, last, 0.02);
}

TEST_F(Foreign, CountsAreTakenAsTheyAreWhereThatIsSaid) {
  const auto counts = io::read(samples / "needle_haadf_97x200x77.mrc",
                               scan_options(samples / "needle_haadf_97x200x77.json", {{"unattenuated", "none"}}));
  EXPECT_GT(std::ranges::max(get<Sinogram>(counts).readings.values<float>()), 10000);
}

// The projection onto the axis of rotation is the same in a view and in the one half a turn later, mirrored about the axis.
TEST_F(Foreign, TheNeutronRotationAxisMirrorsOppositeViews) {
  ISO_NEED(neutron);
  const auto data = io::read(neutron, scan_options(neutron_geometry(folder), {{"unattenuated", "47047"}}));
  const auto p = get<Sinogram>(data).readings.values<float>();
  const auto mismatch = [&](int axis) {
    double total = 0;
    for (int view = 0; view < 200; view += 10)
      for (int d = 0; d < 200; ++d) {
        const double gap = static_cast<double>(p[static_cast<std::size_t>(view * 503 + axis + d)]) -
                           static_cast<double>(p[static_cast<std::size_t>((view + 229) * 503 + axis - d)]);
        total += gap * gap;
      }
    return total;
  };
  EXPECT_LT(mismatch(245), mismatch(241));
  EXPECT_LT(mismatch(245), mismatch(249));
}

TEST_F(Foreign, TheHelsinkiFanScanIsReadFromNpzWithItsGeometry) {
  const fs::path file = shared_data() / "projections" / "htc2022_ta_merged.npz";
  ISO_NEED(file);
  put(folder / "g.json",
      R"({"beam": "fan", "angles_deg": {"first": 269, "step": 0.5, "count": 121}, "elements": 560, "pitch_mm": 0.2,
                            "source_to_axis_mm": 410.66, "source_to_detector_mm": 553.74})");
  const auto data = io::read(file, scan_options(folder / "g.json", {{"dataset", "sinogram"}}));
  const auto& scan = get<Sinogram>(data);
  ASSERT_EQ(scan.readings.spec(), (ArraySpec{Shape{560, 1, 121}, ScalarType::f32}));
  EXPECT_FLOAT_EQ(scan.readings.values<float>()[3 * 560 + 100], 1.5179577f);
  EXPECT_FLOAT_EQ(scan.readings.values<float>()[120 * 560 + 559], 0.008630336f);
  EXPECT_NEAR(sum(scan.readings), 89700.48182073276, 1e-2);
  EXPECT_EQ(scan.geometry.beam(), Beam::fan);
}

TEST_F(Foreign, TheHelsinkiScanIsReadFromAStructureOfAMatlabFile) {
  const fs::path file = shared_data() / "projections" / "htc2022-original-ta_subsample73.mat";
  ISO_NEED(file);
  put(folder / "g.json",
      R"({"beam": "fan", "angles_deg": {"first": 299, "step": 0.5, "count": 61}, "elements": 560, "pitch_mm": 0.2,
                            "source_to_axis_mm": 410.66, "source_to_detector_mm": 553.74})");
  const auto data = io::read(file, scan_options(folder / "g.json", {{"dataset", "CtDataLimited.sinogram"}}));
  const auto& scan = get<Sinogram>(data);
  ASSERT_EQ(scan.readings.spec(), (ArraySpec{Shape{560, 1, 61}, ScalarType::f32}));
  EXPECT_FLOAT_EQ(scan.readings.values<float>()[3 * 560 + 100], 1.5486749410629272f);
  EXPECT_NEAR(sum(scan.readings), 45222.368278940645, 1e-2);
  EXPECT_NE(scan.meta.at("assumed").find("view,u"), std::string::npos)
      << "the order of the axes was found by their sizes";
}

TEST_F(Foreign, PetTransmissionCountsAreDividedByTheirBlankScan) {
  const fs::path place = shared_data() / "projections" / "mirt-pet-transmission";
  ISO_NEED(place);
  put(folder / "g.json",
      R"({"beam": "parallel", "angles_deg": {"step": 0.9375, "count": 192}, "elements": 160, "pitch_mm": 3.375})");
  const auto data = io::read(place / "phan_trans.mat",
                             scan_options(folder / "g.json", {{"unattenuated", (place / "phan_blank.mat").string()}}));
  const auto& scan = get<Sinogram>(data);
  ASSERT_EQ(scan.readings.spec().shape, (Shape{160, 1, 192}));
  EXPECT_NEAR(scan.readings.values<float>()[20 * 160 + 10], std::log(76.4 / 78.0), 1e-4);
  EXPECT_NE(scan.meta.at("assumed").find("134 dead readings"), std::string::npos);
}

TEST_F(Foreign, MatlabComplexArraysOfBothVersionsAreRead) {
  const fs::path old = shared_data() / "mri-dynamic" / "cardiac_cine_complex_110x110x10.mat",
                 recent = shared_data() / "mri-dynamic" / "coil_sens_32ch_64x64.mat";
  ISO_NEED(old);
  io::ReadOptions options;
  const Error several = catch_error([&] { (void)io::read(old, options); });
  EXPECT_EQ(several.code(), Errc::invalid_input);
  EXPECT_NE(several.hint().find("seq (110 x 110 x 10)"), std::string::npos) << several.hint();
  options.hints = {{"dataset", "seq"}, {"spacing_mm", "1"}};
  const auto series = io::read(old, options);
  const auto& cine = get<Volume>(series);
  ASSERT_EQ(cine.pixels.spec(), (ArraySpec{Shape{110, 110, 10}, ScalarType::c128}));
  EXPECT_NEAR(cine.pixels.values<std::complex<double>>()[3 + 110 * (4 + 110 * 5)].real(), -0.007805724197745013, 1e-15);
  options.hints = {{"spacing_mm", "1"}, {"axes", "x,y,z,t"}};
  const auto sensitivities = io::read(recent, options);
  const auto& maps = get<Volume>(sensitivities);
  ASSERT_EQ(maps.pixels.spec(), (ArraySpec{Shape{64, 64, 1, 32}, ScalarType::c128}));
  std::complex<double> total = 0;
  for (const auto z : maps.pixels.values<std::complex<double>>()) total += z;
  EXPECT_NEAR(total.real(), 1491.8412917829983, 1e-6);
  EXPECT_NEAR(total.imag(), 2972.01034696005, 1e-6);
}

TEST_F(Foreign, NumpyKSpaceHasItsLastAxisFirst) {
  const fs::path file = shared_data() / "mri-static" / "kspace" / "sigpy_brain_cartesian_ksp_8ch.npy";
  ISO_NEED(file);
  io::ReadOptions options;
  options.expected = Kind::k_space;
  options.hints = {{"axes", "phase,readout,coil"}, {"spacing_mm", "1"}};
  const auto data = io::read(file, options);
  const auto& k = get<KSpace>(data);
  ASSERT_EQ(k.samples.spec(), (ArraySpec{Shape{230, 180, 1, 8, 1}, ScalarType::c64}));
  const auto z = k.samples.values<std::complex<float>>()[115 + 230 * (90 + 180 * 2)];
  EXPECT_FLOAT_EQ(z.real(), 0.16083725f);
  EXPECT_FLOAT_EQ(z.imag(), -3.2287452f);
}

TEST_F(Foreign, IsmrmrdEqualsWhatH5pyReads) {
  const fs::path file = shared_data() / "mri-dynamic" / "ismrmrd_cartesian_4ch_grappa2_virtual.h5";
  ISO_NEED(file);
  const auto data = io::read(file);
  const auto& k = get<KSpace>(data);
  ASSERT_EQ(k.samples.spec(), (ArraySpec{Shape{256, 256, 1, 4, 1}, ScalarType::c64}));
  const auto lines = k.trajectory.cartesian_mask.values<std::uint8_t>();
  EXPECT_EQ(std::accumulate(lines.begin(), lines.end(), 0), 142);
  const auto z = k.samples.values<std::complex<float>>();
  EXPECT_FLOAT_EQ(z[130 + 256 * (128 + 256 * 2)].real(), -697.0897f);
  EXPECT_FLOAT_EQ(z[100 + 256 * 64].imag(), -31.011805f);
  double total = 0;
  for (const auto value : z) total += static_cast<double>(std::abs(value));
  EXPECT_NEAR(total, 3720042.5206582695, 5);
  EXPECT_EQ(k.meta.at("left_out"), "1 readouts of noise or calibration");
  EXPECT_DOUBLE_EQ(k.grid.spacing_mm[0], 1);
  EXPECT_DOUBLE_EQ(k.grid.spacing_mm[2], 5);
}

std::string npy(const std::string& descr, const std::string& order, const std::string& shape,
                const std::string& payload) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  header.resize((header.size() + 74) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string bytes{"\x93NUMPY\x01\x00", 8};
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + payload;
}

TEST_F(Foreign, NumpyOrdersAndByteOrdersGiveTheSameArray) {
  io::ReadOptions options;
  options.hints = {{"spacing_mm", "1"}};
  const std::string little("\1\0\2\0\3\0\4\0\5\0\6\0", 12), big("\0\1\0\2\0\3\0\4\0\5\0\6", 12);
  const auto values = [&](const std::string& bytes) {
    put(folder / "a.npy", bytes);
    const auto data = io::read(folder / "a.npy", options);
    const auto& block = get<Volume>(data).pixels;
    return std::pair{block.spec().shape, std::vector<std::int16_t>(block.values<std::int16_t>().begin(),
                                                                   block.values<std::int16_t>().end())};
  };
  const auto c = values(npy("<i2", "False", "(2, 3)", little));
  EXPECT_EQ(c.first, (Shape{3, 2, 1}));
  EXPECT_EQ(c.second, (std::vector<std::int16_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(values(npy(">i2", "False", "(2, 3)", big)), c);
  // Fortran order keeps the axes of NumPy and says another order in memory: its columns follow each other.
  EXPECT_EQ(values(npy("<i2", "True", "(2, 3)", std::string("\1\0\4\0\2\0\5\0\3\0\6\0", 12))), c);
  put(folder / "b.npy", npy("<U4", "False", "(1,)", std::string(16, 'x')));
  const Error text = catch_error([&] { (void)io::read(folder / "b.npy", options); });
  EXPECT_EQ(text.code(), Errc::type_mismatch);
  EXPECT_NE(std::string{text.what()}.find("U4"), std::string::npos);
  put(folder / "c.npy", npy("|b1", "False", "(2, 2)", std::string("\1\0\1\1", 4)));
  EXPECT_EQ(get<Volume>(io::read(folder / "c.npy", options)).pixels.spec().type, ScalarType::u8);
}

TEST_F(Foreign, NumpyAndBartComeBackAsTheyWereWritten) {
  PixelBuffer buffer = PixelBuffer::allocate({Shape{6, 5, 1, 2, 3}, ScalarType::c64});
  int next = 0;
  for (auto& z : buffer.values<std::complex<float>>()) z = {static_cast<float>(next++), -1};
  const Pixels readouts = std::move(buffer);
  KSpace k;
  k.samples = readouts;
  io::ReadOptions options;
  options.expected = Kind::k_space;
  options.hints = {{"spacing_mm", "1"}};
  for (const char* name : {"k.npy", "k.cfl"}) {
    io::write(folder / name, Dataset{k});
    const auto again = io::read(folder / name, options);
    ASSERT_EQ(get<KSpace>(again).samples.spec(), readouts.spec()) << name;
    EXPECT_EQ(std::memcmp(get<KSpace>(again).samples.data(), readouts.data(), readouts.spec().bytes()), 0) << name;
  }
  EXPECT_TRUE(fs::exists(folder / "k.hdr"));
  EXPECT_EQ(files_in(folder), 3u);
  EXPECT_EQ(catch_error([&] { io::write(folder / "k.cfl", Dataset{k}); }).code(), Errc::cannot_write);
}

TEST_F(Foreign, KSpaceIsToldByTheNamesOfItsAxesAndBartByItsHeader) {
  PixelBuffer buffer = PixelBuffer::allocate({Shape{6, 5, 1, 2, 3}, ScalarType::c64});
  int next = 0;
  for (auto& z : buffer.values<std::complex<float>>()) z = {static_cast<float>(next++), -1};
  KSpace k;
  k.samples = std::move(buffer);
  io::write(folder / "k.cfl", Dataset{k});
  io::write(folder / "k.npy", Dataset{k});
  io::ReadOptions options;
  options.hints = {{"axes", "readout,phase,partition,coil,frame"}};
  for (const char* name : {"k.cfl", "k.hdr", "k.npy"}) {
    const auto read = io::read(folder / name, options);
    ASSERT_EQ(to_kind(*read), Kind::k_space) << name;
    EXPECT_EQ(get<KSpace>(read).samples.spec(), k.samples.spec()) << name;
    EXPECT_EQ(std::memcmp(get<KSpace>(read).samples.data(), k.samples.data(), k.samples.spec().bytes()), 0) << name;
    const Error error = catch_error([&] { (void)io::read(folder / name); });
    EXPECT_NE(error.hint().find("readout,phase"), std::string::npos) << name << ": " << error.hint();
  }
  fs::remove(folder / "k.cfl");
  EXPECT_EQ(catch_error([&] { (void)io::read(folder / "k.hdr", options); }).code(), Errc::cannot_read);
}

TEST_F(Foreign, BartMapsAreReadAsAVolumeOnlyIfTheirAxesFit) {
  const fs::path file = shared_data() / "mri-dynamic" / "dce_sens_slice80.cfl";
  ISO_NEED(file);
  const Error error = catch_error([&] { (void)io::read(file); });
  EXPECT_EQ(error.code(), Errc::shape_mismatch) << error.what();
}

TEST_F(Foreign, TablesKeepNamesAndNumbers) {
  const Table table{{"a, b", "say \"c\""}, {{1, 1.0 / 3}, {-2e300, 0}}, {}};
  io::write(folder / "t.csv", Dataset{table});
  const auto again = io::read(folder / "t.csv");
  EXPECT_EQ(get<Table>(again).columns, table.columns);
  EXPECT_EQ(get<Table>(again).values, table.values);
}

TEST_F(Foreign, ATableEndsItsLinesAsItLikes) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    put(folder / "t.csv", "a,b" + end + "1,2" + end + end + "3,4");
    const auto read = io::read(folder / "t.csv");
    const auto& table = get<Table>(read);
    EXPECT_EQ(table.columns, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(table.values, (std::vector<std::vector<double>>{{1, 2}, {3, 4}}));
  }
}

TEST_F(Foreign, NumbersThatAreWrittenInAnotherWayAreTextsWithAWord) {
  for (const char* cells : {"\"1,5\"\n\"2,25\"", "1.5d3\n2D4", "5%\n6 %",
                            "\xe2\x88\x92"
                            "5\n\xe2\x88\x92"
                            "6.5"}) {
    put(folder / "t.csv", std::string{"a\n"} + cells + "\n");
    const auto read = io::read(folder / "t.csv");
    const auto& table = get<Table>(read);
    EXPECT_TRUE(table.columns.empty()) << cells;
    EXPECT_NE(table.meta.at("assumed").find("texts in column 'a', as its numbers are written like"), std::string::npos);
  }
  put(folder / "t.csv", "a\n2026-01-02\n12:30\n");
  EXPECT_FALSE(get<Table>(io::read(folder / "t.csv")).meta.contains("assumed")) << "dates and times are texts";
}

TEST_F(Foreign, ATableInUtf16IsNotCalledDamaged) {
  put(folder / "t.csv", std::string{"\xff\xfe"} + std::string{"a\0,\0b\0\n\0", 8});
  try {
    (void)io::read(folder / "t.csv");
    FAIL() << "UTF-16 was read";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::invalid_input);
    EXPECT_NE(std::string{problem.what()}.find("UTF-16"), std::string::npos) << problem.what();
  }
}

TEST_F(Foreign, TwoColumnsOfOneNameAreSaid) {
  put(folder / "t.csv", "a,b,a\n1,2,3\n");
  const auto read = io::read(folder / "t.csv");
  const auto& table = get<Table>(read);
  EXPECT_EQ(table.columns.size(), 3U);
  EXPECT_NE(table.meta.at("assumed").find("'a'"), std::string::npos);
}

TEST_F(Foreign, TablesKeepColumnsOfText) {
  put(folder / "t.csv", "case,score,class\nfirst,1,good\n\"second, again\",0.5,\n");
  const auto read = io::read(folder / "t.csv");
  const auto& table = get<Table>(read);
  EXPECT_EQ(table.columns, std::vector<std::string>{"score"});
  EXPECT_EQ(table.values, (std::vector<std::vector<double>>{{1}, {0.5}}));
  const std::vector<TextColumn> texts{{"case", {"first", "second, again"}}, {"class", {"good", ""}}};
  EXPECT_EQ(table.texts, texts);
  io::write(folder / "again.csv", *read);
  const auto again = io::read(folder / "again.csv");
  EXPECT_EQ(get<Table>(again).texts, texts);
  EXPECT_EQ(get<Table>(again).values, table.values);
}

TEST_F(Foreign, AVolumeOfFourAxesInAnotherOrderIsPutRight) {
  io::ReadOptions options;
  options.hints = {{"axes", "t,z,y,x"}, {"spacing_mm", "1,2,3"}};
  std::string payload;
  for (int i = 0; i < 24; ++i) payload += static_cast<char>(i);
  put(folder / "a.npy", npy("|u1", "False", "(1, 4, 3, 2)", payload));
  const auto data = io::read(folder / "a.npy", options);
  const auto& volume = get<Volume>(data);
  ASSERT_EQ(volume.pixels.spec().shape, (Shape{1, 4, 3, 2}));
  const auto values = volume.pixels.values<std::uint8_t>();
  for (int t = 0; t < 2; ++t)
    for (int z = 0; z < 3; ++z)
      for (int y = 0; y < 4; ++y) EXPECT_EQ(values[static_cast<std::size_t>(y + 4 * (z + 3 * t))], t + 2 * (z + 3 * y));
  EXPECT_EQ(volume.grid.spacing_mm, (Vec3{1, 2, 3}));
}

TEST_F(Foreign, TheShippedSliceIsInHounsfieldUnits) {
  const auto data = io::read(samples / "ct_lung_512x512.nii.gz");
  const auto& slice = get<Volume>(data);
  EXPECT_EQ(slice.quantity, Quantity::hounsfield);
  EXPECT_EQ(slice.pixels.spec(), (ArraySpec{Shape{512, 512, 1}, ScalarType::i16}));
  EXPECT_EQ(slice.meta.count("assumed"), 0u) << slice.meta.at("assumed");
  EXPECT_NEAR(slice.grid.spacing_mm[0], 0.6269531, 1e-6);
  EXPECT_NEAR(slice.grid.origin_mm[0], -255.5 * 0.6269531, 1e-3);
  EXPECT_NEAR(slice.grid.direction[0], 1, 1e-6);
}

// The mask of the tumour was drawn on the very grid of its part of the volume; its numbers were counted with NumPy in the package's file.
TEST_F(Foreign, TheShippedMaskLiesOnItsVolume) {
  const auto data = io::read(samples / "ct_lung_tumour_224x224x17.nii.gz");
  const auto drawn = io::read(samples / "ct_lung_tumour_224x224x17_mask.nii.gz", [] {
    io::ReadOptions options;
    options.expected = Kind::label_map;
    return options;
  }());
  const auto& volume = get<Volume>(data);
  const auto& mask = get<LabelMap>(drawn);
  EXPECT_EQ(mask.grid, volume.grid);
  EXPECT_NEAR(volume.grid.origin_mm[0], -170.5 + 224 * 0.6269531, 1e-3);
  EXPECT_NEAR(volume.grid.origin_mm[1], -324.5 + 224 * 0.6269531, 1e-3);
  EXPECT_NEAR(volume.grid.origin_mm[2], -360 + 12 * 5, 1e-3);
  const auto labels = mask.labels.values<std::uint8_t>();
  EXPECT_EQ(std::ranges::count(labels, 1), 24644);
  double sum = 0;
  const auto values = volume.pixels.values<std::int16_t>();
  for (std::size_t i = 0; i < labels.size(); ++i) sum += labels[i] > 0 ? values[i] : 0;
  EXPECT_NEAR(sum / 24644, 7.6021, 0.01);
}

TEST_F(Foreign, TheShippedHeadStandsUpright) {
  const auto data = io::read(samples / "mr_head_181x217x90.nii.gz");
  const auto& head = get<Volume>(data);
  ASSERT_EQ(head.pixels.spec(), (ArraySpec{Shape{181, 217, 90}, ScalarType::u8}));
  EXPECT_EQ(head.grid.spacing_mm, (Vec3{1, 1, 2}));
  // The file of the package begins at (-90, -125, -71) mm to the right, the back and the foot.
  EXPECT_NEAR(head.grid.to_world({180, 216, 0})[0], 90, 1e-3);
  EXPECT_NEAR(head.grid.to_world({180, 216, 0})[1], 125, 1e-3);
  EXPECT_NEAR(head.grid.to_world({0, 0, 0})[2], -70.5, 1e-3);
}

TEST_F(Foreign, ANiftiPlaneOfTwoAxesKeepsItsPlaceInSpace) {
  Volume plane{counting<float>(Shape{6, 5, 1}), oblique({6, 5, 1}), Quantity::unknown, {}};
  plane.grid.direction = {0, 0, 1, 1, 0, 0, 0, 1, 0};  // sagittal
  io::write(folder / "a.nii", Dataset{plane});
  std::string bytes = bytes_of_file(folder / "a.nii");
  ASSERT_EQ(bytes[40], 3);
  bytes[40] = 2;
  put(folder / "b.nii", bytes);
  bytes[254] = 0;  // no sform: the qform says the same
  put(folder / "c.nii", bytes);
  for (const char* name : {"b.nii", "c.nii"}) {
    const auto data = io::read(folder / name);
    const VoxelGrid& grid = get<Volume>(data).grid;
    EXPECT_EQ(grid.size, plane.grid.size) << name;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(grid.spacing_mm[i], plane.grid.spacing_mm[i], 1e-5) << name;
      EXPECT_NEAR(grid.origin_mm[i], plane.grid.origin_mm[i], 1e-4) << name;
    }
    for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(grid.direction[i], plane.grid.direction[i], 1e-5) << name << i;
  }
  const fs::path scanned = shared_data() / "mri-static" / "kspace" / "pulseq-ankara" / "sol15.nii";
  ISO_NEED(scanned);
  EXPECT_NEAR(get<Volume>(io::read(scanned)).grid.spacing_mm[2], 3, 1e-5);
}

TEST_F(Foreign, ANiftiPairWhoseHeaderCallsItselfASingleFileIsRead) {
  PixelBuffer pixels = PixelBuffer::allocate({Shape{2, 1, 1}, ScalarType::i16});
  pixels.values<std::int16_t>()[0] = 7;
  pixels.values<std::int16_t>()[1] = -8;
  Volume volume;
  volume.pixels = std::move(pixels);
  volume.grid.size = {2, 1, 1};
  io::write(folder / "whole.nii", Dataset{volume});
  const std::string bytes = bytes_of_file(folder / "whole.nii");
  for (const std::size_t header : {348U, 352U}) {
    put(folder / "pair.hdr", bytes.substr(0, header));
    put(folder / "pair.img", bytes.substr(352));
    for (const char* const name : {"pair.hdr", "pair.img"}) {
      const auto read = io::read(folder / name);
      const auto values = get<Volume>(read).pixels.values<std::int16_t>();
      EXPECT_EQ(std::vector<int>(values.begin(), values.end()), (std::vector<int>{7, -8})) << name;
      EXPECT_NE(metadata(*read).at("assumed").find("n+1"), std::string::npos);
    }
  }
  fs::remove(folder / "pair.img");
  EXPECT_EQ(catch_error([&] { (void)io::read(folder / "pair.hdr"); }).code(), Errc::cannot_read);
}

TEST_F(Foreign, MedicalVolumesOfOthersAreRead) {
  const fs::path ct = shared_data() / "ct" / "lung-pet-ct-dx-A0001-kernelL_256.nii.gz",
                 labels = shared_data() / "segmentation" / "totalseg" / "example_ct_3mm_seg.nii.gz",
                 mr = shared_data() / "segmentation" / "pyradiomics" / "brain1_image.nrrd";
  ISO_NEED(ct);
  EXPECT_EQ(get<Volume>(io::read(ct)).pixels.spec().shape, (Shape{256, 256, 64}));
  io::ReadOptions options;
  options.expected = Kind::label_map;
  const auto map = io::read(labels, options);
  EXPECT_EQ(get<LabelMap>(map).labels.spec(), (ArraySpec{Shape{122, 101, 112}, ScalarType::u8}));
  EXPECT_EQ(get<Volume>(io::read(mr)).pixels.spec().shape.rank(), 3u);
}

}  // namespace
}  // namespace iso::test
