#include "dicom_maker.h"
#include "io_fixture.h"

#include <numeric>
#include <set>

namespace iso::test {
namespace {

using Dicom = IoTest;
const fs::path corpus = shared_data() / "dicom";

Pixels pixels(const fs::path& file, std::vector<Finding> accepted = {}) {
  io::ReadOptions options;
  options.accepted = std::move(accepted);
  const auto data = io::read(file, options);
  return get<Volume>(data).pixels.converted(ScalarType::f64);
}

void expect_same(const fs::path& a, const fs::path& b) {
  const Pixels p = pixels(corpus / a), q = pixels(corpus / b);
  ASSERT_EQ(p.spec(), q.spec()) << a << " and " << b;
  EXPECT_EQ(std::memcmp(p.data(), q.data(), p.spec().bytes()), 0) << a << " and " << b;
}

// The same picture under other transfer syntaxes: implicit, big endian, run lengths, JPEG lossless, JPEG-LS, JPEG 2000.
TEST_F(Dicom, LosslessTransferSyntaxesGiveTheSamePixels) {
  ISO_NEED(corpus);
  for (const char* other : {"MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_expb.dcm", "MR_small_implicit.dcm",
                            "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"}) {
    expect_same("pydicom-test_files/MR_small.dcm", fs::path{"pydicom-test_files"} / other);
  }
  expect_same("pydicom-data/emri_small.dcm", "pydicom-data/emri_small_RLE.dcm");
  expect_same("pydicom-data/emri_small.dcm", "pydicom-data/emri_small_big_endian.dcm");
  expect_same("pydicom-data/emri_small.dcm", "pydicom-data/emri_small_jpeg_2k_lossless.dcm");
  expect_same("pydicom-data/emri_small.dcm", "pydicom-data/emri_small_jpeg_ls_lossless.dcm");
  expect_same("pydicom-data/693_UNCR.dcm", "pydicom-data/693_J2KR.dcm");
  expect_same("pydicom-data/MR2_UNCR.dcm", "pydicom-data/MR2_J2KR.dcm");
  expect_same("pydicom-test_files/rtdose.dcm", "pydicom-test_files/rtdose_rle.dcm");
}

// pydicom: pixel_array.sum() with the rescale of the header.
TEST_F(Dicom, StoredValuesBecomeWhatPydicomSays) {
  ISO_NEED(corpus);
  const auto sum = [](const Pixels& p) {
    const auto v = p.values<double>();
    return std::accumulate(v.begin(), v.end(), 0.0);
  };
  EXPECT_EQ(sum(pixels(corpus / "pydicom-test_files" / "CT_small.dcm")), -1950906);
  EXPECT_EQ(sum(pixels(corpus / "pydicom-test_files" / "MR_small.dcm")), 2125338);
  EXPECT_EQ(sum(pixels(corpus / "highdicom" / "ct_image.dcm")), -1950906);
}

TEST_F(Dicom, ACtSliceIsInHounsfieldUnitsAndLps) {
  ISO_NEED(corpus);
  const auto data = io::read(corpus / "pydicom-test_files" / "CT_small.dcm");
  const auto& ct = get<Volume>(data);
  EXPECT_EQ(ct.quantity, Quantity::hounsfield);
  EXPECT_EQ(ct.pixels.spec(), (ArraySpec{Shape{128, 128, 1}, ScalarType::i16}));
  EXPECT_NEAR(ct.grid.spacing_mm[0], 0.661468, 1e-6);
  EXPECT_NEAR(ct.grid.origin_mm[0], -158.135803, 1e-6);
  EXPECT_NEAR(ct.grid.origin_mm[1], -179.035797, 1e-6);
  EXPECT_NEAR(ct.grid.origin_mm[2], -75.699997, 1e-6);
}

TEST_F(Dicom, ASeriesOfAFolderIsOrderedByPosition) {
  const fs::path series = corpus / "dcmqi" / "segmentations" / "ct-3slice";
  ISO_NEED(series);
  const auto data = io::read(series);
  const auto& ct = get<Volume>(data);
  ASSERT_EQ(ct.pixels.spec().shape, (Shape{512, 512, 3}));
  EXPECT_GT(ct.grid.spacing_mm[2], 0);
  EXPECT_EQ(ct.quantity, Quantity::hounsfield);
}

TEST_F(Dicom, SeveralSeriesAreListed) {
  const fs::path study = corpus / "pydicom-test_files" / "dicomdirtests" / "98892003";
  ISO_NEED(study);
  const Error error = catch_error([&] { (void)io::read(study); });
  EXPECT_EQ(error.code(), Errc::invalid_input) << error.what();
  EXPECT_NE(std::string{error.what()}.find("series are found"), std::string::npos) << error.what();
  EXPECT_NE(error.hint().find("MR,"), std::string::npos) << error.hint();
}

// Copies of a slice moved along z by hand: the position is the text of one element of fixed length.
void put_slice(const fs::path& folder, const std::string& name, double z) {
  std::string bytes = bytes_of_file(corpus / "pydicom-test_files" / "CT_small.dcm");
  const std::string from = "-158.135803\\-179.035797\\-75.699997";
  const auto at = bytes.find(from);
  ASSERT_NE(at, std::string::npos);
  std::string number = std::to_string(z);
  number.resize(10, '0');
  bytes.replace(at, from.size(), "-158.135803\\-179.035797\\" + number);
  put(folder / name, bytes);
}

TEST_F(Dicom, MissingSlicesAreRefusedUnlessAccepted) {
  ISO_NEED(corpus);
  for (const auto& [name, z] : std::vector<std::pair<std::string, double>>{{"c", 10}, {"a", 15}, {"b", 20}, {"d", 30}})
    put_slice(folder, name, z);
  const Error error = catch_error([&] { (void)io::read(folder); });
  EXPECT_EQ(error.code(), Errc::geometry_refused) << error.what();
  EXPECT_NE(std::string{error.what()}.find("slices are missing"), std::string::npos) << error.what();
  EXPECT_EQ(pixels(folder, {Finding::gap}).spec().shape, (Shape{128, 128, 4}));
  put_slice(folder, "e", 25);
  const auto data = io::read(folder);
  EXPECT_EQ(get<Volume>(data).pixels.spec().shape, (Shape{128, 128, 5}));
  EXPECT_NEAR(get<Volume>(data).grid.spacing_mm[2], 5, 1e-9);
  EXPECT_NEAR(get<Volume>(data).grid.origin_mm[2], 10, 1e-9);
}

// Everything in the corpus: a volume, or an error of the input kind (or of what is not supported) in one sentence.
TEST_F(Dicom, TheWholeCorpusIsReadOrRefusedWithinASecondEach) {
  ISO_NEED(corpus);
  int read = 0, refused = 0;
  for (const auto& entry : fs::recursive_directory_iterator{corpus}) {
    if (!entry.is_regular_file()) continue;
    const double start = processor_seconds();
    const Error error = catch_error([&] { (void)io::read(entry.path()); });
    const double seconds = processor_seconds() - start;
    EXPECT_LT(seconds, 2) << entry.path() << ": the limit of a decoder that does not end is one second";
    const std::string text = error.what();
    (text.empty() ? read : refused) += 1;
    if (text.empty()) continue;
    const int code = exit_code(error.code());
    const bool sound =
        (code >= 20 && code <= 25) || error.code() == Errc::unsupported || error.code() == Errc::geometry_refused;
    EXPECT_TRUE(sound) << entry.path() << " " << to_string(error.code()) << ": " << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
  EXPECT_GT(read, 120);
  EXPECT_GT(refused, 20);
}

// A sound file of 12 bits, and a damaged one.
TEST_F(Dicom, DecodersSayNothingOnStandardError) {
  ISO_NEED(corpus);
  testing::internal::CaptureStderr();
  EXPECT_EQ(pixels(corpus / "pydicom-test_files" / "JPGExtended.dcm").spec().shape.rank(), 3u);
  (void)catch_error(
      [&] { (void)io::read(corpus / "pydicom-test_files" / "JPEG2000-embedded-sequence-delimiter.dcm"); });
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// Its scan names no spectrum, which its decoder warns of; the warning of data that are damaged refuses the file.
TEST_F(Dicom, ASequentialScanThatNamesNoSpectrumIsReadAndDamageInAScanIsRefused) {
  const fs::path file = corpus / "pydicom-test_files" / "JPEG-lossy.dcm";
  ISO_NEED(file);
  const auto sound = pixels(file);
  EXPECT_EQ(sound.spec().shape, (Shape{256, 1024, 1}));
  std::string bytes = bytes_of_file(file);
  const auto scan = bytes.find("\xff\xda");
  ASSERT_NE(scan, std::string::npos);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(scan + 200), 64, '\xee');
  put(folder / "damaged.dcm", bytes);
  const Error error = catch_error([&] { (void)io::read(folder / "damaged.dcm"); });
  EXPECT_EQ(error.code(), Errc::cannot_read) << error.what();
}

// JPEG-LS of 65500 x 65500 pixels in run lengths: 240 KiB, which take four gigabytes and seconds to unpack.
TEST_F(Dicom, AFrameThatItsCodedBytesCannotHoldIsRefusedBeforeItIsDecoded) {
  std::string coded{"\xff\xd8\xff\xf7\0\x0b\x08\xff\xdc\xff\xdc\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0", 25};
  for (int i = 0; i < 120000; ++i) coded += "\xff\x7f";
  coded += "\xff\xd9";
  DicomMaker slice = ct_slice(1, 0);
  slice.shorts(0x00280010, {65500}).shorts(0x00280011, {65500}).shorts(0x00280100, {8}).shorts(0x00280101, {8});
  slice.shorts(0x00280102, {7}).fragments({coded});
  const fs::path hollow = folder / "hollow.dcm";
  put(hollow, slice.file("1.2.840.10008.1.2.4.80"));
  const Error error = catch_error([&] { (void)io::read(hollow); });
  EXPECT_EQ(error.code(), Errc::cannot_read) << error.what();
  EXPECT_NE(std::string{error.what()}.find("coded bytes cannot hold"), std::string::npos) << error.what();
}

TEST_F(Dicom, CutOffFilesAreRefused) {
  ISO_NEED(corpus);
  for (const char* name : {"pydicom-test_files/MR_truncated.dcm", "pydicom-test_files/rtplan_truncated.dcm",
                           "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm"}) {
    const Error error = catch_error([&] { (void)io::read(corpus / name); });
    EXPECT_EQ(exit_code(error.code()) / 10, 2) << name << " " << to_string(error.code()) << ": " << error.what();
  }
}

}  // namespace
}  // namespace iso::test
