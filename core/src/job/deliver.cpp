#include "iso/job/run.h"

#include "run_impl.h"

#include "iso/base/file_identity.h"
#include "iso/base/file_replacement.h"
#include "iso/data/description.h"
#include "iso/io/registry.h"

#include <unistd.h>

#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace iso::job {
namespace {

namespace fs = std::filesystem;
using Hints = std::map<std::string, std::string>;

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

bool keeps_state(const ExecutionOptions& options) { return options.resume || options.checkpoint_every.count() > 0; }

/// Everything that a run writes for its outputs, with what to call it.
std::vector<std::pair<std::string, fs::path>> written_files(const Recipe& recipe, const ExecutionOptions& options) {
  std::vector<std::pair<std::string, fs::path>> files;
  for (const auto& [port, place] : recipe.outputs) {
    if (in_workspace(place)) continue;
    const std::string what = "output '" + port + "'";
    files.emplace_back(what, place);
    if (const io::Handler* const handler = io::handler_for_writing(place); handler != nullptr)
      for (const fs::path& companion : handler->companions(place)) files.emplace_back(what, companion);
    if (options.write_records) files.emplace_back("the record of " + what, record_path(place));
  }
  if (const fs::path state = checkpoint_path(recipe); !state.empty() && keeps_state(options))
    files.emplace_back("the checkpoint", state);
  return files;
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
    input_files(result.record.recipe).refuse(place, "the attachment '" + name + "'");
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
  std::map<std::string, io::FileStamp> stamps;
  for (const auto& [port, place] : record.recipe.outputs) {
    if (!is_file(place)) continue;
    const fs::path staged = files.stage(place);
    data.write(staged.string(), find_output(result, port), false);
    if (const auto stamp = io::make_stamp({staged})) stamps[port] = *stamp;  // renaming changes neither size nor time
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.timings["write"] = seconds;
  record.seconds += seconds;
  stage_attachments(result, files);
  if (!options.write_records) return;
  for (const auto& [port, place] : record.recipe.outputs) {
    if (!is_file(place)) continue;
    Record beside = record;
    beside.recipe = relative_to(beside.recipe, fs::absolute(find_folder(place)).string());
    if (const auto stamp = stamps.find(port); stamp != stamps.end()) beside.output_stamps = {*stamp};
    write_new_file(files.stage_record(place), to_json(beside));
  }
}

}  // namespace

fs::path checkpoint_path(const Recipe& recipe) {
  const fs::path output = first_file(recipe);
  return output.empty() ? fs::path{} : fs::path{output.string() + ".checkpoint.h5"};
}

io::InputFiles input_files(const Recipe& recipe) {
  io::InputFiles inputs;
  const auto add = [&](const std::string& port, const std::string& place) {
    const auto hints = recipe.hints.find(port);
    if (is_file(place))
      for (const fs::path& file : read_for(place, hints == recipe.hints.end() ? Hints{} : hints->second))
        inputs.add(file);
  };
  for (const auto& [port, place] : recipe.inputs) add(port, place);
  for (const auto& [port, places] : recipe.collections)
    for (const std::string& place : places) add(port, place);
  return inputs;
}

void check_places(const Recipe& recipe, const ExecutionOptions& options) {
  const io::InputFiles inputs = input_files(recipe);
  const auto files = written_files(recipe, options);
  for (std::size_t i = 0; i < files.size(); ++i) {
    inputs.refuse(files[i].second, files[i].first);
    for (std::size_t j = 0; j < i; ++j)
      if (same_place(files[i].second, files[j].second))
        throw Error(Errc::cannot_write, "two outputs would be written to '" + files[i].second.string() + "'",
                    "choose another name for " + files[i].first);
  }
  for (const auto& [port, place] : recipe.outputs) {
    if (!is_file(place)) continue;
    sweep_staging(find_folder(place));  // what a killed run had begun there counts, and is finished first
    check_place(port, place, options.overwrite);
  }
  // What no file can replace is found now, and not when the work is done.
  const fs::path state = checkpoint_path(recipe);
  for (const auto& [what, file] : files)
    if (file != state) check_replaceable(file, ExistingFile::replace);
}

namespace {

/// Staged and renamed, or nothing of it. Throws, with the places that the user knows.
void write_files(RunResult& result, DataAccess& data, const ExecutionOptions& options) {
  FileReplacement files{options.overwrite ? ExistingFile::replace : ExistingFile::refuse};
  try {
    stage_all(result, data, options, files);
    files.commit();
  } catch (const Error& problem) {
    throw Error{problem.code(), files.with_places(problem.what()), problem.hint(), problem.where()};
  }
}

/// Whether a checkpoint takes the room that the results need; it is removed then, because its work is done.
bool made_room(const RunResult& result, const ExecutionOptions& options) {
  const fs::path state = checkpoint_path(result.record.recipe);
  std::error_code problem;
  if (state.empty() || !keeps_state(options)) return false;
  const auto space = fs::space(find_folder(state), problem);
  if (problem) return false;
  std::uintmax_t need = std::uintmax_t{1} << 20U;  // records and attachments
  for (const auto& [port, place] : result.record.recipe.outputs)
    if (is_file(place)) need += describe(*find_output(result, port)).bytes();
  return space.available < need && fs::remove(state, problem);
}

}  // namespace

void deliver(RunResult& result, DataAccess& data, const ExecutionOptions& options) {
  Record& record = result.record;
  if (record.state != State::done) return;
  const Record before = record;
  try {
    try {
      write_files(result, data, options);
    } catch (const Error& problem) {
      if (problem.code() != Errc::cannot_write || !made_room(result, options)) throw;
      record = before;
      write_files(result, data, options);
    }
    for (const auto& [port, place] : record.recipe.outputs)
      if (in_workspace(place)) data.write(place, find_output(result, port), options.overwrite);
    std::error_code ignored;
    if (const fs::path state = checkpoint_path(record.recipe); !state.empty() && keeps_state(options))
      fs::remove(state, ignored);
  } catch (...) {
    result.outputs.clear();
    put_error(record, current_error());
  }
}

}  // namespace iso::job
