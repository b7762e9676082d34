// The two minutes of the manual, on the samples that ship: open, reconstruct from few views, compare, measure, label. The pictures
// of the manual are taken here.

#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/presenters/compare.h"

#include <QAction>
#include <QPushButton>
#include <QStatusBar>

namespace iso::gui {
namespace {

class Tour : public test::WindowTest {
 protected:
  std::filesystem::path samples() const { return std::filesystem::path{ISO_SOURCE_DIR} / "resources/samples"; }

  ItemId open_sample(const char* name, const std::map<std::string, std::string>& hints = {}) {
    const std::size_t before = document().items().size();
    window->open_file(samples() / name, hints);
    EXPECT_TRUE(wait_until([&] { return document().items().size() > before; })) << window->told().toStdString();
    return document().selected();
  }

  /// Runs as a user does; `midway` is called once, with the first intermediate image after a fifth of the work.
  ItemId run(ItemId scan, const char* task, const char* views, const std::function<void()>& midway = {}) {
    document().select(scan);
    window->methods().open_task(task);
    window->methods().form()->set("use_views", views);
    EXPECT_TRUE(window->methods().form()->valid()) << window->methods().form()->first_problem();
    bool past = false;
    const auto connection =
        desktop->jobs().previewed.connect([&](std::uint64_t id, const std::string&, const DatasetPtr&) {
          if (past || !midway || desktop->jobs().find(id)->fraction < 0.2) return;
          past = true;
          midway();
        });
    window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
    const std::uint64_t job = window->job_panel().shown();
    EXPECT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }, 300000));
    const JobState& state = *desktop->jobs().find(job);
    EXPECT_EQ(state.state, job::State::done) << state.message;
    return state.results.empty() ? ItemId{0} : state.results.front();
  }
};

TEST_F(Tour, OpensReconstructsAndCompares) {
  const ItemId scan =
      open_sample("needle_haadf_97x200x77.mrc",
                  {{"geometry", (samples() / "needle_haadf_97x200x77.json").string()}, {"unattenuated", "none"}});
  rest(300);
  window->statusBar()->clearMessage();
  keep_for_manual(QStringLiteral("tour-scan"));
  const ItemId all = run(scan, "sparse_view_ct/tv", "0");
  document().rename(all, "TV, 77 views");
  const ItemId few = run(scan, "sparse_view_ct/sart", "20");
  document().rename(few, "SART, 20 views");
  bool seen = false;
  const ItemId tv = run(scan, "sparse_view_ct/tv", "20", [&] {
    seen = true;
    QTimer::singleShot(0, window.get(), [this] { keep_for_manual(QStringLiteral("tour-running")); });
  });
  EXPECT_TRUE(seen) << "no intermediate image after a fifth of the work";
  document().rename(tv, "TV, 20 views");
  rest(800);
  keep_for_manual(QStringLiteral("tour-result"));
  ASSERT_NE(document().find(all), nullptr);
  for (const ItemId id : {few, tv}) document().set_display(id, document().find(all)->display);
  const auto psnr = [&](ItemId id) {
    Look look = document().look();
    look.layout.base = id;
    look.layout.compared = all;
    look.layout.arrangement = Arrangement::side_by_side;
    document().set_look(look);
    return slice_figures(make_comparison(document())).psnr_db.value_or(0);
  };
  // What few views make of the same scan, drawn aside over all of them.
  Look look = document().look();
  look.layout.base = few;
  look.overlay.item = all;
  look.overlay.opacity = 1;
  look.overlay.curtain = 0.5;
  look.layout.arrangement = Arrangement::one_up;
  document().set_look(look);
  rest(300);
  window->statusBar()->clearMessage();
  keep_for_manual(QStringLiteral("curtain"));
  look.overlay.item = 0;
  look.overlay.curtain = 1;
  document().set_look(look);
  const double sart_db = psnr(few), tv_db = psnr(tv);
  std::cout << "against TV of 77 views, slice: SART " << sart_db << " dB, TV " << tv_db << " dB\n";
  EXPECT_GT(tv_db, sart_db);
  raise("dock.compare");
  wait_until([&] { return false; }, 1500);
  window->statusBar()->clearMessage();
  keep_for_manual(QStringLiteral("tour-compare"));
}

TEST_F(Tour, MeasuresAndLabels) {
  open_sample("ct_lung_512x512.nii.gz");
  rest(300);
  window->statusBar()->clearMessage();
  const QPoint centre = middle(axial());
  window->action(QStringLiteral("tool.ellipse"))->trigger();
  drag(axial(), Qt::LeftButton, centre + QPoint{-30, -70}, centre + QPoint{20, -25});
  window->action(QStringLiteral("tool.line"))->trigger();
  drag(axial(), Qt::LeftButton, centre + QPoint{-140, 20}, centre + QPoint{150, 20});
  EXPECT_EQ(document().measurements().size(), 2U);
  raise("dock.measure");
  rest(300);
  keep_for_manual(QStringLiteral("measure"));
  window->action(QStringLiteral("tool.brush"))->trigger();
  drag(axial(), Qt::LeftButton, centre + QPoint{-20, -50}, centre + QPoint{20, -40});
  ASSERT_EQ(document().items().size(), 2U);
  rest(300);
  window->statusBar()->clearMessage();
  keep_for_manual(QStringLiteral("label"));
}

}  // namespace
}  // namespace iso::gui
