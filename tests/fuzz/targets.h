#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// Everything that takes bytes from outside: one function each. It may accept them or refuse them with iso::Error; whatever
/// else happens is a finding.
namespace iso::test {

struct Target {
  std::string name;
  /// `folder` is empty before and may be filled.
  std::function<void(std::string_view bytes, const std::filesystem::path& folder)> take;
  /// Sound bytes to change; nothing, if they need data that are not there.
  std::function<std::string(const std::filesystem::path& folder)> seed;
  int variants{300};
};

[[nodiscard]] const std::vector<Target>& targets();
/// The bytes with some of them flipped, overwritten or cut off; the same for the same number.
[[nodiscard]] std::string changed(const std::string& seed, unsigned number);

}  // namespace iso::test
