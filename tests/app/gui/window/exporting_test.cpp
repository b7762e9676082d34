#include "window_fixture.h"

#include "gui/panels/export_dialog.h"
#include "gui/shell/exporting.h"
#include "render/bridge/movie.h"

#include <QAction>
#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QImage>
#include <QLabel>
#include <QPushButton>

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

std::string byte_count(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

class Exports : public test::WindowTest {
 protected:
  void open_ball() {
    open("ball.nrrd", test::volume({32, 32, 6}, {1, 1, 2},
                                   [](const Vec3& p) { return std::hypot(p[0], p[1], p[2]) < 9 ? 100.0 : 0.0; }));
    fs::create_directories(out);
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator{out}) found.insert(entry.path().filename().string());
    return found;
  }
  fs::path out = folder / "pictures";
};

TEST_F(Exports, ReplaceNoPictureOfAnEarlierExport) {
  open_ball();
  const std::int64_t slice = axial().presenter().slice();
  window->export_sweep(out);
  EXPECT_TRUE(window->told().isEmpty()) << window->told().toStdString();
  EXPECT_EQ(names().size(), 6U);
  const std::string before = byte_count(out / "slice_0003.png");
  axial().presenter().invert();
  window->export_sweep(out);
  EXPECT_EQ(names().size(), 12U);
  EXPECT_EQ(byte_count(out / "slice_0003.png"), before) << "the earlier picture is as it was";
  EXPECT_NE(byte_count(out / "slice-2_0003.png"), before);
  EXPECT_TRUE(window->told().contains(QStringLiteral("slice-2_0001.png"))) << window->told().toStdString();
  window->export_sweep(out);
  EXPECT_TRUE(names().contains("slice-3_0006.png"));
  EXPECT_EQ(axial().presenter().slice(), slice) << "the view is where it was";
}

/// A limit on the size of a file fails a write in its middle, as a full disk does.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    before_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit small{bytes, limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    ::signal(SIGXFSZ, before_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit limit_{};
  void (*before_)(int){};
};

TEST_F(Exports, ThatFillTheDiskKeepWholePicturesAndSaySo) {
  std::mt19937 random{5};
  open("noise.nrrd", test::volume({200, 200, 6}, {1, 1, 1}, [&](const Vec3& p) {
         return p[2] < 0 ? 0.0 : static_cast<double>(random() % 1000);
       }));
  fs::create_directories(out);
  {
    const SmallDisk disk{60000};
    window->export_sweep(out);
  }
  EXPECT_TRUE(window->told().contains(QStringLiteral("3 of 6 slices"))) << window->told().toStdString();
  EXPECT_TRUE(window->told().contains(QStringLiteral("slice_0004.png"))) << window->told().toStdString();
  EXPECT_EQ(names(), (std::set<std::string>{"slice_0001.png", "slice_0002.png", "slice_0003.png"}))
      << "no part of a picture is left";
  for (const std::string& name : names()) EXPECT_FALSE(QImage{QString::fromStdString((out / name).string())}.isNull());
  keep_picture(QStringLiteral("sweep-disk-full"));
  {
    const SmallDisk disk{20000};
    window->save_screenshot(out / "views.png");
  }
  EXPECT_TRUE(window->told().contains(QStringLiteral("views.png"))) << window->told().toStdString();
  EXPECT_EQ(names().size(), 3U);
}

TEST_F(Exports, TakeARangeInStepsAtASizeWithoutWords) {
  open_ball();
  window->action(QStringLiteral("file.sweep"))->trigger();
  auto* const dialog = window->findChild<ExportDialog*>();
  ASSERT_NE(dialog, nullptr);
  keep_dialog(*dialog);
  const auto number = [&](const char* name) { return dialog->findChild<QSpinBox*>(QString::fromLatin1(name)); };
  EXPECT_EQ(number("export.last")->value(), 6);
  number("export.first")->setValue(2);
  number("export.last")->setValue(5);
  number("export.step")->setValue(2);
  dialog->findChild<QDoubleSpinBox*>(QStringLiteral("export.factor"))->setValue(2);
  dialog->findChild<QCheckBox*>(QStringLiteral("export.words"))->setChecked(false);
  const auto outcome = dialog->findChild<QLabel*>(QStringLiteral("export.outcome"))->text();
  EXPECT_TRUE(outcome.startsWith(QStringLiteral("2 pictures"))) << outcome.toStdString();
  PictureSeries series = dialog->series();
  number("export.first")->setValue(6);
  EXPECT_FALSE(dialog->findChild<QPushButton*>(QStringLiteral("export.go"))->isEnabled()) << "an empty range";
  dialog->close();
  export_pictures(*window, out, series);
  EXPECT_EQ(names(), (std::set<std::string>{"slice_0002.png", "slice_0004.png"})) << window->told().toStdString();
  const QImage bare{QString::fromStdString((out / "slice_0004.png").string())};
  const ViewSize seen = axial().view_size();
  EXPECT_EQ(bare.size(), (QSize{2 * seen.width_px, 2 * seen.height_px}));
  series.words = true;
  export_pictures(*window, out, series);
  const QImage worded{QString::fromStdString((out / "slice-2_0004.png").string())};
  const QRect corner{0, 0, seen.width_px / 3, 60};
  EXPECT_NE(bare.copy(corner), worded.copy(corner)) << "the name stands in the corner";
}

TEST_F(Exports, MakeAMovieOfFrames) {
  if (!render::writes_movies()) GTEST_SKIP() << "VTK has no IOOggTheora here";
  Volume data;
  data.grid = VoxelGrid::centred({32, 32, 1}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({Shape{32, 32, 1, 12}, ScalarType::f32});
  auto values = buffer.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 32 > i / 1024 * 2 ? 100 : 0);
  data.pixels = std::move(buffer);
  open("series.nrrd", freeze(std::move(data)));
  fs::create_directories(out);
  const std::int64_t frame = document().look().frame;
  const PictureSeries all{.along = PictureSeries::Along::frames, .movie = true};
  export_pictures(*window, out / "movie.ogv", all);
  EXPECT_TRUE(window->told().isEmpty()) << window->told().toStdString();
  const std::string bytes = byte_count(out / "movie.ogv");
  EXPECT_EQ(bytes.substr(0, 4), "OggS");
  EXPECT_NE(bytes.find("theora"), std::string::npos);
  EXPECT_EQ(document().look().frame, frame) << "the view is where it was";
  PictureSeries less = all;
  less.step = 3;
  export_pictures(*window, out / "short.ogv", less);
  EXPECT_LT(byte_count(out / "short.ogv").size(), bytes.size());
  export_pictures(*window, out / "no" / "movie.ogv", all);
  EXPECT_TRUE(window->told().contains(QStringLiteral("movie.ogv"))) << window->told().toStdString();
  EXPECT_EQ(names(), (std::set<std::string>{"movie.ogv", "short.ogv"})) << "no part of a movie is left";
}

TEST_F(Exports, IntoAFolderThatIsGoneSayItInOneSentence) {
  open_ball();
  fs::remove_all(out);
  window->export_sweep(out);
  EXPECT_TRUE(window->told().contains(QStringLiteral("0 of 6 slices"))) << window->told().toStdString();
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace iso::gui
