#include "iso/io/kept_arrays.h"

#include "io/kept_arrays_impl.h"

#include "iso/base/file_identity.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>

namespace iso::io {
namespace fs = std::filesystem;
namespace {

/// A file as it is now.
struct Stamp {
  FileIdentity identity;
  std::uintmax_t bytes{0};
  fs::file_time_type written;
  friend bool operator==(const Stamp&, const Stamp&) = default;
};
using Stamps = std::vector<Stamp>;

struct Kept {
  fs::path file;
  std::string which;
  Stamps stamps;
  detail::RawArray array;
};

struct Store {
  std::mutex mutex;
  std::vector<std::size_t> limits;  ///< of the `KeptArrays` that live
  std::deque<Kept> kept;            ///< the newest first
  std::size_t taken{0};
};

Store& store() {
  static Store one;
  return one;
}

/// Of the file and those that belong to it; nothing if one of them cannot be told.
std::optional<Stamps> to_stamps(const Handler& handler, const fs::path& file) {
  Stamps stamps;
  std::vector<fs::path> all{file};
  try {
    const auto others = handler.sources(file);
    all.insert(all.end(), others.begin(), others.end());
  } catch (const Error&) {
    return std::nullopt;
  }
  for (const fs::path& one : all) {
    std::error_code problem;
    const auto identity = find_identity(one);
    const auto written = fs::last_write_time(one, problem);
    if (!identity || problem) return std::nullopt;
    const bool plain = fs::is_regular_file(one, problem);
    stamps.push_back({*identity, plain ? fs::file_size(one, problem) : 0, written});
  }
  return stamps;
}

std::size_t to_bytes(const detail::RawArray& array) {
  std::size_t bytes = array.pixels.spec().bytes();
  for (const auto* field : {&array.unattenuated, &array.dark})
    if (*field) bytes += (*field)->spec().bytes();
  return bytes;
}

}  // namespace

KeptArrays::KeptArrays(std::size_t most_bytes) : most_bytes_{most_bytes}, taken_before_{0} {
  Store& all = store();
  const std::lock_guard lock{all.mutex};
  all.limits.push_back(most_bytes);
  taken_before_ = all.taken;
}

KeptArrays::~KeptArrays() {
  Store& all = store();
  const std::lock_guard lock{all.mutex};
  all.limits.erase(std::ranges::find(all.limits, most_bytes_));
  if (all.limits.empty()) all.kept.clear();
}

std::size_t KeptArrays::taken() const {
  Store& all = store();
  const std::lock_guard lock{all.mutex};
  return all.taken - taken_before_;
}

namespace detail {

RawArray kept_array(const Handler& handler, const fs::path& file, const std::string& which,
                    const std::function<RawArray()>& make) {
  Store& all = store();
  const bool wanted = [&] {
    const std::lock_guard lock{all.mutex};
    return !all.limits.empty();
  }();
  if (!wanted || HeadersOnly::active()) return make();
  const auto stamps = to_stamps(handler, file);
  if (!stamps) return make();
  const auto is_it = [&](const Kept& kept) { return kept.file == file && kept.which == which; };
  {
    const std::lock_guard lock{all.mutex};
    const auto found = std::ranges::find_if(all.kept, is_it);
    if (found != all.kept.end() && found->stamps == *stamps) {
      ++all.taken;
      return found->array;
    }
  }
  RawArray array = make();
  const std::lock_guard lock{all.mutex};
  std::erase_if(all.kept, is_it);
  if (all.limits.empty()) return array;
  all.kept.push_front({file, which, *stamps, array});
  std::size_t bytes = 0;
  for (auto kept = all.kept.begin(); kept != all.kept.end();) {
    bytes += to_bytes(kept->array);
    kept = bytes > std::ranges::max(all.limits) ? all.kept.erase(kept, all.kept.end()) : std::next(kept);
  }
  return array;
}

}  // namespace detail
}  // namespace iso::io
