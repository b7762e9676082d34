#include "dicom_maker.h"

/// What the values of DICOM files mean: one small file a rule, written here, with the value worked out by hand.
namespace iso::test {
namespace {

class DicomMeaning : public IoTest {
 protected:
  DatasetPtr read(const DicomMaker& file, const std::string& syntax = "1.2.840.10008.1.2.1") {
    put(folder / "a.dcm", file.file(syntax));
    return io::read(folder / "a.dcm");
  }
  std::vector<double> values(const DicomMaker& file, const std::string& syntax = "1.2.840.10008.1.2.1") {
    const DatasetPtr data = read(file, syntax);
    const PixelBuffer wide = PixelBuffer::make_copy(*to_pixels(*data), ScalarType::f64);
    const auto all = wide.values<double>();
    return {all.begin(), all.end()};
  }
  Error refusal(const DicomMaker& file, const std::string& syntax = "1.2.840.10008.1.2.1") {
    return catch_error([&] { (void)read(file, syntax); });
  }
  static std::string assumed(const DatasetPtr& data) {
    const auto& meta = metadata(*data);
    const auto found = meta.find("assumed");
    return found == meta.end() ? std::string{} : found->second;
  }
};

DicomMaker dose() {
  DicomMaker file = ct_slice(1, -70);
  file.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.481.2").text(0x00080060, "CS", "RTDOSE");
  file.without(0x00281052).without(0x00281053).without(0x00180050);
  file.text(0x00280008, "IS", "5").text(0x30040002, "CS", "GY").text(0x3004000e, "DS", "0.25");
  file.text(0x3004000c, "DS", "0\\3\\6\\9\\12").pixels(counted(0, 240));
  return file;
}

TEST_F(DicomMeaning, ADoseIsInGrayAtTheOffsetsOfItsFrames) {
  const DatasetPtr data = read(dose());
  const auto& volume = get<Volume>(data);
  EXPECT_EQ(volume.pixels.spec().shape, (Shape{6, 8, 5}));
  EXPECT_EQ(volume.quantity, Quantity::dose);
  EXPECT_NEAR(volume.grid.spacing_mm[2], 3, 1e-9);
  EXPECT_NEAR(volume.grid.origin_mm[2], -70, 1e-9);
  EXPECT_EQ(assumed(data), "");
  EXPECT_EQ(values(dose())[239], 239 * 0.25);
  EXPECT_NEAR(get<Volume>(read(dose().text(0x3004000c, "DS", "-70\\-67\\-64\\-61\\-58"))).grid.spacing_mm[2], 3, 1e-9)
      << "offsets may be z itself";
}

TEST_F(DicomMeaning, FramesOfADoseThatGoDownwardsAreTurned) {
  const auto turned = values(dose().text(0x3004000c, "DS", "0\\-3\\-6\\-9\\-12"));
  EXPECT_EQ(turned[0], 192 * 0.25);
  EXPECT_NEAR(get<Volume>(read(dose().text(0x3004000c, "DS", "0\\-3\\-6\\-9\\-12"))).grid.origin_mm[2], -82, 1e-9);
}

TEST_F(DicomMeaning, ADoseWhoseOffsetsDoNotFitIsRefused) {
  EXPECT_EQ(exit_code(refusal(dose().text(0x3004000c, "DS", "0\\3\\6")).code()), 22);
  EXPECT_EQ(exit_code(refusal(dose().text(0x3004000c, "DS", "5\\8\\11\\14\\17")).code()), 22);
  EXPECT_EQ(refusal(dose().text(0x3004000c, "DS", "0\\3\\6\\9\\15")).code(), Errc::geometry_refused);
  EXPECT_NE(assumed(read(dose().without(0x3004000e))).find("dose grid scaling"), std::string::npos);
}

TEST_F(DicomMeaning, FramesOfNuclearMedicineFollowTheirSpacing) {
  DicomMaker file = ct_slice(1, 0);
  file.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.20").text(0x00080060, "CS", "NM");
  file.without(0x00200032).without(0x00200037).without(0x00281052).without(0x00281053);
  file.text(0x00280008, "IS", "5").text(0x00180088, "DS", "-4").pixels(counted(0, 240));
  DicomMaker detector;
  detector.text(0x00200032, "DS", "-100\\-120\\300").text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
  file.sequence(0x00540022, {detector});
  const DatasetPtr data = read(file);
  const VoxelGrid& grid = get<Volume>(data).grid;
  EXPECT_NEAR(grid.spacing_mm[2], 4, 1e-9);
  EXPECT_NEAR(grid.to_world({0, 0, 4})[2], 300, 1e-9) << "the first frame is the highest";
  EXPECT_EQ(values(file)[192], 0);
  EXPECT_EQ(values(file)[0], 192);
  EXPECT_EQ(assumed(data), "");
  const std::string guessed = assumed(read(file.without(0x00180088).without(0x00180050)));
  EXPECT_NE(guessed.find("step of 1 mm"), std::string::npos) << guessed;
}

TEST_F(DicomMeaning, AModalityTableGivesItsEntriesAndTheEndsBeyond) {
  DicomMaker table;
  table.shorts(0x00283002, {4, 10, 16})
      .text(0x00283004, "LO", "US")
      .raw(0x00283006, "OW", bytes_of_numbers(std::vector<std::uint16_t>{7, 9, 300, 65535}));
  DicomMaker file = ct_slice(1, 0).without(0x00281052).without(0x00281053);
  const auto got = values(file.sequence(0x00283000, {table}));
  EXPECT_EQ(got[0], 7);
  EXPECT_EQ(got[10], 7);
  EXPECT_EQ(got[12], 300);
  EXPECT_EQ(got[47], 65535);
  table.raw(0x00283006, "OW", std::string(4, '\1'));
  EXPECT_EQ(exit_code(refusal(file.sequence(0x00283000, {table})).code()), 22) << "a table that lacks entries";
}

TEST_F(DicomMeaning, ACtWithoutAValidRescaleIsNotInHounsfieldUnits) {
  EXPECT_EQ(get<Volume>(read(ct_slice(1, 0))).quantity, Quantity::hounsfield);
  const DatasetPtr bare = read(ct_slice(1, 0).without(0x00281052).without(0x00281053));
  EXPECT_EQ(get<Volume>(bare).quantity, Quantity::unknown);
  EXPECT_NE(assumed(bare).find("Hounsfield"), std::string::npos);
  EXPECT_EQ(get<Volume>(read(ct_slice(1, 0).text(0x00281054, "LO", "US"))).quantity, Quantity::unknown);
  const DatasetPtr zero = read(ct_slice(1, 0).text(0x00281053, "DS", "0"));
  EXPECT_EQ(get<Volume>(zero).quantity, Quantity::unknown);
  EXPECT_NE(assumed(zero).find("slope"), std::string::npos);
  EXPECT_EQ(values(ct_slice(1, 0).text(0x00281053, "DS", "0"))[47], 47 - 1024) << "not zeros";
  EXPECT_EQ(exit_code(refusal(ct_slice(1, 0).text(0x00281053, "DS", "abc")).code()), 22);
}

TEST_F(DicomMeaning, RealWorldValuesAreTakenWhereNoRescaleSaysThem) {
  DicomMaker unit, mapping;
  unit.text(0x00080100, "SH", "mm2/s");
  mapping.doubles(0x00409225, {0.5}).doubles(0x00409224, {-3}).sequence(0x004008ea, {unit});
  DicomMaker file = ct_slice(1, 0).text(0x00080060, "CS", "MR").without(0x00281052).without(0x00281053);
  const DatasetPtr data = read(file.sequence(0x00409096, {mapping}));
  EXPECT_EQ(values(file)[47], 47 * 0.5 - 3);
  EXPECT_EQ(get<Volume>(data).quantity.unit, "mm2/s");
  EXPECT_NE(assumed(read(ct_slice(1, 0).sequence(0x00409096, {mapping}))).find("real-world"), std::string::npos);
}

TEST_F(DicomMeaning, OnlyTheStoredBitsCount) {
  DicomMaker file =
      ct_slice(1, 0).without(0x00281052).without(0x00281053).shorts(0x00280101, {12}).shorts(0x00280102, {11});
  std::vector<std::uint16_t> raw(48, 0xf000);  // an overlay in the bits that are not used
  raw[1] = 0xf801;
  EXPECT_EQ(values(file.pixels(raw))[0], 0);
  EXPECT_EQ(values(file)[1], 0x801);
  EXPECT_EQ(values(file.shorts(0x00280103, {1}))[1], 0x801 - 0x1000) << "12 bits with a sign";
  raw[2] = 0x7ff0;
  EXPECT_EQ(values(file.shorts(0x00280102, {15}).pixels(raw))[2], 0x7ff) << "the high bit is the highest";
}

TEST_F(DicomMeaning, FloatsAreReadAsTheyAre) {
  DicomMaker file =
      ct_slice(1, 0).without(0x00281052).without(0x00281053).without(0x7fe00010).text(0x00080060, "CS", "MR");
  std::vector<float> narrow(48, 1.5F);
  std::vector<double> wide(48, -2.25);
  DicomMaker other = file;
  EXPECT_EQ(values(file.shorts(0x00280100, {32}).raw(0x7fe00008, "OF", bytes_of_numbers(narrow)))[47], 1.5);
  EXPECT_EQ(values(other.shorts(0x00280100, {64}).raw(0x7fe00009, "OD", bytes_of_numbers(wide)))[47], -2.25);
}

DicomMaker colour(const std::string& photometric, const std::vector<std::uint8_t>& pixels) {
  DicomMaker file = ct_slice(1, 0).without(0x00281052).without(0x00281053).text(0x00080060, "CS", "US");
  file.text(0x00280004, "CS", photometric).shorts(0x00280002, {3}).shorts(0x00280006, {0}).shorts(0x00280100, {8});
  file.shorts(0x00280101, {8}).shorts(0x00280102, {7}).shorts(0x00280010, {1}).shorts(0x00280011, {2}).pixels(pixels);
  return file;
}

TEST_F(DicomMeaning, AColourHasOneLuminanceHoweverItIsWritten) {
  const double red = 0.2126 * 200 + 0.7152 * 10 + 0.0722 * 10, blue = 0.2126 * 10 + 0.7152 * 10 + 0.0722 * 200;
  const auto rgb = values(colour("RGB", {200, 10, 10, 10, 10, 200}));
  EXPECT_NEAR(rgb[0], red, 1e-4);
  EXPECT_NEAR(rgb[1], blue, 1e-4);
  const auto planar = values(colour("RGB", {200, 10, 10, 10, 10, 200}).shorts(0x00280006, {1}));
  EXPECT_NEAR(planar[0], red, 1e-4);
  // The same two by PS3.3, C.7.6.3.1.2: Y, Cb, Cr rounded to whole numbers.
  const auto full = values(colour("YBR_FULL", {67, 96, 223, 32, 223, 112}));
  EXPECT_NEAR(full[0], red, 1.5);
  EXPECT_NEAR(full[1], blue, 1.5);
  const auto halved = values(colour("YBR_FULL_422", {67, 67, 96, 223}));
  EXPECT_NEAR(halved[0], red, 1.5);
  EXPECT_NEAR(halved[1], red, 1.5);
}

TEST_F(DicomMeaning, APaletteGivesTheLuminanceOfItsColours) {
  DicomMaker file = colour("PALETTE COLOR", {0, 2}).shorts(0x00280002, {1}).without(0x00280006);
  EXPECT_EQ(exit_code(refusal(file).code()), 22) << "a palette that is not there";
  for (std::uint32_t c = 0; c < 3; ++c) {
    file.shorts(0x00281101 + c, {3, 0, 16});
    file.raw(0x00281201 + c, "OW",
             bytes_of_numbers(std::vector<std::uint16_t>{static_cast<std::uint16_t>(1000 * (c + 1)), 5, 7}));
  }
  const auto got = values(file);
  EXPECT_NEAR(got[0], 0.2126 * 1000 + 0.7152 * 2000 + 0.0722 * 3000, 1e-2);
  EXPECT_NEAR(got[1], 7, 1e-4);
  for (std::uint32_t c = 0; c < 3; ++c) {  // in segments: 40 once, then a line to 44 in two steps
    file.without(0x00281201 + c);
    file.raw(0x00281221 + c, "OW", bytes_of_numbers(std::vector<std::uint16_t>{0, 1, 40, 1, 2, 44}));
  }
  EXPECT_NEAR(values(file)[1], 44, 1e-4);
}

TEST_F(DicomMeaning, OneBitPixelsFollowEachOtherAcrossFrames) {
  DicomMaker file = ct_slice(1, 0).without(0x00281052).without(0x00281053).text(0x00080060, "CS", "OT");
  file.shorts(0x00280100, {1})
      .shorts(0x00280101, {1})
      .shorts(0x00280102, {0})
      .shorts(0x00280010, {1})
      .shorts(0x00280011, {3});
  file.text(0x00280008, "IS", "2").pixels(std::vector<std::uint8_t>{0b101001, 0});
  EXPECT_EQ(values(file), (std::vector<double>{1, 0, 0, 1, 0, 1}));
}

TEST_F(DicomMeaning, FramesInTimeAreTheFourthAxisWithTheirStep) {
  DicomMaker file = ct_slice(1, 0).without(0x00281052).without(0x00281053).text(0x00080060, "CS", "XA");
  file.text(0x00280008, "IS", "5")
      .text(0x00181063, "DS", "40")
      .shorts(0x00280009, {0x0018, 0x1063}, "AT")
      .pixels(counted(0, 240));
  const DatasetPtr data = read(file);
  EXPECT_EQ(to_pixels(*data)->spec().shape, (Shape{6, 8, 1, 5}));
  EXPECT_EQ(metadata(*data).at("time_step_s"), "0.04");
  EXPECT_EQ(values(file)[48], 48);
}

TEST_F(DicomMeaning, ARadiotherapyImageHasItsSpacing) {
  DicomMaker file = ct_slice(1, 0).without(0x00280030);
  file.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.481.1").text(0x00080060, "CS", "RTIMAGE");
  const DatasetPtr data = read(file.text(0x30020011, "DS", "0.4\\0.3"));
  EXPECT_NEAR(get<Volume>(data).grid.spacing_mm[0], 0.3, 1e-9);
  EXPECT_NEAR(get<Volume>(data).grid.spacing_mm[1], 0.4, 1e-9);
  EXPECT_NE(assumed(data).find("plane of the radiotherapy image"), std::string::npos);
}

TEST_F(DicomMeaning, RunLengthsGiveTheSamePixels) {
  DicomMaker file = ct_slice(1, 0).without(0x00281052).without(0x00281053);
  std::string head{"\2\0\0\0\x40\0\0\0\x42\0\0\0", 12}, high{"\xd1\1", 2}, low{"\xe9\x05\xe9\x07", 4};
  head.resize(64, '\0');
  const auto got = values(file.fragments({head + high + low}), "1.2.840.10008.1.2.5");
  EXPECT_EQ(got[0], 256 + 5);
  EXPECT_EQ(got[47], 256 + 7);
  EXPECT_EQ(exit_code(refusal(file.fragments({head + high + "\xe9\x05"}), "1.2.840.10008.1.2.5").code()), 20);
  EXPECT_EQ(exit_code(refusal(file.fragments({std::string(10, 'x')}), "1.2.840.10008.1.2.5").code()), 20);
}

TEST_F(DicomMeaning, CodersThatAreMissingAreNotSupportedAndNothingIsCalledDamaged) {
  const Error film = refusal(ct_slice(1, 0).fragments({"abcd"}), "1.2.840.10008.1.2.4.102");
  EXPECT_EQ(exit_code(film.code()), 22);
  EXPECT_NE(std::string{film.what()}.find("not supported"), std::string::npos) << film.what();
  EXPECT_EQ(std::string{film.what()}.find("damaged"), std::string::npos) << film.what();
  for (const char* syntax : {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
                             "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201"}) {
    const Error damage = refusal(ct_slice(1, 0).fragments({"abcd"}), syntax);
    EXPECT_EQ(exit_code(damage.code()), 20) << syntax << damage.what();
    EXPECT_NE(std::string{damage.what()}.find("damaged"), std::string::npos) << damage.what();
  }
}

TEST_F(DicomMeaning, ThePixelsAreCountedAgainstWhatIsAnnounced) {
  EXPECT_EQ(exit_code(refusal(ct_slice(1, 0).text(0x00280008, "IS", "2")).code()), 20);
  EXPECT_EQ(exit_code(refusal(ct_slice(1, 0).text(0x00280008, "IS", "1A")).code()), 22);
  EXPECT_EQ(exit_code(refusal(ct_slice(1, 0).pixels(counted(0, 96))).code()), 22) << "two frames, one is announced";
  EXPECT_EQ(exit_code(refusal(ct_slice(1, 0).shorts(0x00280010, {60000}).shorts(0x00280011, {60000})).code()), 20);
  EXPECT_EQ(exit_code(refusal(ct_slice(1, 0).without(0x7fe00010)).code()), 20);
  std::string cut = ct_slice(1, 0).file();
  cut.resize(cut.size() - 10);
  put(folder / "cut.dcm", cut);
  const Error error = catch_error([&] { (void)io::read(folder / "cut.dcm"); });
  EXPECT_EQ(error.code(), Errc::cannot_read);
  EXPECT_NE(std::string{error.what()}.find("incomplete"), std::string::npos) << error.what();
}

TEST_F(DicomMeaning, WhatIsNoImageIsSaidToBeWhatItIs) {
  DicomMaker report;
  report.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.88.33").text(0x00080060, "CS", "SR");
  const Error error = refusal(report);
  EXPECT_EQ(error.code(), Errc::no_input);
  EXPECT_NE(std::string{error.what()}.find("structured report"), std::string::npos) << error.what();
}

TEST_F(DicomMeaning, WhatStandsAtByte128DecidesWhatAFileIs) {
  std::string preamble{"II*\0\x80\0\0\0", 8};
  preamble.resize(128, '\0');
  put(folder / "scan", ct_slice(1, 30).file("1.2.840.10008.1.2.1", preamble));
  EXPECT_NEAR(get<Volume>(io::read(folder / "scan")).grid.origin_mm[2], 30, 1e-9);
}

}  // namespace
}  // namespace iso::test
