#include "method/cases.h"

#include <iso/base/digest.h>
#include <iso/base/error.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <sstream>

namespace certification {
namespace {

using iso::Errc;
using iso::Error;
using iso::Pixels;

constexpr std::int64_t look_every = 500;  ///< draws between two looks at a bound for any time, whatever the batch

/// Votes as rows of numbers, for a checkpoint.
void append(const Votes& votes, std::vector<double>& out) {
  out.push_back(static_cast<double>(votes.draws));
  for (const auto& side : votes.count)
    for (const std::int64_t count : side) out.push_back(static_cast<double>(count));
}
Votes take(std::span<const double>& from, Votes like) {
  like.draws = static_cast<std::int64_t>(from[0]);
  std::size_t at = 1;
  for (auto& side : like.count)
    for (auto& count : side) count = static_cast<std::int64_t>(from[at++]);
  from = from.subspan(at);
  return like;
}

/// One run over all cases.
class Run {
 public:
  Run(const Smoothed& smoothed, const Cases& cases, const Rule& rule, const Draws& draws,
      iso::solvers::Progress& progress, const std::stop_token& stop)
      : smoothed_{smoothed}, cases_{cases}, rule_{rule}, draws_{draws}, progress_{progress}, stop_{stop} {}

  std::vector<CaseResult> certify(const std::vector<CaseResult>& before) {
    std::vector<CaseResult> begun = resume();
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const Pixels image = cases_.image(i);
      CaseResult result;
      if (i < begun.size()) result = begun[i];
      result.name = cases_.names[i];
      result.label = cases_.labels[i];
      result.seed = noise_key(draws_.seed, image);
      if (i >= begun.size()) start(image, before, result);
      done_.push_back(std::move(result));
      finish(image, done_.back());
      show();
    }
    return std::move(done_);
  }

 private:
  void start(const Pixels& image, const std::vector<CaseResult>& before, CaseResult& result) {
    result.plain = smoothed_.classify_plain(image, stop_);
    result.select = result.estimate = smoothed_.no_votes();
    const auto earlier = std::ranges::find(before, result.seed, &CaseResult::seed);
    if (earlier == before.end() || earlier->select.draws != draws_.n0) return;
    if (earlier->estimate.count.size() != result.estimate.count.size() ||
        earlier->estimate.count.front().size() != result.estimate.count.front().size())
      throw Error(Errc::invalid_input,
                  "the votes that are to be gone on with are of a classifier with other halves or classes",
                  "name certificates that the same network made");
    if (earlier->estimate.draws > draws_.n) return;  // more than are asked for: they would not be those of n draws
    result.select = earlier->select;
    result.estimate = earlier->estimate;
  }

  void finish(const Pixels& image, CaseResult& result) {
    const auto between = [this](const Votes&) { told(); };
    smoothed_.vote(image, result.seed, Stage::select, draws_.n0, result.select, stop_, between);
    const std::int64_t answer = top_class(result.select);
    if (draws_.target > 0 && rule_.bound == Bound::any_time) {
      while (result.estimate.draws < draws_.n && !is_settled(answer, result.estimate)) {
        const std::int64_t until = std::min(draws_.n, (result.estimate.draws / look_every + 1) * look_every);
        smoothed_.vote(image, result.seed, Stage::estimate, until, result.estimate, stop_, between);
      }
    } else {
      smoothed_.vote(image, result.seed, Stage::estimate, draws_.n, result.estimate, stop_, between);
    }
    result.certificate = certification::certify(answer, result.estimate, rule_);
    std::int64_t heard = 0;
    for (const auto& side : result.estimate.count)
      for (const std::int64_t count : side) heard += count;
    if (heard == 0)
      throw Error(Errc::invalid_result, "the network gave no finite scores for '" + result.name + "'",
                  "check the network with `isocenter models check`");
  }

  /// Whether the target is certain or out of reach: looked at where a run that was never interrupted looks, so that votes of a checkpoint or of an
  /// earlier run end where theirs would.
  [[nodiscard]] bool is_settled(std::int64_t answer, const Votes& votes) const {
    if (votes.draws == 0 || votes.draws % look_every != 0) return false;
    return certification::certify(answer, votes, rule_).radius >= draws_.target ||
           rules_out(draws_.target, answer, votes, rule_);
  }

