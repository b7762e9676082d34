#include "gui/model/document.h"

#include "gui/model/labels.h"
#include "support/desktop_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace iso::gui {
namespace {

TEST(UndoStack, ForgetsTheOldestStepsOverItsBudgetAndSaysHowMany) {
  UndoStack stack{100};
  int value = 0;
  for (int i = 0; i < 5; ++i) stack.push({"step", 40, [&] { --value; }, [&] { ++value; }, {}});
  EXPECT_EQ(stack.forgotten(), 3U);
  EXPECT_LE(stack.bytes(), 100U);
  stack.undo();
  stack.undo();
  EXPECT_FALSE(stack.can_undo());
  EXPECT_EQ(value, -2);
  stack.redo();
  EXPECT_EQ(value, -1);
}

TEST(UndoStack, MergesADragIntoOneStep) {
  UndoStack stack;
  int value = 0;
  for (int i = 1; i <= 10; ++i) {
    const int before = value;
    value = i;
    stack.push({"Window", 0, [&value, before] { value = before; }, [&value, i] { value = i; }, "window"});
  }
  EXPECT_EQ(stack.names().size(), 1U);
  stack.undo();
  EXPECT_EQ(value, 0);
  stack.redo();
  EXPECT_EQ(value, 10);
}

TEST(UndoStack, DropsWhatCouldBeRedoneWhenSomethingNewIsDone) {
  UndoStack stack;
  stack.push({"a", 0, [] {}, [] {}, {}});
  stack.undo();
  stack.push({"b", 0, [] {}, [] {}, {}});
  EXPECT_FALSE(stack.can_redo());
  EXPECT_EQ(stack.undo_name(), "b");
}

TEST(Document, ShowsTheFirstImageInTheMiddleWithItsPercentiles) {
  Document document;
  const ItemId id = document.add("ball", test::ball(), "ball.nrrd");
  EXPECT_EQ(document.look().layout.base, id);
  EXPECT_EQ(document.selected(), id);
  EXPECT_NEAR(document.find(id)->display.centre, 50, 1e-9);
  EXPECT_NEAR(document.find(id)->display.width, 100, 1e-9);
  EXPECT_LT(std::abs(document.look().crosshair.position_mm[2]), 1);
}

TEST(Document, TakesBackAndRepeatsEveryKindOfStep) {
  Document document;
  const ItemId id = document.add("ball", test::ball(), "ball.nrrd");
  render::Display display = document.find(id)->display;
  display.width = 7;
  document.set_display(id, display);
  Measurement line;
  line.item = id;
  line.points_mm = {{0, 0, 0}, {3, 4, 0}};
  document.add_measurement(line);
  document.rename(id, "sphere");
  document.remove(id);
  EXPECT_TRUE(document.items().empty());
  EXPECT_TRUE(document.measurements().empty());
  UndoStack& stack = document.undo_stack();
  stack.undo();
  ASSERT_NE(document.find(id), nullptr);
  EXPECT_EQ(document.find(id)->name, "sphere");
  EXPECT_EQ(document.measurements().size(), 1U);
  EXPECT_EQ(document.look().layout.base, id);
  stack.undo();
  EXPECT_EQ(document.find(id)->name, "ball");
  stack.undo();
  EXPECT_TRUE(document.measurements().empty());
  stack.undo();
  EXPECT_NEAR(document.find(id)->display.width, 100, 1e-9);
  stack.undo();
  EXPECT_TRUE(document.items().empty());
  while (stack.can_redo()) stack.redo();
  EXPECT_TRUE(document.items().empty());
  EXPECT_EQ(stack.names().back(), "Delete sphere");
}

TEST(Document, DoesNotRecordAChangeThatChangesNothing) {
  Document document;
  const ItemId id = document.add("ball", test::ball(), "ball.nrrd");
  const std::size_t steps = document.undo_stack().names().size();
  document.set_display(id, document.find(id)->display);
  document.rename(id, "ball");
  EXPECT_EQ(document.undo_stack().names().size(), steps);
}

TEST(Document, EntersAllResultsOfAJobAsOneStep) {
  Document document;
  job::Record record;
  record.recipe.task = "test/task";
  const auto ids = document.add_results({{"volume", test::ball()}, {"residual", test::ball(8)}}, record);
  EXPECT_EQ(document.items().size(), 2U);
  EXPECT_FALSE(document.find(ids[0])->saved);
  document.undo_stack().undo();
  EXPECT_TRUE(document.items().empty());
  document.undo_stack().redo();
  EXPECT_EQ(document.find(ids[1])->record->recipe.task, "test/task");
}

TEST(Document, GoesBackToTheImageBeforeAPreviewUnlessTheResultIsShown) {
  Document document;
  const ItemId scan = document.add("scan", test::ball(32, 10), "scan.nrrd");
  const Look before = document.look();
  document.set_preview("so far", test::ball(16, 4));
  document.clear_preview();
  EXPECT_EQ(document.look(), before);
  document.set_preview("so far", test::ball(16, 4));
  const ItemId result = document.add("result", test::ball(16, 5), {});
  document.show(result);
  document.clear_preview();
  EXPECT_EQ(document.look().layout.base, result);
  EXPECT_NE(document.look().layout.base, scan);
}

TEST(LabelStroke, PaintsADiscInOneSliceAndIsUndoneExactly) {
  Document document;
  const ItemId base = document.add("ball", test::ball(), "ball.nrrd");
  const ItemId id = document.add_label_map(base, "labels");
  const auto before = digest(*document.find(id)->data);
  LabelStroke stroke{get<LabelMap>(document.find(id)->data), document.find(base)->raster};
  stroke.dab({0.5, 0.5, 0.5}, {0, 0, 1}, 4, false, LabelStroke::Effect::paint, 3);
  const auto delta = stroke.delta();
  ASSERT_TRUE(delta);
  std::int64_t painted = 0;
  for (const LabelRun& run : delta->runs) painted += run.length;
  EXPECT_EQ(painted, 49);  // voxel centres within 4 of a voxel centre, in the plane
  document.apply_label_delta(id, delta, "Paint");
  EXPECT_NE(digest(*document.find(id)->data), before);
  document.undo_stack().undo();
  EXPECT_EQ(digest(*document.find(id)->data), before);
  document.undo_stack().redo();
  EXPECT_NE(digest(*document.find(id)->data), before);
  EXPECT_LT(delta->bytes(), 1000U);
}

TEST(LabelStroke, KeepsToTheRangeOfTheImage) {
  Document document;
  const ItemId base = document.add("ball", test::ball(32, 10), "ball.nrrd");
  const ItemId id = document.add_label_map(base, "labels");
  LabelStroke stroke{get<LabelMap>(document.find(id)->data), document.find(base)->raster};
  stroke.threshold({50, 150}, 1);
  std::int64_t count = 0;
  const auto delta = stroke.delta();
  ASSERT_TRUE(delta);
  for (const LabelRun& run : delta->runs) count += run.length * run.after;
  const auto values = get<Volume>(document.find(base)->data).pixels.values<float>();
  EXPECT_EQ(count, std::count(values.begin(), values.end(), 100.0F));
}

TEST(LabelStroke, FillStopsAtOtherLabelsAndStaysInTheSlice) {
  Document document;
  const ItemId base = document.add("ball", test::ball(16), "ball.nrrd");
  const ItemId id = document.add_label_map(base, "labels");
  LabelStroke stroke{get<LabelMap>(document.find(id)->data), nullptr};
  stroke.fill({0, 0, 0.5}, {0, 0, 1}, 2);
  std::int64_t count = 0;
  const auto delta = stroke.delta();
  ASSERT_TRUE(delta);
  for (const LabelRun& run : delta->runs) count += run.after == 2 ? run.length : 0;
  EXPECT_EQ(count, 16 * 16);
}

}  // namespace
}  // namespace iso::gui
