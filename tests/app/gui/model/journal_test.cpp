#include "gui/model/journal.h"

#include "gui/model/known_files.h"
#include "gui/model/labels.h"
#include "support/desktop_samples.h"

#include "iso/io/registry.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <map>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

job::Record made_by_a_task() {
  job::Record record;
  record.recipe.task = "test/task";
  record.state = job::State::done;
  return record;
}

class Kept : public ::testing::Test {
 protected:
  Kept() { fs::create_directories(folder); }
  ~Kept() override { fs::remove_all(folder); }

  /// A document with a file's image, a result, labels with strokes, and a line.
  void work(Document& document) {
    const fs::path file = folder / "ball.nrrd";
    io::write(file, *test::ball(), {.overwrite = true});
    base = document.add("ball", io::read(file), file);
    result = document.add_result("result", test::ball(20), made_by_a_task());
    labels = document.add_label_map(base, "labels");
    paint(document, {0, 0, 0});
    Measurement line;
    line.item = base;
    line.points_mm = {{0, 0, 0}, {3, 4, 0}};
    document.add_measurement(line);
    Look look = document.look();
    look.cameras[2].zoom = 2.5;
    look.cameras[1].upside_down = true;
    document.set_look(look);
  }
  void paint(Document& document, const Vec3& at) {
    LabelStroke stroke{get<LabelMap>(document.find(labels)->data), nullptr};
    stroke.dab(at, {0, 0, 1}, 3, false, LabelStroke::Effect::paint, 2);
    document.apply_label_delta(labels, stroke.delta(), "Paint");
  }
  void expect_same(const Document& a, const Document& b) {
    ASSERT_EQ(a.items().size(), b.items().size());
    for (std::size_t i = 0; i < a.items().size(); ++i) {
      EXPECT_EQ(a.items()[i]->name, b.items()[i]->name);
      EXPECT_EQ(digest(*a.items()[i]->data), digest(*b.items()[i]->data)) << a.items()[i]->name;
      EXPECT_EQ(a.items()[i]->display, b.items()[i]->display);
    }
    EXPECT_EQ(a.look(), b.look());
    EXPECT_TRUE(std::ranges::equal(a.measurements(), b.measurements()));
  }

  fs::path folder = fs::path{::testing::TempDir()} / ("iso_journal_test" + std::to_string(::getpid()));
  ItemId base{0}, result{0}, labels{0};
};

TEST_F(Kept, ASessionFileBringsEverythingBack) {
  Document document;
  work(document);
  const fs::path file = folder / "work.isocenter.json";
  write_session(prepare_session(document, file));
  Document again;
  LoadedSession loaded = read_session(file);
  EXPECT_TRUE(loaded.problems.empty());
  apply(again, std::move(loaded));
  expect_same(document, again);
}

TEST_F(Kept, ASessionWhoseFileIsGoneSaysSoAndKeepsTheRest) {
  Document document;
  work(document);
  const fs::path file = folder / "work.isocenter.json";
  write_session(prepare_session(document, file));
  fs::remove(folder / "ball.nrrd");
  LoadedSession loaded = read_session(file);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_NE(loaded.problems[0].find("ball"), std::string::npos);
  EXPECT_EQ(loaded.items.size(), 2U);
}

TEST_F(Kept, ADamagedSessionFileIsOneSentence) {
  for (const std::string& text : {std::string{}, std::string{"{"}, std::string{"[]"}, std::string(300000, '['),
                                  std::string{R"({"session_version": 99})"}}) {
    const fs::path file = folder / "bad.isocenter.json";
    std::ofstream{file} << text;
    try {
      (void)read_session(file);
      ADD_FAILURE() << "no error for '" << text.substr(0, 40) << "'";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_input) << error.what();
      EXPECT_EQ(std::string{error.what()}.find('\n'), std::string::npos) << error.what();
    }
  }
}

TEST_F(Kept, AJournalOfAKilledProcessGivesTheWorkBackWithEveryStroke) {
  Document document;
  auto journal = std::make_unique<Journal>(document, folder);
  work(document);
  journal->tick();
  paint(document, {6, 6, 2});
  document.undo_stack().undo();
  paint(document, {-6, 6, 3});
  journal->tick();
  journal->wait_until_written();
  journal->keep();  // as a kill would
  const fs::path left = journal->folder();
  EXPECT_TRUE(find_recoveries(folder).empty()) << "the process lives";
  journal.reset();
  const auto found = find_recoveries(folder);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].folder, left);
  EXPECT_EQ(found[0].items, 3U);
  Document again;
  apply(again, recover(left));
  expect_same(document, again);
  discard(found[0]);
  EXPECT_TRUE(find_recoveries(folder).empty());
}

