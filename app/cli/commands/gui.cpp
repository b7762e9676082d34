#include "command.h"

#include "iso/base/error.h"

#include <unistd.h>

#include <filesystem>
#include <vector>

namespace iso::cli {

/// Becomes the desktop, which stands beside this program; its options are its own (`isocenter gui --help`).
int gui(Arguments arguments) {
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "isocenter-desktop";
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> raw;
  raw.reserve(words.size() + 1);
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  ::execv(program.c_str(), raw.data());
  throw Error(Errc::unsupported, "the desktop is not installed: '" + program.string() + "' cannot be started",
              "build it with Qt 6 and VTK, or install the package that holds it");
}

}  // namespace iso::cli
