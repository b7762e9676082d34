#include "iso/job/run.h"

#include "iso/base/file_replacement.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>
#include <vector>

namespace iso::job {
namespace {

namespace fs = std::filesystem;

fs::path find_folder(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path{"."}; }

void check_place(const std::string& port, const fs::path& file, bool overwrite) {
  std::error_code ignored;
  const fs::path folder = find_folder(file);
  if (!fs::is_directory(folder, ignored))
    throw Error(Errc::output_directory, "the folder '" + folder.string() + "' of output '" + port + "' does not exist",
                "make it first");
  if (fs::is_directory(file, ignored))
    throw Error(Errc::cannot_write,
                "output '" + port + "' is the folder '" + file.string() + "', expected a file name");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error(Errc::output_directory,
                "the folder '" + folder.string() + "' of output '" + port + "' cannot be written to",
                "choose another folder or ask for permission");
  if (!overwrite && fs::exists(file, ignored))
    throw Error(Errc::cannot_write, "'" + file.string() + "' exists already",
                "choose another name, or insist with --overwrite");
}

bool is_file(const std::string& place) { return !in_workspace(place); }

DatasetPtr find_output(const RunResult& result, const std::string& port) {
  const auto found = result.outputs.find(port);
  if (found == result.outputs.end())
    throw Error(Errc::invalid_result, "output '" + port + "' of task '" + result.record.recipe.task + "' is missing");
  return found->second;
}

/// The first output that is a file; empty if none is.
fs::path first_file(const Recipe& recipe) {
  for (const auto& [port, place] : recipe.outputs)
    if (is_file(place)) return place;
  return {};
}

void stage_attachments(RunResult& result, FileReplacement& files) {
  const fs::path beside = first_file(result.record.recipe);
  for (auto& [name, attachment] : result.record.attachments) {
    if (beside.empty()) {
      result.record.warnings.push_back("the attachment '" + name + "' is not kept: no output is a file");
      continue;
    }
    const fs::path place = beside.string() + "." + name;
    std::error_code failure;
    fs::copy_file(result.attachments.at(name), files.stage(place), failure);
    if (failure)
      throw Error(Errc::cannot_write,
                  "the attachment '" + place.string() + "' cannot be written: " + failure.message());
    attachment.file = place.filename().string();
  }
}

void stage_all(RunResult& result, DataAccess& data, const ExecutionOptions& options, FileReplacement& files) {
  Record& record = result.record;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& [port, place] : record.recipe.outputs)
    if (is_file(place)) data.write(files.stage(place).string(), find_output(result, port), false);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.timings["write"] = seconds;
  record.seconds += seconds;
  stage_attachments(result, files);
  if (!options.write_records) return;
  for (const auto& [port, place] : record.recipe.outputs) {
    if (!is_file(place)) continue;
    Record beside = record;
    beside.recipe = relative_to(beside.recipe, fs::absolute(find_folder(place)).string());
    write_new_file(files.stage_record(place), to_json(beside));
  }
}

}  // namespace

fs::path checkpoint_path(const Recipe& recipe) {
  const fs::path output = first_file(recipe);
  return output.empty() ? fs::path{} : fs::path{output.string() + ".checkpoint.h5"};
}

void check_places(const Recipe& recipe, const ExecutionOptions& options) {
  std::set<fs::path> inputs, outputs;
  std::error_code ignored;
  for (const auto& [port, place] : recipe.inputs)
    if (!in_workspace(place)) inputs.insert(fs::weakly_canonical(place, ignored));
  for (const auto& [port, place] : recipe.outputs) {
    if (in_workspace(place)) continue;
    const fs::path whole = fs::weakly_canonical(place, ignored);
    if (inputs.contains(whole))
      throw Error(Errc::cannot_write, "output '" + port + "' would replace the input '" + place + "'",
                  "choose another name");
    if (!outputs.insert(whole).second)
      throw Error(Errc::cannot_write, "two outputs would be written to '" + place + "'",
                  "choose another name for '" + port + "'");
    check_place(port, place, options.overwrite);
  }
}

void deliver(RunResult& result, DataAccess& data, const ExecutionOptions& options) {
  Record& record = result.record;
  if (record.state != State::done) return;
  FileReplacement files{options.overwrite ? ExistingFile::replace : ExistingFile::refuse};
  try {
    stage_all(result, data, options, files);
    files.commit();
    for (const auto& [port, place] : record.recipe.outputs)
      if (in_workspace(place)) data.write(place, find_output(result, port), options.overwrite);
    std::error_code ignored;
    if (const fs::path state = checkpoint_path(record.recipe);
        !state.empty() && (options.resume || options.checkpoint_every.count() > 0))
      fs::remove(state, ignored);
  } catch (...) {
    result.outputs.clear();
    const Error problem = current_error();
    put_error(record, {problem.code(), files.with_places(problem.what()), problem.hint(), problem.where()});
  }
}

}  // namespace iso::job
