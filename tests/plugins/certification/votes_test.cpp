#include "cpu_backend.h"
#include "gpu/reference/reference_backend.h"
#include "method/attack.h"
#include "method/cases.h"
#include "method/pictures.h"

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/threads.h"

#include <gtest/gtest.h>

#include <cmath>

// Votes of linear classifiers, whose shares and distances are known: batches, threads, back ends, checkpoints, attacks.
namespace certification {
namespace {

using iso::Errc;
using iso::Pixels;
using iso::Shape;
using iso::compute::Half;
using iso::compute::Split;

constexpr std::int64_t edge = 8;

/// score_1 = <w, x> + b, score_0 = 0.
iso::models::ClassifierPtr linear(std::uint64_t seed, double bias) {
  iso::PixelBuffer weights = iso::PixelBuffer::allocate({Shape{edge, edge, 1, 2}, iso::ScalarType::f32});
  const iso::Philox noise{seed, 1};
  for (std::size_t i = 0; i < edge * edge; ++i)
    weights.values<float>()[edge * edge + i] = static_cast<float>(noise.normal(i) / edge);
  return iso::models::linear_classifier(std::move(weights), {0, bias});
}

Pixels image(std::uint64_t seed = 3) {
  iso::PixelBuffer out = iso::PixelBuffer::allocate({Shape{edge, edge, 1}, iso::ScalarType::f32});
  const iso::Philox noise{seed, 2};
  for (std::size_t i = 0; i < edge * edge; ++i) out.values<float>()[i] = static_cast<float>(noise.uniform(i));
  return out;
}

/// The score of class 1 as a function of the own pixels: its value on the image and the norm of its gradient, by differences.
struct Linear {
  double value{0}, norm{0};
};
Linear look(const iso::models::Classifier& classifier, const Pixels& x, Split split, Half half,
            const Smoothed& smoothed, std::size_t side) {
  const auto score = [&](const Pixels& at) {
    return double{classifier.scores(smoothed.copies(at, side, 0, 0, Stage::select, 0, 1, {}), {}).values<float>()[1]};
  };
  Linear out{score(x), 0};
  for (std::int64_t i = 0; i < edge * edge; ++i) {
    if (!iso::compute::is_own(split, half, i % edge, i / edge)) continue;
    iso::PixelBuffer moved = iso::PixelBuffer::make_copy(x);
    moved.values<float>()[static_cast<std::size_t>(i)] += 1;
    out.norm += std::pow(score(std::move(moved)) - out.value, 2);
  }
  out.norm = std::sqrt(out.norm);
  return out;
}

class SmoothedLinear : public testing::Test {
 protected:
  Smoothed drs(std::int64_t batch = 256, const iso::compute::Backend* on = nullptr, double left_bias = 0.7) const {
    return {{{linear(1, left_bias), 0.4, Half::left}, {linear(2, 0.6), 0.4, Half::right}},
            Split::checkerboard,
            on != nullptr ? *on : *cpu_,
            batch};
  }
  Smoothed rs(std::int64_t batch = 256) const {
    return {{{linear(1, 0.2), 0.4, Half::left}}, Split::none, *cpu_, batch};
  }
  static Votes count(const Smoothed& smoothed, std::int64_t n, std::int64_t from_batch = 0) {
    Votes votes = smoothed.no_votes();
    if (from_batch > 0) smoothed.vote(image(), 5, Stage::estimate, from_batch, votes, {}, [](const Votes&) {});
    smoothed.vote(image(), 5, Stage::estimate, n, votes, {}, [](const Votes&) {});
    return votes;
  }
  std::unique_ptr<iso::compute::Backend> cpu_ = iso::gpu::make_cpu_backend();
  std::unique_ptr<iso::compute::Backend> reference_ = iso::gpu::make_reference_backend();
};

TEST_F(SmoothedLinear, VotesAsOftenAsTheNormalDistributionSays) {
  constexpr std::int64_t n = 20000;
  for (const bool dual : {true, false}) {
    const Smoothed smoothed = dual ? drs() : rs();
    const Votes votes = count(smoothed, n);
    for (std::size_t side = 0; side < smoothed.sides().size(); ++side) {
      const Side& own = smoothed.sides()[side];
      const Linear known = look(*own.classifier, image(), smoothed.split(), own.half, smoothed, side);
      const double share = normal_cdf(known.value / (own.sigma * known.norm)),
                   deviation = std::sqrt(share * (1 - share) / n);
      EXPECT_NEAR(static_cast<double>(votes.count[side][1]) / n, share, 4.5 * deviation) << dual << " " << side;
      EXPECT_EQ(votes.count[side][0] + votes.count[side][1], n);
    }
  }
}

TEST_F(SmoothedLinear, HasTheSameVotesForAnyBatchAndAnyNumberOfThreads) {
  const int threads = iso::ThreadBudget::threads();
  const Votes expected = count(drs(), 1000);
  for (const std::int64_t batch : {1, 7, 256})
    for (const int with : {1, 2, 8}) {
      iso::ThreadBudget::set(with);
      EXPECT_EQ(count(drs(batch), 1000), expected) << batch << " " << with;
    }
  iso::ThreadBudget::set(threads);
}

TEST_F(SmoothedLinear, HasTheSameVotesOnEveryBackEnd) {
  EXPECT_EQ(count(drs(64, reference_.get()), 1000), count(drs(), 1000));
}

TEST_F(SmoothedLinear, GoesOnWithTheNextDraw) {
  for (const std::int64_t first : {1, 137, 999}) EXPECT_EQ(count(drs(100), 1000, first), count(drs(), 1000)) << first;
}

TEST_F(SmoothedLinear, CertifiesLessThanTheTrueDistance) {
  const Smoothed smoothed = drs();
  const Linear l = look(*smoothed.sides()[0].classifier, image(), Split::checkerboard, Half::left, smoothed, 0);
  const Linear r = look(*smoothed.sides()[1].classifier, image(), Split::checkerboard, Half::right, smoothed, 1);
  const double distance = std::abs(l.value / l.norm + r.value / r.norm) / std::sqrt(2);
  const Votes votes = count(smoothed, 20000);
  const auto found = certify(top_class(votes), votes, {Form::one_vs_rest, Bound::fixed, 0.001, {0.4, 0.4}, 32});
  EXPECT_FALSE(found.abstains);
  EXPECT_LT(found.radius, distance);
  EXPECT_GT(found.radius, 0.9 * distance);
}

/// Two classes whose scores are not numbers for bright images.
class Broken final : public iso::models::Classifier {
 public:
  explicit Broken(double share) : share_{share} {}
  [[nodiscard]] std::int64_t classes() const noexcept override { return 2; }
  [[nodiscard]] Pixels scores(const Pixels& images, const std::stop_token&) const override {
    const std::int64_t count = images.spec().shape[3];
    iso::PixelBuffer out = iso::PixelBuffer::allocate({Shape{2, count}, iso::ScalarType::f32});
    for (std::int64_t b = 0; b < count; ++b) {
      const float first = images.values<float>()[static_cast<std::size_t>(b * edge * edge)];
      out.values<float>()[static_cast<std::size_t>(2 * b)] = static_cast<double>(first) < share_ ? NAN : 1.0F;
    }
    return out;
  }

