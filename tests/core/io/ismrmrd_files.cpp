// ISMRMRD files with every flag and counter that changes what is read, and damaged ones.
#include "io_fixture.h"

#include <hdf5.h>

#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace iso;
using namespace iso::test;

namespace {

using Complex = std::complex<float>;

/// One readout as the format has it, with the members that are read.
struct Record {
  std::uint64_t flags{0};
  std::uint16_t number_of_samples{8}, active_channels{2}, discard_pre{0}, discard_post{0}, center_sample{4},
      trajectory_dimensions{0}, encoding_space_ref{0};
  std::uint16_t step_1{0}, step_2{0}, average{0}, slice{0}, contrast{0}, phase{0}, repetition{0}, set{0};
  hvl_t trajectory{0, nullptr}, data{0, nullptr};
};

std::uint64_t flag(unsigned number) { return std::uint64_t{1} << (number - 1); }

struct Readout {
  Record head;
  std::vector<Complex> samples{};  ///< channel after channel
  std::vector<float> places{};     ///< x and y of every sample; empty: a line of a grid
};

/// A readout of line `y` whose sample i of coil c is value (c + 1) + i / 100.
Readout line(std::uint16_t y, float value = 1) {
  Readout out;
  out.head.step_1 = y;
  for (int c = 0; c < 2; ++c)
    for (int i = 0; i < 8; ++i)
      out.samples.emplace_back(value * static_cast<float>(c + 1), static_cast<float>(i) / 100);
  return out;
}

std::string header(const std::string& recon_width = "8", const std::string& recon_fov = "80") {
  return "<?xml version=\"1.0\"?><ismrmrdHeader "
         "xmlns=\"http://www.ismrm.org/ISMRMRD\"><encoding><encodedSpace><matrixSize><x>8</x>"
         "<y>6</y><z>1</z></matrixSize><fieldOfView_mm><x>80</x><y>60</y><z>5</z></fieldOfView_mm></"
         "encodedSpace><reconSpace>"
         "<matrixSize><x>" +
         recon_width + "</x><y>6</y><z>1</z></matrixSize><fieldOfView_mm><x>" + recon_fov +
         "</x><y>60</y><z>5</z></fieldOfView_mm></reconSpace><encodingLimits><kspace_encoding_step_1><minimum>0</"
         "minimum><maximum>5"
         "</maximum><center>3</center></kspace_encoding_step_1></encodingLimits><trajectory>cartesian</trajectory></"
         "encoding>"
         "</ismrmrdHeader>";
}

hid_t record_type() {
  const hid_t idx = H5Tcreate(H5T_COMPOUND, 16);
  const std::size_t first = offsetof(Record, step_1);
  const auto counter = [&](const char* name, std::size_t at) { H5Tinsert(idx, name, at - first, H5T_NATIVE_UINT16); };
  counter("kspace_encode_step_1", offsetof(Record, step_1));
  counter("kspace_encode_step_2", offsetof(Record, step_2));
  counter("average", offsetof(Record, average));
  counter("slice", offsetof(Record, slice));
  counter("contrast", offsetof(Record, contrast));
  counter("phase", offsetof(Record, phase));
  counter("repetition", offsetof(Record, repetition));
  counter("set", offsetof(Record, set));
  const hid_t head = H5Tcreate(H5T_COMPOUND, offsetof(Record, trajectory));
  H5Tinsert(head, "flags", offsetof(Record, flags), H5T_NATIVE_UINT64);
  const auto number = [&](const char* name, std::size_t at) { H5Tinsert(head, name, at, H5T_NATIVE_UINT16); };
  number("number_of_samples", offsetof(Record, number_of_samples));
  number("active_channels", offsetof(Record, active_channels));
  number("discard_pre", offsetof(Record, discard_pre));
  number("discard_post", offsetof(Record, discard_post));
  number("center_sample", offsetof(Record, center_sample));
  number("trajectory_dimensions", offsetof(Record, trajectory_dimensions));
  number("encoding_space_ref", offsetof(Record, encoding_space_ref));
  H5Tinsert(head, "idx", first, idx);
  const hid_t floats = H5Tvlen_create(H5T_NATIVE_FLOAT), whole = H5Tcreate(H5T_COMPOUND, sizeof(Record));
  H5Tinsert(whole, "head", 0, head);
  H5Tinsert(whole, "traj", offsetof(Record, trajectory), floats);
  H5Tinsert(whole, "data", offsetof(Record, data), floats);
  for (const hid_t part : {idx, head, floats}) H5Tclose(part);
  return whole;
}

class Ismrmrd : public IoTest {
 protected:
  fs::path file() const { return folder / "scan.h5"; }
  void write(std::vector<Readout> readouts, const std::string& xml = header()) {
    const hid_t out = H5Fcreate(file().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t group = H5Gcreate2(out, "dataset", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, H5T_VARIABLE);
    const hsize_t one = 1;
    const hid_t single = H5Screate_simple(1, &one, nullptr);
    const hid_t xml_set = H5Dcreate2(out, "/dataset/xml", text, single, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    const char* const characters = xml.c_str();
    H5Dwrite(xml_set, text, H5S_ALL, H5S_ALL, H5P_DEFAULT, &characters);
    std::vector<Record> records;
    for (Readout& readout : readouts) {
      readout.head.data = {2 * readout.samples.size(), readout.samples.data()};
      if (!readout.places.empty()) {
        readout.head.trajectory = {readout.places.size(), readout.places.data()};
        readout.head.trajectory_dimensions = 2;
      }
      records.push_back(readout.head);
    }
    const hsize_t count = records.size();
    const hid_t type = record_type(), space = H5Screate_simple(1, &count, nullptr);
    const hid_t data = H5Dcreate2(out, "/dataset/data", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (count > 0) H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, records.data());
    for (const hid_t set : {data, xml_set}) H5Dclose(set);
    for (const hid_t each : {space, single}) H5Sclose(each);
    for (const hid_t each : {type, text}) H5Tclose(each);
    H5Gclose(group);
    H5Fclose(out);
  }
  KSpace read(const std::string& counter = {}) const {
    io::ReadOptions options;
    options.expected = Kind::k_space;
    if (!counter.empty()) options.hints["frame_counter"] = counter;
    return get<KSpace>(io::read(file(), options));
  }
  Errc refusal() const {
    return catch_error([&] { (void)read(); }).code();
  }
  static Complex sample(const KSpace& scan, std::size_t x, std::size_t y, std::size_t coil = 0, std::size_t frame = 0) {
    return scan.samples.values<Complex>()[((frame * 2 + coil) * 6 + y) * 8 + x];
  }
  static int lines(const KSpace& scan, std::size_t frame = 0) {
    int count = 0;
    for (std::size_t y = 0; y < 6; ++y) count += scan.trajectory.cartesian_mask.values<std::uint8_t>()[frame * 6 + y];
    return count;
  }
};

/// A scan of two spokes whose coordinates reach so far.
std::vector<Readout> spokes(float reach) {
  std::vector<Readout> out{line(0), line(1)};
  for (std::size_t spoke = 0; spoke < 2; ++spoke)
    for (int i = 0; i < 8; ++i)
      for (std::size_t axis = 0; axis < 2; ++axis)
        out[spoke].places.push_back(axis == spoke ? reach * static_cast<float>(i - 4) / 4 : 0.0F);
  return out;
}

TEST_F(Ismrmrd, TakesTheUnitOfATrajectoryFromHowFarItReaches) {
  std::string radial = header();
  radial.replace(radial.find("cartesian"), 9, "radial");
  const auto reach = [&](float written) {
    write(spokes(written), radial);
    return std::abs(read().trajectory.coordinates.values<float>()[0]);
  };
  EXPECT_FLOAT_EQ(reach(0.5F), 4);
  EXPECT_FLOAT_EQ(reach(0.25F), 2);
  EXPECT_NE(read().meta.at("assumed").find("half of their true size"), std::string::npos);
  EXPECT_FLOAT_EQ(reach(4), 4);
  EXPECT_FLOAT_EQ(reach(3), 3);
  for (const float unclear : {0.8F, 40.0F}) {
    write(spokes(unclear), radial);
    const Error error = catch_error([&] { (void)read(); });
    EXPECT_EQ(error.code(), Errc::invalid_input);
    EXPECT_NE(error.hint().find("trajectory-unit"), std::string::npos);
    io::ReadOptions options;
    options.hints["trajectory_unit"] = "cycles_per_fov";
    EXPECT_FLOAT_EQ(std::abs(get<KSpace>(io::read(file(), options)).trajectory.coordinates.values<float>()[0]),
                    unclear);
  }
}

std::string radial_header() {
  std::string xml = header();
  return xml.replace(xml.find("cartesian"), 9, "radial");
}

/// Two spokes of a repetition and contrast, with this value in the first coil.
std::vector<Readout> make_spokes(std::uint16_t repetition, std::uint16_t contrast, float value) {
  std::vector<Readout> out = spokes(0.5F);
  for (Readout& readout : out) {
    readout.samples = line(0, value).samples;
    readout.head.repetition = repetition;
    readout.head.contrast = contrast;
  }
  return out;
}

std::vector<Readout> together(std::vector<Readout> all, const std::vector<Readout>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST_F(Ismrmrd, RepetitionsOfSpokesAreFramesWithTheirOwnCoordinates) {
  auto turned = make_spokes(7, 0, 5);
  std::swap(turned[0].places, turned[1].places);
  write(together(make_spokes(4, 0, 1), turned), radial_header());
  const KSpace scan = read();
  ASSERT_EQ(scan.samples.spec().shape, (Shape{8, 2, 1, 2, 2}));
  EXPECT_EQ(scan.samples.values<Complex>()[32].real(), 5) << "first sample of the second frame";
  ASSERT_EQ(scan.trajectory.coordinates.spec().shape, (Shape{3, 8, 2, 2}));
  const auto places = scan.trajectory.coordinates.values<float>();
  EXPECT_FLOAT_EQ(places[0], -4) << "x of the first spoke of the first frame";
  EXPECT_FLOAT_EQ(places[48], 0);
  EXPECT_FLOAT_EQ(places[49], -3) << "y of the first spoke of the second frame";
  EXPECT_NE(scan.meta.at("assumed").find("2 values of repetition that have readouts, of 4 to 7"), std::string::npos);
  EXPECT_EQ(read("none").samples.spec().shape, (Shape{8, 4, 1, 2, 1}));
}

TEST_F(Ismrmrd, EchoesOfSpokesDoNotMixInOneImage) {
  write(together(make_spokes(0, 0, 1), make_spokes(0, 1, 5)), radial_header());
  EXPECT_EQ(read("contrast").samples.spec().shape[4], 2);
  const KSpace first = read("repetition");
  EXPECT_EQ(first.samples.spec().shape, (Shape{8, 2, 1, 2, 1}));
  EXPECT_NE(first.meta.at("assumed").find("2 values of contrast the first alone"), std::string::npos);
}

TEST_F(Ismrmrd, RefusesFramesOfUnequalNumbersOfSpokes) {
  auto shorter = make_spokes(1, 0, 5);
  shorter.pop_back();
  write(together(make_spokes(0, 0, 1), shorter), radial_header());
  const Error error = catch_error([&] { (void)read(); });
  EXPECT_EQ(error.code(), Errc::invalid_input);
  EXPECT_NE(error.hint().find("--frame-counter none"), std::string::npos);
  EXPECT_EQ(read("none").samples.spec().shape[1], 3);
}

TEST_F(Ismrmrd, LeavesDiscardedSamplesOfSpokesOut) {
  auto readouts = make_spokes(0, 0, 1);
  for (Readout& readout : readouts) readout.head.discard_pre = 2, readout.head.discard_post = 1;
  write(readouts, radial_header());
  const KSpace scan = read();
  ASSERT_EQ(scan.samples.spec().shape, (Shape{5, 2, 1, 2, 1}));
  EXPECT_EQ(scan.samples.values<Complex>()[0], (Complex{1, 0.02F}));
  EXPECT_FLOAT_EQ(scan.trajectory.coordinates.values<float>()[0], -2);
}

TEST_F(Ismrmrd, RefusesPartitionsOfSpokesInThePlane) {
  auto second = make_spokes(0, 0, 5);
  for (Readout& readout : second) readout.head.step_2 = 1;
  write(together(make_spokes(0, 0, 1), second), radial_header());
  EXPECT_EQ(refusal(), Errc::invalid_input);
}

}  // namespace

TEST_F(Ismrmrd, FramesAreTheValuesOfACounterThatWereMeasured) {
  std::vector<Readout> readouts{line(3, 1), line(3, 2)};
  readouts[0].head.repetition = 5;
  readouts[1].head.repetition = 6;
  write(readouts);
  const KSpace scan = read();
  ASSERT_EQ(scan.samples.spec().shape[4], 2) << "five frames of zeros before";
  EXPECT_EQ(sample(scan, 0, 3, 0, 1).real(), 2);
  EXPECT_FALSE(scan.meta.contains("assumed"));
  readouts[0].head.repetition = 3;
  write(readouts);
  EXPECT_NE(read().meta.at("assumed").find("of 3 to 6"), std::string::npos);
}

TEST_F(Ismrmrd, ReadsTheOnlySliceWhateverItsNumberIs) {
  Readout third = line(3, 7);
  third.head.slice = 2;
  write({third});
  EXPECT_EQ(sample(read(), 0, 3).real(), 7);
  write({line(3), third});
  const Error error = catch_error([&] { (void)read(); });
  EXPECT_EQ(error.code(), Errc::unsupported);
  EXPECT_NE(std::string{error.what()}.find("2 slices"), std::string::npos) << error.what();
}

TEST_F(Ismrmrd, SaysThatRampsOfEpiAreNotCorrected) {
  std::string epi = header();
  epi.replace(epi.find("cartesian"), 9, "epi");
  write({line(3)}, epi);
  EXPECT_FALSE(read().meta.contains("assumed"));
  const std::string end = "</trajectory>";
  epi.insert(epi.find(end) + end.size(),
             "<trajectoryDescription><identifier>ConventionalEPI</identifier></trajectoryDescription>");
  write({line(3)}, epi);
  EXPECT_NE(read().meta.at("assumed").find("ramps"), std::string::npos);
}

TEST_F(Ismrmrd, RefusesAMatrixThatIsNoWholeNumber) {
  std::string half = header();
  half.replace(half.find("<x>8<"), 5, "<x>8.5<");
  write({line(3)}, half);
  EXPECT_EQ(refusal(), Errc::invalid_input);
}

TEST_F(Ismrmrd, PutsLinesWhereTheCentreOfTheHeaderSays) {
  write({line(2), line(3, 5)});
  const KSpace scan = read();
  ASSERT_EQ(scan.samples.spec().shape, (Shape{8, 6, 1, 2, 1}));
  EXPECT_EQ(lines(scan), 2);
  EXPECT_EQ(sample(scan, 0, 3), (Complex{5, 0}));
  EXPECT_EQ(sample(scan, 7, 2, 1), (Complex{2, 0.07F}));
}

TEST_F(Ismrmrd, LeavesLinesOfPartialFourierUnmeasured) {
  write({line(3), line(4), line(5)});
  const KSpace scan = read();
  const auto mask = scan.trajectory.cartesian_mask.values<std::uint8_t>();
  EXPECT_EQ(std::vector<int>(mask.begin(), mask.end()), (std::vector<int>{0, 0, 0, 1, 1, 1}));
}

TEST_F(Ismrmrd, AveragesReadoutsOfTheSameLine) {
  Readout second = line(3, 3);
  second.head.average = 1;
  write({line(3, 1), second});
  EXPECT_EQ(sample(read(), 2, 3), (Complex{2, 0.02F}));
}

TEST_F(Ismrmrd, TurnsReversedReadoutsRound) {
  Readout reversed = line(3);
  reversed.head.flags = flag(22);
  write({reversed});
  EXPECT_EQ(sample(read(), 0, 3), (Complex{1, 0.07F}));
}

TEST_F(Ismrmrd, LeavesNoiseNavigatorsAndPhaseCorrectionOut) {
  std::vector<Readout> readouts{line(3)};
  for (const unsigned kind : {19U, 23U, 24U}) {
    readouts.push_back(line(1));
    readouts.back().head.flags = flag(kind);
  }
  write(readouts);
  EXPECT_EQ(lines(read()), 1);
}

TEST_F(Ismrmrd, GivesTheNoiseOfTheCoils) {
  // Four samples a coil: (1, -1, 1, -1) and i times that, so that the covariance is 4/3 of (1, -i; i, 1).
  Readout noise;
  noise.head.flags = flag(19);
  noise.head.number_of_samples = 4;
  noise.samples = {1, -1, 1, -1, {0, 1}, {0, -1}, {0, 1}, {0, -1}};
  write({noise, line(3)});
  const KSpace scan = read();
  ASSERT_EQ(scan.noise_covariance.spec().shape, (Shape{2, 2}));
  const auto values = scan.noise_covariance.values<Complex>();
  EXPECT_FLOAT_EQ(values[0].real(), 4.0F / 3);
  EXPECT_FLOAT_EQ(values[1].imag(), 4.0F / 3);
  EXPECT_FLOAT_EQ(values[2].imag(), -4.0F / 3);
  EXPECT_FLOAT_EQ(values[3].real(), 4.0F / 3);
}

TEST_F(Ismrmrd, CutsAnOversampledReadoutInImageSpace) {
  write({line(3)}, header("4", "40"));
  const KSpace scan = read();
  EXPECT_EQ(scan.samples.spec().shape[0], 8);
  EXPECT_EQ(scan.grid.size[0], 4);
  EXPECT_DOUBLE_EQ(scan.grid.spacing_mm[0], 10);
  EXPECT_NE(scan.meta.at("assumed").find("oversampled"), std::string::npos);
}

TEST_F(Ismrmrd, SaysThatAnAsymmetricEchoIsFilledWithZeros) {
  Readout echo = line(3);
  echo.head.number_of_samples = 5;
  echo.head.center_sample = 1;
  echo.samples.resize(10);
  write({echo});
  const KSpace scan = read();
  EXPECT_EQ(sample(scan, 2, 3), Complex{});
  EXPECT_EQ(sample(scan, 3, 3), (Complex{1, 0}));
  EXPECT_NE(scan.meta.at("assumed").find("asymmetric"), std::string::npos);
}

TEST_F(Ismrmrd, NumbersFramesByTheCounterWithTheMostValuesOrByTheOneThatIsNamed) {
  std::vector<Readout> readouts;
  for (std::uint16_t phase = 0; phase < 3; ++phase)
    for (std::uint16_t set = 0; set < 2; ++set) {
      readouts.push_back(line(3, static_cast<float>(10 * phase + set)));
      readouts.back().head.phase = phase;
      readouts.back().head.set = set;
    }
  write(readouts);
  const KSpace by_rule = read();
  ASSERT_EQ(by_rule.samples.spec().shape[4], 3);
  EXPECT_EQ(sample(by_rule, 0, 3, 0, 2).real(), 20);
  EXPECT_NE(by_rule.meta.at("assumed").find("phase"), std::string::npos);
  const KSpace by_set = read("set");
  ASSERT_EQ(by_set.samples.spec().shape[4], 2);
  EXPECT_EQ(sample(by_set, 0, 3, 0, 1).real(), 1);
}

TEST_F(Ismrmrd, RefusesDamagedScansInOneSentence) {
  write({line(9)});
  EXPECT_EQ(refusal(), Errc::invalid_input);  // a line outside of the matrix
  Readout more_coils = line(2);
  more_coils.head.active_channels = 1, more_coils.samples.resize(8);
  write({line(3), more_coils});
  EXPECT_EQ(refusal(), Errc::invalid_input);
  Readout wrong = line(3);
  wrong.head.number_of_samples = 7;
  write({wrong});
  EXPECT_EQ(refusal(), Errc::invalid_input);
  Readout noise = line(3);
  noise.head.flags = flag(19);
  write({noise});
  EXPECT_EQ(refusal(), Errc::no_input);
  write({line(3)}, "<ismrmrdHeader><encoding></encoding></ismrmrdHeader>");
  EXPECT_EQ(refusal(), Errc::invalid_input);
  write({line(3)}, "no xml");
  EXPECT_EQ(refusal(), Errc::invalid_input);
  write({});
  EXPECT_EQ(refusal(), Errc::no_input);
  Readout not_a_number = line(3);
  not_a_number.samples[3] = std::nanf("");
  write({not_a_number});
  EXPECT_EQ(refusal(), Errc::invalid_input);
}

TEST_F(Ismrmrd, WithoutHeaderOrAcquisitionsSayWhatIsMissing) {
  const auto without = [&](const char* part) {
    write({line(3)});
    const hid_t out = H5Fopen(file().c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(out, part, H5P_DEFAULT);
    const hsize_t extents[2] = {4, 3};
    const hid_t space = H5Screate_simple(2, extents, nullptr);
    const std::vector<float> values(12, 1.0F);
    for (const char* const name : {"/dataset/phantom", "/dataset/coils"}) {  // some programs put arrays beside a scan
      const hid_t array = H5Dcreate2(out, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      H5Dwrite(array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
      H5Dclose(array);
    }
    H5Sclose(space);
    H5Fclose(out);
    return catch_error([&] { (void)io::read(file(), {}); });
  };
  const Error no_header = without("/dataset/xml");
  EXPECT_EQ(no_header.code(), Errc::invalid_input);
  EXPECT_NE(std::string{no_header.what()}.find("no header (/dataset/xml)"), std::string::npos) << no_header.what();
  const Error no_scan = without("/dataset/data");
  EXPECT_EQ(no_scan.code(), Errc::no_input);
  EXPECT_NE(std::string{no_scan.what()}.find("no acquisitions (/dataset/data)"), std::string::npos) << no_scan.what();
  io::ReadOptions options;
  options.hints["dataset"] = "/dataset/phantom";
  EXPECT_NO_THROW((void)io::read(file(), options)) << "another array of the file can be named";
}

TEST_F(Ismrmrd, OfAnotherMakerHasTheCountsThatItsMakerSays) {
  const fs::path scan_file = shared_data() / "mri-dynamic" / "ismrmrd_cartesian_4ch_grappa2_virtual.h5";
  if (const auto why = why_without("mri-dynamic/ismrmrd_cartesian_4ch_grappa2_virtual.h5")) GTEST_SKIP() << *why;
  const KSpace scan = get<KSpace>(io::read(scan_file));
  // 143 readouts: one of noise, 14 of calibration alone, 14 of calibration and image, R = 2.
  ASSERT_EQ(scan.samples.spec().shape, (Shape{256, 256, 1, 4, 1}));
  int measured = 0;
  for (const std::uint8_t each : scan.trajectory.cartesian_mask.values<std::uint8_t>()) measured += each;
  EXPECT_EQ(measured, 142);
  EXPECT_EQ(scan.trajectory.cartesian_mask.values<std::uint8_t>()[128], 1);
  EXPECT_EQ(scan.noise_covariance.spec().shape, (Shape{4, 4}));
}
