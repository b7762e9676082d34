#include "gui/model/journal.h"
#include "gui/presenters/click_session.h"
#include "support/job_tasks.h"
#include "support/pixels.h"
#include "support/posted_loop.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

using namespace std::chrono_literals;

/// A worker in this process that marks the voxel of every mark, and gives a volume whose first voxel is the number of marks
/// times the scale, which is its parameters.
class CountingWorker final : public host::InteractionWorker {
 public:
  [[nodiscard]] job::InteractionAnswer answer(std::span<const plugin::Mark> marks, const std::string& parameters_json,
                                              std::chrono::milliseconds) override {
    const VoxelGrid grid = VoxelGrid::centred({16, 16, 16}, {1, 1, 1});
    PixelBuffer labels = PixelBuffer::allocate({grid.shape(), ScalarType::u16});
    for (const plugin::Mark& mark : marks)
      for (const auto& [x, y, z] : mark.voxels)
        labels.values<std::uint16_t>()[static_cast<std::size_t>(x + 16 * (y + 16 * z))] = mark.label;
    PixelBuffer certainty = PixelBuffer::allocate({grid.shape(), ScalarType::f32});
    certainty.values<float>()[0] = static_cast<float>(marks.size()) * std::stof(parameters_json);
    job::InteractionAnswer answer;
    answer.fraction = 1;
    answer.outputs["labels"] = freeze(LabelMap{std::move(labels), grid, {}, {}});
    Volume volume;
    volume.grid = grid;
    volume.pixels = std::move(certainty);
    answer.outputs["certainty"] = freeze(std::move(volume));
    return answer;
  }
  void stop() noexcept override {}
};

class FurtherOutputs : public ::testing::Test {
 protected:
  FurtherOutputs() : image{document.add("image", freeze(test::sample_volume()), "image.nrrd")} {
    session = std::make_unique<ClickSession>(
        document, image, "1", [](const std::string&) { return std::make_shared<CountingWorker>(); },
        [this](std::function<void()> what) { loop.post(std::move(what)); });
  }
  bool click(std::int32_t x) {
    session->click({x, 2, 3}, 1, "Mark");
    return loop.until([&] { return !session->waiting(); });
  }
  [[nodiscard]] const Item* certainty() const {
    for (const auto& item : document.items())
      if (item->name == "certainty") return item.get();
    return nullptr;
  }
  [[nodiscard]] float value() const {
    return certainty() == nullptr ? -1 : get<Volume>(certainty()->data).pixels.values<float>()[0];
  }
  bool until_value(float wanted) {
    return loop.until([&] { return value() == wanted; });
  }

  Document document;
  ItemId image;
  test::Loop loop;
  std::unique_ptr<ClickSession> session;
};

TEST_F(FurtherOutputs, OfAnAnswerAreOneItemThatEveryAnswerReplaces) {
  ASSERT_TRUE(click(1));
  ASSERT_TRUE(until_value(1));
  const ItemId id = certainty()->id;
  const std::size_t items = document.items().size();
  ASSERT_TRUE(click(2));
  ASSERT_TRUE(until_value(2));
  EXPECT_EQ(certainty()->id, id);
  EXPECT_EQ(document.items().size(), items) << "image, labels, certainty";
}

TEST_F(FurtherOutputs, FollowUndoRedoAndParameters) {
  ASSERT_TRUE(click(1) && click(2) && until_value(2));
  document.undo_stack().undo();
  EXPECT_TRUE(until_value(1));
  document.undo_stack().redo();
  EXPECT_TRUE(until_value(2));
  session->set_parameters("10");
  EXPECT_TRUE(until_value(20));
  document.undo_stack().undo();
  document.undo_stack().undo();
  EXPECT_TRUE(loop.until([&] { return certainty() == nullptr; })) << "no click, no output";
}

TEST_F(FurtherOutputs, StayWhenTheSessionEndsAndAreInTheJournalOnlyThen) {
  ASSERT_TRUE(click(1) && until_value(1));
  EXPECT_TRUE(certainty()->live);
  const auto in_session = [&] {
    const std::string text = to_json(document, [](const Item& item) -> std::optional<std::string> {
      return item.live ? std::nullopt : std::optional<std::string>{"x"};
    });
    return text.find("certainty") != std::string::npos;
  };
  EXPECT_FALSE(in_session());
  session.reset();
  ASSERT_NE(certainty(), nullptr);
  EXPECT_FALSE(certainty()->live);
  EXPECT_TRUE(in_session());
}

TEST_F(FurtherOutputs, ThatTheUserDeletedDoNotComeBack) {
  ASSERT_TRUE(click(1) && until_value(1));
  document.remove(certainty()->id);
  ASSERT_TRUE(click(2));
  EXPECT_EQ(certainty(), nullptr);
}

}  // namespace
}  // namespace iso::gui