 private:
  double share_;
};

TEST_F(SmoothedLinear, CountsScoresThatAreNoNumbersForNoClass) {
  const Smoothed half{
      {{std::make_shared<Broken>(image().values<float>()[0]), 0.4, Half::left}}, Split::none, *cpu_, 64};
  const Votes votes = count(half, 2000);
  EXPECT_NEAR(static_cast<double>(votes.count[0][0]), 1000, 150);
  EXPECT_EQ(votes.count[0][1], 0);
  EXPECT_EQ(half.classify_plain(image(), {}), 0);
  const Smoothed none{{{std::make_shared<Broken>(1e9), 0.4, Half::left}}, Split::none, *cpu_, 64};
  EXPECT_EQ(none.classify_plain(image(), {}), -1) << "and not right by chance for images of class 0";
}

Cases cases(std::size_t count) {
  Cases out;
  for (std::size_t i = 0; i < count; ++i) {
    out.names.push_back("case" + std::to_string(i));
    out.labels.push_back(1);
  }
  out.image = [](std::size_t i) { return image(30 + i); };
  return out;
}

TEST_F(SmoothedLinear, WithoutAnyFiniteScoreIsAnError) {
  const Smoothed none{{{std::make_shared<Broken>(1e9), 0.4, Half::left}}, Split::none, *cpu_, 64};
  iso::solvers::Progress progress;
  try {
    (void)certify_cases(none, cases(1), {Form::one_vs_rest, Bound::fixed, 0.001, {0.4}, 64}, {10, 20, 1, 0, {}}, {},
                        progress, {});
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_result);
  }
}

/// Keeps the state after so many questions and then stops the run.
class Killed final : public iso::solvers::Progress {
 public:
  Killed(int after, std::stop_source& stop) : after_{after}, stop_{stop} {}
  [[nodiscard]] bool wants_checkpoint() override { return --after_ == 0; }
  void keep(const iso::Checkpoint& state) override {
    state_ = state;
    stop_.request_stop();
  }
  iso::Checkpoint state_;

