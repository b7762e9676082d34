#include "dialogs.h"
#include "series_sample.h"
#include "window_fixture.h"

#include "gui/model/session.h"

#include <QAction>
#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>

#include <algorithm>
#include <complex>
#include <fstream>
#include <numbers>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

fs::path dicom() { return iso::test::shared_data() / "dicom"; }

class Opening : public test::WindowTest {
 protected:
  static std::vector<QTreeWidgetItem*> rows(QTreeWidget* tree) {
    std::vector<QTreeWidgetItem*> all;
    for (int s = 0; s < tree->topLevelItemCount(); ++s)
      for (int i = 0; i < tree->topLevelItem(s)->childCount(); ++i) all.push_back(tree->topLevelItem(s)->child(i));
    return all;
  }
  static void keep(QWidget* widget, const char* name) {
    QDir{}.mkpath(QStringLiteral(ISO_BINARY_DIR "/screenshots"));
    EXPECT_TRUE(widget->grab().save(QStringLiteral(ISO_BINARY_DIR "/screenshots/%1.png").arg(QLatin1String{name})));
  }
  /// Copies of one measured slice at these heights.
  void put_slices(const std::vector<double>& heights) {
    std::ifstream stream{dicom() / "pydicom-test_files" / "CT_small.dcm", std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{stream}, {}};
    const std::string from = "-75.699997";
    for (std::size_t i = 0; i < heights.size(); ++i) {
      std::string moved = bytes, height = std::to_string(heights[i]);
      height.resize(from.size(), '0');
      moved.replace(moved.find(from), from.size(), height);
      fs::create_directories(folder / "series");
      std::ofstream{folder / "series" / std::to_string(i), std::ios::binary} << moved;
    }
  }
};

TEST_F(Opening, AFolderOfSeveralSeriesIsListedAndTheChosenOnesAreOpened) {
  if (const auto why = iso::test::why_without(test::sample_study)) GTEST_SKIP() << *why;
  window->choose_series(iso::test::shared_data() / test::sample_study, false);
  SeriesDialog* const dialog = test::listed_series(*window);
  ASSERT_NE(dialog, nullptr) << window->told().toStdString();
  keep(dialog, "series");
  std::vector<QTreeWidgetItem*> sound;
  for (QTreeWidgetItem* row : rows(test::series_tree(*dialog)))
    if (row->text(5) == QStringLiteral("uniform")) sound.push_back(row);
  ASSERT_GE(sound.size(), 2U);
  test::series_tree(*dialog)->clearSelection();
  sound[0]->setSelected(true);
  sound[1]->setSelected(true);
  auto* const open_button = dialog->findChild<QPushButton*>(QStringLiteral("series.open"));
  ASSERT_TRUE(open_button->isEnabled());
  QTest::mouseClick(open_button, Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 2; })) << window->told().toStdString();
  EXPECT_NE(document().items()[0]->hints.at("series"), document().items()[1]->hints.at("series"));
}

TEST_F(Opening, ALongListOfSeriesIsFilteredAndShowsAPictureOfTheOneThatIsChosen) {
  if (const auto why = iso::test::why_without(test::sample_study)) GTEST_SKIP() << *why;
  window->choose_series(iso::test::shared_data() / test::sample_study, false);
  SeriesDialog* const dialog = test::listed_series(*window);
  ASSERT_NE(dialog, nullptr) << window->told().toStdString();
  QTreeWidget* const tree = test::series_tree(*dialog);
  auto* const view = dialog->findChild<SliceView*>(QStringLiteral("series.view"));
  const auto all = rows(tree);
  const auto seen = [&] { return std::ranges::count_if(all, [](auto* row) { return !row->isHidden(); }); };
  tree->clearSelection();
  all.front()->setSelected(true);
  EXPECT_TRUE(wait_until([&] { return view->presenter().item() != nullptr; })) << "the slice in its middle";
  keep(dialog, "series-preview");
  const QString first = all.front()->text(0);
  auto* const filter = dialog->findChild<QLineEdit*>(QStringLiteral("series.filter"));
  filter->setFocus();
  QTest::keyClicks(filter, first.toLower());
  EXPECT_GE(seen(), 1);
  EXPECT_FALSE(all.front()->isHidden()) << first.toStdString();
  filter->clear();
  QTest::keyClicks(filter, QStringLiteral("nosuchseries"));
  EXPECT_EQ(seen(), 0);
  EXPECT_FALSE(dialog->findChild<QPushButton*>(QStringLiteral("series.open"))->isEnabled())
      << "what is hidden is not chosen";
  EXPECT_TRUE(wait_until([&] { return view->presenter().item() == nullptr; }));
  filter->clear();
  EXPECT_EQ(seen(), static_cast<std::ptrdiff_t>(all.size()));
  EXPECT_GT(all.front()->text(2).toInt(), 0) << "a count of images";
}