  /// After each batch: what is done, and a checkpoint where one is wanted.
  void told() {
    if (stop_.stop_requested()) throw Error{Errc::cancelled, "the certification was stopped"};
    const auto each = static_cast<double>(draws_.n0 + draws_.n),
               here = static_cast<double>(done_.back().select.draws + done_.back().estimate.draws);
    const double part =
        (static_cast<double>(done_.size() - 1) + std::min(1.0, here / each)) / static_cast<double>(cases_.size());
    progress_.report(0.02 + 0.97 * part,
                     "image " + std::to_string(done_.size()) + " of " + std::to_string(cases_.size()));
    const auto& times = smoothed_.times();
    if (!estimated_ && times.evaluations >= 2 * smoothed_.batch()) {
      estimated_ = true;
      const double all = each * static_cast<double>(cases_.size() * smoothed_.sides().size());
      const double one = times.passed / static_cast<double>(times.evaluations);
      std::ostringstream line;
      line << "an evaluation takes " << 1e6 * one << " us with the first batches; " << all << " of them take some "
           << all * one << " s";
      progress_.log(line.str());
    }
    if (progress_.wants_checkpoint()) keep();
  }

  void keep() {
    std::vector<double> numbers;
    for (const CaseResult& one : done_) {
      numbers.push_back(static_cast<double>(one.plain));
      append(one.select, numbers);
      append(one.estimate, numbers);
    }
    iso::PixelBuffer block =
        iso::PixelBuffer::allocate({iso::Shape{static_cast<std::int64_t>(numbers.size())}, iso::ScalarType::f64});
    std::ranges::copy(numbers, block.values<double>().begin());
    iso::Checkpoint state;
    state.iteration = static_cast<std::int64_t>(done_.size());
    state.arrays.emplace("votes", std::move(block));
    progress_.keep(state);
  }

  /// The cases of the checkpoint, the last of which may be unfinished.
  std::vector<CaseResult> resume() {
    std::vector<CaseResult> begun;
    const iso::Checkpoint* const state = progress_.resumed();
    if (state == nullptr || !state->arrays.contains("votes")) return begun;
    const Votes none = smoothed_.no_votes();
    const std::size_t each = 3 + 2 * none.count.size() * none.count.front().size();
    auto numbers = state->arrays.at("votes").values<double>();
    if (numbers.size() % each != 0 || numbers.size() / each > cases_.size())
      throw Error(Errc::invalid_input, "the checkpoint is of another certification", "begin anew without it");
    while (!numbers.empty()) {
      CaseResult one;
      one.plain = static_cast<std::int64_t>(numbers[0]);
      numbers = numbers.subspan(1);
      one.select = take(numbers, none);
      one.estimate = take(numbers, none);
      begun.push_back(std::move(one));
    }
    return begun;
  }

  /// The curves while they grow: the share of the cases so far that is certified at each radius of interest.
  void show() {
    const bool labelled = done_.back().label >= 0;
    for (const double r : draws_.radii) {
      const auto good = std::ranges::count_if(done_, [&](const CaseResult& one) {
        return !one.certificate.abstains && one.certificate.radius >= r && (!labelled || one.right());
      });
      std::ostringstream name;
      name << (labelled ? "certified accuracy" : "certified share") << " at " << r << " over images";
      progress_.plot(name.str(), static_cast<double>(done_.size()),
                     static_cast<double>(good) / static_cast<double>(done_.size()));
    }
  }

  const Smoothed& smoothed_;
  const Cases& cases_;
  const Rule& rule_;
  const Draws& draws_;
  iso::solvers::Progress& progress_;
  const std::stop_token& stop_;
  std::vector<CaseResult> done_;
  bool estimated_{false};
};

}  // namespace

std::uint64_t noise_key(std::uint64_t seed, const Pixels& image) {
  std::string text = std::to_string(seed);
  for (const float value : image.values<float>()) {
    const auto on_lattice = static_cast<std::int32_t>(std::lround(double{value} * 65536));
    text.append(reinterpret_cast<const char*>(&on_lattice), sizeof on_lattice);
  }
  return std::strtoull(iso::Sha256{}.update(text).hex().substr(0, 16).c_str(), nullptr, 16);
}

std::vector<CaseResult> certify_cases(const Smoothed& smoothed, const Cases& cases, const Rule& rule,
                                      const Draws& draws, const std::vector<CaseResult>& before,
                                      iso::solvers::Progress& progress, const std::stop_token& stop) {
  return Run{smoothed, cases, rule, draws, progress, stop}.certify(before);
}

}  // namespace certification
