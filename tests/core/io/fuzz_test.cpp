#include "io_fixture.h"

#include "iso/io/geometry_file.h"

#include <random>

/// Small files of every format with bytes flipped, cut and overwritten: any error of ours, or a result; never a crash,
/// never a hang. The same bytes every time.
namespace iso::test {
namespace {

class Mutated : public IoTest, public ::testing::WithParamInterface<std::string> {};

std::string seed_file(const std::string& extension, const fs::path& folder) {
  const fs::path file = folder / ("seed" + extension);
  Volume volume{counting<std::int16_t>(Shape{5, 4, 3}), oblique({5, 4, 3}), Quantity::hounsfield, {}};
  if (extension == ".csv") {
    io::write(file, Dataset{Table{{"a", "b"}, {{1, 2}, {3, 4.5}}, {}}});
  } else if (extension == ".cfl" || extension == ".hdr") {
    KSpace k;
    k.samples = PixelBlock::allocate({Shape{4, 3, 1, 2, 1}, ScalarType::c64});
    io::write(folder / "seed.cfl", Dataset{k});
    return bytes_of_file(folder / ("seed" + extension));
  } else if (extension == ".xml" || extension == ".json") {
    const std::vector<double> angles{0, 0.1, 0.2};
    CircularScan scan;
    scan.source_to_axis_mm = 100;
    scan.source_to_detector_mm = 200;
    scan.elements = {5, 4};
    io::write_geometry(file, ProjectionGeometry::circular(angles, scan), false);
  } else if (extension == ".dcm") {
    return bytes_of_file(shared_data() / "dicom" / "pydicom-test_files" / "MR_small_RLE.dcm");
  } else if (extension == ".mat") {
    return bytes_of_file(shared_data() / "projections" / "mirt-pet-transmission" / "phan_trans.mat");
  } else if (extension == ".npz") {
    return bytes_of_file(fs::path{ISO_SOURCE_DIR} / "resources" / "samples" / "htc2022_ta_fan_121x560.npz");
  } else {
    if (extension == ".tif") volume.pixels = counting<std::uint16_t>(Shape{5, 4, 3});
    io::write(file, Dataset{volume});
  }
  return bytes_of_file(file);
}

std::string mutated(const std::string& seed, std::mt19937& random) {
  std::string bytes = seed;
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % std::max<std::size_t>(n, 1)); };
  // Headers are where the meaning is: half of the changes fall into the first 512 bytes.
  const auto place = [&] { return pick(random() % 2 ? bytes.size() : std::min<std::size_t>(bytes.size(), 512)); };
  if (random() % 4 == 0) bytes.resize(pick(bytes.size()) + 1);
  const std::size_t changes = pick(6);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = place();
    switch (random() % 4) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(8))); break;
      case 1: bytes[at] = static_cast<char>(random() % 2 ? 0xff : 0x7f); break;
      case 2: bytes[at] = static_cast<char>(random()); break;
      default:
        for (std::size_t k = 0; k < 4 && at + k < bytes.size(); ++k)
          bytes[at + k] = static_cast<char>(random() % 2 ? 0xff : random());
    }
  }
  return bytes;
}

TEST_P(Mutated, NeverCrashesTheReader) {
  const std::string& extension = GetParam();
  if (extension == ".dcm" || extension == ".mat") ISO_NEED(shared_data());
  const std::string seed = seed_file(extension, folder);
  ASSERT_FALSE(seed.empty());
  const int variants = extension == ".dcm" ? 60 : seed.size() > 50000 ? 100 : 300;
  std::mt19937 random{20260101};
  int refused = 0;
  for (int i = 0; i < variants; ++i) {
    const std::string bytes = mutated(seed, random);
    const fs::path file = folder / ("seed" + extension);
    put(file, bytes);
    const double start = processor_seconds();
    const Error error = error_of([&] {
      if (extension == ".xml" || extension == ".json")
        (void)io::read_geometry(file, {5, 4}, {1, 1});
      else
        (void)io::read(extension == ".hdr" ? folder / "seed.cfl" : file);
    });
    const std::string text = error.what();
    refused += text.empty() ? 0 : 1;
    EXPECT_EQ(text.find("foreign exception"), std::string::npos) << "variant " << i << ": " << text;
    EXPECT_TRUE(text.empty() || error.code() != Errc::internal) << "variant " << i << ": " << text;
    EXPECT_LT(processor_seconds() - start, 3) << "variant " << i;
    if (HasFailure()) {
      fs::copy_file(file, fs::path{::testing::TempDir()} / ("failed" + extension),
                    fs::copy_options::overwrite_existing);
      break;
    }
  }
  EXPECT_GT(refused, 10) << "the changes must matter";
}

const auto name_of = [](const auto& info) {
  std::string name = info.param.substr(1);
  std::erase(name, '.');
  return name;
};
INSTANTIATE_TEST_SUITE_P(Formats, Mutated,
                         ::testing::Values(".nii", ".nii.gz", ".nrrd", ".mha", ".tif", ".h5", ".npy", ".npz", ".mat",
                                           ".cfl", ".hdr", ".csv", ".xml", ".json", ".dcm"),
                         name_of);

}  // namespace
}  // namespace iso::test
