// Any bytes: a result or an error of ours; never a crash, never a hang. The same bytes every time.
#include "targets.h"

#include "support/sanitizers.h"

#include "iso/base/error.h"
#include "iso/base/log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace iso::test {

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

namespace {

namespace fs = std::filesystem;

unsigned setting(const char* name, unsigned otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

/// Processor time of this process; a busy machine does not change it.
double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

class Fuzz : public ::testing::TestWithParam<Target> {
 protected:
  void SetUp() override {
    folder = fs::path{::testing::TempDir()} / ("iso_fuzz_" + GetParam().name + std::to_string(::getpid()));
    fs::create_directories(folder);
    log::set_level(log::Level::quiet);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
    log::set_level(log::Level::warning);
  }

  /// True if the bytes were refused.
  bool take(std::string_view bytes, const std::string& what) {
    // Written first: a crash leaves it behind.
    const fs::path keep = fs::path{::testing::TempDir()} / ("failed_" + GetParam().name + std::to_string(::getpid()));
    std::ofstream{keep, std::ios::binary} << bytes;
    bool refused = false;
    const double start = processor_seconds();
    try {
      GetParam().take(bytes, folder);
    } catch (const Error& error) {
      refused = true;
      EXPECT_NE(error.code(), Errc::internal) << what << ": " << error.what();
      EXPECT_NE(std::string_view{error.what()}, "") << what;
    } catch (const std::exception& error) {
      ADD_FAILURE() << what << ": a foreign exception: " << error.what();
    }
    EXPECT_LT(processor_seconds() - start, sanitized ? 30 : 3) << what;
    if (!HasFailure()) fs::remove(keep);
    return refused;
  }

  fs::path folder;
};

TEST_P(Fuzz, TakesSavedInputs) {
  const fs::path saved = fs::path{ISO_SOURCE_DIR} / "tests/fuzz/saved" / GetParam().name;
  std::vector<fs::path> files;
  if (fs::exists(saved)) std::copy(fs::directory_iterator{saved}, fs::directory_iterator{}, std::back_inserter(files));
  std::ranges::sort(files);
  for (const auto& file : files) {
    std::ifstream in{file, std::ios::binary};
    take(std::string{std::istreambuf_iterator<char>{in}, {}}, file.filename().string());
  }
}

TEST_P(Fuzz, TakesBracketsWithoutEnd) {
  for (const std::string opening : {"[", "{\"a\":", "{\"parameters\":[", "<a>"}) {
    std::string bytes;
    while (bytes.size() < 2'000'000) bytes += opening;
    take(bytes + "\n", "endless " + opening);
    take("{\"beam\":\"fan\",\"task\":\"a/b\",\"type\":\"event\",\"elements\":" + bytes + "\n",
         "endless " + opening + " inside");
  }
}

TEST_P(Fuzz, TakesChangedFiles) {
  const Target& target = GetParam();
  const std::string seed = target.seed(folder);
  if (seed.empty()) GTEST_SKIP() << "the file to change is not here; ISO_SHARED_DATA names the folder of shared data";
  EXPECT_FALSE(take(seed, "the seed")) << "it must be sound";
  const unsigned variants = setting("ISO_FUZZ_VARIANTS", static_cast<unsigned>(target.variants));
  const unsigned first = setting("ISO_FUZZ_SEED", 20260101);
  unsigned refused = 0;
  for (unsigned i = 0; i < variants && !HasFailure(); ++i)
    refused += take(changed(seed, first + i), "variant " + std::to_string(i)) ? 1 : 0;
  EXPECT_GT(refused, variants / 30) << "the changes must matter";
}

std::string to_name(const ::testing::TestParamInfo<Target>& test) {
  std::string name = test.param.name;
  std::ranges::replace(name, '.', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Bytes, Fuzz, ::testing::ValuesIn(targets()), to_name);

}  // namespace

}  // namespace iso::test