TEST_F(Kept, AJournalCutOffInALineGivesTheStateBefore) {
  Document document;
  auto journal = std::make_unique<Journal>(document, folder);
  work(document);
  journal->tick();
  journal->wait_until_written();
  journal->keep();
  const fs::path left = journal->folder();
  journal.reset();
  std::ofstream{left / "journal.jsonl", std::ios::app} << R"({"state":{"session_version":1,"items":[)";
  Document again;
  apply(again, recover(left));
  expect_same(document, again);
}

/// The folder of a journal that was written and left.
fs::path left_behind(const fs::path& folder, Document& document) {
  Journal journal{document, folder};
  journal.tick();
  EXPECT_TRUE(journal.wait_until_written());
  journal.keep();
  return journal.folder();
}

TEST_F(Kept, AnEmptyOrTornJournalOffersTheDataFiles) {
  Document document;
  work(document);
  const fs::path left = left_behind(folder, document);
  std::size_t data_files = 0;
  for (const auto& entry : fs::directory_iterator{left}) data_files += entry.path().extension() == ".h5" ? 1 : 0;
  ASSERT_EQ(data_files, 2U) << "the result and the labels";
  const std::string zeros(100, '\0');
  for (const std::string& text : {std::string{}, std::string{R"({"state":{"session_ver)"}, zeros}) {
    std::ofstream{left / "journal.jsonl", std::ios::binary | std::ios::trunc} << text;
    const auto found = find_recoveries(folder);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].items, data_files);
    const LoadedSession loaded = recover(found[0].folder);
    EXPECT_TRUE(loaded.problems.empty());
    ASSERT_EQ(loaded.items.size(), data_files);
    EXPECT_EQ(digest(*loaded.items[0].data), digest(*document.find(result)->data));
  }
}

TEST_F(Kept, DataThatCameAfterTheLastStateAreOffered) {
  Document document;
  const fs::path left = left_behind(folder, document);  // of an empty document
  io::write(left / "item-7-1.h5", *test::ball());
  const auto found = find_recoveries(folder);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(recover(found[0].folder).items.size(), 1U);
}

TEST_F(Kept, AnEmptyJournalWithoutDataGoesAndStrangeFilesStay) {
  for (const char* const name : {"Recovery_20260101_000000_1", "Recovery_20260101_000000_2"}) {
    fs::create_directories(folder / name);
    for (const char* const file : {"lock", "journal.jsonl"}) std::ofstream{folder / name / file};
  }
  std::ofstream{folder / "Recovery_20260101_000000_2" / "precious.txt"} << "precious";
  EXPECT_TRUE(find_recoveries(folder).empty());
  EXPECT_FALSE(fs::exists(folder / "Recovery_20260101_000000_1"));
  EXPECT_TRUE(fs::exists(folder / "Recovery_20260101_000000_2" / "precious.txt"));
}

