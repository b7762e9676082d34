#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/io/registry.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

/// Files of independent writers, read here and compared with what independent readers found in them (generate.py). Stored
/// ones always; thousands by ISO_DIFFERENTIAL=FOLDER.
namespace iso::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string byte_count(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

using Numbers = std::vector<std::complex<double>>;

template <class T>
Numbers numbers_as(const void* from, std::size_t count) {
  Numbers out(count);
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    std::memcpy(&value, static_cast<const char*>(from) + i * sizeof value, sizeof value);
    if constexpr (requires { value.real(); })
      out[i] = std::complex<double>(value);
    else
      out[i] = static_cast<double>(value);
  }
  return out;
}

Numbers numbers(const Pixels& block) {
  const auto count = static_cast<std::size_t>(block.spec().shape.count());
  switch (block.spec().type) {
    case ScalarType::u8: return numbers_as<std::uint8_t>(block.data(), count);
    case ScalarType::u16: return numbers_as<std::uint16_t>(block.data(), count);
    case ScalarType::i16: return numbers_as<std::int16_t>(block.data(), count);
    case ScalarType::i32: return numbers_as<std::int32_t>(block.data(), count);
    case ScalarType::f32: return numbers_as<float>(block.data(), count);
    case ScalarType::f64: return numbers_as<double>(block.data(), count);
    case ScalarType::c64: return numbers_as<std::complex<float>>(block.data(), count);
    case ScalarType::c128: break;
  }
  return numbers_as<std::complex<double>>(block.data(), count);
}

float from_half(std::uint16_t h) {
  const int e = h >> 10 & 31, m = h & 1023;
  const float size = e == 0 ? std::ldexp(static_cast<float>(m), -24) : std::ldexp(static_cast<float>(m + 1024), e - 25);
  return (h & 0x8000) != 0 ? -size : size;
}

Numbers numbers(const std::string& bytes, const std::string& dtype) {
  const std::string name = dtype.substr(1);
  const auto n = [&](std::size_t size) { return bytes.size() / size; };
  if (name == "u1") return numbers_as<std::uint8_t>(bytes.data(), n(1));
  if (name == "i1") return numbers_as<std::int8_t>(bytes.data(), n(1));
  if (name == "u2") return numbers_as<std::uint16_t>(bytes.data(), n(2));
  if (name == "i2") return numbers_as<std::int16_t>(bytes.data(), n(2));
  if (name == "i4") return numbers_as<std::int32_t>(bytes.data(), n(4));
  if (name == "f4") return numbers_as<float>(bytes.data(), n(4));
  if (name == "f8") return numbers_as<double>(bytes.data(), n(8));
  if (name == "c8") return numbers_as<std::complex<float>>(bytes.data(), n(8));
  if (name == "c16") return numbers_as<std::complex<double>>(bytes.data(), n(16));
  Numbers halves;
  if (name == "f2")
    for (std::size_t i = 0; i < n(2); ++i) {
      std::uint16_t h = 0;
      std::memcpy(&h, bytes.data() + 2 * i, 2);
      halves.emplace_back(static_cast<double>(from_half(h)));
    }
  return halves;
}

std::vector<std::int64_t> trimmed(std::vector<std::int64_t> shape) {
  while (!shape.empty() && shape.back() == 1) shape.pop_back();
  return shape;
}

std::string different_grid(const Volume& volume, const Json& line) {
  const double tolerance = line["tolerance"];
  const auto check = [&](const char* what, const auto& ours) -> std::string {
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double theirs = line[what][i], limit = std::string{what} == "direction" ? 1e-5 : tolerance;
      if (!(std::abs(ours[i] - theirs) <= limit))
        return std::string{what} + "[" + std::to_string(i) + "] is " + std::to_string(ours[i]) + ", theirs is " +
               std::to_string(theirs);
    }
    return {};
  };
  for (const auto& found : {check("spacing", volume.grid.spacing_mm), check("origin", volume.grid.origin_mm),
                            check("direction", volume.grid.direction)})
    if (!found.empty()) return found;
  return {};
}

