#include "spectra_board.h"

#include "gui/model/measure.h"

#include "iso/base/error.h"
#include "iso/spectra/axis.h"
#include "iso/spectra/row_blocks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

namespace iso::gui {
namespace {

constexpr std::size_t most_labels = 24;  ///< more curves than that nobody tells apart

bool pins(const Measurement& m) noexcept { return m.kind == MeasureKind::point || is_region(m.kind); }

std::array<std::int64_t, 2> pixel_at(const render::Raster& raster, const Vec3& place_mm) {
  const Vec3 index = raster.frame.to_index(place_mm);
  return {std::llround(index[0]), std::llround(index[1])};
}

bool inside(const render::Raster& raster, const std::array<std::int64_t, 2>& pixel) noexcept {
  return pixel[0] >= 0 && pixel[1] >= 0 && pixel[0] < raster.frame.size[0] && pixel[1] < raster.frame.size[1];
}

/// u8 (x, y): 1 in the region.
Pixels make_region(const render::Raster& raster, const Measurement& m) {
  PixelBuffer region = PixelBuffer::allocate({Shape{raster.frame.size[0], raster.frame.size[1]}, ScalarType::u8});
  const auto values = region.values<std::uint8_t>();
  const std::int64_t plane = raster.frame.size[0] * raster.frame.size[1];
  for (const std::int64_t voxel : voxels_inside(raster, m)) values[static_cast<std::size_t>(voxel % plane)] = 1;
  return region;
}

ShownSpectrum make_mean(const SpectralCube& cube, const Pixels& region, int label, std::string name,
                        const Rgb& colour) {
  spectra::MeanSpectrum mean = spectra::mean_spectrum(cube, region, label);
  return {std::move(name), std::move(mean.mean), std::move(mean.deviation), mean.pixels, colour};
}

ShownSpectrum make_spectrum(const DatasetPtr& data, const render::Raster& raster, const Measurement& m) {
  const auto& cube = get<SpectralCube>(data);
  const Rgb colour = line_colour(m.id - 1);
  if (m.kind != MeasureKind::point) return make_mean(cube, make_region(raster, m), 1, m.name, colour);
  const auto pixel = pixel_at(raster, m.points_mm.at(0));
  ShownSpectrum shown{m.name, {}, {}, 1, colour};
  if (inside(raster, pixel)) shown.mean = spectra::spectrum_at(cube, pixel[0], pixel[1]);
  return shown;
}

/// A label map over the cube, as u8 (x, y): labels above 255 are left out.
std::optional<Pixels> flat_labels(const LabelMap& map, const render::Raster& raster) {
  const Shape& shape = map.labels.spec().shape;
  if (shape[0] != raster.frame.size[0] || shape[1] != raster.frame.size[1] || shape.count() != shape[0] * shape[1])
    return {};
  if (map.labels.spec().type == ScalarType::u8) return map.labels.reshaped(Shape{shape[0], shape[1]});
  PixelBuffer flat = PixelBuffer::allocate({Shape{shape[0], shape[1]}, ScalarType::u8});
  std::ranges::transform(map.labels.values<std::uint16_t>(), flat.values<std::uint8_t>().begin(),
                         [](std::uint16_t label) { return static_cast<std::uint8_t>(label > 255 ? 0 : label); });
  return flat;
}

void add_labels(SpectraBoard::Spectra& spectra, const SpectralCube& cube, const render::Raster& raster,
                const LabelMap& map) {
  const auto flat = flat_labels(map, raster);
  if (!flat) return;
  const auto values = flat->values<std::uint8_t>();
  std::set<std::uint8_t> labels{values.begin(), values.end()};
  labels.erase(0);
  for (const std::uint8_t label : labels) {
    if (spectra.size() >= most_labels) return;
    const bool named = label < map.names.size() && !map.names[label].empty();
    const auto& colours = render::colour_map("labels");
    const auto& c = colours[static_cast<std::size_t>((label - 1) % 255 + 1)];
    spectra.push_back(
        make_mean(cube, *flat, label, named ? map.names[label] : "label " + std::to_string(label), {c[0], c[1], c[2]}));
  }
}

}  // namespace

const Item* SpectraBoard::item() const noexcept {
  const Item* const base = document_.find(document_.look().layout.base);
  return base != nullptr && base->raster && base->raster->stack ? base : nullptr;
}

const SpectralCube* SpectraBoard::cube() const noexcept {
  const Item* const base = item();
  return base == nullptr ? nullptr : std::get_if<SpectralCube>(base->data.get());
}

std::vector<double> SpectraBoard::centres() const {
  return cube() == nullptr ? std::vector<double>{} : spectra::band_centres(*cube());
}

std::string SpectraBoard::axis_words() const { return cube() == nullptr ? "" : spectra::axis_label(cube()->bands); }

std::int64_t SpectraBoard::band() const {
  const Item* const base = item();
  if (base == nullptr) return 0;
  const double at = base->raster->frame.to_index(document_.look().crosshair.position_mm)[2];
  return std::clamp<std::int64_t>(std::llround(at), 0, base->raster->frame.size[2] - 1);
}

void SpectraBoard::go_to_band(std::int64_t band) {
  const Item* const base = item();
  if (base == nullptr) return;
  document_.set_composite(base->id, {});
  Look look = document_.look();
  Vec3 index = base->raster->frame.to_index(look.crosshair.position_mm);
  index[2] = static_cast<double>(std::clamp<std::int64_t>(band, 0, base->raster->frame.size[2] - 1));
  look.crosshair.position_mm = base->raster->frame.to_world(index);
  document_.set_look(look);
}

std::int64_t SpectraBoard::nearest_band(double centre) const {
  const auto all = centres();
  const auto nearest = std::ranges::min_element(all, {}, [&](double c) { return std::abs(c - centre); });
  return nearest == all.end() ? 0 : nearest - all.begin();
}

std::vector<std::pair<double, double>> SpectraBoard::bad_ranges() const {
  std::vector<std::pair<double, double>> ranges;
  if (cube() == nullptr) return ranges;
  const auto all = centres();
  const auto good = spectra::good_bands(*cube());
  const auto half = [&](std::size_t i, int side) {  // of the way to the next centre
    const bool there = side < 0 ? i > 0 : i + 1 < all.size();
    const std::size_t other =
        there ? i + static_cast<std::size_t>(side) : (i > 0 ? i - 1 : std::min(i + 1, all.size() - 1));
    const double step = std::abs(all[i] - all[other]) / 2;
    return step > 0 ? step : 0.5;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (good[i]) continue;
    const std::size_t first = i;
    while (i + 1 < all.size() && !good[i + 1]) ++i;
    const auto [low, high] = std::minmax(all[first], all[i]);
    ranges.emplace_back(low - half(first, -1), high + half(i, 1));
  }
  return ranges;
}

std::optional<std::string> SpectraBoard::mark_bands(double low, double high, bool good) {
  const Item* const base = item();
  if (cube() == nullptr) return "There is no cube to mark bands of";
  const auto all = centres();
  const std::vector<bool> before = spectra::good_bands(*cube());
  std::vector<bool> now = before;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i] >= low && all[i] <= high) now[i] = good;
  if (now == before) return std::nullopt;
  if (std::ranges::none_of(now, [](bool one) { return one; })) return "At least one band has to stay in use";
  PixelBuffer mask = PixelBuffer::allocate({Shape{static_cast<std::int64_t>(now.size())}, ScalarType::u8});
  std::ranges::transform(now, mask.values<std::uint8_t>().begin(),
                         [](bool one) { return one ? std::uint8_t{1} : std::uint8_t{0}; });
  SpectralCube changed = *cube();
  changed.band_mask = std::move(mask);
  document_.set_data(base->id, freeze(std::move(changed)), good ? "Use bands again" : "Mark bad bands");
  return std::nullopt;
}

