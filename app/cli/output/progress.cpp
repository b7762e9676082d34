#include "progress.h"

#include "terminal.h"

#include "iso/base/xml_text.h"
#include "iso/job/estimate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace iso::cli {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
constexpr std::array<std::string_view, 4> style_names{"none", "text", "xml", "jsonl"};
constexpr double worth_a_line_bytes = 1.0 * (std::size_t{1} << 30),
                 worth_a_line_seconds = 10;  ///< what a person wants to know before

int percent(double fraction) { return static_cast<int>(std::floor(100 * fraction)); }

/// What every style but jsonl says on stderr: warnings, and the needs of a job that is not small.
void say_what_matters(const std::string& task, const job::Event& event) {
  if (event.kind == job::EventKind::warning) note("isocenter: warning: " + event.message);
  if (event.kind == job::EventKind::needs && (event.x >= worth_a_line_bytes || event.y >= worth_a_line_seconds))
    note("isocenter: " + task + " " + event.message);
}

class Silent final : public Progress {
 public:
  explicit Silent(std::string task) : task_{std::move(task)} {}
  void take(const job::Event& event) override { say_what_matters(task_, event); }
  void end(const job::Record&, const Error*) override {}

 private:
  std::string task_;
};

class Text final : public Progress {
 public:
  explicit Text(std::string task) : task_{std::move(task)}, terminal_{stderr_is_terminal()} {}
  ~Text() override {
    if (terminal_) draw_bar("");
  }

  void take(const job::Event& event) override {
    say_what_matters(task_, event);
    if (event.kind != job::EventKind::progress && event.kind != job::EventKind::state) return;
    if (ended(event.state)) return;
    if (terminal_)
      bar(event);
    else
      line(event);
  }

  void end(const job::Record&, const Error*) override {
    if (terminal_) draw_bar("");
  }

 private:
  void bar(const job::Event& event) const {
    const int columns = terminal_columns();
    std::string right = " " + std::to_string(percent(event.fraction)) + " %";
    if (event.remaining_seconds) right += "  " + clock_text(*event.remaining_seconds) + " left";
    std::string stage = event.stage;
    const auto room = static_cast<std::size_t>(std::max(0, columns - 32 - static_cast<int>(right.size())));
    if (stage.size() > room) stage.resize(room);
    constexpr int width = 26;
    const int full = static_cast<int>(std::lround(width * event.fraction));
    draw_bar("[" + std::string(static_cast<std::size_t>(full), '#') +
             std::string(static_cast<std::size_t>(width - full), '.') + "]" + right + "  " + stage);
  }

  /// Every tenth of the way, and no more than one line in two seconds for stages that follow fast.
  void line(const job::Event& event) {
    const int tenth = percent(event.fraction) / 10;
    const auto moment = Clock::now();
    if (tenth == tenth_ && (event.stage == stage_ || moment - told_ < std::chrono::seconds{2})) return;
    if (tenth == tenth_ && tenth_ == 0 && stage_.empty() && event.stage.empty()) return;
    tenth_ = tenth;
    stage_ = event.stage;
    told_ = moment;
    std::string text = "isocenter: " + std::to_string(percent(event.fraction)) + " % " + event.stage;
    if (event.remaining_seconds) text += ", " + clock_text(*event.remaining_seconds) + " left";
    note(text);
  }

  std::string task_, stage_;
  bool terminal_;
  int tenth_{-1};
  Clock::time_point told_{};
};

class Tags final : public Progress {
 public:
  explicit Tags(std::string task) : task_{std::move(task)} {}

  void take(const job::Event& event) override {
    say_what_matters(task_, event);
    if (ended(event.state)) return;
    if (!begun_)
      print("<filter-start><filter-name>" + escape_xml(task_) + "</filter-name><filter-comment>" +
            escape_xml(event.stage) + "</filter-comment></filter-start>\n");
    begun_ = true;
    if (event.kind == job::EventKind::progress)
      print("<filter-progress>" + in_digits(event.fraction) + "</filter-progress>\n");
  }

  void end(const job::Record& record, const Error*) override {
    print("<filter-end><filter-name>" + escape_xml(task_) + "</filter-name><filter-time>" + in_digits(record.seconds) +
          "</filter-time></filter-end>\n");
  }

 private:
  std::string task_;
  bool begun_{false};
};

Json figures_object(const job::Record& record) {
  Json json = Json::object();
  for (const auto& [name, figure] : record.figures) json[name] = {{"value", figure.value}, {"unit", figure.unit}};
  return json;
}

class Lines final : public Progress {
 public:
  void take(const job::Event& event) override {
    if (ended(event.state)) return;  // end() says more
    Json json{{"type", to_string(event.kind)}, {"state", std::string(to_string(event.state))},
              {"t", event.elapsed_seconds},    {"phase", event.stage},
              {"done", event.fraction},        {"total", 1},
              {"rss", job::resident_bytes()}};
    if (event.remaining_seconds) json["eta_s"] = *event.remaining_seconds;
    if (!event.message.empty()) json["message"] = event.message;
    if (event.kind == job::EventKind::plot) json.update({{"curve", event.curve}, {"x", event.x}, {"y", event.y}});
    if (event.kind == job::EventKind::needs) json.update({{"memory_bytes", event.x}, {"seconds", event.y}});
    if (event.kind == job::EventKind::preview) json["output"] = event.output;
    print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }

  void end(const job::Record& record, const Error* outcome) override {
    Json json{{"type", "result"},
              {"state", std::string(to_string(record.state))},
              {"seconds", record.seconds},
              {"outputs", record.recipe.outputs},
              {"figures", figures_object(record)},
              {"peak_memory_bytes", record.peak_memory_bytes},
              {"exit_code", outcome != nullptr ? exit_code(outcome->code()) : 0}};
    if (outcome != nullptr)
      json.update({{"error", std::string(to_string(outcome->code()))},
                   {"message", outcome->what()},
                   {"hint", outcome->hint()}});
    print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
};

}  // namespace

ProgressStyle progress_style_from(std::string_view name) {
  const auto found = std::ranges::find(style_names, name);
  if (found == style_names.end())
    throw Error(Errc::usage, "--progress is '" + std::string(name) + "', expected none, text, xml or jsonl");
  return static_cast<ProgressStyle>(found - style_names.begin());
}

std::unique_ptr<Progress> make_progress(ProgressStyle style, std::string task) {
  switch (style) {
    case ProgressStyle::none: return std::make_unique<Silent>(std::move(task));
    case ProgressStyle::text: return std::make_unique<Text>(std::move(task));
    case ProgressStyle::xml: return std::make_unique<Tags>(std::move(task));
    case ProgressStyle::jsonl: return std::make_unique<Lines>();
  }
  return std::make_unique<Silent>(std::move(task));
}

}  // namespace iso::cli
