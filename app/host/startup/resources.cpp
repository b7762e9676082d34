#include "resources.h"

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace iso::host {

namespace fs = std::filesystem;

fs::path resource_folder(std::string_view name) {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  const fs::path own{name}, in_docs = fs::path{"docs"} / own;
  std::vector<fs::path> places;
  if (const char* const named = std::getenv("ISOCENTER_RESOURCES"); named != nullptr && *named != '\0')
    places = {fs::path{named} / own, fs::path{named} / in_docs};
  for (const char* const share : {"../share/isocenter", "../share/doc/Isocenter", "../share/doc/isocenter"})
    places.push_back(program / share / own);
  places.push_back(program / "../../../resources" / own);  // build/<preset>/bin of the sources
  places.push_back(program / "../../../resources" / in_docs);
  for (const fs::path& place : places)
    if (fs::is_directory(place, ignored)) return place.lexically_normal();
  return {};
}

std::vector<fs::path> model_directories() {
  std::vector<fs::path> folders;
  if (const char* const named = std::getenv("ISOCENTER_MODEL_PATH"); named != nullptr) {
    for (std::string_view rest{named}; !rest.empty();) {
      const auto colon = rest.find(':');
      if (const auto one = rest.substr(0, colon); !one.empty()) folders.emplace_back(one);
      rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    }
  }
  if (fs::path own = resource_folder("models"); !own.empty()) folders.push_back(std::move(own));
  return folders;
}

void add_model_directories(std::vector<fs::path>& places) {
  for (fs::path& folder : model_directories()) places.push_back(std::move(folder));
}

}  // namespace iso::host
