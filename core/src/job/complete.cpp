#include "iso/job/complete.h"

#include "context_impl.h"
#include "json_impl.h"
#include "run_impl.h"

#include "iso/base/digest.h"
#include "iso/base/file_replacement.h"
#include "iso/job/record.h"
#include "iso/models/library.h"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

namespace iso::job {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) { return "'" + text + "'"; }

/// Whether the system has seen a change of one of the files since it has seen one of the record. Whoever copies an older file to
/// a place can keep its size and time; this time nobody sets.
bool is_changed_after(const fs::path& record, const std::vector<fs::path>& places) {
  const auto seen = [](const fs::path& file) {
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 ? std::pair{status.st_ctim.tv_sec, status.st_ctim.tv_nsec}
                                              : std::pair{std::numeric_limits<time_t>::max(), 0L};
  };
  const auto reference = seen(record);
  for (const fs::path& place : places)
    if (std::ranges::any_of(io::find_files(place), [&](const fs::path& file) { return seen(file) > reference; }))
      return true;
  return false;
}

/// The record beside one output against what is wished for.
class Check {
 public:
  Check(const Recipe& wanted, const RunEnvironment& environment, DataAccess& data, const std::string& place)
      : wanted_{wanted},
        environment_{environment},
        data_{data},
        file_{record_path(place)},
        record_{read_record(file_)} {
    const fs::path folder = fs::path{place}.parent_path();
    done_ = resolved(record_.recipe, folder.string());
  }

  std::string why_not(const std::string& port, const std::string& place) {
    if (record_.state != State::done) return "its record tells of a run that " + std::string(to_string(record_.state));
    for (std::string reason : {recipe(), versions(), device(), models(), attachments(place), inputs()})
      if (!reason.empty()) return reason;
    return same_data(port, port, place, {}, record_.output_digests, record_.output_stamps);
  }

 private:
  [[nodiscard]] std::string recipe() const {
    if (done_.task != wanted_.task) return "it was made by the task " + quoted(done_.task);
    if (done_.inputs != wanted_.inputs || done_.collections != wanted_.collections) return "it has other inputs";
    if (done_.outputs != wanted_.outputs) return "other outputs were made with it";
    if (done_.hints != wanted_.hints) return "its inputs were read with other hints";
    if (done_.seed != wanted_.seed) return "it has another seed";
    if (Json::parse(done_.parameters_json) != Json::parse(wanted_.parameters_json)) return "it has other parameters";
    const auto as_set = [](const std::vector<Finding>& findings) {
      return std::set<Finding>{findings.begin(), findings.end()};
    };
    if (as_set(done_.accepted_geometry) != as_set(wanted_.accepted_geometry))
      return "other findings of the geometry check were accepted";
    return {};
  }

  [[nodiscard]] std::string versions() const {
    if (record_.program_version != ISO_VERSION) return "it was made by version " + record_.program_version;
    if (record_.plugin_version != environment_.plugin_version || record_.plugin_sha256 != environment_.plugin_sha256)
      return "it was made by another build of the plugin";
    return {};
  }

  [[nodiscard]] std::string device() const {
    const std::string& wish = wanted_.device;
    const bool same = wish == "auto" ? done_.device == "auto" &&
                                           (!environment_.has_backend || environment_.has_backend(record_.backend))
                                     : record_.backend == wish || record_.backend.starts_with(wish + ":");
    return same ? std::string{} : "it was made on the device " + quoted(record_.backend);
  }

  [[nodiscard]] std::string models() const {
    for (const auto& [id, sha256] : record_.models)
      if (models::find_card(id, environment_.model_directories).sha256 != sha256)
        return "the network " + quoted(id) + " changed";
    return {};
  }

  [[nodiscard]] std::string attachments(const std::string& place) const {
    for (const auto& [name, attachment] : record_.attachments) {
      if (attachment.file.empty()) continue;
      // Beside the first output, which need not be this one.
      const fs::path first = wanted_.outputs.begin()->second;
      const fs::path file = first.parent_path() / attachment.file;
      std::error_code problem;
      if (fs::file_size(file, problem) != attachment.bytes || problem || sha256_of_file(file) != attachment.sha256)
        return "the attachment " + quoted(name) + " of " + quoted(place) + " is missing or changed";
    }
    return {};
  }

  [[nodiscard]] std::string inputs() const {
    for (const auto& [port, place] : wanted_.inputs)
      if (std::string reason = input(port, place, port); !reason.empty()) return reason;
    for (const auto& [port, places] : wanted_.collections)
      for (std::size_t i = 0; i < places.size(); ++i)
        if (std::string reason = input(port, places[i], port + "[" + std::to_string(i) + "]"); !reason.empty())
          return reason;
    return {};
  }

  [[nodiscard]] std::string input(const std::string& port, const std::string& place, const std::string& name) const {
    const auto hints = wanted_.hints.find(port);
    return same_data(port, name, place, hints == wanted_.hints.end() ? Hints{} : hints->second, record_.input_digests,
                     record_.input_stamps);
  }

  using Hints = std::map<std::string, std::string>;
  [[nodiscard]] std::string same_data(const std::string& port, const std::string& name, const std::string& place,
                                      const Hints& hints, const std::map<std::string, std::string>& digests,
                                      const std::map<std::string, io::FileStamp>& stamps) const {
    const auto stamp = stamps.find(name);
    const std::vector<fs::path> files = read_for(place, hints);
    const auto now = io::make_stamp(files);
    if (!now) return quoted(place) + " is not there";
    if (stamp != stamps.end() && stamp->second == *now && !is_changed_after(file_, files)) return {};
    const auto known = digests.find(name);
    if (known == digests.end()) return "its record holds no digest of '" + name + "'";
    const auto kind = environment_.kinds.find(port);
    const DatasetPtr data =
        data_.read(place, {kind == environment_.kinds.end() ? std::nullopt : std::optional{kind->second}, hints,
                           wanted_.accepted_geometry});
    return data && digest(*data) == known->second ? std::string{} : quoted(place) + " is not what it was";
  }

  const Recipe& wanted_;
  const RunEnvironment& environment_;
  DataAccess& data_;
  fs::path file_;  ///< of the record
  Record record_;
  Recipe done_;
};

}  // namespace

std::string why_incomplete(const Recipe& recipe, const RunEnvironment& environment, DataAccess& data) {
  if (recipe.outputs.empty()) return "no output is named";
  for (const auto& [port, place] : recipe.outputs) {
    if (in_workspace(place)) return "output '" + port + "' is no file";
    sweep_staging(fs::path{place}.parent_path());
    std::error_code problem;
    if (!fs::is_regular_file(place, problem)) return quoted(place) + " is not there";
    if (!fs::is_regular_file(record_path(place), problem)) return quoted(place) + " has no record";
    try {
      if (const std::string reason = Check{recipe, environment, data, place}.why_not(port, place); !reason.empty())
        return quoted(place) + " is there, but " + reason;
    } catch (...) {
      return quoted(place) + " is there, but " + current_error().what();
    }
  }
  return {};
}

}  // namespace iso::job
