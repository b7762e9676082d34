#include "iso/job/run.h"

#include "iso/base/log.h"

#include <unistd.h>

#include <chrono>
#include <set>

namespace iso::job {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path{"."}; }

void check_place(const std::string& port, const fs::path& file, bool overwrite) {
  std::error_code ignored;
  const fs::path folder = folder_of(file);
  if (!fs::is_directory(folder, ignored))
    throw Error(Errc::output_directory, "the folder '" + folder.string() + "' of output '" + port + "' does not exist", "make it first");
  if (fs::is_directory(file, ignored))
    throw Error(Errc::cannot_write, "output '" + port + "' is the folder '" + file.string() + "', expected a file name");
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error(Errc::output_directory, "the folder '" + folder.string() + "' of output '" + port + "' cannot be written to",
                "choose another folder or ask for permission");
  if (!overwrite && fs::exists(file, ignored))
    throw Error(Errc::cannot_write, "'" + file.string() + "' exists already", "choose another name, or insist with --overwrite");
}

/// Files written by this delivery, taken away again unless it is completed.
class Written {
 public:
  Written() = default;
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  ~Written() {
    std::error_code ignored;
    for (const fs::path& file : files_) fs::remove(file, ignored);
  }
  void add(const fs::path& file) { files_.push_back(file); }
  void keep() noexcept { files_.clear(); }

 private:
  std::vector<fs::path> files_;
};

}  // namespace

void check_places(const Recipe& recipe, const ExecutionOptions& options) {
  std::set<fs::path> inputs, outputs;
  std::error_code ignored;
  for (const auto& [port, place] : recipe.inputs)
    if (!in_workspace(place)) inputs.insert(fs::weakly_canonical(place, ignored));
  for (const auto& [port, place] : recipe.outputs) {
    if (in_workspace(place)) continue;
    const fs::path whole = fs::weakly_canonical(place, ignored);
    if (inputs.contains(whole))
      throw Error(Errc::cannot_write, "output '" + port + "' would replace the input '" + place + "'", "choose another name");
    if (!outputs.insert(whole).second)
      throw Error(Errc::cannot_write, "two outputs would be written to '" + place + "'", "choose another name for '" + port + "'");
    check_place(port, place, options.overwrite);
  }
}

void deliver(Outcome& outcome, DataAccess& data, const ExecutionOptions& options) {
  Record& record = outcome.record;
  if (record.state != State::done) return;
  const auto begin = std::chrono::steady_clock::now();
  Written written;
  try {
    for (const auto& [port, place] : record.recipe.outputs) {
      const auto result = outcome.outputs.find(port);
      if (result == outcome.outputs.end())
        throw Error(Errc::invalid_result, "output '" + port + "' of task '" + record.recipe.task + "' is missing");
      std::error_code ignored;
      const bool is_new = !in_workspace(place) && !fs::exists(place, ignored);
      data.write(place, result->second, options.overwrite);
      if (is_new) written.add(place);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    record.timings["write"] = seconds;
    record.seconds += seconds;
    for (const auto& [port, place] : record.recipe.outputs) {
      if (in_workspace(place) || !options.write_records) continue;
      const fs::path file = record_path(place);
      write_record(file, record);
      written.add(file);
    }
    written.keep();
  } catch (...) {
    outcome.outputs.clear();
    put_error(record, current_error());
  }
}

}  // namespace iso::job
