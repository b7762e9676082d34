#include "presets.h"

#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/base/text_file.h"
#include "iso/job/recipe.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <system_error>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t longest_name = 80;

/// A name as a file may have it: what is neither letter nor digit of ASCII nor harmless becomes %XX.
std::string in_file_name(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 128 && std::isalnum(byte) != 0) || c == '-' || c == '_' || c == ' ' || (c == '.' && !text.empty())) {
      text += c;
    } else {
      text += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return text;
}

Preset preset_from(const fs::path& file, std::string_view task_id, bool own) {
  const std::string text = read_text_file(file);
  const job::Recipe recipe = job::recipe_from_json(text);
  if (recipe.task != task_id) return {};
  const auto json = nlohmann::json::parse(text);
  Preset preset;
  preset.name = json.value("name", "");
  if (preset.name.empty()) {
    preset.name = file.stem().string();
    std::ranges::replace(preset.name, '_', ' ');
  }
  preset.comment = json.value("comment", "");
  preset.parameters_json = recipe.parameters_json;
  preset.file = file;
  preset.own = own;
  return preset;
}

}  // namespace

Presets::Presets(fs::path shipped, fs::path own) : shipped_{std::move(shipped)}, own_{std::move(own)} {}

std::vector<Preset> Presets::of(std::string_view task_id) {
  problems_.clear();
  std::vector<Preset> all;
  if (!shipped_.empty()) read(shipped_, task_id, false, all);
  if (!own_.empty()) read(own_ / in_file_name(task_id), task_id, true, all);
  return all;
}

void Presets::read(const fs::path& folder, std::string_view task_id, bool own, std::vector<Preset>& into) {
  std::vector<Preset> found;
  std::error_code ignored;
  for (fs::directory_iterator at{folder, ignored}, end; !ignored && at != end; at.increment(ignored)) {
    if (at->path().extension() != ".json") continue;
    try {
      Preset preset = preset_from(at->path(), task_id, own);
      if (!preset.name.empty()) found.push_back(std::move(preset));
    } catch (const Error& problem) {
      problems_.push_back("the preset '" + at->path().string() + "' is left out: " + problem.what());
    }
  }
  std::ranges::sort(found, {}, &Preset::name);
  into.insert(into.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

fs::path Presets::to_file(std::string_view task_id, const std::string& name) const {
  return own_ / in_file_name(task_id) / (in_file_name(name) + ".json");
}

bool Presets::exists(std::string_view task_id, const std::string& name) const {
  std::error_code ignored;
  return fs::exists(to_file(task_id, name), ignored);
}

Preset Presets::save(std::string_view task_id, const std::string& name, const std::string& parameters_json,
                     bool replace) {
  const bool blank = std::ranges::all_of(name, [](unsigned char c) { return std::isspace(c) != 0; });
  if (blank) throw Error{Errc::usage, "a preset needs a name"};
  if (name.size() > longest_name)
    throw Error{Errc::usage, "the name of the preset has " + std::to_string(name.size()) +
                                 " characters, expected at most " + std::to_string(longest_name)};
  const fs::path file = to_file(task_id, name);
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  if (failed)
    throw Error{Errc::output_directory,
                "the folder '" + file.parent_path().string() + "' for presets cannot be made: " + failed.message()};
  job::Recipe recipe;
  recipe.task = task_id;
  recipe.parameters_json = parameters_json;
  auto json = nlohmann::ordered_json::parse(to_json(recipe));
  json["name"] = name;
  const std::string text = json.dump(2) + "\n";
  replace_file(file, text, replace ? ExistingFile::replace : ExistingFile::refuse);
  return {name, {}, parameters_json, file, true};
}

void Presets::remove(const Preset& preset) {
  if (!preset.own) throw Error{Errc::usage, "the preset '" + preset.name + "' ships with Isocenter and stays"};
  std::error_code failed;
  fs::remove(preset.file, failed);
  if (failed) throw Error{Errc::cannot_write, "'" + preset.file.string() + "' cannot be removed: " + failed.message()};
}

}  // namespace iso::gui
