#include "window_fixture.h"

#include "gui/panels/data_panel.h"
#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"
#include "gui/panels/provenance_dialog.h"

#include "iso/evaluation/phantoms.h"

#include <QClipboard>
#include <QLabel>
#include <QPushButton>

#include <numbers>

namespace iso::gui {
namespace {

class Replays : public test::WindowTest {
 protected:
  /// A reconstruction from the form.
  ItemId reconstruct() {
    const auto geometry = ProjectionGeometry::parallel(equal_angles(40, std::numbers::pi), {95, 1}, {1.4, 1.4});
    scan = open("scan.h5", freeze(evaluation::project(evaluation::shepp_logan_2d(60), geometry, 2)));
    window->methods().open_task("sparse_view_ct/cgls");
    window->methods().form()->set("iterations", "5");
    window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
    const std::uint64_t job = window->job_panel().shown();
    EXPECT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
    const JobState& state = *desktop->jobs().find(job);
    EXPECT_EQ(state.state, job::State::done) << state.message;
    return state.results.empty() ? ItemId{0} : state.results.front();
  }
  ProvenanceDialog* show_provenance(ItemId item) {
    Q_EMIT window->findChild<DataPanel*>()->provenance_asked(item);
    return window->findChild<ProvenanceDialog*>();
  }
  QString make_verdict(ProvenanceDialog& dialog) {
    dialog.findChild<QPushButton*>(QStringLiteral("replay"))->click();
    EXPECT_TRUE(wait_until([&] { return !dialog.searching(); }));
    if (dialog.job() != 0) {
      EXPECT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(dialog.job())->state); }));
    }
    return dialog.findChild<QLabel*>(QStringLiteral("verdict"))->text();
  }
  void keep(QWidget& widget, const QString& name) {
    rest(50);
    QDir{}.mkpath(QStringLiteral(ISO_BINARY_DIR "/screenshots"));
    EXPECT_TRUE(widget.grab().save(QStringLiteral(ISO_BINARY_DIR "/screenshots/") + name + QStringLiteral(".png")));
  }
  ItemId scan{0};
};

TEST_F(Replays, GiveTheSameBitsAndSaySo) {
  const ItemId result = reconstruct();
  const std::size_t items = document().items().size();
  ProvenanceDialog* const dialog = show_provenance(result);
  ASSERT_NE(dialog, nullptr);
  EXPECT_EQ(make_verdict(*dialog).section(QLatin1Char('\n'), 0, 0), QStringLiteral("Same bits as recorded"));
  EXPECT_EQ(document().items().size(), items) << "a replay is compared, not kept";
  keep_picture(QStringLiteral("replay-window"));
  keep(*dialog, QStringLiteral("provenance"));
}

TEST_F(Replays, OfAnotherRecordSayWhatDiffers) {
  const ItemId result = reconstruct();
  job::Record record = *document().find(result)->record;
  record.output_digests["volume"] = std::string(64, '0');
  const ItemId other = document().add_result("forged", document().find(result)->data, record);
  ProvenanceDialog* const dialog = show_provenance(other);
  ASSERT_NE(dialog, nullptr);
  const QString verdict = make_verdict(*dialog);
  EXPECT_TRUE(verdict.startsWith(QStringLiteral("Other bits than recorded"))) << verdict.toStdString();
  EXPECT_TRUE(verdict.contains(QStringLiteral("volume"))) << verdict.toStdString();
}

TEST_F(Replays, FindTheDataAgainAfterTheyWereClosed) {
  const ItemId result = reconstruct();
  document().remove(scan);
  ProvenanceDialog* const dialog = show_provenance(result);
  ASSERT_NE(dialog, nullptr);
  EXPECT_EQ(make_verdict(*dialog).section(QLatin1Char('\n'), 0, 0), QStringLiteral("Same bits as recorded"));
  const std::filesystem::path file = folder / "scan.h5", moved = folder / "moved.h5";
  std::filesystem::rename(file, moved);
  QString verdict = make_verdict(*dialog);
  EXPECT_TRUE(verdict.contains(QStringLiteral("is gone"))) << verdict.toStdString();
  EXPECT_TRUE(verdict.contains(QString::fromStdString(file.string()))) << verdict.toStdString();
  keep(*dialog, QStringLiteral("provenance-file-gone"));
  const std::size_t before = document().items().size();
  window->open_file(moved);
  ASSERT_TRUE(wait_until([&] { return document().items().size() > before; }));
  EXPECT_EQ(make_verdict(*dialog).section(QLatin1Char('\n'), 0, 0), QStringLiteral("Same bits as recorded"))
      << "they are known by their content";
}

TEST_F(Replays, RefuseAFileThatWasChangedWithOneSentence) {
  const ItemId result = reconstruct();
  document().remove(scan);
  const auto geometry = ProjectionGeometry::parallel(equal_angles(40, std::numbers::pi), {95, 1}, {1.4, 1.4});
  io::write(folder / "scan.h5", *freeze(evaluation::project(evaluation::shepp_logan_2d(50), geometry, 2)),
            {.overwrite = true});
  ProvenanceDialog* const dialog = show_provenance(result);
  ASSERT_NE(dialog, nullptr);
  const QString verdict = make_verdict(*dialog);
  EXPECT_EQ(dialog->job(), 0U);
  EXPECT_TRUE(verdict.contains(QStringLiteral("was changed since"))) << verdict.toStdString();
}

TEST_F(Replays, WorkFromTheResultThatWasSavedClosedAndOpenedAgain) {
  const ItemId result = reconstruct();
  const std::filesystem::path file = folder / "rec.mha";
  window->save_item(result, file, false);
  ASSERT_TRUE(wait_until([&] { return document().find(result)->saved; }));
  document().remove(result);
  document().remove(scan);
  const std::size_t before = document().items().size();
  window->open_file(file);
  ASSERT_TRUE(wait_until([&] { return document().items().size() > before; }));
  const ItemId again = document().selected();
  ASSERT_TRUE(document().find(again)->record.has_value());
  EXPECT_EQ(job::read_record(job::record_path(file)).recipe.inputs.at("sinogram"), "scan.h5")
      << "as the command line writes it, so that both can be moved together";
  ProvenanceDialog* const dialog = show_provenance(again);
  ASSERT_NE(dialog, nullptr);
  EXPECT_EQ(make_verdict(*dialog).section(QLatin1Char('\n'), 0, 0), QStringLiteral("Same bits as recorded"));
}

TEST_F(Replays, StandBesideTheCommandThatDoesTheSame) {
  const ItemId result = reconstruct();
  ProvenanceDialog* const dialog = show_provenance(result);
  ASSERT_NE(dialog, nullptr);
  for (QPushButton* button : dialog->findChildren<QPushButton*>())
    if (button->text() == QStringLiteral("Copy as command")) button->click();
  EXPECT_TRUE(QApplication::clipboard()->text().startsWith(QStringLiteral("isocenter run sparse_view_ct/cgls ")));
}

}  // namespace
}  // namespace iso::gui
