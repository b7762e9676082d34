#include "icons.h"

#include "host/startup/resources.h"

#include <QApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>

namespace iso::gui {
namespace {

/// A white picture on a clear ground, coloured when it is drawn: the same picture serves dark and light windows.
class Engine final : public QIconEngine {
 public:
  explicit Engine(QPixmap picture) : picture_{std::move(picture)} {}
  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    painter->drawPixmap(rect, scaled(rect.size() * painter->device()->devicePixelRatioF(), mode, state));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override { return scaled(size, mode, state); }
  [[nodiscard]] QIconEngine* clone() const override { return new Engine{picture_}; }

 private:
  [[nodiscard]] QPixmap scaled(const QSize& size, QIcon::Mode mode, QIcon::State) const {
    QPixmap made = picture_.scaled(size, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    QPainter painter{&made};
    painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
    const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
    painter.fillRect(made.rect(), QApplication::palette().color(group, QPalette::WindowText));
    return made;
  }
  QPixmap picture_;
};

}  // namespace

QIcon make_icon(const QString& name) {
  const std::filesystem::path folder = host::resource_folder("icons");
  if (folder.empty()) return {};
  QPixmap picture{QString::fromStdString((folder / (name.toStdString() + ".png")).string())};
  return picture.isNull() ? QIcon{} : QIcon{new Engine{std::move(picture)}};
}

}  // namespace iso::gui
