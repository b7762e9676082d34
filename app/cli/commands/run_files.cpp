#include "run_files.h"

#include "../output/terminal.h"

#include "host/startup/resources.h"
#include "iso/base/digest.h"
#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/base/file_replacement.h"
#include "iso/job/run.h"

#include <algorithm>
#include <array>
#include <utility>

namespace iso::cli {
namespace {

namespace fs = std::filesystem;

void check_against_outputs(const std::string& file, const std::string& what, const job::Recipe& recipe) {
  for (const auto& [port, place] : recipe.outputs) {
    if (job::in_workspace(place)) continue;
    if (same_place(file, place) || same_place(file, job::record_path(place)))
      throw Error(Errc::cannot_write, what + " would be written over the output '" + place + "' or its record",
                  "choose another name");
  }
  if (const fs::path state = checkpoint_path(recipe); !state.empty() && same_place(file, state))
    throw Error(Errc::cannot_write, what + " would be written over the checkpoint '" + state.string() + "'",
                "choose another name");
}

}  // namespace

void check_texts(const RunTexts& texts, const job::Recipe& recipe, bool overwrite) {
  io::InputFiles inputs = job::input_files(recipe);
  if (!texts.recipe_file.empty() && texts.recipe_file != "-") inputs.add(texts.recipe_file);
  const std::array<std::pair<const char*, const std::string*>, 2> files{
      {{"the report", &texts.report}, {"the recipe", &texts.save_recipe}}};
  for (const auto& [what, file] : files) {
    if (file->empty() || *file == "-") continue;
    check_against_outputs(*file, what, recipe);
    check_text_output(*file, what, overwrite, inputs);
  }
  if (!texts.report.empty() && texts.report != "-" && !texts.save_recipe.empty() &&
      same_place(texts.report, texts.save_recipe))
    throw Error(Errc::cannot_write, "the report would be written over the recipe '" + texts.save_recipe + "'",
                "choose another name");
}

void write_report(const std::string& file, const job::Record& record, bool overwrite) {
  if (file.empty()) return;
  try {
    write_text(file, to_json(record), overwrite);
  } catch (const Error& problem) {
    if (!record.error) throw;
    note("isocenter: warning: " + std::string(problem.what()));
  }
}

bool lies_inside(const fs::path& file, const fs::path& folder) {
  std::error_code problem;
  const fs::path base = fs::weakly_canonical(fs::absolute(folder.empty() ? fs::path{"."} : folder), problem);
  const fs::path place = fs::weakly_canonical(fs::absolute(file).parent_path(), problem);
  if (problem) return false;
  const fs::path way = place.lexically_relative(base);
  return !way.empty() && *way.begin() != "..";
}

void check_outputs_inside(const std::map<std::string, std::string>& outputs, const job::Recipe& recipe,
                          const fs::path& folder) {
  for (const auto& [port, place] : outputs) {
    const auto now = recipe.outputs.find(port);
    if (now == recipe.outputs.end() || now->second != place || job::in_workspace(place)) continue;
    if (!lies_inside(place, folder))
      throw Error(Errc::cannot_write,
                  "the recipe would write its output '" + port + "' to '" + place + "', outside of its own folder",
                  "name another place with --" + params::kebab_case(port) + ", or allow it with --outputs-anywhere");
  }
}

RunFiles find_recipe_files(const job::Recipe& recipe, bool with_checkpoint) {
  RunFiles files;
  const auto add = [&files](const std::string& place) {
    if (!job::in_workspace(place)) files.read.emplace_back(place);
  };
  for (const auto& [port, place] : recipe.inputs) add(place);
  for (const auto& [port, places] : recipe.collections) std::ranges::for_each(places, add);
  for (const auto& [port, hints] : recipe.hints)
    for (const auto& [key, value] : hints)
      if (job::names_file(key, value)) add(value);
  for (const auto& [port, place] : recipe.outputs) {
    if (job::in_workspace(place)) continue;
    files.written.emplace_back(place);
    files.written.push_back(job::record_path(place));
    if (const io::Handler* const handler = io::handler_for_writing(place); handler != nullptr)
      for (const fs::path& companion : handler->companions(place)) files.written.push_back(companion);
  }
  if (const fs::path state = checkpoint_path(recipe); with_checkpoint && !state.empty()) files.written.push_back(state);
  return files;
}

job::RunEnvironment make_run_environment(Environment& environment, const plugin::TaskManifest& task) {
  job::RunEnvironment now;
  now.model_directories = host::model_directories();
  for (const auto* const side : {&task.inputs, &task.outputs})
    for (const plugin::Port& port : *side) now.kinds[port.name] = port.kind;
  for (const host::PluginEntry& entry : environment.catalogue().plugins()) {
    if (std::ranges::find(entry.manifest.tasks, task.id, &plugin::TaskManifest::id) == entry.manifest.tasks.end())
      continue;
    if (entry.state == host::PluginState::failed) continue;
    now.plugin_version = entry.manifest.version;
    now.plugin_sha256 = sha256_of_file(entry.manifest_file.parent_path() / entry.manifest.library);
    break;
  }
  now.has_backend = [&environment](const std::string& backend) {
    const auto& known = environment.registry("auto").available();  // as the run itself would look for it
    return std::ranges::any_of(known, [&](const auto& each) { return each->info().id == backend; });
  };
  return now;
}

}  // namespace iso::cli
