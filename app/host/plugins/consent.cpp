#include "consent.h"

#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/base/process_state.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace iso::host {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

fs::path record_file() {
  if (const char* const named = std::getenv("XDG_CONFIG_HOME"); named != nullptr && *named == '/')
    return fs::path{named} / "isocenter/agreed_needs.json";
  const fs::path home = home_folder();
  return home.empty() ? home : home / ".config/isocenter/agreed_needs.json";
}

Json read_record() {
  std::ifstream stream{record_file()};
  Json record = Json::parse(stream, nullptr, false);
  return record.is_object() ? record : Json::object();
}

std::string to_key(const fs::path& manifest_file) {
  std::error_code problem;
  const fs::path whole = fs::weakly_canonical(manifest_file, problem);
  return problem ? manifest_file.string() : whole.string();
}

}  // namespace

bool has_agreed(const fs::path& manifest_file, const plugin::Manifest& manifest) {
  if (manifest.needs.empty()) return true;
  const Json record = read_record();
  const auto found = record.find(to_key(manifest_file));
  if (found == record.end() || !found->is_array()) return false;
  return std::ranges::all_of(manifest.needs, [&](const std::string& need) {
    return std::any_of(found->begin(), found->end(), [&](const Json& agreed) { return agreed == need; });
  });
}

void agree(const fs::path& manifest_file, const plugin::Manifest& manifest) {
  const fs::path file = record_file();
  std::error_code problem;
  if (!file.empty()) fs::create_directories(file.parent_path(), problem);
  if (file.empty() || problem)
    throw Error{Errc::cannot_write, "there is no folder to record in what plugins may do",
                "set HOME or XDG_CONFIG_HOME to a folder you may write to"};
  Json record = read_record();
  record[to_key(manifest_file)] = manifest.needs;
  replace_file(file, record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n", ExistingFile::replace);
}

std::string needs_in_words(const plugin::Manifest& manifest) {
  std::string text;
  for (const std::string& need : manifest.needs)
    text += (text.empty() ? "to " : " and to ") + std::string{need == "network"     ? "open sockets"
                                                              : need == "processes" ? "start other programs"
                                                                                    : need};
  return text;
}

}  // namespace iso::host