 private:
  int after_;
  std::stop_source& stop_;
};
class Resumed final : public iso::solvers::Progress {
 public:
  explicit Resumed(iso::Checkpoint state) : state_{std::move(state)} {}
  [[nodiscard]] const iso::Checkpoint* resumed() const noexcept override { return &state_; }

 private:
  iso::Checkpoint state_;
};

void expect_same(const std::vector<CaseResult>& a, const std::vector<CaseResult>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].select, b[i].select) << i;
    EXPECT_EQ(a[i].estimate, b[i].estimate) << i;
    EXPECT_EQ(a[i].certificate.radius, b[i].certificate.radius) << i;
    EXPECT_EQ(a[i].plain, b[i].plain) << i;
  }
}

const Rule rule{Form::one_vs_rest, Bound::fixed, 0.001, {0.4, 0.4}, 32};

TEST_F(SmoothedLinear, EndsAsIfItHadNotBeenKilled) {
  iso::solvers::Progress quiet;
  const Draws draws{50, 400, 9, 0, {}};
  const Smoothed smoothed = drs(64);
  const auto whole = certify_cases(smoothed, cases(3), rule, draws, {}, quiet, {});
  for (const int after : {1, 5, 9, 17, 23}) {
    std::stop_source stop;
    Killed killed{after, stop};
    EXPECT_THROW((void)certify_cases(smoothed, cases(3), rule, draws, {}, killed, stop.get_token()), iso::Error);
    ASSERT_FALSE(killed.state_.empty()) << after;
    Resumed resumed{killed.state_};
    expect_same(certify_cases(drs(7), cases(3), rule, draws, {}, resumed, {}), whole);
  }
}

TEST_F(SmoothedLinear, ExtendsTheCountsOfAnEarlierRunToThoseOfALongOne) {
  iso::solvers::Progress quiet;
  const Smoothed smoothed = drs();
  const auto brief = certify_cases(smoothed, cases(2), rule, {50, 200, 9, 0, {}}, {}, quiet, {});
  const iso::Table stored = to_table(brief, rule, {"drs", "linear 1", 64, {"0", "1"}});
  const FromTable read = from_table(stored);
  expect_same(read.results, brief);
  expect_same(certify_cases(smoothed, cases(2), rule, {50, 900, 9, 0, {}}, read.results, quiet, {}),
              certify_cases(smoothed, cases(2), rule, {50, 900, 9, 0, {}}, {}, quiet, {}));
}

TEST_F(SmoothedLinear, GivesAnImageTheSameCertificateInAnyCompany) {
  iso::solvers::Progress quiet;
  const Draws draws{50, 200, 9, 0, {}};
  const auto many = certify_cases(drs(), cases(3), rule, draws, {}, quiet, {});
  Cases last = cases(1);
  last.image = [](std::size_t) { return image(32); };
  const auto one = certify_cases(drs(), last, rule, draws, {}, quiet, {});
  EXPECT_EQ(one[0].estimate, many[2].estimate);
  EXPECT_NE(many[0].seed, many[1].seed);
}

TEST_F(SmoothedLinear, EndsEarlyOnceATargetIsReachedWhateverTheBatch) {
  iso::solvers::Progress quiet;
  const Rule any{Form::one_vs_rest, Bound::any_time, 0.001, {0.4, 0.4}, 32};
  const Draws draws{50, 20000, 9, 0.02, {}};
  const auto one = certify_cases(drs(), cases(2), any, draws, {}, quiet, {});
  expect_same(certify_cases(drs(37), cases(2), any, draws, {}, quiet, {}), one);
  EXPECT_LT(one[0].estimate.draws, 20000);
  EXPECT_EQ(one[0].estimate.draws % 500, 0);
}

