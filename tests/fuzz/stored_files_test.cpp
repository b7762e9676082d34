// Changed bytes of the stored files of others and of the cases of tests/data/readers, with the files beside them.
#include "targets.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/io/registry.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

std::string byte_count(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<fs::path> stored_files() {
  std::vector<fs::path> files;
  for (const char* const name : {"readers", "differential", "odd", "dicom"})
    for (const auto& entry : fs::directory_iterator{fs::path{ISO_SOURCE_DIR} / "tests" / "data" / name})
      if (entry.path().extension() != ".expected" && entry.path().extension() != ".jsonl" &&
          entry.path().extension() != ".md" && entry.is_regular_file())
        files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

class FuzzOfStoredFiles : public ::testing::TestWithParam<fs::path> {};

TEST_P(FuzzOfStoredFiles, IsReadOrRefusedByAnErrorOfOurs) {
  const fs::path& file = GetParam();
  const fs::path folder =
      fs::path{::testing::TempDir()} / ("iso_fuzz_stored_" + file.filename().string() + std::to_string(::getpid()));
  fs::create_directories(folder);
  // What may be named in a header lies beside it.
  const std::string stem = file.stem().string();
  for (const auto& entry : fs::directory_iterator{file.parent_path()})
    if (entry.is_regular_file() && entry.path().filename().string().starts_with(stem.substr(0, 6)) &&
        entry.path().extension() != ".expected")
      fs::copy_file(entry.path(), folder / entry.path().filename());
  const std::string seed = byte_count(file);
  const char* const asked = std::getenv("ISO_FUZZ_VARIANTS");
  const unsigned variants = asked ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 8;
  const char* const other = std::getenv("ISO_FUZZ_SEED");
  const unsigned first = other ? static_cast<unsigned>(std::strtoul(other, nullptr, 10)) : 20260201;
  log::set_level(log::Level::quiet);
  for (unsigned i = 0; i <= variants && !HasFailure(); ++i) {
    const fs::path changed_file = folder / file.filename();
    fs::remove(changed_file);
    std::ofstream{changed_file, std::ios::binary} << (i == 0 ? seed : changed(seed, first + i));
    try {
      (void)io::read(changed_file);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), Errc::internal) << "variant " << i << ": " << error.what();
    } catch (const std::exception& error) {
      ADD_FAILURE() << "variant " << i << ": a foreign exception: " << error.what();
    }
  }
  log::set_level(log::Level::warning);
  if (!HasFailure()) fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Files, FuzzOfStoredFiles, ::testing::ValuesIn(stored_files()), [](const auto& tested) {
  std::string name = tested.param.filename().string();
  std::ranges::replace_if(
      name, [](unsigned char c) { return !std::isalnum(c); }, '_');
  return name;
});

}  // namespace
}  // namespace iso::test
