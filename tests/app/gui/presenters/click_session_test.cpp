#include "gui/presenters/click_session.h"
#include "gui/model/labels.h"
#include "support/job_tasks.h"
#include "support/pixels.h"
#include "support/posted_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

namespace iso::gui {
namespace {

using namespace std::chrono_literals;

/// A worker in this process that says which marks it was asked about last. Marks them, in pieces if it is told to take its time.
class KnownWorker final : public host::InteractionWorker {
 public:
  KnownWorker(const VoxelGrid& grid, bool slow) : grid_{grid}, slow_{slow} {}
  [[nodiscard]] job::InteractionAnswer answer(std::span<const plugin::Mark> marks, const std::string& parameters_json,
                                              std::chrono::milliseconds) override {
    if (fail_next) {
      fail_next = false;
      throw Error{Errc::plugin_crashed, "the worker crashed on purpose"};
    }
    std::vector<std::int32_t> xs;
    PixelBuffer buffer = PixelBuffer::allocate({grid_.shape(), ScalarType::u16});
    const auto values = buffer.values<std::uint16_t>();
    const std::uint16_t factor = parameters_json == "twice" ? 2 : 1;
    for (const plugin::Mark& mark : marks) {
      const auto [x, y, z] = mark.voxels.front();
      xs.push_back(x);
      values[static_cast<std::size_t>(x + 16 * (y + 16 * z))] = static_cast<std::uint16_t>(factor * mark.label);
    }
    const std::lock_guard lock{mutex_};
    rounds_ = xs == xs_ ? rounds_ + 1 : 1;
    xs_ = std::move(xs);
    if (rounds_ == fail_at_round) {
      fail_at_round = 0;
      throw Error{Errc::plugin_crashed, "the worker crashed while it refined"};
    }
    // The best so far: only the first `rounds_` of the row that it grows to.
    if (slow_) std::ranges::fill(values.first(rounds_ < 4 ? static_cast<std::size_t>(rounds_) : 8U), 9);
    job::InteractionAnswer given;
    given.outputs["volume"] = freeze(LabelMap{std::move(buffer), grid_, {}, {}});
    if (parameters_json == "uncertain") add_uncertainty(given);
    given.fraction = !slow_ || rounds_ >= 5 ? 1 : 0.2 * rounds_;
    return given;
  }
  void stop() noexcept override {}
  [[nodiscard]] std::vector<std::int32_t> knows() const {
    const std::lock_guard lock{mutex_};
    return xs_;
  }
  std::atomic<bool> fail_next{false};
  std::atomic<int> fail_at_round{0};  ///< of one list of marks

