#include "svg_device.h"

#include <QFont>
#include <QPaintEngine>
#include <QPainterPath>
#include <QPen>
#include <QStringList>
#include <QTransform>

#include <algorithm>
#include <cmath>

namespace iso::gui {
namespace {

QString number(double value) { return QString::number(value, 'g', 7); }

QString to_data(const QPainterPath& path) {
  QString data;
  for (int i = 0; i < path.elementCount(); ++i) {
    const QPainterPath::Element e = path.elementAt(i);
    const QString place = number(e.x) + QLatin1Char(',') + number(e.y) + QLatin1Char(' ');
    if (e.type == QPainterPath::MoveToElement) data += QLatin1Char('M') + place;
    if (e.type == QPainterPath::LineToElement) data += QLatin1Char('L') + place;
    if (e.type == QPainterPath::CurveToElement) data += QLatin1Char('C') + place;
    if (e.type == QPainterPath::CurveToDataElement) data += place;
  }
  return data.trimmed();
}

QString colour_words(const char* what, const QColor& colour) {
  QString words = QStringLiteral(" %1=\"%2\"").arg(QLatin1String(what), colour.name());
  if (colour.alpha() < 255)
    words += QStringLiteral(" %1-opacity=\"%2\"").arg(QLatin1String(what), number(colour.alphaF()));
  return words;
}

}  // namespace

class SvgDevice::Engine : public QPaintEngine {
 public:
  Engine() : QPaintEngine{QPaintEngine::AllFeatures} {}
  bool begin(QPaintDevice*) override {
    body.clear();
    defs.clear();
    return true;
  }
  bool end() override { return true; }
  [[nodiscard]] Type type() const override { return QPaintEngine::User; }
  void updateState(const QPaintEngineState& now) override {
    const auto dirty = now.state();
    if (dirty & DirtyPen) pen_ = now.pen();
    if (dirty & DirtyBrush) brush_ = now.brush();
    if (dirty & DirtyFont) font_ = now.font();
    if (dirty & DirtyTransform) transform_ = now.transform();
    if (dirty & DirtyOpacity) opacity_ = now.opacity();
    if (dirty & (DirtyClipPath | DirtyClipRegion | DirtyClipEnabled)) take_clip(now);
  }
  void drawPath(const QPainterPath& path) override { put(path, true); }
  void drawPolygon(const QPointF* points, int count, PolygonDrawMode mode) override {
    QPainterPath path;
    for (int i = 0; i < count; ++i) i == 0 ? path.moveTo(points[i]) : path.lineTo(points[i]);
    if (mode != PolylineMode) path.closeSubpath();
    put(path, mode != PolylineMode);
  }
  void drawTextItem(const QPointF& at, const QTextItem& item) override {
    const QFont font = item.font();
    const double size = font.pixelSize() > 0 ? font.pixelSize() : font.pointSizeF() * 96 / 72;
    body << QStringLiteral("<text x=\"%1\" y=\"%2\" font-family=\"%3\" font-size=\"%4\"%5%6%7>%8</text>")
                .arg(number(at.x()), number(at.y()), font.family().toHtmlEscaped(), number(size),
                     font.bold() ? QStringLiteral(" font-weight=\"bold\"") : QString{},
                     colour_words("fill", pen_.color()), around(), item.text().toHtmlEscaped());
  }
  void drawPixmap(const QRectF&, const QPixmap&, const QRectF&) override {}

  QStringList body, defs;

 private:
  void take_clip(const QPaintEngineState& now) {
    clip_.clear();
    if (!now.isClipEnabled()) return;
    QPainterPath path;
    if (now.state() & DirtyClipPath)
      path = now.clipPath();
    else
      path.addRegion(now.clipRegion());
    if (path.isEmpty()) return;
    clip_ = QStringLiteral("clip%1").arg(defs.size());
    defs << QStringLiteral("<clipPath id=\"%1\"><path d=\"%2\"/></clipPath>").arg(clip_, to_data(path));
  }
  [[nodiscard]] QString around() const {
    QString words;
    if (!transform_.isIdentity())
      words += QStringLiteral(" transform=\"matrix(%1 %2 %3 %4 %5 %6)\"")
                   .arg(number(transform_.m11()), number(transform_.m12()), number(transform_.m21()),
                        number(transform_.m22()), number(transform_.dx()), number(transform_.dy()));
    if (!clip_.isEmpty()) words += QStringLiteral(" clip-path=\"url(#%1)\"").arg(clip_);
    if (opacity_ < 1) words += QStringLiteral(" opacity=\"%1\"").arg(number(opacity_));
    return words;
  }
  void put(const QPainterPath& path, bool filled) {
    if (path.isEmpty()) return;
    QString words = QStringLiteral("<path d=\"%1\"").arg(to_data(path));
    words += filled && brush_.style() != Qt::NoBrush ? colour_words("fill", brush_.color())
                                                     : QStringLiteral(" fill=\"none\"");
    if (pen_.style() != Qt::NoPen) {
      const double width = std::max(1.0, pen_.widthF());
      words += colour_words("stroke", pen_.color()) + QStringLiteral(" stroke-width=\"%1\"").arg(number(width));
      QStringList dashes;
      if (pen_.style() != Qt::SolidLine)
        for (const double part : pen_.dashPattern()) dashes << number(part * width);
      if (!dashes.isEmpty()) words += QStringLiteral(" stroke-dasharray=\"%1\"").arg(dashes.join(QLatin1Char(' ')));
    }
    body << words + around() + QStringLiteral("/>");
  }
  QPen pen_;
  QBrush brush_;
  QFont font_;
  QTransform transform_;
  double opacity_{1};
  QString clip_;
};

SvgDevice::SvgDevice(const QSize& size) : size_{size}, engine_{std::make_unique<Engine>()} {}
SvgDevice::~SvgDevice() = default;
QPaintEngine* SvgDevice::paintEngine() const { return engine_.get(); }

QString SvgDevice::text() const {
  return QStringLiteral(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" "
             "version=\"1.1\" width=\"%1\" height=\"%2\" viewBox=\"0 0 %1 %2\">\n<defs>%3</defs>\n%4\n</svg>\n")
      .arg(size_.width())
      .arg(size_.height())
      .arg(engine_->defs.join(QString{}), engine_->body.join(QLatin1Char('\n')));
}

int SvgDevice::metric(PaintDeviceMetric metric) const {
  switch (metric) {
    case PdmWidth: return size_.width();
    case PdmHeight: return size_.height();
    case PdmWidthMM: return static_cast<int>(std::lround(size_.width() * 25.4 / 96));
    case PdmHeightMM: return static_cast<int>(std::lround(size_.height() * 25.4 / 96));
    case PdmNumColors: return 1 << 24;
    case PdmDepth: return 32;
    case PdmDpiX:
    case PdmDpiY:
    case PdmPhysicalDpiX:
    case PdmPhysicalDpiY: return 96;
    case PdmDevicePixelRatio: return 1;
    case PdmDevicePixelRatioScaled: return static_cast<int>(devicePixelRatioFScale());
    default: return 0;
  }
}

}  // namespace iso::gui
