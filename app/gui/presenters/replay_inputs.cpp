#include "replay_inputs.h"

#include "gui/model/data_places.h"

#include "iso/base/error.h"
#include "iso/job/data_access.h"

#include <algorithm>

namespace iso::gui {
namespace {

/// One search: what was hashed for one port is not hashed again for the next.
class Search {
 public:
  Search(const ReplaySearch& search, const std::stop_token& stop) : search_{search}, stop_{stop} {}

  DatasetPtr find(const std::string& port, const std::string& place) {
    const auto found = search_.record.input_digests.find(port);
    const std::string wanted = found == search_.record.input_digests.end() ? std::string{} : found->second;
    const ReplaySearch::Open* named = nullptr;  // the one that the record means, as long as it is open
    for (const ReplaySearch::Open& open : search_.open)
      if (named == nullptr && means(open, place)) named = &open;
    if (named != nullptr && (wanted.empty() || digest_once(*named) == wanted)) return named->data;
    if (!wanted.empty())
      for (const ReplaySearch::Open& open : search_.open)
        if (digest_once(open) == wanted) return open.data;
    if (!job::in_workspace(place)) return from_file(port, place, wanted);
    if (named != nullptr)
      throw Error{Errc::invalid_input, "the " + port + " of this run was changed since",
                  "undo the changes, or open the data as they were"};
    throw Error{Errc::no_input, "the " + port + " of this run is not open any more, and no file of it is known",
                "open it again under whatever name (it is known by its content)"};
  }

 private:
  [[nodiscard]] static bool means(const ReplaySearch::Open& open, const std::string& place) {
    return place == item_place(open.id) || (!open.file.empty() && std::filesystem::path{place} == open.file);
  }

  const std::string& digest_once(const ReplaySearch::Open& open) {
    if (stop_.stop_requested()) throw Error{Errc::cancelled, "the search for the data of this run was ended"};
    std::string& sum = sums_[open.id];
    if (sum.empty()) sum = digest(*open.data);
    return sum;
  }

  DatasetPtr from_file(const std::string& port, const std::string& place, const std::string& wanted) const {
    std::error_code problem;
    if (!std::filesystem::exists(place, problem))
      throw Error{Errc::no_input, "the " + port + " of this run is not open, and its file '" + place + "' is gone",
                  "bring the file back, or open the data from where they are now (they are known by their content)"};
    job::Wanted how;
    if (const auto hints = search_.record.recipe.hints.find(port); hints != search_.record.recipe.hints.end())
      how.hints = hints->second;
    how.accepted = search_.record.recipe.accepted_geometry;
    DatasetPtr data = job::make_data_access()->read(place, how);
    if (!wanted.empty() && digest(*data) != wanted)
      throw Error{Errc::invalid_input, "the file '" + place + "' was changed since it was the " + port + " of this run",
                  "bring the file back as it was, or open the data as they were (they are known by their content)"};
    return data;
  }

  const ReplaySearch& search_;
  const std::stop_token& stop_;
  std::map<ItemId, std::string> sums_;
};

}  // namespace

ReplaySearch prepare_replay(const job::Record& before, const Document& document) {
  ReplaySearch search;
  search.record = before;
  for (const auto& item : document.items())
    search.open.push_back(
        {item->id, item->file.empty() ? item->file : std::filesystem::absolute(item->file), item->data});
  return search;
}

std::map<std::string, DatasetPtr> find_inputs(const ReplaySearch& search, const std::stop_token& stop) {
  Search one{search, stop};
  std::map<std::string, DatasetPtr> inputs;
  for (const auto& [port, place] : search.record.recipe.inputs) inputs[port] = one.find(port, place);
  return inputs;
}

std::optional<job::Record> record_beside(const std::filesystem::path& file, const Dataset& data) {
  std::error_code problem;
  const std::filesystem::path beside = job::record_path(file);
  if (!std::filesystem::is_regular_file(beside, problem)) return {};
  try {
    job::Record record = job::read_record(beside);
    const std::string sum = digest(data);
    const bool made_it = std::ranges::any_of(record.output_digests, [&](const auto& one) { return one.second == sum; });
    if (record.state != job::State::done || !made_it) return {};
    record.recipe = job::resolved(std::move(record.recipe), std::filesystem::absolute(file).parent_path().string());
    return record;
  } catch (const Error&) {
    return {};  // a damaged record is no reason not to open the data
  }
}

}  // namespace iso::gui