 private:
  void add_uncertainty(job::InteractionAnswer& given) const {
    Volume deviation;
    deviation.grid = grid_;
    deviation.pixels = PixelBuffer::allocate({grid_.shape(), ScalarType::f32});
    deviation.quantity = Quantity::standard_deviation;
    given.outputs["deviation"] = freeze(std::move(deviation));
    given.outputs["hint"] = freeze(Table{{"score", "x_mm", "y_mm", "z_mm"}, {{0.5, 1, 2, 3}, {0.1, 4, 5, 6}}, {}});
  }
  VoxelGrid grid_;
  bool slow_;
  int rounds_{0};
  mutable std::mutex mutex_;
  std::vector<std::int32_t> xs_;
};

class Clicks : public ::testing::Test {
 protected:
  Clicks() : image{document.add("image", freeze(test::sample_volume()), "image.nrrd")} {}
  std::unique_ptr<ClickSession> begin(bool slow = false, const char* parameters = "once", ItemId result = 0) {
    auto session = std::make_unique<ClickSession>(
        document, image, parameters,
        [this, slow](const std::string&) -> std::shared_ptr<host::InteractionWorker> {
          ++started;
          if (cannot_start) throw Error{Errc::unsupported, "the task does not answer to clicks"};
          auto made = std::make_shared<KnownWorker>(VoxelGrid::centred({16, 16, 16}, {1, 1, 1}), slow);
          const std::lock_guard lock{mutex};
          made->fail_at_round = all_fail ? fail_at_round.load() : fail_at_round.exchange(0);  // the first worker alone
          worker = made;
          return made;
        },
        [this](std::function<void()> what) { loop.post(std::move(what)); }, result);
    trouble_connection = session->troubled.connect([this](const ClickSession::Trouble& what) { told.push_back(what); });
    return session;
  }
  bool click(ClickSession& session, std::int32_t x, std::uint16_t label = 1) {
    session.click({x, 2, 3}, label, "Mark " + std::to_string(x));
    return loop.until([&] { return !session.waiting(); });
  }
  /// Until so many workers were started and the last one sleeps; what was posted has been done.
  bool settle(ClickSession& session, int workers) {
    for (int i = 0; i < 2000; ++i) {
      const bool now = started == workers && session.settled();
      (void)loop.until([] { return false; }, 5ms);
      if (now && started == workers && session.settled()) return true;
    }
    return false;
  }
  [[nodiscard]] std::vector<std::int32_t> shown(const ClickSession& session) const {
    std::vector<std::int32_t> found;
    const Item* const item = document.find(session.result());
    if (item == nullptr) return found;
    const auto values = get<LabelMap>(item->data).labels.values<std::uint16_t>();
    for (std::int32_t x = 0; x < 16; ++x)
      if (values[static_cast<std::size_t>(x + 16 * (2 + 16 * 3))] != 0) found.push_back(x);
    return found;
  }
  [[nodiscard]] std::vector<std::int32_t> known() const {
    const std::lock_guard lock{mutex};
    return worker ? worker->knows() : std::vector<std::int32_t>{};
  }
  Document document;
  ItemId image;
  test::Loop loop;
  std::atomic<int> started{0};
  std::atomic<bool> cannot_start{false};
  std::atomic<int> fail_at_round{0};  ///< of the next worker, or of all
  std::atomic<bool> all_fail{false};
  mutable std::mutex mutex;
  std::shared_ptr<KnownWorker> worker;
  std::vector<ClickSession::Trouble> told;
  Signal<const ClickSession::Trouble&>::Connection trouble_connection;
};

using List = std::vector<std::int32_t>;

/// The same with workers that are processes.
struct RealSession {
  RealSession(Document& document, ItemId image, test::Loop& loop) {
    host::WorkerOptions options;
    options.program = ISO_BROKEN_WORKER;
    session = std::make_unique<ClickSession>(
        document, image, "{}",
        [options, data = document.find(image)->data](const std::string& parameters) {
          return host::start_interaction(options, {"test/marks", parameters, "auto"}, {{"volume", data}});
        },
        [&loop](std::function<void()> what) { loop.post(std::move(what)); });
    connection = session->troubled.connect([this](const ClickSession::Trouble& what) { told.push_back(what); });
  }
  std::unique_ptr<ClickSession> session;
  std::vector<ClickSession::Trouble> told;
  Signal<const ClickSession::Trouble&>::Connection connection;
};

TEST_F(Clicks, BecomeOneNamedStepEach) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  ASSERT_TRUE(click(*session, 4));
  EXPECT_EQ(shown(*session), (List{1, 4}));
  EXPECT_EQ(document.undo_stack().undo_name(), "Mark 4");
  EXPECT_EQ(started, 1);
}

TEST_F(Clicks, AreTakenBackAndMadeAgainInTheWorkerToo) {
  const auto session = begin();
  for (const std::int32_t x : {1, 4, 7}) ASSERT_TRUE(click(*session, x));
  document.undo_stack().undo();
  document.undo_stack().undo();
  EXPECT_EQ(shown(*session), (List{1}));
  document.undo_stack().redo();
  EXPECT_EQ(shown(*session), (List{1, 4}));
  ASSERT_TRUE(click(*session, 9));
  EXPECT_EQ(shown(*session), (List{1, 4, 9})) << "7 was taken back, so the answer must not bring it again";
  EXPECT_EQ(known(), (List{1, 4, 9}));
}

TEST_F(Clicks, OfADeadWorkerAreReplayedAndTheLastOneOffered) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  ASSERT_TRUE(click(*session, 4));
  worker->fail_next = true;
  session->click({8, 2, 3}, 1, "Mark 8");
  ASSERT_TRUE(loop.until([&] { return !told.empty(); }));
  EXPECT_TRUE(told.front().can_retry);
  EXPECT_EQ(told.front().sentence, "the worker crashed on purpose");
  EXPECT_TRUE(loop.until([&] { return started == 2; }));
  EXPECT_EQ(shown(*session), (List{1, 4})) << "nothing is lost";
  session->retry();
  ASSERT_TRUE(loop.until([&] { return !session->waiting(); }));
  EXPECT_EQ(shown(*session), (List{1, 4, 8}));
  EXPECT_EQ(known(), (List{1, 4, 8})) << "the new worker is asked about all of them";
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(Clicks, AreAnsweredAnewWithOtherParametersInAStepOfItsOwn) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  ASSERT_TRUE(click(*session, 4));
  const auto label = [&] {
    return get<LabelMap>(document.find(session->result())->data)
        .labels.values<std::uint16_t>()[static_cast<std::size_t>(4 + 16 * (2 + 16 * 3))];
  };
  std::string told_parameters;
  const auto connection = session->parameters_changed.connect([&](const std::string& now) { told_parameters = now; });
  session->set_parameters("twice");
  ASSERT_TRUE(loop.until([&] { return label() == 2; }));
  EXPECT_EQ(known(), (List{1, 4}));
  document.undo_stack().undo();
  EXPECT_EQ(label(), 1);
  EXPECT_EQ(told_parameters, "once") << "the form follows";
  document.undo_stack().redo();
  EXPECT_EQ(label(), 2);
  EXPECT_EQ(told_parameters, "twice");
}

