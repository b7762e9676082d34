// Series of frames: regions over time, frames that stand out, differences and sampling, in the real window.

#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "gui/panels/measure_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/views/plot_view.h"

#include "iso/data/stack.h"

#include <QAction>
#include <QComboBox>
#include <QMenu>
#include <QPushButton>
#include <QSlider>

#include <algorithm>
#include <cmath>
#include <complex>
#include <fstream>
#include <numbers>
#include <vector>

namespace iso::gui {
namespace {

class Series : public test::WindowTest {
 protected:
  static constexpr int frames = 24;
  /// A disc that takes up a contrast agent, in 24 frames of 2 s; `strange` frames are 10 times as bright.
  static DatasetPtr uptake(double scale = 1, std::vector<int> strange = {}) {
    Volume data;
    data.grid = VoxelGrid::centred({64, 64, 1}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({Shape{64, 64, 1, frames}, ScalarType::f32});
    auto values = buffer.values<float>();
    std::size_t at = 0;
    for (int t = 0; t < frames; ++t) {
      const double in_disc = t < 6 ? 20 : 20 + 80 * std::exp(-(t - 10.0) * (t - 10.0) / (t < 10 ? 6 : 90));
      const double factor = std::ranges::find(strange, t) != strange.end() ? 10 : 1 + 0.001 * (t % 3);
      for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x)
          values[at++] = static_cast<float>(scale * factor * (std::hypot(x - 31.5, y - 31.5) < 14 ? in_disc : 10));
    }
    data.pixels = std::move(buffer);
    data.frames = {"time", "s", {}, 0, 2};
    return freeze(std::move(data));
  }
  MeasurePanel& measures() { return *window->findChild<MeasurePanel*>(); }
  void ellipse(const QPoint& from, const QPoint& to) {
    window->action(QStringLiteral("tool.ellipse"))->trigger();
    drag(axial(), Qt::LeftButton, middle(axial()) + from, middle(axial()) + to);
  }
};

TEST_F(Series, ARegionHasACurveOverTimeWithPeakAndSlopesAndAClickShowsTheFrame) {
  open("uptake.h5", uptake());
  ellipse({-30, -30}, {30, 30});
  ASSERT_EQ(document().measurements().size(), 1U);
  ASSERT_TRUE(wait_until([&] { return measures().plot().curves().size() == 1; }));
  ellipse({120, 120}, {160, 160});
  ASSERT_TRUE(wait_until([&] { return measures().plot().curves().size() == 2; })) << "both can be compared";
  const Curve& curve = measures().plot().curves()[0];
  ASSERT_EQ(curve.points.size(), static_cast<std::size_t>(frames));
  EXPECT_NEAR(curve.points[10].first, 20, 1e-9) << "seconds";
  EXPECT_GT(curve.points[10].second, 95);
  measures().save_table(folder / "regions.csv");
  std::ifstream in{folder / "regions.csv", std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_NE(text.find("peak,time to peak,steepest rise,slope after the peak,unit of time\r\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(",20,"), std::string::npos) << "time to peak in s: " << text;
  PlotView& plot = measures().plot();
  QTest::mouseClick(&plot, Qt::LeftButton, {}, QPointF{plot.to_pixel(30), plot.plot_rect().center().y()}.toPoint());
  EXPECT_EQ(document().look().frame, 15);
  EXPECT_TRUE(plot.csv().startsWith(QStringLiteral("s,Ellipse 1,Ellipse 2"))) << plot.csv().left(80).toStdString();
  keep_picture(QStringLiteral("time-curves"));
}

TEST_F(Series, FramesThatStandOutAreHatched) {
  open("residual.h5", uptake(1, {7, 19}));
  raise("dock.measure");
  ASSERT_TRUE(wait_until([&] { return measures().plot().shaded().size() == 2; }));
  EXPECT_TRUE(measures().plot().shaded()[0].first < 14 && measures().plot().shaded()[0].second > 14) << "frame 8, 14 s";
  keep_picture(QStringLiteral("frames-that-stand-out"));
}

TEST_F(Series, ATableOfEveryFrameIsPlottedBesideTheSeriesThatItBelongsTo) {
  open("series.h5", uptake());
  Table table;
  table.columns = {"frame", "misfit"};
  for (int t = 0; t < frames; ++t)
    table.values.push_back({static_cast<double>(t), t == 5 ? 0.4 : 0.1 + 0.001 * (t % 4)});
  document().add("frames", freeze(std::move(table)), {});
  raise("dock.measure");
  ASSERT_TRUE(wait_until([&] {
    return measures().plot().curves().size() == 1 && measures().plot().curves()[0].name == QStringLiteral("misfit");
  }));
  ASSERT_EQ(measures().plot().shaded().size(), 1U);
  EXPECT_DOUBLE_EQ(measures().plot().shaded()[0].first, 5.5);
  PlotView& plot = measures().plot();
  QTest::mouseClick(&plot, Qt::LeftButton, {}, QPointF{plot.to_pixel(6), plot.plot_rect().center().y()}.toPoint());
  EXPECT_EQ(document().look().frame, 5) << "the bad frame";
  keep_picture(QStringLiteral("misfit-of-frames"));
}

TEST_F(Series, BesideEachOtherShowTheSameFrameAndTheirDifferenceFiveTimes) {
  const ItemId reference = open("reference.h5", uptake());
  const ItemId image = open("image.h5", uptake(1.02));
  Look look = document().look();
  look.layout.base = image;
  look.layout.compared = reference;
  look.layout.arrangement = Arrangement::side_by_side;
  look.frame = 3;
  document().set_look(look);
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_Right);
  EXPECT_EQ(document().look().frame, 4);
  SlicePresenter& other = window->views().compared_view()->presenter();
  EXPECT_EQ(other.picture({300, 300, 1}).layers.at(0).frame, 4) << "linked in time";
  auto* const factor = window->findChild<QComboBox*>(QStringLiteral("compare.factor"));
  ASSERT_NE(factor, nullptr);
  factor->setCurrentIndex(factor->findData(5));
  window->findChild<QPushButton*>(QStringLiteral("compare.difference"))->click();
  const Item& difference = *document().items().back();
  EXPECT_EQ(difference.raster->frames, frames) << "of every frame";
  EXPECT_DOUBLE_EQ(difference.display.width, document().find(image)->display.width / 5);
  const auto values = get<Volume>(difference.data).pixels.values<float>();
  EXPECT_NEAR(values[10 * 64 * 64 + 32 * 64 + 32], 0.02 * 100, 0.1);
  keep_picture(QStringLiteral("difference-of-series"));
}

TEST_F(Series, LayersThatAreAStackAreGoneThroughByOneSlider) {
  constexpr std::int64_t layers = 3, slices = 2;
  Volume data;
  data.grid = VoxelGrid::centred({16, 16, layers * slices}, {1, 1, 4});
  PixelBuffer buffer = PixelBuffer::allocate({Shape{16, 16, layers * slices, 4}, ScalarType::f32});
  auto values = buffer.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i / 256 % (layers * slices));
  data.pixels = std::move(buffer);
  set_stack(data, {"layer", layers});
  const ItemId id = document().add("increments", freeze(std::move(data)), {});
  document().show(id);
  raise("dock.display");
  auto* const slider = window->findChild<QSlider*>(QStringLiteral("layer.part"));
  ASSERT_TRUE(wait_until([&] { return slider->isVisible(); }));
  EXPECT_EQ(slider->maximum(), layers);
  axial().presenter().go_to_slice(1);
  EXPECT_EQ(slider->value(), 1);
  const auto corner = [&] { return axial().presenter().picture(axial().view_size()).corners[2]; };
  EXPECT_EQ(corner(), "layer 1 of 3, slice 2 / 2");
  slider->setFocus();
  QTest::keyClick(slider, Qt::Key_Right);
  EXPECT_EQ(corner(), "layer 2 of 3, slice 2 / 2") << "the same slice of the next layer";
  QTest::keyClick(slider, Qt::Key_End);
  EXPECT_EQ(axial().presenter().slice(), 5);
  keep_picture(QStringLiteral("layers"));
  open("ball.nrrd", test::ball(16));
  EXPECT_TRUE(wait_until([&] { return !slider->isVisible(); })) << "other data have no layers";
}

TEST_F(Series, TheSamplingOfAScanIsShownFromItsMenu) {
  KSpace data;
  data.samples = PixelBuffer::allocate({Shape{16, 32, 1, 1, 12}, ScalarType::c64});
  data.grid = VoxelGrid::centred({16, 32, 1}, {1, 1, 1});
  PixelBuffer mask = PixelBuffer::allocate({Shape{32, 1, 12}, ScalarType::u8});
  for (std::size_t i = 0; i < 32 * 12; ++i) mask.values<std::uint8_t>()[i] = (i % 32 + 5 * (i / 32)) % 4 == 0 ? 1 : 0;
  data.trajectory.cartesian_mask = std::move(mask);
  open("scan.h5", freeze(std::move(data)));
  auto* const menu = window->findChild<QMenu*>(QStringLiteral("menu.data"));
  Q_EMIT menu->aboutToShow();
  for (QAction* const action : menu->actions())
    if (action->text() == QStringLiteral("Show its sampling")) action->trigger();
  ASSERT_EQ(document().items().size(), 2U);
  EXPECT_EQ(document().look().layout.base, document().items()[1]->id) << "it is shown";
  EXPECT_EQ(document().items()[1]->name, "sampling of scan.h5 (1 line of 4)");
  rest(100);
  const QImage seen = axial().grabFramebuffer();
  int bright = 0;
  for (int y = 0; y < seen.height(); y += 3)
    for (int x = 0; x < seen.width(); x += 3) bright += qGray(seen.pixel(x, y)) > 240;
  EXPECT_GT(bright, 50) << "lines that were measured are white";
  keep_picture(QStringLiteral("sampling"));
}

/// The Fourier transform along the first axis of `count` rows of n values, both about their middles.
void transform_rows(std::vector<std::complex<double>>& values, std::size_t n) {
  std::vector<std::complex<double>> row(n);
  const std::size_t half = n / 2;
  const auto middle = static_cast<double>(half);
  for (std::size_t first = 0; first < values.size(); first += n) {
    for (std::size_t k = 0; k < n; ++k) {
      row[k] = 0;
      const double turn = -2 * std::numbers::pi * (static_cast<double>(k) - middle) / static_cast<double>(n);
      for (std::size_t x = 0; x < n; ++x)
        row[k] += values[first + x] * std::polar(1.0, turn * (static_cast<double>(x) - middle));
    }
    std::ranges::copy(row, values.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

void transpose(std::vector<std::complex<double>>& values, std::size_t n) {
  for (std::size_t y = 0; y < n; ++y)
    for (std::size_t x = 0; x < y; ++x) std::swap(values[y * n + x], values[x * n + y]);
}

/// A beating disc with vessels that take up a contrast agent, of which a scanner measured a third of the lines of each frame.
KSpace undersampled(std::size_t n, std::size_t frames) {
  KSpace scan;
  const auto side = static_cast<std::int64_t>(n), times = static_cast<std::int64_t>(frames);
  scan.grid = VoxelGrid::centred({side, side, 1}, {2, 2, 8});
  PixelBuffer samples = PixelBuffer::allocate({Shape{side, side, 1, 1, times}, ScalarType::c64});
  PixelBuffer mask = PixelBuffer::allocate({Shape{side, 1, times}, ScalarType::u8});
  for (std::size_t t = 0; t < frames; ++t) {
    std::vector<std::complex<double>> values(n * n);
    const double phase = 2 * std::numbers::pi * static_cast<double>(t) / static_cast<double>(frames);
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x) {
        const double u = 2 * static_cast<double>(x) / static_cast<double>(n) - 1,
                     v = 2 * static_cast<double>(y) / static_cast<double>(n) - 1;
        const bool body = std::hypot(u, v / 0.8) < 0.9, muscle = std::hypot(u, v) < 0.42 + 0.06 * std::sin(phase),
                   blood = std::hypot(u, v) < 0.26 + 0.09 * std::sin(phase),
                   vessel = std::hypot(u - 0.6, v + 0.2) < 0.08;
        values[y * n + x] = vessel || blood ? 1 + 0.5 * std::sin(phase) : muscle ? 0.35 : body ? 0.6 : 0;
      }
    transform_rows(values, n);
    transpose(values, n);
    transform_rows(values, n);
    transpose(values, n);
    for (std::size_t y = 0; y < n; ++y) {
      const bool measured =
          std::llabs(static_cast<long long>(y) - static_cast<long long>(n / 2)) < 4 || (y + t) % 4 == 0;
      mask.values<std::uint8_t>()[t * n + y] = measured ? 1 : 0;
      for (std::size_t x = 0; x < n; ++x)
        samples.values<std::complex<float>>()[(t * n + y) * n + x] =
            measured ? std::complex<float>{values[y * n + x]} : std::complex<float>{};
    }
  }
  scan.samples = std::move(samples);
  scan.trajectory.cartesian_mask = std::move(mask);
  scan.frames = {"time", "s", {}, 0, 0.04};
  return scan;
}

class TourOfSeries : public Series {};

TEST_F(TourOfSeries, ShowsAMovieWhileItIsReconstructed) {
  const char* const task = "dynamic_mri/rdledm";
  if (desktop->catalogue().find_task(task) == nullptr) GTEST_SKIP() << task << " is not built";
  open("heart.h5", freeze(undersampled(128, 24)));
  window->methods().open_task(task);
  ASSERT_NE(window->methods().form(), nullptr);
  ASSERT_TRUE(window->methods().form()->valid()) << window->methods().form()->first_problem();
  window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
  const std::uint64_t job = window->job_panel().shown();
  const auto& jobs = desktop->jobs();
  ASSERT_TRUE(wait_until([&] {
    const JobState& state = *jobs.find(job);
    return (document().preview() != nullptr && state.fraction > 0.7) || job::ended(state.state);
  }));
  ASSERT_NE(document().preview(), nullptr) << jobs.find(job)->message;
  EXPECT_EQ(document().preview()->raster->frames, 24);
  axial().setFocus();
  QTest::keyClick(&axial(), Qt::Key_Right);
  EXPECT_EQ(document().look().frame, 1) << "frames are gone through while it runs";
  keep_for_manual(QStringLiteral("dynamic-running"));
  window->job_panel().findChild<QPushButton*>(QStringLiteral("cancel"))->click();
  ASSERT_TRUE(wait_until([&] { return job::ended(jobs.find(job)->state); }));
  if (jobs.find(job)->state != job::State::cancelled) return;  // it was done before it heard
  auto* const keep = window->findChild<QPushButton*>(QStringLiteral("keep"));
  ASSERT_NE(keep, nullptr);
  ASSERT_TRUE(keep->isVisible());
  QTest::mouseClick(keep, Qt::LeftButton);
  ASSERT_EQ(document().items().size(), 2U);
  EXPECT_EQ(document().items()[1]->raster->frames, 24) << "what was made so far";
  EXPECT_FALSE(keep->isVisible());
}

}  // namespace
}  // namespace iso::gui
