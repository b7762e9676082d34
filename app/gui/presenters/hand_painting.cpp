#include "hand_painting.h"

#include "gui/model/labels.h"

#include <algorithm>

namespace iso::gui {

void HandPainting::changed(const Document::LabelDelta& delta, bool forwards) {
  if (!forwards) {
    if (!steps_.empty()) steps_.pop_back();
    return;
  }
  std::vector<Span> spans;
  for (const LabelRun& run : delta.runs) {
    if (!spans.empty() && spans.back().end == run.first)
      spans.back().end += run.length;
    else
      spans.push_back({run.first, run.first + run.length});
  }
  steps_.push_back(std::move(spans));
}

void HandPainting::newest_was_the_task() noexcept {
  if (!steps_.empty()) steps_.back().clear();
}

std::shared_ptr<const Document::LabelDelta> HandPainting::spared(
    std::shared_ptr<const Document::LabelDelta> change) const {
  std::vector<Span> painted;
  for (const std::vector<Span>& step : steps_) painted.insert(painted.end(), step.begin(), step.end());
  if (painted.empty() || !change) return change;
  std::ranges::sort(painted, {}, &Span::first);
  auto rest = std::make_shared<Document::LabelDelta>();
  std::size_t next = 0;      // the first span that may reach into what is left; runs come in rising order
  std::int64_t covered = 0;  // all spans before `next` end here at the latest
  for (const LabelRun& run : change->runs) {
    const std::int64_t end = run.first + run.length;
    std::int64_t at = std::max(run.first, covered);
    const auto keep = [&](std::int64_t until) {
      if (until > at) rest->runs.push_back({at, static_cast<std::int32_t>(until - at), run.before, run.after});
    };
    while (at < end && next < painted.size() && painted[next].first < end) {
      keep(painted[next].first);
      covered = std::max(covered, painted[next].end);
      at = std::max(at, covered);
      ++next;
    }
    if (at < end) keep(end);
  }
  if (rest->runs.empty()) return nullptr;
  return rest;
}

}  // namespace iso::gui
