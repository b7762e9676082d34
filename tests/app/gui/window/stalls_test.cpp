// The window answers while large data are read, methods run and sessions are saved: no gap of the event loop above 200 ms.

#include "stall_trace.h"
#include "window_fixture.h"

#include "gui/desk/stall_watch.h"
#include "gui/model/session.h"
#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"

#include "iso/evaluation/phantoms.h"

#include <QPushButton>

#include <sched.h>
#include <unistd.h>

#include <complex>
#include <ctime>
#include <numbers>
#include <thread>
#include <vector>

namespace iso::gui {
namespace {

double thread_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e6;
}

class Stalls : public test::WindowTest {
 protected:
  /// Voxels of a pattern that compresses badly and has no constant planes.
  template <class T>
  static Volume pattern(std::int64_t side, ScalarType type) {
    Volume data;
    data.grid = VoxelGrid::centred({side, side, side}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), type});
    auto values = buffer.values<T>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>((i * 2654435761U >> 20) & 1023);
    data.pixels = std::move(buffer);
    return data;
  }
  std::filesystem::path written(const std::string& name, const Dataset& data) {
    const std::filesystem::path file = folder / name;
    io::write(file, data, {.overwrite = true});
    return file;
  }
  /// Counts while `what` is pumped until `done`, and some time for the pictures after it.
  template <class What, class Done>
  void expect_no_stall(const char* name, What&& what, Done&& done, int most_ms = 60000) {
    QTest::qWait(300);
    desktop->stall_watch().reset();
    test::StallTrace trace;
    QElapsedTimer clock;
    clock.start();
    what();
    ASSERT_TRUE(wait_until(done, most_ms)) << name << ": " << window->told().toStdString();
    QTest::qWait(1000);
    std::cout << name << ": " << clock.elapsed() << " ms, longest gap " << desktop->stall_watch().longest_ms()
              << " ms\n";
    EXPECT_EQ(desktop->stall_watch().stalls(), 0)
        << name << ", longest gap " << desktop->stall_watch().longest_ms() << " ms\n"
        << trace.text();
  }
  void expect_to_open(const char* name, const std::filesystem::path& file) {
    const std::size_t before = document().items().size();
    expect_no_stall(
        name, [&] { window->open_file(file); }, [&] { return document().items().size() > before; });
  }
};

TEST_F(Stalls, AreNotWhileAVolumeOf256CubedIsRead) {
  open("ball.nrrd", test::ball(16));  // what the first picture of a process costs is the start's, not the file's
  expect_to_open("256^3 of i16", written("large.nrrd", Dataset{pattern<std::int16_t>(256, ScalarType::i16)}));
}

TEST_F(Stalls, AreNotWhileAVolumeOf384CubedIsRead) {
  open("ball.nrrd", test::ball(16));
  expect_to_open("384^3 of f32", written("large.nrrd", Dataset{pattern<float>(384, ScalarType::f32)}));
}

TEST_F(Stalls, AreNotWhileComplexSamplesAreRead) {
  KSpace data;
  PixelBuffer buffer = PixelBuffer::allocate({Shape{320, 320, 160}, ScalarType::c64});
  auto values = buffer.values<std::complex<float>>();
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = {static_cast<float>(i % 1021), static_cast<float>(i % 509)};
  data.samples = std::move(buffer);
  expect_to_open("k-space of 320 x 320 x 160", written("samples.h5", Dataset{std::move(data)}));
}

TEST_F(Stalls, AreNotWhileAMethodRuns) {
  const auto geometry = ProjectionGeometry::parallel(equal_angles(120, std::numbers::pi), {724, 1}, {0.4, 1});
  open("scan.h5", freeze(evaluation::project(evaluation::shepp_logan_2d(110), geometry, 1)));
  std::uint64_t job = 0;
  expect_no_stall(
      "total variation of 512^2 with a preview an iteration",
      [&] {
        window->methods().open_task("sparse_view_ct/tv");
        window->methods().form()->set("iterations", "60");
        window->methods().form()->set("size", "512");
        window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
        job = window->job_panel().shown();
      },
      [&] { return job::ended(desktop->jobs().find(job)->state); }, 120000);
  EXPECT_EQ(desktop->jobs().find(job)->state, job::State::done) << desktop->jobs().find(job)->message;
}

TEST_F(Stalls, AreNotWhileASessionIsSavedAndReadAgain) {
  const DatasetPtr data = freeze(Dataset{pattern<float>(256, ScalarType::f32)});
  document().add("result", data, {});  // no file of the user's holds it: the session has to
  const std::filesystem::path file = folder / "work.isocenter.json";
  expect_no_stall(
      "saving a session of 64 MiB", [&] { window->save_session(file); },
      [&] { return std::filesystem::exists(file) && desktop->background().running() == 0; });
  document().remove(document().items()[0]->id);
  expect_no_stall(
      "reading it", [&] { window->open_session(file); }, [&] { return document().items().size() == 1; });
}

