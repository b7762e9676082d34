#include "pictures.h"

#include <QDir>
#include <QFile>
#include <QPainter>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace iso::gui::test {
namespace {

constexpr int box = 8;  // two by two boxes are a block, so that blocks overlap by half
constexpr double of_quantisation = 6;
constexpr int step = 8;

struct Boxes {
  int across{0}, down{0};
  std::vector<std::array<double, 3>> mean;
};

Boxes find_boxes(const QImage& picture) {
  Boxes boxes{(picture.width() + box - 1) / box, (picture.height() + box - 1) / box, {}};
  boxes.mean.resize(static_cast<std::size_t>(boxes.across) * static_cast<std::size_t>(boxes.down));
  std::vector<int> counts(boxes.mean.size());
  for (int y = 0; y < picture.height(); ++y) {
    const auto* const line = reinterpret_cast<const QRgb*>(picture.constScanLine(y));
    for (int x = 0; x < picture.width(); ++x) {
      const auto at = static_cast<std::size_t>(y / box * boxes.across + x / box);
      boxes.mean[at][0] += qRed(line[x]);
      boxes.mean[at][1] += qGreen(line[x]);
      boxes.mean[at][2] += qBlue(line[x]);
      ++counts[at];
    }
  }
  for (std::size_t i = 0; i < counts.size(); ++i)
    for (double& channel : boxes.mean[i]) channel /= std::max(1, counts[i]);
  return boxes;
}

QImage with_masks(const QImage& picture, const std::vector<QRect>& masked) {
  QImage result = picture.convertToFormat(QImage::Format_RGB32);
  result.setDevicePixelRatio(1);
  QPainter painter{&result};
  for (const QRect& part : masked) painter.fillRect(part, QColor{128, 128, 128});
  return result;
}

/// Half as large as a PNG where there are few colours; the same picture.
QImage with_palette(const QImage& picture) {
  std::set<QRgb> colours;
  for (int y = 0; y < picture.height(); ++y) {
    const auto* const line = reinterpret_cast<const QRgb*>(picture.constScanLine(y));
    colours.insert(line, line + picture.width());
  }
  return colours.size() > 256 ? picture : picture.convertToFormat(QImage::Format_Indexed8, Qt::ThresholdDither);
}

}  // namespace

PictureDifference difference(const QImage& actual, const QImage& baseline, const std::vector<QRect>& masked) {
  PictureDifference found;
  found.same_size = actual.size() == baseline.size();
  if (!found.same_size) return found;
  const Boxes a = find_boxes(with_masks(actual, masked)), b = find_boxes(with_masks(baseline, masked));
  found.picture = QImage{actual.size(), QImage::Format_RGB32};
  found.picture.fill(Qt::black);
  QPainter painter{&found.picture};
  int blocks = 0, changed = 0;
  for (int y = 0; y + 1 < a.down; ++y)
    for (int x = 0; x + 1 < a.across; ++x) {
      std::array<double, 3> apart{};
      for (const int at : {y * a.across + x, y * a.across + x + 1, (y + 1) * a.across + x, (y + 1) * a.across + x + 1})
        for (std::size_t k = 0; k < 3; ++k)
          apart[k] += (a.mean[static_cast<std::size_t>(at)][k] - b.mean[static_cast<std::size_t>(at)][k]) / 4;
      double most = 0;
      for (double& channel : apart) most = std::max(most, channel = std::abs(channel));
      const auto shade = [&](std::size_t k) { return std::min(255, static_cast<int>(4 * apart[k])); };
      painter.fillRect(QRect{x * box + box / 2, y * box + box / 2, box, box}, QColor{shade(0), shade(1), shade(2)});
      found.mean += most;
      ++blocks;
      changed += most > of_quantisation;
      if (most > found.worst) {
        found.worst = most;
        found.worst_at = QPoint{(x + 1) * box, (y + 1) * box};
      }
    }
  found.mean /= std::max(1, blocks);
  found.changed_part = static_cast<double>(changed) / std::max(1, blocks);
  return found;
}

bool looks_the_same(const PictureDifference& found) {
  return found.same_size && found.worst <= most_of_a_block && found.changed_part <= most_changed_part;
}

QImage quantised(const QImage& picture, const std::vector<QRect>& masked) {
  QImage result = with_masks(picture, masked);
  const auto near = [](int channel) { return std::min(255, (channel + step / 2) / step * step); };
  for (int y = 0; y < result.height(); ++y) {
    auto* const line = reinterpret_cast<QRgb*>(result.scanLine(y));
    for (int x = 0; x < result.width(); ++x)
      line[x] = qRgb(near(qRed(line[x])), near(qGreen(line[x])), near(qBlue(line[x])));
  }
  return result;
}