std::optional<ShownSpectrum> SpectraBoard::at(const Vec3& place_mm) const {
  if (cube() == nullptr) return {};
  const auto pixel = pixel_at(*item()->raster, place_mm);
  if (!inside(*item()->raster, pixel)) return {};
  return ShownSpectrum{"(" + std::to_string(pixel[0]) + ", " + std::to_string(pixel[1]) + ")",
                       spectra::spectrum_at(*cube(), pixel[0], pixel[1]),
                       {},
                       1,
                       {255, 255, 255}};
}

bool SpectraBoard::pin(const Vec3& place_mm) {
  if (cube() == nullptr) return false;
  const auto pixel = pixel_at(*item()->raster, place_mm);
  if (!inside(*item()->raster, pixel)) return false;
  Measurement point;
  point.item = item()->id;
  point.kind = MeasureKind::point;
  point.plane = {place_mm, {1, 0, 0}, {0, -1, 0}};
  point.points_mm = {place_mm};
  document_.add_measurement(std::move(point));
  return true;
}

std::optional<SpectraBoard::Work> SpectraBoard::pending() const {
  const Item* const base = item();
  std::vector<Measurement> asked;
  std::ostringstream key;
  if (base != nullptr) {
    key << base->data.get();
    for (const Measurement& m : document_.measurements()) {
      if (m.item != base->id || !pins(m)) continue;
      asked.push_back(m);
      key << '|' << m.id << m.name << static_cast<int>(m.kind);
      for (const Vec3& p : m.points_mm) key << ',' << p[0] << ',' << p[1];
    }
  }
  const Item* const over = document_.find(document_.look().overlay.item);
  DatasetPtr labels;
  if (base != nullptr && over != nullptr && std::holds_alternative<LabelMap>(*over->data)) {
    labels = over->data;
    key << '/' << over->raster.get();  // another one with every stroke
  }
  if (key.str() == taken_.key) return {};
  if (base == nullptr) return Work{key.str(), [] { return Spectra{}; }, {}};
  // A stroke must go on in place while this is computed, so the labels are copied here: one byte a pixel.
  std::shared_ptr<LabelMap> copy;
  if (labels) {
    const auto& map = get<LabelMap>(labels);
    if (const auto flat = flat_labels(map, *base->raster))
      copy = std::make_shared<LabelMap>(LabelMap{PixelBuffer::make_copy(*flat), map.grid, map.names, {}});
  }
  return Work{key.str(),
              [data = base->data, raster = base->raster, asked = std::move(asked), copy] {
                Spectra spectra;
                for (const Measurement& m : asked) spectra.push_back(make_spectrum(data, *raster, m));
                if (copy) add_labels(spectra, get<SpectralCube>(data), *raster, *copy);
                std::erase_if(spectra, [](const ShownSpectrum& one) { return one.mean.empty() || one.pixels == 0; });
                return spectra;
              },
              {base->data, over == nullptr ? nullptr : over->raster}};
}

