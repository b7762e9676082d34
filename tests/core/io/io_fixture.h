#pragma once

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/data/dataset.h"
#include "iso/io/registry.h"

#include "support/shared_data.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cstring>
#include <sstream>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace iso::test {

namespace fs = std::filesystem;

/// A folder of its own for every test, gone afterwards; the log is quiet.
class IoTest : public ::testing::Test {
 protected:
  IoTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string{info->test_suite_name()} + "-" + info->name() + "-" + std::to_string(::getpid());
    for (char& c : name)
      if (c == '/') c = '_';
    folder = fs::path{::testing::TempDir()} / name;
    fs::create_directories(folder);
    log::set_level(log::Level::quiet);
  }
  ~IoTest() override {
    std::error_code ignored;
    fs::permissions(folder, fs::perms::owner_all, ignored);
    fs::remove_all(folder, ignored);
    log::set_level(log::Level::warning);
  }
  fs::path folder;
};

inline void put(const fs::path& file, const std::string& bytes) { std::ofstream{file, std::ios::binary} << bytes; }
inline std::string bytes_of_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The error of a piece of work; `internal` with an empty text if there was none.
template <class Work>
Error catch_error(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error{Errc::internal, std::string{"foreign exception: "} + error.what()};
  }
  return Error{Errc::internal, ""};
}

/// Values 1, 2, 3, ... of any real type.
template <class T>
Pixels counting(const Shape& shape) {
  PixelBuffer block = PixelBuffer::allocate({shape, scalar_type_of<T>});
  int next = 1;
  for (auto& value : block.values<T>()) value = static_cast<T>(next++ % 120);
  return block;
}

inline VoxelGrid oblique(std::array<std::int64_t, 3> size) {
  VoxelGrid grid;
  grid.size = size;
  grid.spacing_mm = {0.5, 0.75, 2};
  grid.origin_mm = {-10, 20, 30.5};
  grid.direction = {0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1};
  return grid;
}

/// Processor time of this process and its ended children; a busy machine does not change it.
inline double processor_seconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& t : {used.ru_utime, used.ru_stime})
      total += static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  }
  return total;
}

inline std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}));
}

}  // namespace iso::test

#define ISO_NEED(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "needs the shared data: " << (path)
