#include "case_files.h"

#include "run_files.h"

#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/io/input_files.h"

#include <map>
#include <optional>
#include <set>
#include <span>

namespace iso::cli {
namespace {

namespace fs = std::filesystem;

/// Nothing where the case cannot be run: it says so itself when its turn comes.
std::optional<RunFiles> make_files(const Case& one, Environment& environment) {
  try {
    return find_run_files(std::span{one.arguments}.subspan(1), environment);
  } catch (const Error&) {
    return {};
  }
}

[[noreturn]] void refuse(const std::string& who, const fs::path& file, const std::string& whose) {
  throw Error(Errc::cannot_write, who + " would write to '" + file.string() + "', " + whose,
              "give every case files of its own; cases that build on each other are batches one after the other");
}

class Conflicts {
 public:
  explicit Conflicts(const BatchFiles& batch) {
    if (!batch.table.empty()) read({batch.table}, "the table of the batch");
    if (!batch.log.empty()) written_[to_place(batch.log)] = "which is the log of the batch";
  }
  void add(const Case& one, const RunFiles& files) {
    const std::string who = "the case '" + one.name + "'";
    for (const fs::path& place : files.read) read(io::find_files(place), who);
    std::set<fs::path> own;
    for (const fs::path& file : files.written) {
      if (!own.insert(to_place(file)).second) continue;  // which the case refuses itself
      const auto [known, fresh] = written_.try_emplace(to_place(file), "to which " + who + " writes");
      if (!fresh) refuse(who, file, known->second);
      if (files.replaces) outputs_.emplace_back(file, who);
    }
  }
  void check() const {
    for (const auto& [file, who] : outputs_) {
      const auto identity = find_identity(file);
      if (!identity) continue;
      const auto readers = read_.find(*identity);
      if (readers == read_.end()) continue;
      for (const std::string& reader : readers->second)
        if (reader != who) refuse(who, file, "which " + reader + " reads");
    }
  }

 private:
  static fs::path to_place(const fs::path& file) {
    std::error_code problem;
    const fs::path whole = fs::absolute(file, problem).lexically_normal();
    return fs::weakly_canonical(whole.parent_path(), problem) / whole.filename();
  }
  void read(const std::vector<fs::path>& files, const std::string& who) {
    for (const fs::path& file : files)
      if (const auto identity = find_identity(file)) read_[*identity].insert(who);
  }

  std::map<FileIdentity, std::set<std::string>> read_;
  std::map<fs::path, std::string> written_;                ///< place, who
  std::vector<std::pair<fs::path, std::string>> outputs_;  ///< that replace what is there
};

}  // namespace

void refuse_cases_in_each_others_way(const std::vector<Case>& cases, const BatchFiles& batch,
                                     Environment& environment) {
  Conflicts conflicts{batch};
  for (const Case& one : cases)
    if (const auto files = make_files(one, environment)) conflicts.add(one, *files);
  conflicts.check();
}

}  // namespace iso::cli
