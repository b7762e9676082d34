// Work is not lost: closing, restoring, saving where it cannot be saved, sessions of programs that are not there.

#include "dialogs.h"
#include "window_fixture.h"

#include "gui/model/labels.h"
#include "gui/model/session.h"

#include <QAction>

#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class Keeping : public test::WindowTest {
 protected:
  /// What a desktop left that did not end cleanly.
  fs::path leave_work_behind() {
    Document document;
    Journal journal{document, desktop->recovery_parent()};
    document.add_result("result of before", test::ball(12), made_by("test/task"));
    journal.tick();
    journal.wait_until_written();
    journal.keep();
    return journal.folder();
  }
  static job::Record made_by(const std::string& task) {
    job::Record record;
    record.recipe.task = task;
    record.state = job::State::done;
    return record;
  }
  std::size_t left_behind() { return find_recoveries(desktop->recovery_parent()).size(); }
  ItemId add_result() { return document().add_result("result", test::ball(12), made_by("test/task")); }
};

TEST_F(Keeping, RestoringGivesTheWorkBackAndKeepsItSafeFromThenOn) {
  const fs::path left = leave_work_behind();
  test::Answer answer{QStringLiteral("Restore")};
  window->offer_recovery();
  ASSERT_TRUE(answer.given());
  EXPECT_TRUE(answer.question().contains(QStringLiteral("did not end properly"))) << answer.question().toStdString();
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(document().items()[0]->name, "result of before");
  EXPECT_FALSE(document().items()[0]->saved);
  ASSERT_TRUE(wait_until([&] { return !fs::exists(left); }));
  desktop->journal()->wait_until_written();
  Document copy;
  apply(copy, recover(desktop->journal()->folder()));
  EXPECT_EQ(copy.items().size(), 1U) << "the journal of this run has it now";
}

TEST_F(Keeping, DiscardingRemovesItAndAskingAgainLeavesIt) {
  leave_work_behind();
  {
    test::Answer answer{QStringLiteral("Ask again next time")};
    window->offer_recovery();
    ASSERT_TRUE(answer.given());
  }
  EXPECT_TRUE(document().items().empty());
  EXPECT_EQ(left_behind(), 1U);
  test::Answer answer{QStringLiteral("Discard")};
  window->offer_recovery();
  ASSERT_TRUE(answer.given());
  EXPECT_EQ(left_behind(), 0U);
  EXPECT_TRUE(document().items().empty());
}

TEST_F(Keeping, ClosingAsksAboutWorkThatIsNotSaved) {
  window->setProperty("testing", false);
  add_result();
  Measurement line;
  line.item = document().items()[0]->id;
  line.points_mm = {{0, 0, 0}, {3, 4, 0}};
  document().add_measurement(line);
  EXPECT_TRUE(window->isWindowModified());
  test::Answer stay{QStringLiteral("Cancel")};
  EXPECT_FALSE(window->close());
  ASSERT_TRUE(stay.given());
  EXPECT_TRUE(stay.question().contains(QStringLiteral("One result"))) << stay.question().toStdString();
  EXPECT_TRUE(stay.question().contains(QStringLiteral("One measurement"))) << stay.question().toStdString();
  EXPECT_TRUE(window->isVisible());
  test::Answer lose{QStringLiteral("Close without saving")};
  EXPECT_TRUE(window->close());
  EXPECT_TRUE(lose.given());
}

TEST_F(Keeping, ClosingSavesTheSessionFirstIfAsked) {
  window->setProperty("testing", false);
  add_result();
  const fs::path session = folder / "work.isocenter.json";
  window->save_session(session);
  ASSERT_TRUE(wait_until([&] { return !window->isWindowModified(); })) << window->told().toStdString();
  document().add_result("second", test::ball(10), made_by("test/task"));
  EXPECT_TRUE(window->isWindowModified());
  test::Answer save{QStringLiteral("Save session")};
  window->close();
  ASSERT_TRUE(save.given());
  ASSERT_TRUE(wait_until([&] { return !window->isVisible(); })) << window->told().toStdString();
  const LoadedSession loaded = read_session(session);
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.items.size(), 2U);
}

TEST_F(Keeping, DataCountAsSavedOnlyWhereTheFileGivesThemBack) {
  const ItemId id = add_result();
  for (const char* const name : {"picture.png", "bare.npy"}) {
    window->tell({});
    window->save_item(id, folder / name, true);
    ASSERT_TRUE(wait_until([&] { return window->told().contains(QString::fromUtf8(name)); })) << name;
    EXPECT_TRUE(fs::exists(folder / name));
    EXPECT_FALSE(document().find(id)->saved) << name;
    EXPECT_TRUE(document().find(id)->file.empty()) << name;
  }
  window->save_item(id, folder / "whole.mha", true);
  ASSERT_TRUE(wait_until([&] { return document().find(id)->saved; })) << window->told().toStdString();
}