void SpectraBoard::take(const Work& work, Spectra spectra) {
  taken_ = work;
  taken_.make = {};
  pinned_ = std::move(spectra);
}

spectra::SpectralLibrary SpectraBoard::library() const {
  if (cube() == nullptr || pinned_.empty())
    throw Error{Errc::invalid_input, "no spectrum is pinned yet", "pin pixels (P) or draw regions on the cube"};
  spectra::SpectralLibrary library;
  library.bands = cube()->bands;
  library.bands.values = centres();
  library.bands.first = library.bands.step = 0;
  library.widths = spectra::band_widths(*cube());
  library.quantity = cube()->quantity;
  library.meta["source"] = item()->name;
  for (const ShownSpectrum& one : pinned_)
    if (one.mean.size() == library.bands.values.size()) library.add(one.name, one.mean);
  return library;
}

std::vector<Match> best_matches(const std::vector<double>& centres, const std::vector<double>& values,
                                const spectra::SpectralLibrary& library, std::size_t count) {
  std::vector<Match> matches;
  for (std::size_t index = 0; index < library.count(); ++index) {
    std::vector<double> there = spectra::resample(library.bands.values, library.spectrum(index), centres);
    double both = 0, ours = 0, theirs = 0;
    std::size_t common = 0;
    for (std::size_t i = 0; i < centres.size(); ++i) {
      if (!std::isfinite(values[i]) || !std::isfinite(there[i])) continue;
      both += values[i] * there[i];
      ours += values[i] * values[i];
      theirs += there[i] * there[i];
      ++common;
    }
    if (common < 2 || !(ours > 0) || !(theirs > 0)) continue;
    const double angle = std::acos(std::clamp(both / std::sqrt(ours * theirs), -1.0, 1.0));
    for (double& value : there) value *= both / theirs;
    matches.push_back({index, angle, std::move(there)});
  }
  std::ranges::stable_sort(matches, {}, &Match::angle_rad);
  if (matches.size() > count) matches.resize(count);
  return matches;
}

}  // namespace iso::gui
