#include "iso/io/kept_arrays.h"

#include "io/kept_arrays_impl.h"

#include "iso/base/file_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace iso::io {
namespace fs = std::filesystem;
namespace {

/// Seconds and nanoseconds.
using Moment = std::pair<std::int64_t, std::int64_t>;

/// A file as it is now. When it was last written can be set back (a copy that keeps times), when it last changed cannot.
struct Stamp {
  FileIdentity identity;
  std::int64_t bytes{0};
  Moment written, changed;
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
    struct stat status {};
    if (::stat(one.c_str(), &status) != 0) return std::nullopt;
    stamps.push_back({{status.st_dev, status.st_ino},
                      status.st_size,
                      {status.st_mtim.tv_sec, status.st_mtim.tv_nsec},
                      {status.st_ctim.tv_sec, status.st_ctim.tv_nsec}});
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

KeptArrays::KeptArrays(std::size_t most_bytes) : most_bytes_{most_bytes} {
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