/// From a file, whose raster was made where it was read, and as a result.
TEST_F(Stalls, AreNotWhileAVolumeOf512CubedIsShownForTheFirstTime) {
  open("ball.nrrd", test::ball(16));
  Item item;
  item.name = "large";
  item.data = freeze(Dataset{pattern<std::int16_t>(512, ScalarType::i16)});
  item.raster = std::make_shared<const render::Raster>(render::make_raster(item.data));
  const DatasetPtr data = item.data;
  const auto drawn = [&] { return window->views().volume_view()->finished() && desktop->background().running() == 0; };
  const auto timed = [&](const std::function<void()>& what) {
    const double before = thread_ms();
    what();
    std::cout << "processor time of the call: " << thread_ms() - before << " ms\n";
  };
  expect_no_stall(
      "first showing of 512^3", [&] { timed([&] { document().add(std::move(item)); }); }, drawn, test::patience_ms);
  expect_no_stall(
      "a result of 512^3", [&] { timed([&] { document().show(document().add_result("result", data, {})); }); }, drawn,
      test::patience_ms);
}

/// Rays of 512^3 voxels, turned and zoomed without a rest.
TEST_F(Stalls, AreNotWhileAVolumeOf512CubedIsTurnedAndZoomed) {
  open("ball.nrrd", test::ball(16));
  const DatasetPtr data = freeze(Dataset{pattern<std::int16_t>(512, ScalarType::i16)});
  const ItemId id = document().add("large", data, {});
  document().show(id);
  VolumeView& volume = *window->views().volume_view();
  volume.set_preset("soft");
  ASSERT_TRUE(wait_until([&] { return volume.finished(); }, 120000));
  std::cout << "512^3 reduced " << volume.reduction() << " x\n";
  int steps = 0;
  double most = 0;
  expect_no_stall(
      "turning and zooming 512^3 voxels",
      [&] {
        QTest::mousePress(&volume, Qt::LeftButton, {}, middle(volume));
        for (; steps < 120; ++steps) {
          const double before = thread_ms();
          const QPoint at = middle(volume) + QPoint{steps % 60, steps % 40};
          QMouseEvent move{QEvent::MouseMove, QPointF{at},    volume.mapToGlobal(QPointF{at}),
                           Qt::NoButton,      Qt::LeftButton, {}};
          QApplication::sendEvent(&volume, &move);
          if (steps % 10 == 0) wheel(volume, steps % 20 == 0 ? 2 : -2);
          QTest::qWait(15);
          most = std::max(most, thread_ms() - before);
        }
        QTest::mouseRelease(&volume, Qt::LeftButton, {}, middle(volume));
      },
      [&] { return volume.finished(); }, 120000);
  std::cout << "processor time of the window's thread in a step: at most " << most << " ms\n";
  EXPECT_LT(most, 50);
}

/// The watch itself: a handler that sleeps is a stall, a quick one is not.
TEST(StallWatch, CountsGapsAndSaysHowLong) {
  StallWatch watch;
  double told = 0;
  QObject::connect(&watch, &StallWatch::stalled, [&](double milliseconds) { told = milliseconds; });
  QTest::qWait(150);
  EXPECT_EQ(watch.stalls(), 0) << watch.longest_ms();
  QTest::qSleep(400);
  QTest::qWait(150);
  EXPECT_EQ(watch.stalls(), 1);
  EXPECT_NEAR(told, 350, 120);
  watch.reset();
  EXPECT_EQ(watch.stalls(), 0);
  EXPECT_EQ(watch.longest_ms(), 0);
}

/// Keeps the calling thread and `rivals` threads that never rest on one processor.
class Crowd {
 public:
  explicit Crowd(int rivals) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    ::sched_setaffinity(0, sizeof one, &one);  // of this thread; those it starts get it, too
    for (int i = 0; i < rivals; ++i)
      threads_.emplace_back([](const std::stop_token& stop) {
        while (!stop.stop_requested()) continue;
      });
  }
  ~Crowd() {
    threads_.clear();
    ::sched_setaffinity(0, sizeof before_, &before_);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  cpu_set_t before_{};
  std::vector<std::jthread> threads_;
};

TEST(StallWatch, TakesOffWhatTheThreadWaitedForAProcessorAndNothingElse) {
  if (::access("/proc/thread-self/schedstat", R_OK) != 0) GTEST_SKIP() << "the system does not count waiting";
  StallWatch watch;
  QTest::qWait(100);
  const Crowd crowd{3};
  watch.reset();
  QElapsedTimer clock;
  clock.start();
  for (const double until = thread_ms() + 150; thread_ms() < until;) continue;  // 150 ms of work
  const auto worked_for = static_cast<double>(clock.elapsed());
  QTest::qWait(100);
  EXPECT_GT(worked_for, 200) << "the rivals took no time, so that this test shows nothing";
  EXPECT_EQ(watch.stalls(), 0) << watch.longest_ms();
  EXPECT_GT(watch.longest_ms(), 60);
  watch.reset();
  QTest::qSleep(400);  // others are busy, but that is not what it waits for
  QTest::qWait(100);
  EXPECT_EQ(watch.stalls(), 1) << watch.longest_ms();
  EXPECT_GT(watch.longest_ms(), 300);
}

}  // namespace
}  // namespace iso::gui
