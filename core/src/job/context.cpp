#include "context_impl.h"

#include "iso/base/log.h"
#include "iso/io/checkpoint_file.h"

#include <algorithm>
#include <cmath>

namespace iso::job {
namespace {

constexpr auto shortest_pause = std::chrono::milliseconds{100};  ///< between two events of progress
constexpr double seconds_before_guess = 0.5;                     ///< no remaining time from less than this

}  // namespace

JobContext::JobContext(Setting setting, OnEvent on_event)
    : setting_{std::move(setting)}, on_event_{std::move(on_event)} {}

Event JobContext::now(Tells tells) const {
  Event event;
  event.state = setting_.stop.stop_requested() ? State::cancelling : State::running;
  event.tells = tells;
  event.fraction = fraction_;
  event.stage = stage_;
  event.elapsed_seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  if (fraction_ > 0.005 && event.elapsed_seconds > seconds_before_guess)
    event.remaining_seconds = event.elapsed_seconds * (1 - fraction_) / fraction_;
  return event;
}

void JobContext::tell(const Event& event) const {
  if (on_event_) on_event_(event);
}

void JobContext::report(double fraction, std::string_view stage) {
  const std::lock_guard lock{mutex_};
  if (std::isfinite(fraction)) fraction_ = std::max(fraction_, std::clamp(fraction, 0.0, 1.0));
  const bool another = stage_ != stage;
  if (another) stage_ = stage;
  const auto moment = Clock::now();
  if (!another && moment - told_ < shortest_pause) return;
  told_ = moment;
  tell(now(Tells::progress));
}

void JobContext::plot(std::string_view curve, double x, double y) {
  const std::lock_guard lock{mutex_};
  if (std::isfinite(y)) quality_[std::string(curve)] = y;
  Event event = now(Tells::plot);
  event.curve = curve;
  event.x = x;
  event.y = y;
  tell(event);
}

void JobContext::preview(std::string_view output, DatasetPtr data) {
  if (setting_.preview_every <= 0 || !data) return;
  const std::lock_guard lock{mutex_};
  Offers& offers = previews_[std::string(output)];
  if (asked_ > offers.asked) {  // the answer to the last question holds for one preview of every output
    offers = {asked_, 0};
    if (!granted_) return;
  } else if ((asked_ > 0 ? ++offers.since : offers.since++) % setting_.preview_every != 0) {
    return;
  }
  Event event = now(Tells::preview);
  event.output = output;
  event.data = std::move(data);
  tell(event);
}

void JobContext::log(std::string_view text) {
  iso::log::info("job", text);
  const std::lock_guard lock{mutex_};
  Event event = now(Tells::log);
  event.message = text;
  tell(event);
}

void JobContext::warn(std::string_view text) {
  iso::log::info("job", "warning: ", text);
  const std::lock_guard lock{mutex_};
  warnings_.emplace_back(text);
  Event event = now(Tells::warning);
  event.message = text;
  tell(event);
}

bool JobContext::wants_preview() const noexcept {
  if (setting_.preview_every <= 0) return false;
  const std::lock_guard lock{mutex_};
  granted_ = asked_++ % setting_.preview_every == 0;
  const auto moment = Clock::now();
  if (granted_ && previewed_ && moment - *previewed_ < setting_.preview_pause) granted_ = false;
  if (granted_) previewed_ = moment;
  return granted_;
}

bool JobContext::wants_checkpoint() const noexcept {
  if (setting_.checkpoint_file.empty()) return false;
  const std::lock_guard lock{mutex_};
  return Clock::now() - kept_ >= setting_.checkpoint_pause;
}

void JobContext::keep(const Checkpoint& state) {
  if (setting_.checkpoint_file.empty()) return;
  io::write_checkpoint(setting_.checkpoint_file, setting_.checkpoint_key, state);
  const std::lock_guard lock{mutex_};
  kept_ = Clock::now();
}

std::optional<Checkpoint> JobContext::resumed() const {
  if (!setting_.resume || setting_.checkpoint_file.empty()) return {};
  return io::read_checkpoint(setting_.checkpoint_file, setting_.checkpoint_key);
}

std::map<std::string, double> JobContext::quality() const {
  const std::lock_guard lock{mutex_};
  return quality_;
}

std::vector<std::string> JobContext::warnings() const {
  const std::lock_guard lock{mutex_};
  return warnings_;
}

}  // namespace iso::job