TEST_F(Opening, AFolderWithOneSoundSeriesOpensWithoutAQuestion) {
  if (!fs::exists(dicom())) GTEST_SKIP() << "needs the shared data";
  put_slices({10, 15, 20});
  window->open_file(folder / "series");
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(window->findChild<SeriesDialog*>(), nullptr);
}

TEST_F(Opening, ARefusedSeriesSaysWhyAndOpensOnlyWhenItsGeometryIsAccepted) {
  if (!fs::exists(dicom())) GTEST_SKIP() << "needs the shared data";
  put_slices({10, 15, 20, 30});
  window->open_file(folder / "series");
  SeriesDialog* const dialog = test::listed_series(*window);
  ASSERT_NE(dialog, nullptr) << window->told().toStdString();
  test::series_tree(*dialog)->setCurrentItem(rows(test::series_tree(*dialog)).front());
  const QString advice = dialog->findChild<QLabel*>(QStringLiteral("series.advice"))->text();
  EXPECT_TRUE(advice.contains(QStringLiteral("slices are missing"))) << advice.toStdString();
  auto* const open_button = dialog->findChild<QPushButton*>(QStringLiteral("series.open"));
  auto* const accept = dialog->findChild<QCheckBox*>(QStringLiteral("series.accept"));
  EXPECT_FALSE(open_button->isEnabled());
  ASSERT_TRUE(accept->isEnabled());
  accept->click();
  keep(dialog, "series-refused");
  ASSERT_TRUE(open_button->isEnabled());
  QTest::mouseClick(open_button, Qt::LeftButton);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_TRUE(window->told().contains(QStringLiteral("although its geometry"))) << window->told().toStdString();
  EXPECT_EQ(document().items()[0]->hints.at("accept_geometry"), "gap");
  const fs::path session = folder / "work.isocenter.json";
  write_session(prepare_session(document(), session));
  const LoadedSession again = read_session(session);
  EXPECT_TRUE(again.problems.empty()) << again.problems.front();
  EXPECT_EQ(again.items.size(), 1U) << "a session opens it without a question";
}