TEST_F(Kept, AChangedLineOrDataFileIsNotTakenForWhatItWas) {
  Document document;
  work(document);
  const fs::path left = left_behind(folder, document);
  std::ifstream in{left / "journal.jsonl", std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  const std::size_t at = text.rfind("\"zoom\":2.5");
  ASSERT_NE(at, std::string::npos);
  text[at + 7] = '3';
  std::ofstream{left / "journal.jsonl", std::ios::binary | std::ios::trunc} << text;
  const LoadedSession loaded = recover(left);
  EXPECT_NE(loaded.session.look.cameras[2].zoom, 3.5) << "the line is not whole any more";
  EXPECT_FALSE(loaded.items.empty()) << "its data are";
}

TEST_F(Kept, TheJournalIsOfItsUserAlone) {
  Document document;
  work(document);
  const fs::path parent = folder / "recovery", left = left_behind(parent, document);
  const auto others = fs::perms::group_all | fs::perms::others_all;
  for (const fs::path& place : {parent, left})
    EXPECT_EQ(fs::status(place).permissions() & others, fs::perms::none) << place;
  for (const auto& entry : fs::directory_iterator{left})
    EXPECT_EQ(entry.status().permissions() & others, fs::perms::none) << entry.path();
}

TEST_F(Kept, AChangeOfLabelsOutsideTheMapIsRefused) {
  PixelBuffer map = PixelBuffer::allocate({Shape{4, 4, 1}, ScalarType::u8});
  for (const std::int64_t first : {std::numeric_limits<std::int64_t>::max(), std::int64_t{-1}, std::int64_t{16}}) {
    Document::LabelDelta delta;
    delta.runs.push_back({first, 1, 0, 1});
    EXPECT_THROW(apply_in_place(map, delta, true), Error) << first;
  }
}

TEST_F(Kept, ASessionWhoseDataFileWasChangedSaysSo) {
  Document document;
  work(document);
  const fs::path file = folder / "work.isocenter.json";
  write_session(prepare_session(document, file));
  for (const auto& entry : fs::directory_iterator{to_data_folder(file)})
    io::write(entry.path(), *test::ball(31), {.overwrite = true});
  const LoadedSession loaded = read_session(file);
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_NE(loaded.problems[0].find("not what was saved"), std::string::npos) << loaded.problems[0];
}

TEST_F(Kept, ASessionSaysWhichOfItsOwnFilesChanged) {
  Document document;
  work(document);
  const fs::path file = folder / "work.isocenter.json";
  write_session(prepare_session(document, file));
  fs::last_write_time(folder / "ball.nrrd", fs::file_time_type::clock::now() + std::chrono::hours{1});
  EXPECT_TRUE(read_session(file).problems.empty()) << "touched, but the same";
  io::write(folder / "ball.nrrd", *test::ball(31), {.overwrite = true});
  const LoadedSession loaded = read_session(file);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_NE(loaded.problems[0].find("ball.nrrd' is not what it was"), std::string::npos) << loaded.problems[0];
  EXPECT_EQ(loaded.items.size(), 3U) << "it is shown as it is now";
}

TEST_F(Kept, ASessionThatIsSavedAgainMendsDamagedDataFiles) {
  Document document;
  work(document);
  const fs::path file = folder / "work.isocenter.json";
  write_session(prepare_session(document, file));
  for (const auto& entry : fs::directory_iterator{to_data_folder(file)}) fs::resize_file(entry.path(), 100);
  EXPECT_EQ(read_session(file).problems.size(), 2U);
  write_session(prepare_session(document, file));
  const LoadedSession loaded = read_session(file);
  EXPECT_TRUE(loaded.problems.empty()) << loaded.problems.front();
  EXPECT_EQ(loaded.items.size(), 3U);
}

TEST_F(Kept, ADataFileThatAnItemWasOpenedFromIsNotRemoved) {
  Document document;
  work(document);
  const fs::path file = folder / "work.isocenter.json";
  write_session(prepare_session(document, file));
  const fs::path data = fs::directory_iterator { to_data_folder(file) } -> path();
  Document other;
  other.add("opened by hand", io::read(data), data);
  write_session(prepare_session(other, file));
  EXPECT_TRUE(fs::exists(data));
  EXPECT_TRUE(read_session(file).problems.empty());
}

TEST_F(Kept, AFileGivesDataBackOrDoesNot) {
  Volume volume = get<Volume>(test::ball());
  volume.grid.origin_mm = {0.1, 1.0 / 3, -7.7};  // not to be had with 32 bits
  const Dataset data{volume};
  for (const auto& [name, whole] : std::map<std::string, bool>{
           {"a.h5", true}, {"a.mha", true}, {"a.nrrd", true}, {"a.nii.gz", true}, {"a.png", false}, {"a.npy", false}}) {
    io::write(folder / name, data);
    EXPECT_EQ(gives_back(folder / name, data), whole) << name;
    EXPECT_EQ(find_known_digest(folder / name).empty(), false) << name;
  }
  fs::resize_file(folder / "a.mha", 300);
  EXPECT_FALSE(gives_back(folder / "a.mha", data));
  EXPECT_EQ(find_known_digest(folder / "a.mha"), "") << "it is not what it was";
}

TEST_F(Kept, ACleanEndLeavesNothingToRecover) {
  {
    Document document;
    Journal journal{document, folder};
    document.add_result("result", test::ball(8), made_by_a_task());
    journal.tick();
  }
  EXPECT_TRUE(find_recoveries(folder).empty());
}

}  // namespace
}  // namespace iso::gui
