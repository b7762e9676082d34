#include "io/dicom/dicom_impl.h"

#include "io/array_impl.h"
#include "iso/base/threads.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <map>
#include <mutex>
#include <set>

/// The files of a folder: which are images, which are copies of each other, and which are lost.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_files = 200000;

std::vector<fs::path> files_below(const fs::path& place) {
  std::error_code problem;
  if (!fs::exists(place, problem))
    throw Error{Errc::input_directory, "there is no folder '" + place.string() + "'", "check the name"};
  if (!fs::is_directory(place, problem)) return {place};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at{place, fs::directory_options::skip_permission_denied, problem}, end;
       !problem && at != end; at.increment(problem)) {
    // What begins with a dot is of the file system's own.
    if (!at->is_regular_file(problem) || at->path().filename().string().starts_with('.')) continue;
    files.push_back(at->path());
    if (files.size() > most_files)
      throw Error{Errc::input_directory,
                  "the folder '" + place.string() + "' holds more than " + std::to_string(most_files) + " files",
                  "give the folder of a study or of a series"};
  }
  if (problem)
    throw Error{Errc::input_directory, "the folder '" + place.string() + "' cannot be read: " + problem.message(),
                "check your permission"};
  std::ranges::sort(files);
  return files;
}

bool named_like_a_slice(const fs::path& file) {
  const std::string extension = lower(file.extension().string());
  if (extension == ".dcm" || extension == ".ima" || extension == ".dicom" || extension == ".dic") return true;
  return std::ranges::all_of(extension, [](unsigned char c) { return c == '.' || std::isdigit(c); });
}

// A file that is no DICOM is a lost slice if it is named like one and holds nothing that another program would read.
std::optional<std::string> lost_slice(const fs::path& file) {
  if (!named_like_a_slice(file)) return std::nullopt;
  const std::string start = first_bytes(file, 512);
  if (start.empty()) return "the file cannot be read";
  const auto is_zero = [](char c) { return c == '\0'; };
  if (std::ranges::all_of(start, is_zero)) return "the file holds zeros where DICOM begins";
  const std::string extension = lower(file.extension().string());
  const bool binary = std::ranges::any_of(start, is_zero);
  if (extension.starts_with(".d") || extension == ".ima" || binary)
    return "the file is named like a slice and is not DICOM";
  return std::nullopt;
}

bool same_image(const DicomHeader& a, const DicomHeader& b) {
  if (a.rows != b.rows || a.columns != b.columns || a.frames != b.frames) return false;
  const auto same_number = [](double p, double q) { return p == q || (p != p && q != q); };
  return std::ranges::equal(a.planes, b.planes, [&](const DicomPlane& p, const DicomPlane& q) {
    return p.position == q.position && p.direction == q.direction &&
           std::ranges::equal(p.moment, q.moment, same_number);
  });
}

bool same_pixels(const DicomHeader& a, const DicomHeader& b) {
  if (a.syntax.uid != b.syntax.uid || a.pixels.length != b.pixels.length) return false;
  DicomBytes p{a.file}, q{b.file};
  if (a.pixels.deflated > 0) p.inflate_from(a.pixels.deflated);
  if (b.pixels.deflated > 0) q.inflate_from(b.pixels.deflated);
  std::vector<char> s, t;
  constexpr std::uint64_t piece = std::uint64_t{1} << 20;
  for (std::uint64_t at = 0; at < a.pixels.length; at += piece) {
    const std::uint64_t count = std::min(piece, a.pixels.length - at);
    s.resize(static_cast<std::size_t>(count));
    t.resize(static_cast<std::size_t>(count));
    p.read(a.pixels.offset + at, count, s.data());
    q.read(b.pixels.offset + at, count, t.data());
    if (s != t) return false;
  }
  return true;
}

}  // namespace

DicomPlace look_through(const fs::path& place, const std::stop_token& stop,
                        const std::function<void(std::size_t, std::size_t)>& progress) {
  const std::vector<fs::path> files = files_below(place);
  std::vector<DicomLook> looks(files.size());
  std::atomic<std::size_t> done{0};
  std::mutex telling;  // guards `told`
  std::size_t told = 0;
  parallel_for(static_cast<std::int64_t>(files.size()), 8, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      if (stop.stop_requested()) throw Error{Errc::cancelled, "looking through the folder was cancelled"};
      looks[i] = look_at_dicom(files[i]);
      ++done;
    }
    if (!progress) return;
    const std::lock_guard lock{telling};
    if (done > told) progress(told = done, files.size());
  });
  DicomPlace found;
  found.files = files.size();
  for (std::size_t i = 0; i < files.size(); ++i) {
    DicomLook& look = looks[i];
    if (look.found == DicomLook::Found::image) {
      found.images.push_back(std::move(look.header));
    } else if (look.found == DicomLook::Found::unreadable) {
      if (look.code != Errc::no_input || named_like_a_slice(files[i]))
        found.losses.push_back({files[i], look.what, look.header.series, look.says_series});
    } else if (look.found == DicomLook::Found::foreign) {
      if (const auto why = lost_slice(files[i])) found.losses.push_back({files[i], *why, {}, false});
    }
  }
  return found;
}

std::vector<DicomLoss> find_losses(const std::vector<DicomHeader>& images, const std::vector<DicomLoss>& losses) {
  std::set<fs::path> folders;
  std::set<std::string> series;
  for (const DicomHeader& image : images) {
    folders.insert(image.file.parent_path());
    series.insert(image.series);
  }
  std::vector<DicomLoss> lost;
  for (const DicomLoss& loss : losses)
    if (loss.says_series ? series.contains(loss.series) : folders.contains(loss.file.parent_path()))
      lost.push_back(loss);
  return lost;
}

std::vector<fs::path> drop_copies(std::vector<DicomHeader>& headers, bool compare_pixels) {
  std::multimap<std::string, std::size_t> kept;
  std::vector<bool> copy(headers.size(), false);
  std::vector<fs::path> dropped;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const std::string& uid = headers[i].instance_uid;
    if (uid.empty()) continue;
    const auto [from, to] = kept.equal_range(uid);
    for (auto at = from; at != to && !copy[i]; ++at) {
      const DicomHeader& other = headers[at->second];
      if (!same_image(headers[i], other)) continue;
      if (compare_pixels && !same_pixels(headers[i], other))
        throw Error{Errc::invalid_input,
                    "'" + headers[i].file.filename().string() + "' and '" + other.file.filename().string() +
                        "' say that they are one image (SOP Instance UID) and have different pixels",
                    "take the wrong one out of the folder"};
      copy[i] = true;
    }
    if (copy[i])
      dropped.push_back(headers[i].file);
    else
      kept.emplace(uid, i);
  }
  std::size_t i = 0;
  std::erase_if(headers, [&](const DicomHeader&) { return copy[i++]; });
  return dropped;
}

}  // namespace iso::io::detail
