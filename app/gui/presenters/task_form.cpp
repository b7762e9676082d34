#include "task_form.h"

#include "gui/model/words.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace iso::gui {
namespace {

std::string with_article(Kind kind) {
  const std::string word = to_words(std::string{to_string(kind)});
  return kind == Kind::k_space ? word + " data" : "a " + word;
}

bool fits(const Item& item, const plugin::Port& port) noexcept { return to_kind(*item.data) == port.kind; }

nlohmann::ordered_json to_json(const params::Value& value) {
  return std::visit([](const auto& v) { return nlohmann::ordered_json(v); }, value);
}

std::string to_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {  // 0 and not 0.0, as it is typed
    std::array<char, 40> text{};
    const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(), value.get<double>());
    return {text.data(), end};
  }
  if (!value.is_array()) return value.dump();
  std::string words;
  for (const auto& element : value) words += (words.empty() ? "" : ",") + element.dump();
  return words;
}

/// Why a task cannot work on an item, judged by the kinds of its ports: one takes the item, the document has data for the others.
std::optional<Refusal> refusal(const plugin::TaskManifest& task, const Document& document, const Item* item) {
  const auto needed = std::ranges::find_if(task.inputs, [](const plugin::Port& port) { return !port.optional; });
  if (needed == task.inputs.end()) return std::nullopt;
  if (item == nullptr) return Refusal{"needs " + with_article(needed->kind) + "; open one first", {}};
  if (std::ranges::none_of(task.inputs, [&](const plugin::Port& port) { return fits(*item, port); }))
    return Refusal{
        "needs " + with_article(needed->kind) + "; '" + item->name + "' is " + with_article(to_kind(*item->data)), {}};
  for (const plugin::Port& port : task.inputs) {
    if (port.optional) continue;
    if (std::ranges::none_of(document.items(), [&](const auto& other) { return fits(*other, port); }))
      return Refusal{"needs also " + with_article(port.kind) + " (" + port.name + "); open one first", {}};
  }
  return std::nullopt;
}

}  // namespace

std::vector<Offer> offers_for(std::span<const plugin::TaskManifest* const> tasks, const Document& document, ItemId id) {
  std::vector<Offer> offers;
  const Item* const item = document.find(id);
  for (const plugin::TaskManifest* task : tasks) offers.push_back({task, refusal(*task, document, item)});
  std::ranges::stable_sort(offers, {}, [](const Offer& offer) {
    return std::pair{offer.task->about.category, offer.task->parameters.find("network") != nullptr};
  });
  std::ranges::stable_partition(offers, [](const Offer& offer) { return !offer.refusal; });
  return offers;
}

TaskForm::TaskForm(plugin::TaskManifest task, const Document& document, ItemId selected) : task_{std::move(task)} {
  for (const plugin::Port& port : task_.inputs) {
    Input input{port, {}, 0};
    for (const auto& item : document.items())
      if (fits(*item, port)) input.candidates.push_back(item->id);
    const bool taken = std::ranges::any_of(inputs_, [&](const Input& other) { return other.chosen == selected; });
    if (std::ranges::find(input.candidates, selected) != input.candidates.end() && !taken)
      input.chosen = selected;
    else if (!port.optional && !input.candidates.empty())
      input.chosen = input.candidates.front();
    inputs_.push_back(std::move(input));
  }
  for (const plugin::Port& port : task_.outputs) outputs_.push_back({port, !port.optional});
  for (const params::FieldInfo& info : task_.parameters.fields)
    fields_.push_back({info, params::to_text(info.default_value), {}, true});
  check();
}

void TaskForm::choose(std::string_view port, ItemId item) {
  for (Input& input : inputs_)
    if (input.port.name == port) input.chosen = item;
  changed();
}

void TaskForm::want(std::string_view port, bool wanted) {
  for (Output& output : outputs_)
    if (output.port.name == port && output.port.optional) output.wanted = wanted;
  changed();
}

void TaskForm::set(std::string_view field, std::string text) {
  const auto state = std::ranges::find_if(fields_, [&](const FieldState& each) { return each.info.name == field; });
  if (state != fields_.end()) state->text = std::move(text);
  check();
  changed();
}

void TaskForm::reset(std::string_view field) {
  if (const params::FieldInfo* info = task_.parameters.find(field)) set(field, params::to_text(info->default_value));
}

void TaskForm::reset_all() {
  for (FieldState& state : fields_) state.text = params::to_text(state.info.default_value);
  check();
  changed();
}

void TaskForm::take(const std::string& parameters_json) {
  const auto json = nlohmann::json::parse(parameters_json, nullptr, false);
  if (!json.is_object()) throw Error{Errc::invalid_input, "the preset is no JSON object of parameters"};
  for (FieldState& state : fields_)
    if (const auto found = json.find(state.info.name); found != json.end()) state.text = to_text(*found);
}

void TaskForm::set_all(const std::string& parameters_json) {
  take(parameters_json);
  check();
  changed();
}

void TaskForm::take_preset(const std::string& parameters_json) {
  const std::vector<FieldState> before = fields_;
  for (FieldState& state : fields_) state.text = params::to_text(state.info.default_value);
  try {
    take(parameters_json);
  } catch (const Error&) {
    fields_ = before;
    throw;
  }
  check();
  changed();
}

bool TaskForm::holds_preset(const std::string& parameters_json) const {
  const auto json = nlohmann::json::parse(parameters_json, nullptr, false);
  if (!json.is_object()) return false;
  return std::ranges::all_of(fields_, [&](const FieldState& state) {
    const auto found = json.find(state.info.name);
    try {
      const params::Value wanted =
          found == json.end() ? state.info.default_value : params::value_from_text(state.info, to_text(*found));
      return params::value_from_text(state.info, state.text) == wanted;
    } catch (const Error&) {
      return false;
    }
  });
}

void TaskForm::check() {
  for (FieldState& state : fields_) {
    state.problem.clear();
    try {
      (void)params::value_from_text(state.info, state.text);
    } catch (const Error& problem) {
      state.problem = problem.what();
    }
  }
  for (FieldState& state : fields_) {
    if (!state.info.visible_when) continue;
    const auto other =
        std::ranges::find(fields_, state.info.visible_when->field, [](const FieldState& f) { return f.info.name; });
    state.visible = other == fields_.end() || std::ranges::find(state.info.visible_when->values, other->text) !=
                                                  state.info.visible_when->values.end();
  }
}

bool TaskForm::valid() const noexcept {
  return std::ranges::all_of(fields_, [](const FieldState& f) { return f.problem.empty(); }) &&
         std::ranges::all_of(inputs_, [](const Input& input) { return input.port.optional || input.chosen != 0; });
}

std::string TaskForm::first_problem() const {
  for (const Input& input : inputs_)
    if (!input.port.optional && input.chosen == 0) return "the input '" + input.port.name + "' is not chosen";
  for (const FieldState& state : fields_)
    if (!state.problem.empty()) return state.problem;
  return {};
}

std::string TaskForm::parameters_json() const {
  if (const std::string problem = first_problem(); !problem.empty()) throw Error{Errc::invalid_input, problem};
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const FieldState& state : fields_)
    json[state.info.name] = to_json(params::value_from_text(state.info, state.text));
  return json.dump();
}

}  // namespace iso::gui
