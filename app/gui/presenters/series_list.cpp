#include "series_list.h"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace iso::gui {
namespace {

std::string study_text(const io::DicomSeries& series) {
  std::string text = series.patient.empty() ? "(no name)" : series.patient;
  if (!series.patient_id.empty()) text += " (" + series.patient_id + ")";
  for (const std::string& part : {series.study_date, series.study})
    if (!part.empty()) text += ", " + part;
  return text;
}

std::string description_text(const io::DicomSeries& series) {
  std::string text = series.number != 0 ? std::to_string(series.number) : std::string{};
  if (!series.description.empty()) text += (text.empty() ? "" : " ") + series.description;
  return text.empty() ? "(not described)" : text;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

SeriesList::SeriesList(std::filesystem::path place, io::DicomFolder folder)
    : place_{std::move(place)}, folder_{std::move(folder)} {
  for (const io::DicomSeries& series : folder_.series) {
    Row row;
    row.study = study_text(series);
    row.modality = series.modality;
    row.description = description_text(series);
    row.images = std::to_string(series.slices * series.times);
    row.middle = series.middle;
    row.size = size_text(series);
    row.spacing = spacing_text(series);
    row.geometry = to_string(series.verdict.finding);
    if (row.geometry == "mismatch") row.geometry = "inconsistent";
    row.possible = series.refusal.empty();
    row.sound = row.possible && series.verdict.finding == Finding::uniform;
    if (!row.sound) row.remark = row.possible ? series.verdict.sentence : series.refusal;
    rows_.push_back(std::move(row));
  }
}

bool SeriesList::matches(std::size_t row, const std::string& words) const {
  const Row& r = rows_[row];
  const std::string all = lower(r.study + " " + r.modality + " " + r.description + " " + r.size + " " + r.geometry);
  std::istringstream each{lower(words)};
  for (std::string word; each >> word;)
    if (all.find(word) == std::string::npos) return false;
  return true;
}

SeriesList::Advice SeriesList::advice(std::span<const std::size_t> chosen, bool accepted) const {
  Advice advice;
  if (chosen.empty()) {
    advice.sentence = "Choose one series or several.";
    return advice;
  }
  std::size_t sound = 0;
  const Row* refused = nullptr;
  const Row* impossible = nullptr;
  for (const std::size_t i : chosen) {
    const Row& row = rows_[i];
    if (row.sound)
      ++sound;
    else if (row.possible)
      refused = &row;
    else
      impossible = &row;
  }
  advice.asks_to_accept = refused != nullptr;
  advice.can_open = impossible == nullptr && (refused == nullptr || accepted);
  if (impossible != nullptr)
    advice.sentence = "Series '" + impossible->description + "' cannot be opened: " + impossible->remark + ".";
  else if (refused != nullptr)
    advice.sentence = "'" + refused->description + "' is no regular grid: " + refused->remark +
                      ". Lengths and volumes measured on it may be wrong; it is opened only if that is accepted.";
  else if (std::ranges::all_of(chosen, [this](std::size_t i) { return rows_[i].modality == "SEG"; }))
    advice.sentence =
        sound == 1 ? "It is a segmentation and opens as labels." : "They are segmentations and open as labels.";
  else
    advice.sentence = sound == 1 ? "Its slices make a regular grid." : "Their slices make regular grids.";
  return advice;
}

std::vector<SeriesList::Opening> SeriesList::openings(std::span<const std::size_t> chosen, bool accepted) const {
  std::vector<Opening> openings;
  for (const std::size_t i : chosen) {
    const Row& row = rows_[i];
    if (!row.possible || (!row.sound && !accepted)) continue;
    Opening opening{place_, (row.modality.empty() ? "" : row.modality + " ") + row.description, {}};
    if (!folder_.series[i].uid.empty()) opening.hints["series"] = folder_.series[i].uid;
    if (!row.sound) opening.hints["accept_geometry"] = to_string(folder_.series[i].verdict.finding);
    openings.push_back(std::move(opening));
  }
  return openings;
}

std::string SeriesList::summary() const {
  std::string text = std::to_string(folder_.series.size()) + " series in " + std::to_string(folder_.files) + " files";
  if (const std::size_t damaged = folder_.damaged.size(); damaged > 0)
    text += "; " + std::to_string(damaged) + (damaged == 1 ? " damaged file was" : " damaged files were") + " left out";
  return text;
}

}  // namespace iso::gui
