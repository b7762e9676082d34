// The main states of the window on large and small screens, light and dark, at both scales, compared with baselines as the steps of
// work are (main_steps_test.cpp). Data are the samples that ship; figures that differ from run to run are masked. In a window of
// 1024 x 700 the images have at least 60 % of it.

#include "inspect.h"
#include "pictures.h"
#include "window_fixture.h"

#include "gui/desk/theme.h"
#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/panels/reading_dialog.h"
#include "gui/presenters/picture_series.h"

#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QFontInfo>
#include <QProgressBar>
#include <QPushButton>
#include <QStatusBar>

#include <cmath>
#include <numbers>

namespace iso::gui {
namespace {

class PicturesOfStates : public test::WindowTest {
 protected:
  static constexpr QSize small{1024, 700};
  void SetUp() override {
    if (QFontInfo{QApplication::font()}.family() != QStringLiteral("DejaVu Sans"))
      GTEST_SKIP() << "the baselines are drawn with DejaVu Sans, which is not installed";
  }
  ~PicturesOfStates() override { apply_theme(Theme::dark); }

  void look(Theme theme, const QSize& size) {
    apply_theme(theme);
    if (size.width() < 1100) window->fit_small_screen();
    window->resize(size);
    rest(100);
  }
  ItemId open_sample(const char* name, const Hints& hints = {}) {
    const std::size_t before = document().items().size();
    window->open_file(std::filesystem::path{ISO_SOURCE_DIR} / "resources/samples" / name, hints);
    EXPECT_TRUE(wait_until([&] { return document().items().size() > before; })) << window->told().toStdString();
    return document().selected();
  }
  [[nodiscard]] double part_of_images() const {
    const QSize whole = window->size(), images = window->views().size();
    return static_cast<double>(images.width()) * images.height() /
           (static_cast<double>(whole.width()) * whole.height());
  }
  std::vector<QRect> varying() {
    std::vector<QRect> parts;
    for (const QWidget* widget : window->findChildren<QWidget*>()) {
      const bool varies = widget->accessibleName() == QStringLiteral("What the run will take") ||
                          qobject_cast<const QProgressBar*>(widget) != nullptr;
      if (varies && widget->isVisible())
        parts.push_back(QRect{widget->mapTo(window.get(), QPoint{}), widget->size()}.adjusted(-2, -2, 2, 2));
    }
    return parts;
  }
  void settle() {
    wait_until([&] { return desktop->background().running() == 0; });
    rest(700);  // the estimate of a form is asked for a moment later
    wait_until([&] { return desktop->background().running() == 0; });
    VolumeView& volume = *window->views().volume_view();
    wait_until([&] { return !volume.isVisible() || volume.finished(); });
    window->statusBar()->clearMessage();
    rest(50);
  }
  void expect_as_before(const QString& name, QWidget* dialog = nullptr) {
    settle();
    QWidget& shown = dialog == nullptr ? *window : *dialog;
    QImage picture = shown.grab().toImage();
    const bool doubled = picture.devicePixelRatio() > 1;
    if (doubled)
      picture =
          picture.scaled(picture.size() / picture.devicePixelRatio(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    keep_picture(QStringLiteral("state-") + name);
    if (dialog != nullptr) keep_dialog(*dialog);
    // At a scale of 2 a few are kept; that no words are cut is looked at in all.
    static const QStringList kept_doubled{QStringLiteral("start-light-small"), QStringLiteral("labels-light"),
                                          QStringLiteral("network-light-small"), QStringLiteral("words-dark")};
    if (!doubled || kept_doubled.contains(name)) {
      const QString file = QStringLiteral("state-") + name + (doubled ? QStringLiteral("_doubled") : QString{});
      const QString problem =
          test::compare_with_baseline(picture, file, dialog == nullptr ? varying() : std::vector<QRect>{});
      EXPECT_TRUE(problem.isEmpty()) << problem.toStdString();
    }
    EXPECT_EQ(test::clipped_texts(shown).join('\n').toStdString(), "") << "in '" << name.toStdString() << "'";
  }
  DatasetPtr uptake() {
    Volume data;
    data.grid = VoxelGrid::centred({64, 64, 1}, {2, 2, 8});
    PixelBuffer buffer = PixelBuffer::allocate({Shape{64, 64, 1, 24}, ScalarType::f32});
    auto values = buffer.values<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double x = static_cast<double>(i % 64) - 31.5, y = static_cast<double>(i / 64 % 64) - 31.5;
      const std::size_t frame = i / 4096;
      const auto t = static_cast<double>(frame);
      const double taken = t < 6 ? 0 : std::exp(-(t - 10) * (t - 10) / (t < 10 ? 6 : 90));
      values[i] = static_cast<float>(std::hypot(x, y) < 14   ? 20 + 80 * taken
                                     : std::hypot(x, y) < 28 ? 12 + 6 * taken
                                                             : 0);
    }
    data.pixels = std::move(buffer);
    data.frames = {"time", "s", {}, 0, 2};
    return freeze(std::move(data));
  }
};

TEST_F(PicturesOfStates, OfTheStartOnASmallLightScreen) {
  look(Theme::light, small);
  expect_as_before(QStringLiteral("start-light-small"));
}

TEST_F(PicturesOfStates, OfACtOnASmallDarkScreen) {
  look(Theme::dark, small);
  open_sample("ct_lung_tumour_224x224x17.nii.gz");
  EXPECT_GE(part_of_images(), 0.6);
  expect_as_before(QStringLiteral("ct-dark-small"));
}

TEST_F(PicturesOfStates, OfLabelsOnALightScreen) {
  look(Theme::light, usual_size());
  open_sample("ct_lung_tumour_224x224x17.nii.gz");
  open_sample("ct_lung_tumour_224x224x17_mask.nii.gz");
  window->action(QStringLiteral("tool.brush"))->trigger();
  expect_as_before(QStringLiteral("labels-light"));
}

TEST_F(PicturesOfStates, OfAVolumeAlone) {
  look(Theme::dark, usual_size());
  open_sample("mr_head_181x217x90.nii.gz");
  QTest::mouseDClick(window->views().volume_view(), Qt::LeftButton, {}, middle(*window->views().volume_view()));
  expect_as_before(QStringLiteral("volume-dark"));
}

TEST_F(PicturesOfStates, OfAMethodWithANetworkOnASmallLightScreen) {
  look(Theme::light, small);
  const auto geometry = ProjectionGeometry::circular(
      equal_angles(24, 2 * std::numbers::pi),
      {.source_to_axis_mm = 400, .source_to_detector_mm = 550, .elements = {511, 1}, .element_pitch_mm = {1, 1}});
  open("scan.h5", freeze(evaluation::project(evaluation::shepp_logan_2d(90), geometry, 1)));
  window->methods().open_task("sinogram_upsampling/unet");
  raise("dock.methods");
  expect_as_before(QStringLiteral("network-light-small"));
}

TEST_F(PicturesOfStates, OfAResultWithItsCurvesOnASmallDarkScreen) {
  look(Theme::dark, small);
  const auto geometry = ProjectionGeometry::parallel(equal_angles(60, std::numbers::pi), {95, 1}, {1.4, 1.4});
  open("scan.h5", freeze(evaluation::project(evaluation::shepp_logan_2d(60), geometry, 2)));
  window->methods().open_task("sparse_view_ct/tv");
  window->methods().form()->set("iterations", "60");
  window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
  const std::uint64_t job = window->job_panel().shown();
  ASSERT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
  expect_as_before(QStringLiteral("result-dark-small"));
}

TEST_F(PicturesOfStates, OfAnImageBesideAnotherOnALightScreen) {
  look(Theme::light, usual_size());
  const ItemId ct = open_sample("ct_lung_512x512.nii.gz");
  const ItemId head = open_sample("mr_head_181x217x90.nii.gz");
  Look look = document().look();
  look.layout.base = ct;
  look.layout.compared = head;
  look.layout.arrangement = Arrangement::side_by_side;
  document().set_look(look);
  expect_as_before(QStringLiteral("beside-light"));
}

TEST_F(PicturesOfStates, OfASeriesWithACurve) {
  look(Theme::dark, usual_size());
  open("series.h5", uptake());
  Look look = document().look();
  look.frame = 11;
  document().set_look(look);
  window->action(QStringLiteral("tool.ellipse"))->trigger();
  drag(axial(), Qt::LeftButton, middle(axial()) - QPoint{20, 20}, middle(axial()) + QPoint{20, 20});
  drag(axial(), Qt::LeftButton, middle(axial()) + QPoint{-60, 30}, middle(axial()) + QPoint{-40, 60});
  expect_as_before(QStringLiteral("series-dark"));
}

TEST_F(PicturesOfStates, OfTheQuestionHowAFileIsToBeRead) {
  look(Theme::light, usual_size());
  Volume data;
  data.grid = VoxelGrid::centred({96, 80, 12}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), ScalarType::f32});
  auto values = buffer.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] =
        static_cast<float>(std::cos(0.1 * static_cast<double>(i % 96)) + 0.01 * static_cast<double>(i / 96 % 80));
  data.pixels = std::move(buffer);
  io::write(folder / "bare.npy", Dataset{std::move(data)}, {.overwrite = true});
  window->ask_how_to_read(folder / "bare.npy", {}, {});
  ASSERT_TRUE(wait_until([&] { return window->findChild<ReadingDialog*>() != nullptr; }));
  auto* const dialog = window->findChild<ReadingDialog*>();
  ASSERT_TRUE(wait_until([&] { return dialog->ready(); }));
  expect_as_before(QStringLiteral("reading-light"), dialog);
}

TEST_F(PicturesOfStates, OfMeasurementsCloseToEachOther) {
  look(Theme::dark, usual_size());
  open_sample("ct_lung_512x512.nii.gz");
  const QPoint centre = middle(axial());
  window->action(QStringLiteral("tool.line"))->trigger();
  for (int i = 0; i < 4; ++i)
    drag(axial(), Qt::LeftButton, centre + QPoint{-60 - 10 * i, 4 * i}, centre + QPoint{30, 5 * i});
  expect_as_before(QStringLiteral("words-dark"));
}

}  // namespace
}  // namespace iso::gui
