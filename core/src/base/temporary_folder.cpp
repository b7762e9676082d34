#include "iso/base/temporary_folder.h"

#include "iso/base/error.h"

#include <stdlib.h>
#include <cerrno>
#include <cstring>

namespace iso {

TemporaryFolder::TemporaryFolder(std::string_view name, const std::filesystem::path& parent) {
  std::error_code no_temporary;
  std::filesystem::path base = parent.empty() ? std::filesystem::temp_directory_path(no_temporary) : parent;
  if (no_temporary) base = "/tmp";
  std::string made = (base / name).string() + "-XXXXXX";
  if (::mkdtemp(made.data()) == nullptr)
    throw Error{Errc::output_directory,
                "no temporary folder can be made in '" + base.string() + "': " + std::strerror(errno),
                "set TMPDIR to a folder you may write to"};
  path_ = made;
}

TemporaryFolder::~TemporaryFolder() { remove_folder(path_); }

void remove_folder(const std::filesystem::path& folder) noexcept {
  std::error_code problem;
  for (int sweep = 0; sweep < 5 && std::filesystem::exists(folder, problem); ++sweep)
    std::filesystem::remove_all(folder, problem);
}

}  // namespace iso
