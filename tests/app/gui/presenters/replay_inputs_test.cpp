#include "gui/presenters/replay_inputs.h"
#include "gui/model/data_places.h"
#include "gui/model/labels.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"
#include "support/job_tasks.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class ReplayInputs : public ::testing::Test {
 protected:
  ReplayInputs() { fs::create_directories(folder); }
  ~ReplayInputs() override { fs::remove_all(folder); }
  /// Of a run whose input was `data` at `place`.
  static job::Record make_record(const DatasetPtr& data, const std::string& place) {
    job::Record record;
    record.state = job::State::done;
    record.recipe.task = "test/noise";
    record.recipe.inputs["volume"] = place;
    record.input_digests["volume"] = digest(*data);
    return record;
  }
  [[nodiscard]] DatasetPtr found(const job::Record& record) const {
    return find_inputs(prepare_replay(record, document)).at("volume");
  }
  [[nodiscard]] Error refusal(const job::Record& record) const {
    try {
      (void)found(record);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "it was found";
    return Error{Errc::internal, ""};
  }

  fs::path folder = fs::path{::testing::TempDir()} / ("iso_replay_inputs" + std::to_string(::getpid()));
  fs::path file = folder / "scan.nrrd";
  DatasetPtr data = freeze(test::sample_volume());
  DatasetPtr other = freeze(test::sample_volume(3));
  Document document;
};

TEST_F(ReplayInputs, AreKnownByTheirContentWhateverTheyAreCalledNow) {
  document.add("another", other, folder / "other.nrrd");
  document.add("the same under another name", data, folder / "copy.nrrd");
  EXPECT_EQ(found(make_record(data, item_place(77))), data) << "an item of that number was never open here";
  EXPECT_EQ(found(make_record(data, (folder / "gone.nrrd").string())), data);
}

TEST_F(ReplayInputs, ComeFromTheirFileWhenTheyAreClosed) {
  io::write(file, *data);
  EXPECT_EQ(digest(*found(make_record(data, file.string()))), digest(*data));
}

TEST_F(ReplayInputs, WhoseFileIsGoneAreRefusedNamingIt) {
  const Error error = refusal(make_record(data, file.string()));
  EXPECT_EQ(error.code(), Errc::no_input);
  EXPECT_NE(std::string{error.what()}.find(file.string()), std::string::npos) << error.what();
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(ReplayInputs, WhoseFileHasChangedAreRefusedBeforeAnythingRuns) {
  io::write(file, *other);
  const Error error = refusal(make_record(data, file.string()));
  EXPECT_EQ(error.code(), Errc::invalid_input);
  EXPECT_NE(std::string{error.what()}.find("was changed since"), std::string::npos) << error.what();
}

TEST_F(ReplayInputs, ThatWerePaintedOverAreFoundAgainAfterTheUndo) {
  const ItemId image = document.add("image", data, file);
  const ItemId labels = document.add_label_map(image, "labels");
  const DatasetPtr before = document.find(labels)->data;
  const job::Record record = make_record(before, item_place(labels));
  LabelStroke stroke{get<LabelMap>(before), {}};
  stroke.dab(document.look().crosshair.position_mm, {0, 0, 1}, 3, false, LabelStroke::Effect::paint, 2);
  document.apply_label_delta(labels, stroke.delta(), "Paint");
  ASSERT_NE(digest(*document.find(labels)->data), record.input_digests.at("volume"));
  EXPECT_NE(std::string{refusal(record).what()}.find("was changed since"), std::string::npos);
  document.undo_stack().undo();
  EXPECT_EQ(digest(*found(record)), record.input_digests.at("volume"));
}

TEST_F(ReplayInputs, ThatAreNowhereAreRefused) {
  document.add("another", other, folder / "other.nrrd");
  const Error error = refusal(make_record(data, item_place(77)));
  EXPECT_EQ(error.code(), Errc::no_input);
  EXPECT_NE(std::string{error.what()}.find("the volume of this run is not open any more"), std::string::npos);
}

TEST_F(ReplayInputs, AreNoLongerLookedForOnceThatIsEnded) {
  document.add("another", other, folder / "other.nrrd");
  std::stop_source stop;
  stop.request_stop();
  const ReplaySearch search = prepare_replay(make_record(data, item_place(77)), document);
  EXPECT_THROW((void)find_inputs(search, stop.get_token()), Error);
}

TEST_F(ReplayInputs, AndTheirRunComeBackWithTheFileTheResultWasSavedTo) {
  io::write(file, *other);
  job::Record record = make_record(data, "scan.nrrd");
  record.output_digests["volume"] = digest(*other);
  EXPECT_FALSE(record_beside(file, *other).has_value());
  write_record(job::record_path(file), record);
  const auto beside = record_beside(file, *other);
  ASSERT_TRUE(beside.has_value());
  EXPECT_EQ(beside->recipe.inputs.at("volume"), file.string());
  EXPECT_FALSE(record_beside(file, *data).has_value()) << "a file that was changed has no such origin any more";
  std::ofstream{job::record_path(file)} << "{";
  EXPECT_FALSE(record_beside(file, *other).has_value()) << "a damaged record does not keep the data from opening";
}

}  // namespace
}  // namespace iso::gui