TEST_F(Clicks, ThatCrashEveryWorkerLeaveTheSessionUsable) {
  RealSession real{document, image, loop};
  ClickSession& session = *real.session;
  session.click({2, 2, 3}, 1, "Mark 2");
  ASSERT_TRUE(loop.until([&] { return !session.waiting(); }));
  for (int i = 0; i < 3; ++i) {
    session.click({13, 2, 3}, 1, "Mark 13");
    ASSERT_TRUE(loop.until([&] { return real.told.size() == static_cast<std::size_t>(i + 1); }));
    EXPECT_NE(real.told.back().sentence.find("signal 11"), std::string::npos) << real.told.back().sentence;
  }
  session.click({5, 2, 3}, 1, "Mark 5");
  ASSERT_TRUE(loop.until([&] { return !session.waiting(); }));
  EXPECT_EQ(shown(session), (List{2, 5}));
}

TEST_F(Clicks, OfATaskThatCannotAnswerAreOverWithOneSentence) {
  cannot_start = true;
  const auto session = begin();
  ASSERT_TRUE(loop.until([&] { return !told.empty(); }));
  EXPECT_TRUE(told.front().over);
  EXPECT_FALSE(told.front().can_retry);
  EXPECT_EQ(started, 1) << "it is not asked again";
}

TEST_F(Clicks, AreRefinedWhileTheUserRestsWithinTheSameStep) {
  const auto session = begin(true);
  ASSERT_TRUE(click(*session, 1));
  const std::size_t steps = document.undo_stack().position();
  const auto grown = [&] {
    const auto values = get<LabelMap>(document.find(session->result())->data).labels.values<std::uint16_t>();
    return std::ranges::count(values.first(16), 9);
  };
  ASSERT_TRUE(loop.until([&] { return grown() == 8; })) << grown();
  EXPECT_EQ(document.undo_stack().position(), steps) << "one click, one step";
  document.undo_stack().undo();
  EXPECT_EQ(grown(), 0) << "undo takes back the refinement too";
  document.undo_stack().redo();
  EXPECT_EQ(grown(), 8);
}

TEST_F(Clicks, OfAWorkerThatDiesWhileItRefinesAreAllKeptAndRefinedWithoutAWord) {
  fail_at_round = 3;
  const auto session = begin(true);
  ASSERT_TRUE(click(*session, 12));
  ASSERT_TRUE(settle(*session, 2));
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(session->clicks(), 1U);
  const auto values = get<LabelMap>(document.find(session->result())->data).labels.values<std::uint16_t>();
  EXPECT_EQ(std::ranges::count(values.first(16), 9), 8) << "what the first worker left was gone on with";
  ASSERT_TRUE(click(*session, 14));
  ASSERT_TRUE(settle(*session, 2));
  EXPECT_EQ(known(), (List{12, 14})) << "the new worker was asked about all clicks";
  EXPECT_TRUE(told.empty());
}

