#include "time_profile.h"

#include "gui/model/measure.h"

#include <algorithm>

namespace iso::gui {
namespace {

std::optional<TimeProfile> profile_over_time(const Item& item, const Measurement& line) {
  const render::Raster& raster = *item.raster;
  TimeProfile profile;
  Measurement in_frame = line;
  std::vector<std::vector<double>> rows;
  for (std::int64_t frame = 0; frame < raster.frames; ++frame) {
    in_frame.frame = frame;
    Profile row = make_profile(raster, in_frame);
    if (row.value.size() < 2) return {};
    profile.length_mm = row.place_mm.back() - row.place_mm.front();
    rows.push_back(std::move(row.value));
  }
  const auto across = static_cast<std::int64_t>(rows.front().size());
  Volume picture;
  picture.grid.size = {across, raster.frames, 1};
  PixelBuffer pixels = PixelBuffer::allocate({picture.grid.shape(), ScalarType::f32});
  auto to = pixels.values<float>().begin();
  for (const auto& row : rows)
    to = std::ranges::transform(row, to, [](double value) { return static_cast<float>(value); }).out;
  picture.pixels = std::move(pixels);
  render::Raster made = render::make_raster(freeze(std::move(picture)));
  made.anatomical = false;
  made.axes = {"mm", raster.axes[3], "", ""};
  made.unit = raster.unit;
  profile.picture = std::make_shared<const render::Raster>(std::move(made));
  profile.name = line.name;
  profile.measurement = line.id;
  profile.item = item.id;
  return profile;
}

}  // namespace

const Measurement* time_profile_line(const Document& document) {
  const Item* const item = document.find(document.look().layout.base);
  if (item == nullptr || !item->raster || item->raster->frames < 2) return nullptr;
  const Measurement* found = nullptr;
  for (const Measurement& m : document.measurements())
    if (m.item == item->id && m.kind == MeasureKind::line) found = &m;
  return found;
}

const TimeProfile* TimeProfiles::current() {
  const Measurement* const line = time_profile_line(document_);
  if (line == nullptr) {
    profile_.reset();
    raster_.reset();
    return nullptr;
  }
  const Item& item = *document_.find(line->item);
  if (raster_ != item.raster || line_ != *line) {
    raster_ = item.raster;
    line_ = *line;
    profile_ = profile_over_time(item, *line);
  }
  return profile_ ? &*profile_ : nullptr;
}

}  // namespace iso::gui