/// A scan in which a view stands twice.
fs::path refused_scan(const fs::path& folder) {
  const std::vector<double> angles{0, 0.5, 0.5, 1.0, 1.5, 2.0};
  Sinogram scan;
  scan.geometry = ProjectionGeometry::parallel(angles, {32, 1}, {1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({scan.geometry.sinogram_shape(), ScalarType::f32});
  std::ranges::fill(buffer.values<float>(), 1.0F);
  const fs::path file = folder / "twice.h5";
  scan.readings = std::move(buffer);
  io::write(file, *freeze(std::move(scan)));
  return file;
}

TEST_F(Opening, ARefusedScanIsOfferedWithItsGeometryAccepted) {
  window->setProperty("testing", false);
  const fs::path file = refused_scan(folder);
  {
    test::Answer answer{QStringLiteral("Cancel")};
    window->open_file(file);
    ASSERT_TRUE(wait_until([&] { return answer.given(); })) << window->told().toStdString();
    EXPECT_TRUE(answer.question().contains(QStringLiteral("same place"))) << answer.question().toStdString();
  }
  rest(100);
  EXPECT_TRUE(document().items().empty());
  test::Answer answer{QStringLiteral("Open all the same")};
  window->open_file(file);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(document().items()[0]->hints.at("accept_geometry"), "variable");
}

TEST_F(Opening, RecentFilesThatAreGoneAreShownAsSuchAndCanBeForgotten) {
  open("one.nrrd", test::ball(12));
  open("two.nrrd", test::ball(12));
  fs::remove(folder / "one.nrrd");
  auto* const recent = window->findChild<QMenu*>(QStringLiteral("file.recent"));
  ASSERT_NE(recent, nullptr);
  Q_EMIT recent->aboutToShow();
  const auto actions = recent->actions();
  ASSERT_EQ(actions.size(), 4) << "two files, a line, and forgetting";
  EXPECT_TRUE(actions[0]->isEnabled());
  EXPECT_FALSE(actions[1]->isEnabled());
  EXPECT_TRUE(actions[1]->text().endsWith(QStringLiteral("(not there)")));
  actions[3]->trigger();
  Q_EMIT recent->aboutToShow();
  EXPECT_EQ(recent->actions().size(), 1);
}

TEST_F(Opening, AScreenshotAndASweepOfEverySliceAreWritten) {
  open("ball.nrrd", test::ball(12, 4));
  axial().setFocus();
  window->export_sweep(folder);
  std::size_t pictures = 0;
  std::set<QByteArray> different;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (!entry.path().filename().string().starts_with("slice_")) continue;
    ++pictures;
    const QImage picture{QString::fromStdString(entry.path().string())};
    ASSERT_FALSE(picture.isNull()) << entry.path();
    EXPECT_EQ(picture.width(), axial().view_size().width_px);
    different.insert(QByteArray{reinterpret_cast<const char*>(picture.constBits()), picture.sizeInBytes()});
  }
  EXPECT_EQ(pictures, 12U);
  EXPECT_GT(different.size(), 4U) << "slices of a ball differ";
  window->save_screenshot(folder / "screen.png");
  const QImage screen{QString::fromStdString((folder / "screen.png").string())};
  EXPECT_EQ(screen.size(), window->views().size());
  window->export_sweep(folder / "no" / "such");
  EXPECT_TRUE(window->told().contains(QStringLiteral("no"))) << window->told().toStdString();
}

TEST_F(Opening, AnArrayThatDoesNotSayHowItLiesGetsNoLettersOfThePatient) {
  const auto letters = [&] {
    const render::EdgeLetters at =
        edge_letters(*axial().presenter().item()->raster, axial().presenter().picture(axial().view_size()).plane);
    return at.left + at.right + at.top + at.bottom;
  };
  open("ball.nrrd", test::ball(16));
  EXPECT_EQ(letters(), "RLAP");
  document().show(open("ball.npy", test::ball(16)));
  EXPECT_EQ(letters(), "xy");
  const auto place = axial().presenter().readout(10, 10, axial().view_size()).place;
  EXPECT_TRUE(place.starts_with("x ") && place.ends_with(" mm")) << place;
  window->action(QStringLiteral("tool.brush"))->trigger();
  QTest::mouseClick(&axial(), Qt::LeftButton, {}, middle(axial()));
  EXPECT_NE(document().look().overlay.item, 0U) << "it can be painted on all the same";
}

TEST_F(Opening, TheSamplesOfKSpaceAreShownByTheirLogarithm) {
  KSpace data;
  PixelBuffer buffer = PixelBuffer::allocate({Shape{64, 48, 1, 2}, ScalarType::c64});
  auto values = buffer.values<std::complex<float>>();
  std::ranges::fill(values, 1.0F);
  values[24 * 64 + 32] = 1000.0F;
  data.samples = std::move(buffer);
  document().add("k-space", freeze(std::move(data)), "k.h5");
  const render::Display display = document().items()[0]->display;
  EXPECT_EQ(display.voi, render::VoiFunction::logarithm);
  EXPECT_NEAR(display.centre + display.width / 2, 1000, 1e-6);
  QTest::keyClick(&axial(), Qt::Key_4);
  QTest::keyClick(&axial(), Qt::Key_0);
  EXPECT_EQ(document().items()[0]->display, display) << "the automatic window is the first one";
}

}  // namespace
}  // namespace iso::gui