TEST_F(Clicks, OfWorkersThatAllDieWhileTheyRefineStartNoWorkerWithoutEnd) {
  fail_at_round = 3, all_fail = true;
  const auto session = begin(true);
  ASSERT_TRUE(click(*session, 12));
  ASSERT_TRUE(settle(*session, 3));
  EXPECT_EQ(started, 3) << "one went on with the answer, one waits for the next click";
  EXPECT_EQ(session->clicks(), 1U);
}

TEST_F(Clicks, WithoutEffectBelongToTheStepOfTheNext) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 3, 0));  // background on background: nothing to see
  const std::size_t before = document.undo_stack().position();
  ASSERT_TRUE(click(*session, 5));
  EXPECT_EQ(document.undo_stack().position(), before + 1);
  EXPECT_EQ(known(), (List{3, 5}));
  document.undo_stack().undo();
  EXPECT_EQ(session->clicks(), 0U);
}

/// A stroke by hand on the row that the clicks mark.
void paint(Document& document, ItemId labels, std::int32_t x, std::uint16_t label) {
  const DatasetPtr map = document.find(labels)->data;
  LabelStroke stroke{get<LabelMap>(map), {}};
  const Vec3 at = get<LabelMap>(map).grid.to_world({static_cast<double>(x), 2, 3});
  stroke.dab(at, {0, 0, 1}, 0.1, false, label == 0 ? LabelStroke::Effect::erase : LabelStroke::Effect::paint, label);
  document.apply_label_delta(labels, stroke.delta(), label == 0 ? "Erase" : "Paint label");
}

TEST_F(Clicks, LeaveWhatWasPaintedByHand) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  ASSERT_TRUE(click(*session, 4));
  paint(document, session->result(), 1, 0);
  paint(document, session->result(), 8, 5);
  ASSERT_EQ(shown(*session), (List{4, 8}));
  ASSERT_TRUE(click(*session, 10));
  EXPECT_EQ(shown(*session), (List{4, 8, 10})) << "1 was erased and 8 painted by hand";
  ASSERT_TRUE(click(*session, 11));
  EXPECT_EQ(shown(*session), (List{4, 8, 10, 11})) << "and stay so after any number of clicks";
  EXPECT_EQ(known(), (List{1, 4, 10, 11}));
}

TEST_F(Clicks, AndPaintingAreUndoneAndRedoneInTheirOrder) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  paint(document, session->result(), 1, 0);
  ASSERT_TRUE(click(*session, 6));
  paint(document, session->result(), 8, 5);
  ASSERT_EQ(shown(*session), (List{6, 8}));
  UndoStack& stack = document.undo_stack();
  stack.undo();
  EXPECT_EQ(shown(*session), (List{6}));
  stack.undo();
  EXPECT_EQ(shown(*session), (List{}));
  stack.undo();
  EXPECT_EQ(shown(*session), (List{1}));
  EXPECT_EQ(session->clicks(), 1U);
  for (int i = 0; i < 3; ++i) stack.redo();
  EXPECT_EQ(shown(*session), (List{6, 8}));
  ASSERT_TRUE(click(*session, 9));
  EXPECT_EQ(shown(*session), (List{6, 8, 9})) << "what was redone is still painted by hand";
  stack.undo();
  stack.undo();
  stack.undo();
  stack.undo();
  EXPECT_EQ(shown(*session), (List{1}));
  ASSERT_TRUE(click(*session, 12));
  EXPECT_EQ(shown(*session), (List{1, 12})) << "a stroke that was undone binds nothing";
}

TEST_F(Clicks, RefineNothingThatWasPaintedMeanwhile) {
  const auto session = begin(true);
  ASSERT_TRUE(click(*session, 1));
  const auto row = [&] {
    const auto values = get<LabelMap>(document.find(session->result())->data).labels.values<std::uint16_t>();
    return std::vector<std::uint16_t>(values.begin(), values.begin() + 8);
  };
  ASSERT_TRUE(loop.until([&] { return std::ranges::count(row(), 9) == 8; }));
  const DatasetPtr map = document.find(session->result())->data;
  LabelStroke stroke{get<LabelMap>(map), {}};
  stroke.dab(get<LabelMap>(map).grid.to_world({3, 0, 0}), {0, 0, 1}, 0.1, false, LabelStroke::Effect::paint, 4);
  document.apply_label_delta(session->result(), stroke.delta(), "Paint label 4");
  ASSERT_TRUE(click(*session, 5));  // its first answers lack most of the row, later ones bring it back
  ASSERT_TRUE(loop.until([&] { return std::ranges::count(row(), 9) == 7; }));
  EXPECT_EQ(row()[3], 4);
}

