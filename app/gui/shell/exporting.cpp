// Pictures for people outside: the views as they are, and every slice of one view.

#include "exporting.h"

#include "main_window.h"
#include "view_area.h"

#include "gui/panels/export_dialog.h"
#include "render/bridge/movie.h"

#include "iso/base/file_replacement.h"
#include "iso/io/registry.h"

#include <QApplication>
#include <QBuffer>
#include <QFileDialog>
#include <QStatusBar>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

/// "slice_", or "slice-2_" where a folder has pictures of that name already, and so on.
std::string free_series(const fs::path& folder) {
  const auto taken = [&](std::string_view begin) {
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator{folder, problem})
      if (entry.path().filename().string().starts_with(begin)) return true;
    return false;
  };
  std::string begin = "slice_";
  for (int n = 2; taken(begin); ++n) begin = "slice-" + std::to_string(n) + "_";
  return begin;
}

/// Draws the pictures of a view one after the other, while the view shows each, and puts the view back.
class SeriesDrawer {
 public:
  SeriesDrawer(MainWindow& window, const PictureSeries& series)
      : window_{window},
        document_{window.desktop().document()},
        view_{*window.views().active_view()},
        shown_{view_.presenter()},
        series_{series},
        frames_{series.along == PictureSeries::Along::frames},
        item_{item()},
        count_{count()},
        before_{frames_ ? document_.look().frame : shown_.slice()},
        numbers_{picture_numbers(series, count_)} {}
  ~SeriesDrawer() {
    if (item() == item_ && count_ > 0) go_to(before_);
  }
  SeriesDrawer(const SeriesDrawer&) = delete;
  SeriesDrawer& operator=(const SeriesDrawer&) = delete;
  [[nodiscard]] std::size_t done() const noexcept { return done_; }
  [[nodiscard]] std::size_t all() const noexcept { return numbers_.size(); }

  /// Throws cancelled if another image comes into the view.
  void draw(const std::function<void(const render::Bitmap&, std::int64_t)>& take) {
    const ViewSize seen = view_.view_size();
    const auto scaled = [&](int pixels) { return std::max(1, static_cast<int>(std::lround(pixels * series_.factor))); };
    const ViewSize size{scaled(seen.width_px), scaled(seen.height_px), seen.pixel_ratio * series_.factor};
    for (const std::int64_t number : numbers_) {
      if (item() != item_ || count() != count_)
        throw Error{Errc::cancelled, "another image came into the view", "export it again"};
      go_to(number);
      render::SlicePicture picture = shown_.picture(size);
      if (!series_.words) {
        picture.annotations = picture.letters = picture.scale_bar = false;
        picture.crosshair_mm.reset();
      }
      take(render::draw(picture, size.width_px, size.height_px, size.pixel_ratio), number);
      ++done_;
      window_.statusBar()->showMessage(MainWindow::tr("Exported %1 of %2").arg(done_).arg(numbers_.size()));
      QApplication::processEvents(QEventLoop::ExcludeUserInputEvents);
    }
  }

 private:
  [[nodiscard]] ItemId item() const { return shown_.item() == nullptr ? ItemId{0} : shown_.item()->id; }
  [[nodiscard]] std::int64_t count() const {
    if (shown_.item() == nullptr) return 0;
    return frames_ ? shown_.item()->raster->frames : shown_.slices();
  }
  void go_to(std::int64_t number) {
    if (!frames_) return shown_.go_to_slice(number);
    Look look = document_.look();
    look.frame = number;
    document_.set_look(look);
  }
  MainWindow& window_;
  Document& document_;
  SliceView& view_;
  SlicePresenter& shown_;
  PictureSeries series_;
  bool frames_;
  ItemId item_;
  std::int64_t count_, before_;
  std::vector<std::int64_t> numbers_;
  std::size_t done_{0};
};

}  // namespace

void MainWindow::save_screenshot() {
  const QString file = QFileDialog::getSaveFileName(this, tr("Save screenshot"), QStringLiteral("screenshot.png"),
                                                    tr("Pictures (*.png)"));
  if (!file.isEmpty()) save_screenshot(file.toStdString());
}

void MainWindow::save_screenshot(const fs::path& file) {
  try {
    const QImage picture = views_->grab().toImage();
    QByteArray bytes;
    QBuffer buffer{&bytes};
    buffer.open(QIODevice::WriteOnly);
    if (!picture.save(&buffer, "PNG"))
      throw Error{Errc::internal, "the picture '" + file.string() + "' cannot be encoded"};
    const std::string_view content{bytes.constData(), static_cast<std::size_t>(bytes.size())};
    replace_file(file, content, ExistingFile::replace);  // the dialog has asked
    statusBar()->showMessage(tr("Saved %1").arg(QString::fromStdString(file.filename().string())), 4000);
  } catch (const Error& failure) {
    tell(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
  }
}

void MainWindow::export_sweep() {
  SliceView* const view = views_->active_view();
  const SlicePresenter& shown = view->presenter();
  if (shown.slices() < 1) return tell(tr("There is nothing to export: open an image first."));
  const ViewSize size = view->view_size();
  auto* const dialog = new ExportDialog{{shown.slices(), shown.item()->raster->frames, shown.slice(),
                                         desktop_.document().look().frame, size.width_px, size.height_px},
                                        this};
  connect(dialog, &ExportDialog::chosen, this, [this](const PictureSeries& series) {
    const QString place = series.movie ? QFileDialog::getSaveFileName(this, tr("Export a movie"),
                                                                      QStringLiteral("movie.ogv"), tr("Movies (*.ogv)"))
                                       : QFileDialog::getExistingDirectory(this, tr("Export pictures into a folder"));
    if (!place.isEmpty()) export_pictures(*this, place.toStdString(), series);
  });
  dialog->open();
}

void MainWindow::export_sweep(const fs::path& folder) { export_pictures(*this, folder, {}); }

void export_pictures(MainWindow& window, const fs::path& place, const PictureSeries& series) {
  const std::string begin = series.movie ? std::string{} : free_series(place);
  SeriesDrawer drawer{window, series};
  try {
    if (series.movie) {
      io::write_atomically(place, true, [&](const fs::path& temporary) {
        render::MovieWriter movie{temporary.string(), series.frames_a_second};
        drawer.draw([&](const render::Bitmap& bitmap, std::int64_t) { movie.add(bitmap); });
        movie.end();
      });
      return window.statusBar()->showMessage(
          MainWindow::tr("Saved %1").arg(QString::fromStdString(place.filename().string())), 4000);
    }
    drawer.draw([&](const render::Bitmap& bitmap, std::int64_t number) {
      const auto name = QStringLiteral("%1.png").arg(number + 1, 4, 10, QLatin1Char('0')).toStdString();
      io::write_atomically(place / (begin + name), false,
                           [&](const fs::path& temporary) { write_png(bitmap, temporary.string()); });
    });
    if (begin != "slice_")
      window.tell(MainWindow::tr("The folder held pictures of that name, so these are called %1 and so on; the others "
                                 "are as they were.")
                      .arg(QString::fromStdString(begin + "0001.png")));
  } catch (const Error& failure) {
    const QString hint = QString::fromStdString(failure.hint());
    if (series.movie) return window.tell(QString::fromUtf8(failure.what()), hint);
    window.tell(MainWindow::tr("%1 of %2 slices were exported as %3 and so on: %4.")
                    .arg(drawer.done())
                    .arg(drawer.all())
                    .arg(QString::fromStdString(begin + "0001.png"), QString::fromUtf8(failure.what())),
                hint);
  }
}

}  // namespace iso::gui