TEST_F(Keeping, AnItemIsNotSavedOverTheFileOfAnother) {
  const ItemId id = add_result();
  io::write(folder / "scan.mha", *test::ball(7));
  document().add("scan", io::read(folder / "scan.mha"), folder / "scan.mha");
  fs::create_hard_link(folder / "scan.mha", folder / "other.mha");
  for (const char* const name : {"scan.mha", "other.mha"}) {
    window->tell({});
    window->save_item(id, folder / name, true);
    ASSERT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("would replace")); })) << name;
    EXPECT_EQ(digest(*io::read(folder / name)), digest(*test::ball(7)));
    EXPECT_FALSE(document().find(id)->saved);
  }
}

TEST_F(Keeping, AnOutputFolderThatIsGoneIsOneSentenceAndNothingIsLost) {
  window->setProperty("testing", false);
  const ItemId id = add_result();
  const fs::path disk = folder / "disk";
  fs::create_directories(disk);
  const fs::path session = disk / "work.isocenter.json";
  window->save_session(session);
  ASSERT_TRUE(wait_until([&] { return !window->isWindowModified(); }));
  fs::rename(disk, folder / "unplugged");
  window->save_item(id, disk / "result.nrrd", true);
  ASSERT_TRUE(wait_until([&] { return !window->told().isEmpty(); }));
  EXPECT_TRUE(window->told().contains(QStringLiteral("disk"))) << window->told().toStdString();
  EXPECT_FALSE(document().find(id)->saved);
  document().add_result("second", test::ball(10), made_by("test/task"));
  window->tell({});
  test::Answer save{QStringLiteral("Save session")};
  window->close();
  ASSERT_TRUE(save.given());
  ASSERT_TRUE(wait_until([&] { return window->told().trimmed().size() > 10; }));
  EXPECT_TRUE(window->isVisible()) << "it stays when the session cannot be written";
  EXPECT_EQ(document().items().size(), 2U);
  EXPECT_FALSE(fs::exists(disk / "work.isocenter.json"));
  EXPECT_EQ(read_session(folder / "unplugged" / "work.isocenter.json").items.size(), 1U) << "as it was";
  fs::rename(folder / "unplugged", folder / "plugged");
  window->save_session(folder / "plugged" / "work.isocenter.json");
  ASSERT_TRUE(wait_until([&] { return !window->isWindowModified(); })) << window->told().toStdString();
  EXPECT_EQ(read_session(folder / "plugged" / "work.isocenter.json").items.size(), 2U);
}

TEST_F(Keeping, ASessionChangedByAnotherProgramIsNotReplacedWithoutAQuestion) {
  add_result();
  const fs::path session = folder / "work.isocenter.json";
  window->save_session(session);
  ASSERT_TRUE(wait_until([&] { return !window->isWindowModified(); }));
  fs::last_write_time(session, fs::last_write_time(session) + std::chrono::seconds{5});
  const auto theirs = fs::last_write_time(session);
  document().add_result("second", test::ball(10), made_by("test/task"));
  window->save_session(session);
  EXPECT_TRUE(wait_until([&] { return window->told().contains(QStringLiteral("changed by another program")); }))
      << window->told().toStdString();
  EXPECT_EQ(fs::last_write_time(session), theirs);
}

TEST_F(Keeping, ASessionWithResultsOfAPluginThatIsNotThereOpensWithItsData) {
  const fs::path session = folder / "work.isocenter.json";
  {
    Document other;
    other.add_result("old result", test::ball(12), made_by("no_such_plugin/task"));
    write_session(prepare_session(other, session));
  }
  window->open_session(session);
  ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
  EXPECT_EQ(document().items()[0]->record->recipe.task, "no_such_plugin/task");
  EXPECT_TRUE(window->told().isEmpty()) << window->told().toStdString();
  // Running it again is a failed job with a sentence, not a crash.
  job::Recipe recipe = document().items()[0]->record->recipe;
  recipe.inputs = {{"volume", "workspace:item-" + std::to_string(document().items()[0]->id)}};
  const std::uint64_t job = desktop->jobs().start(recipe, "again");
  ASSERT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
  EXPECT_EQ(desktop->jobs().find(job)->state, job::State::failed);
  EXPECT_NE(desktop->jobs().find(job)->message.find("no_such_plugin"), std::string::npos)
      << desktop->jobs().find(job)->message;
  EXPECT_EQ(document().items().size(), 1U);
}

}  // namespace
}  // namespace iso::gui
