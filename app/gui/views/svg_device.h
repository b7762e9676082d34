#pragma once

#include <QPaintDevice>
#include <QSize>
#include <QString>

#include <memory>

namespace iso::gui {

/// What a painter draws, as SVG 1.1: lines, shapes and text, one unit a pixel. Pictures are left out; text stays text. Qt's own
/// writer is in a module that this program does not have.
class SvgDevice : public QPaintDevice {
 public:
  explicit SvgDevice(const QSize& size);
  ~SvgDevice() override;
  [[nodiscard]] QPaintEngine* paintEngine() const override;
  [[nodiscard]] QString text() const;  ///< the whole file, once the painter has ended

 protected:
  [[nodiscard]] int metric(PaintDeviceMetric metric) const override;

 private:
  class Engine;
  QSize size_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace iso::gui