TEST_F(Clicks, BeginAnewWhenTheirLabelMapWasDeleted) {
  const auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  document.remove(session->result());
  ASSERT_TRUE(click(*session, 6));
  EXPECT_EQ(shown(*session), (List{6}));
}

TEST_F(Clicks, EndWithTheSessionAndKeepTheirLabels) {
  auto session = begin();
  ASSERT_TRUE(click(*session, 1));
  const ItemId labels = session->result();
  session.reset();
  EXPECT_NE(document.find(labels), nullptr);
  const auto marked = [&] {
    const auto values = get<LabelMap>(document.find(labels)->data).labels.values<std::uint16_t>();
    return std::ranges::count_if(values, [](std::uint16_t value) { return value != 0; });
  };
  const auto before = marked();
  EXPECT_GT(before, 0);
  document.undo_stack().undo();
  document.undo_stack().redo();
  loop.until([] { return false; }, 20ms);
  ASSERT_NE(document.find(labels), nullptr);
  EXPECT_EQ(marked(), before);
}

TEST_F(Clicks, ShowAnUncertaintyBelowTheLabelsAndSuggestionsAsMarks) {
  const auto session = begin(false, "uncertain");
  ASSERT_TRUE(click(*session, 1));
  ASSERT_TRUE(click(*session, 4, 0));
  ASSERT_EQ(document.items().size(), 3U) << "image, labels and deviation; places are no data";
  const Item* const beneath = document.find(document.look().overlay.beneath);
  ASSERT_NE(beneath, nullptr);
  EXPECT_EQ(beneath->name, "deviation");
  const auto marks = session->shown_marks();
  ASSERT_EQ(marks.size(), 4U);
  EXPECT_EQ(marks[0].kind, ClickMark::Kind::suggested);
  EXPECT_EQ(marks[0].place_mm, (Vec3{1, 2, 3})) << "the best first";
  EXPECT_EQ(marks[2].kind, ClickMark::Kind::adds);
  EXPECT_EQ(marks[3].kind, ClickMark::Kind::takes_away);
  session->set_parameters("once");
  ASSERT_TRUE(loop.until([&] { return session->shown_marks().size() == 2; })) << "not wanted any more";
}

TEST_F(Clicks, GoOnWithTheLabelMapThatTheyWereGiven) {
  const ItemId labels = document.add_label_map(image, "labels");
  const auto session = begin(false, "once", labels);
  ASSERT_TRUE(click(*session, 1));
  EXPECT_EQ(session->result(), labels);
  EXPECT_EQ(document.items().size(), 2U);
  EXPECT_EQ(shown(*session), (List{1}));
  document.undo_stack().undo();
  EXPECT_EQ(shown(*session), List{});
  EXPECT_NE(document.find(labels), nullptr) << "it was there before";
}

TEST_F(Clicks, OfALogAreMadeAgainAsOneStep) {
  std::vector<plugin::Mark> marks;
  {
    const auto first = begin();
    for (const std::int32_t x : {1, 4, 7}) ASSERT_TRUE(click(*first, x));
    marks = first->marks();
    ASSERT_EQ(marks.size(), 3U);
    document.undo_stack().undo();
    ASSERT_EQ(first->marks().size(), 2U) << "what was undone is not in it";
  }
  const auto session = begin();
  session->load(marks);
  ASSERT_TRUE(loop.until([&] { return !session->waiting(); }));
  EXPECT_EQ(shown(*session), (List{1, 4, 7}));
  EXPECT_EQ(document.undo_stack().undo_name(), "Open clicks");
  document.undo_stack().undo();
  EXPECT_EQ(shown(*session), List{});
  EXPECT_EQ(session->clicks(), 0U);
}

}  // namespace
}  // namespace iso::gui