/// What is different, or nothing.
std::string difference(const fs::path& folder, const Json& line) {
  const fs::path file = folder / line["file"].get<std::string>();
  io::ReadOptions options;
  for (const auto& [name, value] : line["hints"].items()) options.hints[name] = value;
  const auto refused = line.contains("refused") ? line["refused"].get<std::vector<int>>() : std::vector<int>{};
  const auto may_refuse = line.contains("or_refused") ? line["or_refused"].get<std::vector<int>>() : refused;
  DatasetPtr data;
  try {
    data = io::read(file, options);
  } catch (const Error& error) {
    if (std::ranges::find(may_refuse, exit_code(error.code())) != may_refuse.end()) return {};
    return std::string{"refused: "} + error.what();
  }
  if (!refused.empty()) return "read although it is damaged";
  Numbers ours;
  std::vector<std::int64_t> shape;
  if (const auto* table = std::get_if<Table>(data.get())) {
    shape = {static_cast<std::int64_t>(table->columns.size()), static_cast<std::int64_t>(table->values.size())};
    for (const auto& row : table->values) ours.insert(ours.end(), row.begin(), row.end());
  } else {
    const auto extents = to_pixels(*data)->spec().shape.extents();
    shape.assign(extents.begin(), extents.end());
    ours = numbers(*to_pixels(*data));
  }
  if (trimmed(shape) != trimmed(line["shape"]))
    return "shape is " + Json(shape).dump() + ", theirs is " + line["shape"].dump();
  const Numbers theirs = numbers(byte_count(folder / (line["file"].get<std::string>() + ".expected")), line["dtype"]);
  if (ours.size() != theirs.size()) return "number of values";
  double largest = 0;
  for (const auto z : theirs) largest = std::max(largest, std::abs(z));
  const double relative = line["relative"];
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (!(std::abs(ours[i] - theirs[i]) <= relative * largest))
      return "value " + std::to_string(i) + " is " + std::to_string(ours[i].real()) + ", theirs is " +
             std::to_string(theirs[i].real());
  }
  const auto* volume = std::get_if<Volume>(data.get());
  if (line.contains("time_step_s")) {
    const auto step = volume ? volume->meta.find("time_step_s") : Metadata::const_iterator{};
    if (!volume || step == volume->meta.end()) return "no time step";
    if (std::abs(std::stod(step->second) / line["time_step_s"].get<double>() - 1) > 1e-6)
      return "time step is " + step->second;
  }
  return volume && line.contains("spacing") ? different_grid(*volume, line) : std::string{};
}

void compare(const fs::path& folder) {
  log::set_level(log::Level::quiet);
  std::ifstream lines{folder / "expected.jsonl"};
  ASSERT_TRUE(lines) << folder;
  struct Count {
    int files{0}, grids{0}, refused{0}, different{0};
  };
  std::map<std::string, Count> kinds;
  Count all;
  for (std::string text; std::getline(lines, text);) {
    const Json line = Json::parse(text);
    const std::string found = difference(folder, line);
    for (Count* count : {&kinds[line["kind"]], &all}) {
      ++count->files;
      if (line.contains("spacing")) ++count->grids;
      if (line.contains("refused")) ++count->refused;
      if (!found.empty()) ++count->different;
    }
    EXPECT_TRUE(found.empty()) << line["file"] << " (" << line["kind"] << "): " << found;
  }
  log::set_level(log::Level::warning);
  EXPECT_GT(all.files, 20);
  if (std::getenv("ISO_DIFFERENTIAL") == nullptr) return;
  std::cout << "| variant | files | with grid | damaged, refused | different |\n|---|---|---|---|---|\n";
  for (const auto& [name, count] : kinds)
    std::cout << "| " << name << " | " << count.files << " | " << count.grids << " | " << count.refused << " | "
              << count.different << " |\n";
  std::cout << "| all | " << all.files << " | " << all.grids << " | " << all.refused << " | " << all.different
            << " |\n";
}

TEST(Differential, StoredFilesOfOthersAreReadAsTheirReadersReadThem) {
  compare(fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "differential");
}

TEST(Differential, OddFilesAreReadAsTheyAreMeantOrRefused) {
  compare(fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "odd");
}

TEST(Differential, DicomOfAnotherWriterIsReadAsItsReaderReadsIt) {
  compare(fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "dicom");
}

TEST(Differential, PicturesAreReadAsTheyWereWrittenOrRefused) {
  compare(fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "pictures");
}

TEST(Differential, ManyFilesOfOthersAreReadAsTheirReadersReadThem) {
  const char* const folder = std::getenv("ISO_DIFFERENTIAL");
  if (!folder) GTEST_SKIP() << "set ISO_DIFFERENTIAL to a folder that generate.py made";
  compare(folder);
}

}  // namespace
}  // namespace iso::test
