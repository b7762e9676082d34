#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

/// Where the large measured data are that tests may read. A target that includes this calls iso_use_shared_data in its
/// CMakeLists.txt.
namespace iso::test {

/// The environment's ISO_SHARED_DATA, else the build's setting of that name, which is ../shared/data beside the source
/// unless said otherwise. It need not exist.
inline std::filesystem::path shared_data() {
  const char* given = std::getenv("ISO_SHARED_DATA");
  return given != nullptr && *given != '\0' ? given : ISO_SHARED_DATA;
}

/// Why a test on `file` of that folder must be skipped, or nothing if it can run.
inline std::optional<std::string> why_without(const std::filesystem::path& file) {
  const auto at = shared_data() / file;
  std::error_code ignored;
  if (std::filesystem::exists(at, ignored)) return std::nullopt;
  return "no '" + at.string() + "'; ISO_SHARED_DATA names the folder of shared data";
}

}  // namespace iso::test
