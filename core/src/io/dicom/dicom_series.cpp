#include "iso/io/dicom_series.h"

#include "io/dicom/dicom_impl.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

namespace iso::io {

using namespace detail;
namespace fs = std::filesystem;

namespace {

// The frames of a segmentation or of a picture in tiles are put together; they are not slices.
void describe_mosaic(const DicomHeader& header, DicomSeries& series) {
  series.verdict = {};
  series.times = 1;
  try {
    const VoxelGrid grid = dicom_mosaic(header).grid;
    series.size = {grid.size[0], grid.size[1]};
    series.slices = grid.size[2];
    series.spacing_mm[2] = grid.size[2] > 1 ? grid.spacing_mm[2] : std::max(0.0, header.thickness);
  } catch (const Error& error) {
    series.refusal = error.what();
  }
}

fs::path find_middle(const std::vector<DicomHeader>& headers) {
  std::vector<std::pair<double, const DicomHeader*>> by_height;
  for (const DicomHeader& header : headers) {
    const DicomPlane& plane = header.planes.front();
    by_height.emplace_back(dot(plane.position, {plane.direction[2], plane.direction[5], plane.direction[8]}), &header);
  }
  const auto middle = by_height.begin() + static_cast<std::ptrdiff_t>(by_height.size() / 2);
  std::ranges::nth_element(by_height, middle, {}, [](const auto& entry) {
    return std::pair{entry.first, entry.second->file};
  });
  return middle->second->file;
}

DicomSeries described(const std::vector<DicomHeader>& headers) {
  const DicomHeader& first = headers.front();
  const DicomStack stack = dicom_stack(headers);
  DicomSeries series;
  series.uid = first.series;
  series.modality = first.modality;
  series.patient = first.patient;
  series.patient_id = first.patient_id;
  series.study = first.study;
  series.study_date = first.study_date;
  series.description = first.description;
  series.number = first.number;
  series.files = static_cast<std::int64_t>(headers.size());
  series.slices = static_cast<std::int64_t>(stack.slices);
  series.times = static_cast<std::int64_t>(stack.times);
  series.size = {first.columns, first.rows};
  if (const DicomPlane& plane = first.planes.front(); plane.spaced) {
    series.spacing_mm[0] = plane.spacing_x;
    series.spacing_mm[1] = plane.spacing_y;
  }
  // As the reader takes it: positions, else what the frames or the slices say of themselves.
  series.spacing_mm[2] = stack.step_mm > 0                          ? stack.step_mm
                         : stack.slices > 1 && first.frame_step > 0 ? first.frame_step
                                                                    : std::max(0.0, first.thickness);
  series.verdict = stack.verdict;
  series.middle = find_middle(headers);
  if (headers.size() == 1 && is_dicom_mosaic(first)) describe_mosaic(first, series);
  for (const DicomHeader& header : headers)
    if (series.refusal.empty()) series.refusal = header.refusal;
  if (series.refusal.empty() && stack.verdict.finding == Finding::mismatch)
    series.refusal = stack.verdict.sentence + "; open its files one by one";
  return series;
}

void describe_losses(const std::vector<DicomLoss>& losses, DicomSeries& series) {
  series.lost = static_cast<std::int64_t>(losses.size());
  if (losses.empty() || !series.refusal.empty()) return;
  series.refusal = "'" + losses[0].file.filename().string() + "' beside its slices cannot be read" +
                   (losses.size() > 1 ? ", and " + std::to_string(losses.size() - 1) + " more" : "") + ": " +
                   losses[0].why;
}

}  // namespace

std::string size_text(const DicomSeries& series) {
  return std::to_string(series.size[0]) + " x " + std::to_string(series.size[1]) + " x " +
         std::to_string(series.slices) + (series.times > 1 ? " x " + std::to_string(series.times) : "");
}

std::string spacing_text(const DicomSeries& series) {
  std::string text;
  for (const double step : series.spacing_mm) {
    char number[32] = "?";
    if (step > 0) std::snprintf(number, sizeof number, "%.4g", step);
    text += (text.empty() ? "" : " x ") + std::string{number};
  }
  return text + " mm";
}

DicomFolder list_dicom(const fs::path& place, const std::stop_token& stop,
                       const std::function<void(std::size_t, std::size_t)>& progress) {
  DicomFolder folder;
  DicomPlace found = look_through(place, stop, progress);
  folder.files = found.files;
  for (const DicomLoss& loss : found.losses) folder.damaged.push_back({loss.file, loss.why});
  std::map<std::string, std::vector<DicomHeader>> by_series;
  for (DicomHeader& image : found.images) by_series[image.series].push_back(std::move(image));
  if (by_series.empty())
    throw Error{Errc::no_input, "'" + place.string() + "' holds no DICOM image",
                "give the folder of a study or of a series"};
  for (auto& [uid, headers] : by_series) {
    folder.copies += drop_copies(headers, false).size();
    folder.series.push_back(described(headers));
    describe_losses(find_losses(headers, found.losses), folder.series.back());
    DicomSeries& series = folder.series.back();
    if (uid.empty() && by_series.size() > 1 && series.refusal.empty())
      series.refusal = "its files do not say which series they are of; open them one by one";
  }
  std::ranges::stable_sort(folder.series, {}, [](const DicomSeries& s) {
    return std::tie(s.patient, s.patient_id, s.study_date, s.study, s.number, s.description, s.uid);
  });
  return folder;
}

}  // namespace iso::io