namespace {

struct Shade {
  std::array<int, 3> colour{};
  qint64 pixels{0};
};

/// Colours that get one entry of the palette, or will be cut in two.
struct Cut {
  std::vector<Shade> shades;
  int longest{0};    ///< the channel they differ most in
  double spread{0};  ///< how far, weighed by how often they occur
  void measure() {
    qint64 pixels = 0;
    for (const Shade& shade : shades) pixels += shade.pixels;
    int most = 0;
    for (int k = 0; k < 3; ++k) {
      const auto at = static_cast<std::size_t>(k);
      const auto [low, high] = std::ranges::minmax(shades, {}, [at](const Shade& s) { return s.colour[at]; });
      if (high.colour[at] - low.colour[at] > most) {
        most = high.colour[at] - low.colour[at];
        longest = k;
      }
    }
    spread = most * std::sqrt(static_cast<double>(pixels));
  }
  [[nodiscard]] Cut half() {
    const auto at = static_cast<std::size_t>(longest);
    std::ranges::stable_sort(shades, {}, [at](const Shade& s) { return s.colour[at]; });
    const int middle = (shades.front().colour[at] + shades.back().colour[at] + 1) / 2;
    const auto begin = std::ranges::find_if(shades, [&](const Shade& s) { return s.colour[at] >= middle; });
    Cut other;
    other.shades.assign(begin, shades.end());
    shades.erase(begin, shades.end());
    measure();
    other.measure();
    return other;
  }
  [[nodiscard]] QRgb mean() const {
    std::array<double, 3> sum{};
    double pixels = 0;
    for (const Shade& shade : shades) {
      pixels += static_cast<double>(shade.pixels);
      for (std::size_t k = 0; k < 3; ++k) sum[k] += static_cast<double>(shade.pixels) * shade.colour[k];
    }
    const auto channel = [&](std::size_t k) { return static_cast<int>(std::lround(sum[k] / pixels)); };
    return qRgb(channel(0), channel(1), channel(2));
  }
};

}  // namespace

QImage few_colours(const QImage& picture) {
  constexpr std::size_t most_colours = 256;
  const QImage from = picture.convertToFormat(QImage::Format_RGB32);
  std::map<QRgb, qint64> counts;
  for (int y = 0; y < from.height(); ++y) {
    const auto* const line = reinterpret_cast<const QRgb*>(from.constScanLine(y));
    for (int x = 0; x < from.width(); ++x) ++counts[line[x]];
  }
  std::vector<Cut> cuts(1);
  for (const auto& [colour, pixels] : counts)
    cuts[0].shades.push_back({{qRed(colour), qGreen(colour), qBlue(colour)}, pixels});
  cuts[0].measure();
  while (cuts.size() < most_colours) {
    const auto widest = std::ranges::max_element(cuts, {}, &Cut::spread);
    if (widest->spread <= 0) break;
    Cut other = widest->half();
    cuts.push_back(std::move(other));
  }
  std::map<QRgb, uint> entry;
  QList<QRgb> palette;
  for (const Cut& cut : cuts) {
    for (const Shade& shade : cut.shades)
      entry[qRgb(shade.colour[0], shade.colour[1], shade.colour[2])] = static_cast<uint>(palette.size());
    palette.push_back(cut.mean());
  }
  QImage result{from.size(), QImage::Format_Indexed8};
  result.setColorTable(palette);
  for (int y = 0; y < from.height(); ++y) {
    const auto* const line = reinterpret_cast<const QRgb*>(from.constScanLine(y));
    uchar* const to = result.scanLine(y);
    for (int x = 0; x < from.width(); ++x) to[x] = static_cast<uchar>(entry[line[x]]);
  }
  return result;
}

QString compare_with_baseline(const QImage& actual, const QString& name, const std::vector<QRect>& masked) {
  const QString file = QStringLiteral(ISO_SOURCE_DIR "/tests/app/gui/window/baselines/%1.png").arg(name);
  if (qEnvironmentVariableIntValue("ISO_RENEW_BASELINES") == 1) {
    QDir{}.mkpath(QFileInfo{file}.path());
    // Kept as they are where they look the same, so that a renewal shows in the history only what has changed.
    if (const QImage before{file}; !before.isNull() && looks_the_same(difference(actual, before, masked))) return {};
    const QImage small = with_palette(quantised(actual, masked));
    return small.save(file, "PNG", 0) ? QString{} : QStringLiteral("cannot write ") + file;
  }
  const QImage baseline{file};
  const PictureDifference found = difference(actual, baseline, masked);
  if (!baseline.isNull() && looks_the_same(found)) return {};
  const QString place = QStringLiteral(ISO_BINARY_DIR "/screenshots/differing/");
  QDir{}.mkpath(place);
  const auto keep = [&](const QImage& picture, const char* what) {
    const QString kept = QStringLiteral("%1%2.%3.png").arg(place, name, QLatin1String{what});
    return picture.isNull() || !picture.save(kept) ? QString{} : QStringLiteral("\n  ") + kept;
  };
  const QString files =
      keep(actual, "actual") + keep(baseline, "baseline") + keep(found.picture, "difference") +
      QStringLiteral("\nIf the new picture is right: ISO_RENEW_BASELINES=1 ctest --preset release -R DesktopPictures");
  if (baseline.isNull()) return QStringLiteral("there is no baseline %1, see").arg(file) + files;
  if (!found.same_size)
    return QStringLiteral("'%1' is %2 x %3, its baseline %4 x %5, see")
               .arg(name)
               .arg(actual.width())
               .arg(actual.height())
               .arg(baseline.width())
               .arg(baseline.height()) +
           files;
  return QStringLiteral("'%1' differs from its baseline by %2 levels around (%3, %4), in %5 % of the picture, see")
             .arg(name)
             .arg(found.worst, 0, 'f', 1)
             .arg(found.worst_at.x())
             .arg(found.worst_at.y())
             .arg(100 * found.changed_part, 0, 'f', 2) +
         files;
}

}  // namespace iso::gui::test
