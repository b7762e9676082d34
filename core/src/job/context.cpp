#include "context_impl.h"

#include "iso/base/digest.h"
#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/io/checkpoint_file.h"
#include "iso/job/run.h"
#include "iso/models/library.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace iso::job {
namespace {

constexpr auto shortest_pause = std::chrono::milliseconds{100};  ///< between two events of progress
constexpr double seconds_before_guess = 0.5;                     ///< no remaining time from less than this

constexpr std::size_t points_kept = 500;

}  // namespace

JobContext::JobContext(Environment environment, OnEvent on_event)
    : environment_{std::move(environment)}, on_event_{std::move(on_event)} {}

void JobContext::Plotted::add(double x, double y) {
  last_x = x;
  last_y = y;
  if (count++ % every != 0) return;
  kept.x.push_back(x);
  kept.y.push_back(y);
  if (kept.x.size() <= points_kept) return;
  const auto thin = [](std::vector<double>& values) {
    for (std::size_t i = 0; 2 * i < values.size(); ++i) values[i] = values[2 * i];
    values.resize((values.size() + 1) / 2);
  };
  thin(kept.x);
  thin(kept.y);
  every *= 2;
}

Event JobContext::now(EventKind tells) const {
  Event event;
  event.state = environment_.stop.stop_requested() ? State::cancelling : State::running;
  event.kind = tells;
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
  tell(now(EventKind::progress));
}

void JobContext::plot(std::string_view curve, double x, double y) {
  const std::lock_guard lock{mutex_};
  if (std::isfinite(x) && std::isfinite(y)) curves_[std::string(curve)].add(x, y);
  Event event = now(EventKind::plot);
  event.curve = curve;
  event.x = x;
  event.y = y;
  tell(event);
}

void JobContext::preview(std::string_view output, DatasetPtr data) {
  if (environment_.preview_every <= 0 || !data) return;
  const std::lock_guard lock{mutex_};
  Offers& offers = previews_[std::string(output)];
  if (asked_ > offers.asked) {  // the answer to the last question holds for one preview of every output
    offers = {asked_, 0};
    if (!granted_) return;
  } else if ((asked_ > 0 ? ++offers.since : offers.since++) % environment_.preview_every != 0) {
    return;
  }
  Event event = now(EventKind::preview);
  event.output = output;
  event.data = std::move(data);
  tell(event);
}

void JobContext::log(std::string_view text) {
  iso::log::info("job", text);
  const std::lock_guard lock{mutex_};
  Event event = now(EventKind::log);
  event.message = text;
  tell(event);
}

void JobContext::warn(std::string_view text) {
  iso::log::info("job", "warning: ", text);
  const std::lock_guard lock{mutex_};
  warnings_.emplace_back(text);
  Event event = now(EventKind::warning);
  event.message = text;
  tell(event);
}

bool JobContext::wants_preview() const noexcept {
  if (environment_.preview_every <= 0) return false;
  const std::lock_guard lock{mutex_};
  granted_ = asked_++ % environment_.preview_every == 0;
  const auto moment = Clock::now();
  if (granted_ && previewed_ && moment - *previewed_ < environment_.preview_pause) granted_ = false;
  if (granted_) previewed_ = moment;
  return granted_;
}

bool JobContext::wants_checkpoint() const noexcept {
  if (environment_.checkpoint_file.empty()) return false;
  const std::lock_guard lock{mutex_};
  return Clock::now() - kept_ >= environment_.checkpoint_pause;
}

void JobContext::keep(const Checkpoint& state) {
  if (environment_.checkpoint_file.empty()) return;
  std::string failed;
  try {
    io::write_checkpoint(environment_.checkpoint_file, environment_.checkpoint_key, state);
  } catch (...) {
    // A copy for the case of an interruption is no reason to cause one; the next may fit again.
    failed = std::string{"no checkpoint could be kept, the run goes on without: "} + current_error().what();
  }
  const bool first = [&] {
    const std::lock_guard lock{mutex_};
    kept_ = Clock::now();
    return !failed.empty() && !std::exchange(checkpoint_failed_, true);
  }();
  if (first) warn(failed);
}

std::optional<Checkpoint> JobContext::resumed() const {
  if (!environment_.resume || environment_.checkpoint_file.empty()) return {};
  return io::read_checkpoint(environment_.checkpoint_file, environment_.checkpoint_key);
}

void JobContext::figure(std::string_view name, double value, std::string_view unit) {
  const std::lock_guard lock{mutex_};
  figures_[std::string(name)] = {value, std::string(unit)};
}

bool is_attachment_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos && name != "record.json";
}

void JobContext::attach(std::string_view name, const std::filesystem::path& file) {
  const std::string own{name};
  if (!is_attachment_name(own))
    throw Error(Errc::invalid_input, "'" + own + "' is no name for an attachment",
                "use a plain name such as report.csv");
  std::error_code failure;
  const std::uintmax_t bytes = std::filesystem::file_size(file, failure);
  if (!failure)
    std::filesystem::copy_file(file, attachment(own), std::filesystem::copy_options::overwrite_existing, failure);
  if (failure) throw Error(Errc::cannot_read, "'" + file.string() + "' cannot be attached: " + failure.message());
  const std::lock_guard lock{mutex_};
  attachments_[own] = {{}, sha256_of_file(attachment(own)), bytes};
}

plugin::Model JobContext::model(std::string_view id) {
  models::Card card = models::find_card(id, environment_.model_directories);
  models::check_graphs(card);
  plugin::Model found{card.name, card.file, card.sha256};
  const std::lock_guard lock{mutex_};
  models_[found.id] = std::move(card);
  return found;
}

std::vector<models::Card> JobContext::cards() const {
  const std::lock_guard lock{mutex_};
  std::vector<models::Card> all;
  for (const auto& [id, card] : models_) all.push_back(card);
  return all;
}

void JobContext::fill(Record& record) const {
  const std::lock_guard lock{mutex_};
  record.figures = figures_;
  for (const auto& [id, card] : models_) record.models[id] = card.sha256;
  record.attachments = attachments_;
  record.warnings.insert(record.warnings.end(), warnings_.begin(), warnings_.end());
  for (const auto& [name, plotted] : curves_) {
    Curve& curve = record.curves[name] = plotted.kept;
    if ((plotted.count - 1) % plotted.every == 0) continue;  // the last point is among those kept
    curve.x.push_back(plotted.last_x);
    curve.y.push_back(plotted.last_y);
  }
}

void JobContext::restart(std::stop_token stop) {
  const std::lock_guard lock{mutex_};
  environment_.stop = std::move(stop);
  begin_ = Clock::now();
  fraction_ = 0;
  stage_.clear();
  figures_.clear();
  curves_.clear();
  warnings_.clear();
}

double JobContext::fraction() const {
  const std::lock_guard lock{mutex_};
  return fraction_;
}

}  // namespace iso::job
