// Spectral cubes by hand: pictures in colours, the spectrum under the pointer, pins, bad bands, scatter and gallery.

#include "window_fixture.h"

#include "gui/panels/gallery_panel.h"
#include "gui/panels/library_panel.h"
#include "gui/panels/scatter_panel.h"
#include "gui/panels/spectra_panel.h"
#include "gui/views/gallery_view.h"
#include "gui/views/plot_view.h"
#include "gui/views/scatter_view.h"

#include "iso/spectra/axis.h"
#include "iso/spectra/library.h"

#include <QAction>
#include <QComboBox>
#include <QListWidget>
#include <QPushButton>
#include <QSlider>
#include <QTabWidget>
#include <QToolButton>

namespace iso::gui {
namespace {

class Spectra : public test::WindowTest {
 protected:
  ItemId open_field() {
    const ItemId cube = open("field.h5", freeze(test::two_materials()));
    EXPECT_TRUE(wait_until([&] { return document().find(cube)->composite_raster != nullptr; }));
    EXPECT_TRUE(wait_until([&] { return panel().isVisible(); })) << "the dock comes with the first cube";
    rest(50);
    return cube;
  }
  SpectraPanel& panel() { return *window->findChild<SpectraPanel*>(); }
  PlotView& plot() { return panel().plot(); }
  template <class Widget>
  Widget& control(const char* name) {
    auto* const found = window->findChild<Widget*>(QString::fromLatin1(name));
    EXPECT_NE(found, nullptr) << name;
    return *found;
  }
  /// Where the voxel (x, y) is on the axial view.
  QPoint on_view(double x, double y) {
    const auto at =
        axial().presenter().to_pixel({x, y, document().look().crosshair.position_mm[2]}, axial().view_size());
    return QPointF{at[0] / axial().devicePixelRatioF(), at[1] / axial().devicePixelRatioF()}.toPoint();
  }
  void hover(double x, double y) {
    const QPoint at = on_view(x, y);
    QMouseEvent move{QEvent::MouseMove, QPointF{at},  axial().mapToGlobal(QPointF{at}),
                     Qt::NoButton,      Qt::NoButton, Qt::NoModifier};
    QApplication::sendEvent(&axial(), &move);
    const QString name = QStringLiteral("(%1, %2)").arg(x).arg(y);
    EXPECT_TRUE(wait_until([&] { return curves() > 0 && plot().curves()[0].name == name; })) << name.toStdString();
  }
  void pin() { window->action(QStringLiteral("spectra.pin"))->trigger(); }  // its key needs a window manager
  QPoint on_plot(double nm) { return QPointF{plot().to_pixel(nm), plot().plot_rect().center().y()}.toPoint(); }
  void show_tab(const QString& name) {
    auto* const tabs = panel().findChild<QTabWidget*>();
    for (int i = 0; i < tabs->count(); ++i)
      if (tabs->tabText(i) == name) tabs->setCurrentIndex(i);
    rest(50);
  }
  std::size_t curves() { return plot().curves().size(); }
};

TEST_F(Spectra, ShowACubeInColoursAtOnceAndItsBandsByTheWheel) {
  const ItemId cube = open_field();
  EXPECT_NE(document().find(cube)->composite, "");
  const auto pixel = [&](const QImage& picture, double x, double y) {
    return QColor{picture.pixel(on_view(x, y) * axial().devicePixelRatioF())};
  };
  EXPECT_TRUE(window->views().slice_view(render::Orientation::coronal)->isHidden()) << "the scene has one view";
  const std::int64_t band = panel().board().band();
  wheel(axial(), 1);
  rest(60);
  EXPECT_EQ(document().find(cube)->composite, "");
  EXPECT_EQ(panel().board().band(), band + 1);
  EXPECT_EQ(control<QSlider>("spectra.band").value(), band + 1);
  const QColor grey = pixel(axial().grabFramebuffer(), 3, 22);
  EXPECT_EQ(grey.red(), grey.green());
  EXPECT_EQ(grey.red(), grey.blue());
  auto& picture = control<QComboBox>("spectra.picture");
  ASSERT_GT(picture.count(), 2);
  EXPECT_EQ(picture.currentIndex(), 0);
  picture.setFocus();
  for (int i = 1; i < picture.count(); ++i) {
    QTest::keyClick(&picture, Qt::Key_Down);
    const std::string name = picture.itemData(i).toString().toStdString();
    EXPECT_EQ(document().find(cube)->composite, name);
    EXPECT_TRUE(wait_until([&] { return document().find(cube)->composite_of == name; })) << name;
    const QColor leaf = pixel(axial().grabFramebuffer(), 3, 22);
    if (name == "colour infrared") {
      EXPECT_GT(leaf.red(), leaf.blue() + 100) << "leaves are red";
    }
  }
}

TEST_F(Spectra, PlayBandAfterBand) {
  open_field();
  const std::int64_t first = panel().board().band();
  QTest::mouseClick(&control<QToolButton>("spectra.play"), Qt::LeftButton);
  EXPECT_TRUE(wait_until([&] { return panel().board().band() > first + 2; }));
  QTest::mouseClick(&control<QToolButton>("spectra.play"), Qt::LeftButton);
  const std::int64_t stopped = panel().board().band();
  rest(300);
  EXPECT_EQ(panel().board().band(), stopped);
}

TEST_F(Spectra, FollowThePointerAndStayWhenPinned) {
  open_field();
  hover(3, 20);
  ASSERT_EQ(curves(), 1U);
  EXPECT_NEAR(plot().curves()[0].points.back().second, 0.5, 1e-6);
  pin();
  hover(36, 20);
  pin();
  ASSERT_TRUE(wait_until([&] { return curves() == 3; })) << "the one under the pointer and two pinned";
  EXPECT_EQ(plot().curves()[1].name, QStringLiteral("Point 1"));
  EXPECT_NE(plot().curves()[1].colour, plot().curves()[2].colour);
  window->action(QStringLiteral("tool.rectangle"))->trigger();
  drag(axial(), Qt::LeftButton, on_view(14, 5), on_view(26, 12));
  ASSERT_TRUE(wait_until([&] { return curves() == 4; })) << "and the region";
  EXPECT_EQ(plot().curves()[3].deviation.size(), 24U);
  wheel(axial(), 3);
  EXPECT_EQ(axial().presenter().picture(axial().view_size()).figures.size(), 3U) << "they are seen on every band";
  const QPoint at = on_plot(700);
  QTest::mouseMove(&plot(), at);
  QMouseEvent move{QEvent::MouseMove, QPointF{at}, plot().mapToGlobal(QPointF{at}), Qt::NoButton, Qt::NoButton, {}};
  QApplication::sendEvent(&plot(), &move);
  EXPECT_TRUE(plot().words_at_pointer().startsWith(QStringLiteral("690 nm")) ||
              plot().words_at_pointer().startsWith(QStringLiteral("710 nm")))
      << plot().words_at_pointer().toStdString();
  EXPECT_TRUE(plot().words_at_pointer().contains(QStringLiteral("Point 1 ")))
      << plot().words_at_pointer().toStdString();
  QTest::mouseClick(&plot(), Qt::LeftButton, {}, on_plot(610));
  EXPECT_EQ(panel().board().band(), 8) << "a click on the plot shows that band";
  document().undo_stack().undo();
}

TEST_F(Spectra, MarkBadBandsByDraggingOnThePlot) {
  const ItemId cube = open_field();
  const auto bad = [&] {
    return std::ranges::count(spectra::good_bands(get<SpectralCube>(document().find(cube)->data)), false);
  };
  drag(plot(), Qt::LeftButton, on_plot(495), on_plot(575));
  EXPECT_EQ(bad(), 0) << "not before it is asked for";
  QTest::mouseClick(&control<QToolButton>("spectra.bad"), Qt::LeftButton);
  drag(plot(), Qt::LeftButton, on_plot(495), on_plot(575));
  EXPECT_EQ(bad(), 4);
  rest(60);
  ASSERT_EQ(plot().shaded().size(), 1U);
  drag(plot(), Qt::LeftButton, on_plot(540), on_plot(585), Qt::ShiftModifier);
  EXPECT_EQ(bad(), 2);
  drag(plot(), Qt::LeftButton, on_plot(446), on_plot(914));
  EXPECT_EQ(bad(), 2) << "one band has to stay";
  EXPECT_TRUE(window->told().contains(QStringLiteral("At least one band"))) << window->told().toStdString();
  window->action(QStringLiteral("edit.undo"))->trigger();
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_EQ(bad(), 0);
}

TEST_F(Spectra, BecomeALibraryThatMethodsAndFilesTake) {
  open_field();
  hover(3, 20);
  pin();
  ASSERT_TRUE(wait_until([&] { return control<QPushButton>("spectra.keep").isEnabled(); }));
  QTest::mouseClick(&control<QPushButton>("spectra.keep"), Qt::LeftButton);
  ASSERT_EQ(document().items().size(), 2U);
  const Item& kept = *document().items().back();
  ASSERT_EQ(to_kind(*kept.data), Kind::table);
  const spectra::SpectralLibrary library = spectra::to_library(get<Table>(kept.data));
  ASSERT_EQ(library.count(), 1U);
  EXPECT_EQ(library.names[0], "Point 1");
  const std::filesystem::path file = folder / "spectra.csv";
  window->save_item(kept.id, file, false);
  ASSERT_TRUE(wait_until([&] { return std::filesystem::exists(file); })) << window->told().toStdString();
  const spectra::SpectralLibrary again = spectra::to_library(get<Table>(io::read(file)));
  EXPECT_EQ(again.bands.values, library.bands.values);
  EXPECT_NEAR(again.spectrum(0)[23], 0.5, 1e-6);
}

TEST_F(Spectra, AreSelectedInTheScatterPlotAndSeenInThePicture) {
  open_field();
  show_tab(QStringLiteral("Scatter"));
  auto& view = control<ScatterView>("scatter.view");
  ASSERT_TRUE(wait_until([&] { return view.scatter() != nullptr; }));
  auto& band = control<QWidget>("scatter.y.band");
  ASSERT_TRUE(band.isEnabled());
  rest(50);
  // Around the left upper part: little red, much infrared.
  const QRect area = view.plot_rect().toRect();
  const QPoint corners[]{area.topLeft() + QPoint{-4, -4},
                         {area.left() + area.width() / 3, area.top() - 4},
                         {area.left() + area.width() / 3, area.center().y()},
                         {area.left() - 4, area.center().y()}};
  QTest::mousePress(&view, Qt::LeftButton, {}, corners[0]);
  for (const QPoint& at : corners) {
    QMouseEvent move{QEvent::MouseMove, QPointF{at}, view.mapToGlobal(QPointF{at}), Qt::NoButton, Qt::LeftButton, {}};
    QApplication::sendEvent(&view, &move);
  }
  QTest::mouseRelease(&view, Qt::LeftButton, {}, corners[3]);
  const Item* const selection = document().find(document().look().overlay.item);
  ASSERT_NE(selection, nullptr);
  const auto labels = get<LabelMap>(selection->data).labels.values<std::uint8_t>();
  EXPECT_EQ(labels[20 * 40 + 3], 1) << "leaf";
  EXPECT_EQ(labels[20 * 40 + 36], 0) << "soil";
  keep_picture(QStringLiteral("spectra-scatter"));
  show_tab(QStringLiteral("Spectra"));
  ASSERT_TRUE(wait_until([&] { return curves() == 2; })) << "the selection has a mean spectrum";
  EXPECT_TRUE(plot().curves()[1].name.startsWith(QStringLiteral("selection")));
  show_tab(QStringLiteral("Scatter"));
  QTest::mouseClick(&control<QPushButton>("scatter.keep"), Qt::LeftButton);
  EXPECT_FALSE(selection->live);
}

TEST_F(Spectra, OfComponentsHaveAGalleryAndAreMixedInTheirColours) {
  SpectralCube maps;
  maps.pixels = PixelBuffer::allocate({Shape{40, 30, 3}, ScalarType::f32});
  PixelBuffer values = PixelBuffer::make_copy(maps.pixels);
  for (std::size_t i = 0; i < 1200; ++i) values.values<float>()[i % 40 / 14 * 1200 + i] = 1;
  maps.pixels = std::move(values);
  maps.quantity = Quantity::abundance;
  const ItemId id = open("abundances.h5", freeze(std::move(maps)));
  EXPECT_EQ(document().find(id)->composite, "components");
  ASSERT_TRUE(wait_until([&] { return panel().isVisible(); }));
  show_tab(QStringLiteral("Gallery"));
  auto& gallery = control<GalleryView>("gallery.view");
  ASSERT_TRUE(wait_until([&] { return gallery.thumbnails().size() == 4; }));
  rest(100);
  keep_picture(QStringLiteral("spectra-gallery"));
  keep_for_manual(QStringLiteral("gallery"));
  QTest::mouseClick(gallery.viewport(), Qt::LeftButton, {}, gallery.to_place(2).center());
  EXPECT_EQ(document().find(id)->composite, "");
  EXPECT_EQ(panel().board().band(), 1);
  QTest::mouseClick(gallery.viewport(), Qt::LeftButton, {}, gallery.to_place(0).center());
  EXPECT_EQ(document().find(id)->composite, "components");
}

TEST_F(Spectra, OfALibraryStandBesideTheMostSimilarOnes) {
  spectra::SpectralLibrary found, known;
  for (auto* const library : {&found, &known}) library->bands = {"wavelength", "nm", {500, 600, 700, 800}};
  found.add("endmember 1", std::vector<double>{0.1, 0.2, 0.3, 0.4});
  found.add("endmember 2", std::vector<double>{0.4, 0.3, 0.2, 0.1});
  known.add("rust", std::vector<double>{1, 2, 3, 4.2});
  known.add("flat", std::vector<double>{1, 1, 1, 1});
  document().add("endmembers", freeze(spectra::to_table(found)), "");
  document().add("library", freeze(spectra::to_table(known)), "");
  raise("dock.spectra");
  show_tab(QStringLiteral("Library"));
  auto& names = control<QListWidget>("library.names");
  auto& shown = control<PlotView>("library.plot");
  ASSERT_TRUE(wait_until([&] { return names.count() == 2; }));
  EXPECT_EQ(shown.curves().size(), 2U);
  auto& beside = control<QComboBox>("library.beside");
  beside.setFocus();
  QTest::keyClick(&beside, Qt::Key_End);
  QTest::mouseClick(names.viewport(), Qt::LeftButton, {}, names.visualItemRect(names.item(0)).center());
  ASSERT_EQ(shown.curves().size(), 3U);
  EXPECT_TRUE(shown.curves()[1].name.startsWith(QStringLiteral("rust "))) << shown.curves()[1].name.toStdString();
  EXPECT_TRUE(shown.curves()[1].dashed);
  keep_picture(QStringLiteral("spectra-library"));
}

TEST_F(Spectra, AreForTheManual) {
  open_field();
  for (const auto& [x, y] : {std::pair{4, 20}, {36, 8}}) {
    hover(x, y);
    pin();
  }
  window->action(QStringLiteral("tool.ellipse"))->trigger();
  drag(axial(), Qt::LeftButton, on_view(15, 8), on_view(26, 22));
  ASSERT_TRUE(wait_until([&] { return curves() == 4; }));
  hover(20, 25);
  keep_for_manual(QStringLiteral("spectra"));
  keep_picture(QStringLiteral("spectra"));
  window->resize(1024, 700);
  rest(200);
  keep_picture(QStringLiteral("spectra-small"));
}

}  // namespace
}  // namespace iso::gui
