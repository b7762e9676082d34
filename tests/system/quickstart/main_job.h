#pragma once

#include "support/command.h"

#include <nlohmann/json.hpp>

namespace iso::test {

inline const std::string samples = std::string(ISO_SOURCE_DIR) + "/resources/samples/";
inline const std::string needle_scan = samples + "needle_haadf_97x200x77";

/// `isocenter run sparse_view_ct/METHOD` on the needle, as packaging/quickstart has it.
inline std::vector<std::string> words_of_run(const std::string& method, const std::string& output,
                                             const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"run",
                                 "sparse_view_ct/" + method,
                                 "-i",
                                 needle_scan + ".mrc",
                                 "-g",
                                 needle_scan + ".json",
                                 "--sinogram.unattenuated",
                                 "none",
                                 "-o",
                                 output,
                                 "--progress",
                                 "none"};
  if (method == "fbp") words.emplace_back("--limited-angle");
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// The needle's rows `first` to `first + count - 1` in `folder`, a scan of seconds; the name without its ending.
inline std::string needle_rows(const Folder& folder, int first, int count) {
  constexpr std::size_t header = 1024, row = 97 * 2, rows = 200, views = 77;
  const std::string whole = to_text(needle_scan + ".mrc");
  std::string part = whole.substr(0, header);
  const auto put = [&part](std::size_t at, auto value) { std::memcpy(part.data() + at, &value, sizeof value); };
  put(4, count);
  put(32, count);
  put(44, static_cast<float>(count) * 33.6F);
  for (std::size_t view = 0; view < views; ++view)
    part += whole.substr(header + (view * rows + static_cast<std::size_t>(first)) * row,
                         static_cast<std::size_t>(count) * row);
  folder.write("needle.mrc", part);
  nlohmann::json geometry = nlohmann::json::parse(to_text(needle_scan + ".json"));
  geometry["elements"] = {97, count};
  folder.write("needle.json", geometry.dump());
  return folder / "needle";
}

}  // namespace iso::test