TEST_F(SmoothedLinear, EndsEarlyAtTheSameDrawAfterAnInterruptionAndWithEarlierVotes) {
  iso::solvers::Progress quiet;
  const Rule any{Form::one_vs_rest, Bound::any_time, 0.001, {0.4, 0.4}, 32};
  const Draws draws{50, 20000, 9, 0.02, {}};
  const auto whole = certify_cases(drs(), cases(2), any, draws, {}, quiet, {});
  ASSERT_LT(whole[0].estimate.draws, 20000);
  ASSERT_LT(whole[1].estimate.draws, 20000);
  std::stop_source stop;
  const auto first_case = 4 + whole[0].estimate.draws / 500 * 32;  // batches of at most 16 draws
  Killed killed{static_cast<int>(first_case) + 2, stop};
  EXPECT_THROW((void)certify_cases(drs(16), cases(2), any, {50, 20000, 9, 0.02, {}}, {}, killed, stop.get_token()),
               iso::Error);
  ASSERT_FALSE(killed.state_.empty());
  Resumed resumed{killed.state_};
  expect_same(certify_cases(drs(), cases(2), any, draws, {}, resumed, {}), whole);
  expect_same(certify_cases(drs(), cases(2), any, draws, whole, quiet, {}), whole);
}

TEST_F(SmoothedLinear, DoesNotReadATableOfTwoNetworksOrTwoRules) {
  iso::solvers::Progress quiet;
  const auto results = certify_cases(drs(), cases(2), rule, {50, 200, 9, 0, {}}, {}, quiet, {});
  const iso::Table stored = to_table(results, rule, {"drs", "linear 1", 64, {"0", "1"}});
  for (const char* const name : {"network", "form", "bound"}) {
    iso::Table mixed = stored;
    std::ranges::find(mixed.texts, name, &iso::TextColumn::name)->values[1] = "another";
    EXPECT_THROW((void)from_table(mixed), iso::Error) << name;
  }
  iso::Table mixed = stored;
  const auto alpha = std::ranges::find(mixed.columns, "alpha") - mixed.columns.begin();
  mixed.values[1][static_cast<std::size_t>(alpha)] = 0.01;
  EXPECT_THROW((void)from_table(mixed), iso::Error);
}

TEST_F(SmoothedLinear, CannotBeAttackedWithinItsRadiusAndCanBeyondIt) {
  const Smoothed smoothed = drs();
  const Votes votes = count(smoothed, 20000);
  const std::int64_t answer = top_class(votes);
  const double radius = certify(answer, votes, rule).radius;
  const AttackSettings settings{40, 64, 0.99, 4000};
  const auto inside = attack(smoothed, image(), answer, radius, 5, settings, {}, [](double) {});
  EXPECT_EQ(inside.after, answer);
  EXPECT_LE(inside.norm, 0.99 * radius * (1 + 1e-6));
  EXPECT_GT(inside.norm, 0.98 * radius);
  AttackSettings beyond = settings;
  beyond.part = 1.25;
  EXPECT_NE(attack(smoothed, image(), answer, radius, 5, beyond, {}, [](double) {}).after, answer)
      << "the attack is strong enough";
}

TEST_F(SmoothedLinear, ShowsAChangeOfTheLengthOfItsRadius) {
  iso::solvers::Progress quiet;
  const auto results = certify_cases(drs(), cases(3), rule, {50, 2000, 9, 0, {}}, {}, quiet, {});
  const Pictures found = make_pictures(drs(), cases(3), results, 200, {});
  ASSERT_EQ(found.pixels.spec().shape, (Shape{4 * edge, edge, 3}));
  for (std::size_t place = 0; place < 3; ++place) {
    if (place > 0) {
      EXPECT_GE(results[found.order[place]].certificate.radius, results[found.order[place - 1]].certificate.radius);
    }
    double squares = 0;
    for (std::size_t y = 0; y < edge; ++y)
      for (std::size_t x = 0; x < edge; ++x)
        squares +=
            std::pow(double{found.pixels.values<float>()[(place * edge + y) * 4 * edge + 3 * edge + x]} - 0.5, 2);
    EXPECT_NEAR(std::sqrt(squares), results[found.order[place]].certificate.radius, 1e-5);
  }
}

TEST_F(SmoothedLinear, RefusesSidesThatDoNotFitEachOther) {
  iso::PixelBuffer weights = iso::PixelBuffer::allocate({Shape{edge, edge, 1, 3}, iso::ScalarType::f32});
  const auto three = iso::models::linear_classifier(std::move(weights), {0, 0, 0});
  EXPECT_THROW((Smoothed{{{linear(1, 0), 0.4, Half::left}, {three, 0.4, Half::right}}, Split::rows, *cpu_, 1}),
               iso::Error);
  EXPECT_THROW((Smoothed{{{linear(1, 0), 0, Half::left}}, Split::none, *cpu_, 1}), iso::Error);
  EXPECT_THROW((Smoothed{{}, Split::none, *cpu_, 1}), iso::Error);
}

}  // namespace
}  // namespace certification
