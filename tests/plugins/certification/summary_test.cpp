#include "method/summary.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

namespace certification {
namespace {

const Rule rule{Form::one_vs_rest, Bound::fixed, 0.001, {0.25}, 0};

CaseResult result(std::int64_t label, std::int64_t votes_of_one, std::int64_t n = 1000) {
  CaseResult out;
  out.name = "a" + std::to_string(votes_of_one);
  out.label = label;
  out.plain = 1;
  out.seed = 0xfedcba9876543210ULL;
  out.select = {{{votes_of_one > n / 2 ? 0 : 100, votes_of_one > n / 2 ? 100 : 0}}, 100};
  out.estimate = {{{n - votes_of_one, votes_of_one}}, n};
  out.certificate = certify(top_class(out.select), out.estimate, rule);
  return out;
}

std::vector<CaseResult> four() { return {result(1, 1000), result(1, 900), result(0, 950), result(1, 505)}; }

TEST(Summary, CountsWrongAnswersAndAbstentionsAsNoRadius) {
  const auto results = four();
  const Summary found = summarise(results, 0.05);
  EXPECT_EQ(found.images, 4);
  EXPECT_EQ(found.abstained, 1);
  EXPECT_NEAR(found.average_certified_radius, (results[0].certificate.radius + results[1].certificate.radius) / 4,
              1e-12);
  EXPECT_NEAR(found.smoothed_accuracy, 0.75, 1e-12);
  EXPECT_EQ(found.curve.front().share, 0.5);
  EXPECT_EQ(found.curve.back().share, 0);
  for (std::size_t i = 1; i < found.curve.size(); ++i) EXPECT_LE(found.curve[i].share, found.curve[i - 1].share);
  ASSERT_EQ(found.classes.size(), 2U);
  EXPECT_EQ(found.classes[1].right, 2);
}

TEST(Summary, OfImagesWithoutLabelsIsOfSharesAlone) {
  auto results = four();
  for (CaseResult& one : results) one.label = -1;
  const Summary found = summarise(results);
  EXPECT_EQ(found.curve.front().share, 0.75);
  EXPECT_EQ(curve_table(found).columns[1], "certified_share");
  EXPECT_EQ(to_json(found, rule, {"rs", "x", 64, {}}, {100, 1000, 0, 0, {}}).find("plain_accuracy"), std::string::npos);
}

TEST(Summary, HasAStepAtEveryRadius) {
  const auto results = four();
  const Summary found = summarise(results, 0.05);
  ASSERT_EQ(found.steps.size(), 3U) << "two right answers, and nothing";
  EXPECT_EQ(found.steps[0].radius, results[1].certificate.radius);
  EXPECT_EQ(found.steps[0].share, 0.5);
  EXPECT_EQ(found.steps[1].radius, results[0].certificate.radius);
  EXPECT_EQ(found.steps[1].share, 0.25);
  EXPECT_EQ(found.steps[2].share, 0);
  EXPECT_EQ(found.steps[2].radius, found.curve.back().radius);
  for (const CurvePoint& p : found.curve) {
    const auto step = std::ranges::find_if(found.steps, [&](const CurvePoint& s) { return p.radius <= s.radius; });
    EXPECT_EQ(p.share, step->share) << p.radius;
  }
}

TEST(Summary, SaysOfItsMakingWhatTheTableSays) {
  Making making{"rs", "x", 64, {}, 7, 0, 255};
  const FromTable read = from_table(to_table(four(), rule, making));
  EXPECT_EQ(read.making.seed, 7U);
  const std::string json = to_json(summarise(read.results), rule, read.making, {100, 1000, 0, 0, {}});
  EXPECT_NE(json.find("\"seed\": 7"), std::string::npos) << json;
  EXPECT_NE(json.find("\"window\": [0, 255]"), std::string::npos) << json;
  iso::Table old = to_table(four(), rule, making);
  std::erase_if(old.texts, [](const iso::TextColumn& column) { return column.name == "run_seed"; });
  for (std::string& name : old.columns)
    if (name.starts_with("window_")) name = "other_" + name;
  EXPECT_NE(to_json(summarise(four()), rule, from_table(old).making, {100, 1000, 0, 0, {}}).find("\"seed\": null"),
            std::string::npos);
}

TEST(Summary, IsDrawnWithItsCurve) {
  const Summary found = summarise(four());
  const std::string svg = to_svg(found, "rs & <x>");
  EXPECT_NE(svg.find("rs &amp; &lt;x&gt;"), std::string::npos);
  EXPECT_NE(svg.find("<polyline points="), std::string::npos);
  const iso::Pixels picture = to_picture(found);
  std::size_t ink = 0;
  for (const float v : picture.values<float>()) ink += v == 0 ? 1 : 0;
  EXPECT_GT(ink, 1000U);
  EXPECT_LT(ink, 20000U);
}

TEST(CertificateTable, GivesBackEveryCount) {
  const auto results = four();
  const FromTable read = from_table(to_table(results, rule, {"rs", "net 0123", 784, {"no", "yes"}}));
  ASSERT_EQ(read.results.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(read.results[i].estimate, results[i].estimate);
    EXPECT_EQ(read.results[i].certificate.radius, results[i].certificate.radius);
    EXPECT_EQ(read.results[i].seed, results[i].seed);
    EXPECT_EQ(read.results[i].name, results[i].name);
  }
  EXPECT_EQ(read.making.network, "net 0123");
  EXPECT_EQ(read.making.classes, (std::vector<std::string>{"class 0", "yes"})) << "the first is no answer";
  EXPECT_EQ(read.rules[0].sigma, rule.sigma);
}

void expect_refused(iso::Table table, const std::string& words) {
  try {
    (void)from_table(table);
    FAIL() << words;
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::invalid_input);
    EXPECT_NE(std::string{error.what()}.find(words), std::string::npos) << error.what();
  }
}

TEST(CertificateTable, OfAnotherKindOrWithWrongCountsIsRefused) {
  const iso::Table good = to_table(four(), rule, {"rs", "net 0123", 784, {"no", "yes"}});
  expect_refused({}, "has no rows");
  iso::Table other;
  other.columns = {"x"};
  other.values = {{1}};
  expect_refused(other, "has no column");
  for (const auto& [name, value, words] :
       std::vector<std::tuple<std::string, double, std::string>>{{"estimate_draws", 10, "votes of"},
                                                                 {"alpha", 2, "alpha"},
                                                                 {"sigma_whole", -1, "sigma"},
                                                                 {"estimate_whole_0", 0.5, "expected a count"}}) {
    iso::Table wrong = good;
    const auto column = std::find(wrong.columns.begin(), wrong.columns.end(), name) - wrong.columns.begin();
    wrong.values[1][static_cast<std::size_t>(column)] = value;
    expect_refused(wrong, words);
  }
}

}  // namespace
}  // namespace certification
