#include "known_files.h"

#include "iso/io/input_files.h"
#include "iso/io/registry.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

struct Known {
  std::mutex mutex;  // guards files
  std::map<fs::path, std::pair<std::optional<io::FileStamp>, std::string>> files;
};

// Never destroyed: threads of the background outlive main().
Known& known() {
  static auto* const all = new Known;
  return *all;
}

bool is_near(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max({1.0, std::abs(a), std::abs(b)}); }

bool is_near(const VoxelGrid& a, const VoxelGrid& b) {
  if (a.size != b.size) return false;
  // The corners: small differences of a direction add up over the grid.
  for (const double end : {0.0, 1.0}) {
    Vec3 last{};
    for (std::size_t i = 0; i < 3; ++i) last[i] = end * static_cast<double>(a.size[i]);
    const Vec3 p = a.to_world(last), q = b.to_world(last);
    for (std::size_t i = 0; i < 3; ++i)
      if (!is_near(p[i], q[i])) return false;
  }
  return std::ranges::equal(a.spacing_mm, b.spacing_mm, [](double x, double y) { return is_near(x, y); });
}

bool has_same_values(const Pixels& a, const Pixels& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  const std::size_t bytes = a.spec().bytes();
  return a.spec().type == b.spec().type && bytes == b.spec().bytes() &&
         std::equal(a.data(), a.data() + bytes, b.data());
}

bool is_nearly_same(const Dataset& a, const Dataset& b) {
  if (const auto* const one = std::get_if<Volume>(&a)) {
    const auto& other = std::get<Volume>(b);
    return has_same_values(one->pixels, other.pixels) && has_same_values(one->mask, other.mask) &&
           is_near(one->grid, other.grid) && one->quantity == other.quantity && one->frames == other.frames;
  }
  if (const auto* const one = std::get_if<LabelMap>(&a)) {
    const auto& other = std::get<LabelMap>(b);
    return is_near(one->grid, other.grid) &&
           has_same_values(one->labels.converted(ScalarType::u16), other.labels.converted(ScalarType::u16));
  }
  return std::holds_alternative<Table>(a);  // a text of numbers and words
}

}  // namespace

std::string find_known_digest(const fs::path& file) {
  const auto now = io::make_stamp({file});
  Known& all = known();
  const std::lock_guard lock{all.mutex};
  const auto found = all.files.find(file);
  return now && found != all.files.end() && found->second.first == now ? found->second.second : std::string{};
}

void remember_digest(const fs::path& file, const std::string& digest) {
  const auto now = io::make_stamp({file});
  Known& all = known();
  const std::lock_guard lock{all.mutex};
  all.files[file] = {now, digest};
}

bool gives_back(const fs::path& file, const Dataset& data) {
  // A DICOM segmentation holds the slices on which something is labelled, and no others.
  if (std::holds_alternative<LabelMap>(data) && file.extension() == ".dcm") return true;
  io::ReadOptions options;
  options.expected = to_kind(data);
  try {
    const DatasetPtr back = io::read(file, options);
    const std::string sum = digest(*back);
    remember_digest(file, sum);
    return to_kind(*back) == to_kind(data) && (sum == digest(data) || is_nearly_same(data, *back));
  } catch (const Error&) {
    return false;
  }
}

}  // namespace iso::gui
