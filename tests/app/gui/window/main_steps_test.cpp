// The main steps of work as pictures, compared with baselines; at a scale factor of 2 as well (ctest runs both). A picture
// that differs is written beside its baseline; `ISO_RENEW_BASELINES=1 ctest --preset release -R DesktopPictures` takes the
// new ones.

#include "inspect.h"
#include "pictures.h"
#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"

#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QFontInfo>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStatusBar>

#include <numbers>

namespace iso::gui {
namespace {

class Pictures : public test::WindowTest {
 protected:
  void SetUp() override {
    if (QFontInfo{QApplication::font()}.family() != QStringLiteral("DejaVu Sans"))
      GTEST_SKIP() << "the baselines are drawn with DejaVu Sans, which is not installed";
  }

  /// A head of 96^3 voxels of 2 mm in Hounsfield units.
  ItemId open_head() {
    const auto head = evaluation::forbild_like_head(8);
    return open("head.nrrd",
                test::volume({96, 96, 96}, {2, 2, 2}, [&](const Vec3& p) { return 1000 * head.value_at(p) - 1000; }));
  }
  ItemId open_scan() {
    const auto head = evaluation::shepp_logan_2d(60);
    const auto geometry = ProjectionGeometry::parallel(equal_angles(60, std::numbers::pi), {95, 1}, {1.4, 1.4});
    return open("scan.h5", freeze(evaluation::project(head, geometry, 2)));
  }
  /// Words that tell times, memory and speed, which differ from run to run.
  std::vector<QRect> varying() {
    std::vector<QRect> parts;
    const double ratio = qApp->devicePixelRatio() > 1 ? 1 : window->devicePixelRatioF();  // pictures at 2 x are halved
    for (const QWidget* widget : window->findChildren<QWidget*>()) {
      const bool varies = widget->accessibleName() == QStringLiteral("What the run will take") ||
                          qobject_cast<const QProgressBar*>(widget) != nullptr;
      if (!varies || !widget->isVisible()) continue;
      const QRectF at{widget->mapTo(window.get(), QPoint{}) * ratio, QSizeF{widget->size()} * ratio};
      parts.push_back(at.toAlignedRect().adjusted(-2, -2, 2, 2));
    }
    return parts;
  }

  void settle() {
    wait_until([&] { return desktop->background().running() == 0; });
    rest(700);  // the estimate of a form and the figures of a comparison are asked for a moment later
    wait_until([&] { return desktop->background().running() == 0; });
    VolumeView& volume = *window->views().volume_view();
    wait_until([&] { return !volume.isVisible() || volume.finished(); });  // rays of every pixel are cast
    window->statusBar()->clearMessage();
    rest(50);
  }
  QImage grabbed() {
    QImage picture = window->grab().toImage();
    if (picture.devicePixelRatio() <= 1) return picture;
    return picture.scaled(picture.size() / picture.devicePixelRatio(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
  }
  void expect_as_before(const QString& name) {
    const QString scale = qApp->devicePixelRatio() > 1 ? QStringLiteral("_doubled") : QString{};
    keep_picture(QStringLiteral("step-") + name);
    const QString problem = test::compare_with_baseline(grabbed(), name + scale, varying());
    EXPECT_TRUE(problem.isEmpty()) << problem.toStdString();
    EXPECT_EQ(test::clipped_texts(*window).join('\n').toStdString(), "")
        << "in the step '" << name.toStdString() << "'";
  }
};

TEST_F(Pictures, OfAnOpenedVolume) {
  open_head();
  settle();
  expect_as_before(QStringLiteral("open"));
}

TEST_F(Pictures, OfScrollingAndWindowing) {
  open_head();
  wheel(axial(), 9);
  settle();
  expect_as_before(QStringLiteral("scroll"));
  drag(axial(), Qt::LeftButton, middle(axial()), middle(axial()) + QPoint{-60, 24});
  settle();
  expect_as_before(QStringLiteral("window"));
}

TEST_F(Pictures, OfTheCrosshair) {
  open_head();
  window->action(QStringLiteral("tool.crosshair"))->trigger();
  const double side = axial().presenter().picture(axial().view_size()).mm_per_pixel;
  const QPoint at = middle(axial()) +
                    QPoint{qRound(30 / side / qApp->devicePixelRatio()), qRound(-24 / side / qApp->devicePixelRatio())};
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, at);
  settle();
  expect_as_before(QStringLiteral("crosshair"));
}

TEST_F(Pictures, OfMeasuring) {
  open_head();
  window->action(QStringLiteral("tool.ellipse"))->trigger();
  const QPoint centre = middle(axial());
  drag(axial(), Qt::LeftButton, centre + QPoint{-50, -40}, centre + QPoint{-8, -8});
  window->action(QStringLiteral("tool.line"))->trigger();
  drag(axial(), Qt::LeftButton, centre + QPoint{-90, 30}, centre + QPoint{90, 30});
  raise("dock.measure");
  settle();
  expect_as_before(QStringLiteral("measure"));
}

TEST_F(Pictures, OfARunItsPreviewAndItsResult) {
  open_scan();
  window->methods().open_task("sparse_view_ct/tv");
  TaskForm& form = *window->methods().form();
  form.set("iterations", "40");
  settle();
  expect_as_before(QStringLiteral("form"));
  QImage preview;
  std::vector<QRect> masked;
  // Taken with the first intermediate image, whose bits are known; how far the worker is by then is not.
  const auto connection = desktop->jobs().previewed.connect([&](std::uint64_t, const std::string&, const DatasetPtr&) {
    if (!preview.isNull()) return;
    window->statusBar()->clearMessage();
    preview = grabbed();
    masked = varying();
    masked.emplace_back(window->job_panel().mapTo(window.get(), QPoint{}), window->job_panel().size());
  });
  window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
  const std::uint64_t job = window->job_panel().shown();
  ASSERT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
  ASSERT_EQ(desktop->jobs().find(job)->state, job::State::done) << desktop->jobs().find(job)->message;
  const QString scale = qApp->devicePixelRatio() > 1 ? QStringLiteral("_doubled") : QString{};
  ASSERT_FALSE(preview.isNull()) << "no intermediate image came";
  const QString problem = test::compare_with_baseline(preview, QStringLiteral("preview") + scale, masked);
  EXPECT_TRUE(problem.isEmpty()) << problem.toStdString();
  settle();
  expect_as_before(QStringLiteral("run"));
}

TEST_F(Pictures, OfComparing) {
  const ItemId reference = open("reference.nrrd", test::ball(48, 16));
  const ItemId image = open("image.nrrd", test::ball(48, 15));
  Look look = document().look();
  look.layout.base = image;
  look.layout.compared = reference;
  look.layout.arrangement = Arrangement::side_by_side;
  document().set_look(look);
  raise("dock.compare");
  settle();
  expect_as_before(QStringLiteral("compare"));
}

TEST_F(Pictures, OfPainting) {
  open_head();
  window->action(QStringLiteral("tool.brush"))->trigger();
  const QPoint centre = middle(axial());
  drag(axial(), Qt::LeftButton, centre + QPoint{-40, -30}, centre + QPoint{40, 20});
  settle();
  expect_as_before(QStringLiteral("paint"));
}

}  // namespace
}  // namespace iso::gui
