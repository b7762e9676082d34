#include "iso/job/run.h"

#include "iso/base/log.h"

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

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path{"."}; }

void check_place(const std::string& port, const fs::path& file, bool overwrite) {
  std::error_code ignored;
  const fs::path folder = folder_of(file);
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

/// The files of one delivery. They are written in a folder beside their place ("stage"), then renamed ("commit"); what
/// they replace is kept in that folder until all are in place, and comes back if one cannot be.
class Delivery {
 public:
  Delivery() = default;
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;
  ~Delivery() {
    std::error_code ignored;
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) fs::rename(step->to, step->from, ignored);
    for (const auto& [folder, staging] : staging_) fs::remove_all(staging, ignored);
  }

  /// Where to write the file that will stand at `place`.
  fs::path stage(const fs::path& place) {
    const fs::path folder = folder_of(place);
    const auto found = staging_.find(folder);
    if (found != staging_.end()) return found->second / "new" / place.filename();
    std::string name = (folder / ".isocenter-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(Errc::output_directory,
                  "the folder '" + folder.string() + "' cannot be written to: " + std::strerror(errno),
                  "choose another folder or ask for permission");
    staging_[folder] = name;
    fs::create_directories(fs::path(name) / "new");
    fs::create_directories(fs::path(name) / "old");
    return fs::path(name) / "new" / place.filename();
  }

  /// Companions of a file (a header's pixels, a scan's geometry) are in the same folder and move with it.
  void commit(bool overwrite) {
    for (const auto& [folder, staging] : staging_) {
      std::vector<fs::path> names;
      for (const auto& entry : fs::directory_iterator(staging / "new")) names.push_back(entry.path().filename());
      for (const fs::path& name : names) {
        if (fs::exists(folder / name)) {
          if (!overwrite && !name.string().ends_with(".record.json"))
            throw Error(Errc::cannot_write, "'" + (folder / name).string() + "' exists already",
                        "choose another name, or insist with --overwrite");
          move(folder / name, staging / "old" / name);
        }
        move(staging / "new" / name, folder / name);
      }
    }
    steps_.clear();
  }

  /// The message of a writer, with the place the user knows in it.
  [[nodiscard]] Error in_words_of_user(const Error& problem) const {
    std::string text = problem.what();
    for (const auto& [folder, staging] : staging_) {
      const std::string inner = (staging / "new").string();
      for (std::size_t at = text.find(inner); at != std::string::npos; at = text.find(inner))
        text.replace(at, inner.size(), folder.string());
    }
    return {problem.code(), text, problem.hint(), problem.where()};
  }

 private:
  struct Step {
    fs::path from, to;
  };

  void move(const fs::path& from, const fs::path& to) {
    std::error_code problem;
    fs::rename(from, to, problem);
    if (problem) throw Error(Errc::cannot_write, "'" + to.string() + "' cannot be written: " + problem.message());
    steps_.push_back({from, to});
  }

  std::map<fs::path, fs::path> staging_;  ///< folder -> the one inside it that holds the files until all are whole
  std::vector<Step> steps_;               ///< done so far
};

bool is_file(const std::string& place) { return !in_workspace(place); }

DatasetPtr result_of(const Outcome& outcome, const std::string& port) {
  const auto result = outcome.outputs.find(port);
  if (result == outcome.outputs.end())
    throw Error(Errc::invalid_result, "output '" + port + "' of task '" + outcome.record.recipe.task + "' is missing");
  return result->second;
}

void stage_all(Outcome& outcome, DataAccess& data, const ExecutionOptions& options, Delivery& files) {
  Record& record = outcome.record;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& [port, place] : record.recipe.outputs)
    if (is_file(place)) data.write(files.stage(place).string(), result_of(outcome, port), false);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  record.timings["write"] = seconds;
  record.seconds += seconds;
  if (!options.write_records) return;
  for (const auto& [port, place] : record.recipe.outputs) {
    if (!is_file(place)) continue;
    Record beside = record;
    beside.recipe = relative_to(beside.recipe, fs::absolute(folder_of(place)).string());
    write_record(files.stage(record_path(place)), beside);
  }
}

}  // namespace

fs::path checkpoint_path(const Recipe& recipe) {
  for (const auto& [port, place] : recipe.outputs)
    if (is_file(place)) return place + ".checkpoint.h5";
  return {};
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

void deliver(Outcome& outcome, DataAccess& data, const ExecutionOptions& options) {
  Record& record = outcome.record;
  if (record.state != State::done) return;
  Delivery files;
  try {
    stage_all(outcome, data, options, files);
    files.commit(options.overwrite);
    for (const auto& [port, place] : record.recipe.outputs)
      if (in_workspace(place)) data.write(place, result_of(outcome, port), options.overwrite);
    std::error_code ignored;
    if (const fs::path state = checkpoint_path(record.recipe);
        !state.empty() && (options.resume || options.checkpoint_every.count() > 0))
      fs::remove(state, ignored);
  } catch (...) {
    outcome.outputs.clear();
    put_error(record, files.in_words_of_user(current_error()));
  }
}

}  // namespace iso::job
