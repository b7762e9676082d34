#include "job_list.h"

#include "gui/model/data_places.h"

#include "iso/base/error.h"
#include "iso/params/schema.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace iso::gui {
namespace {

std::string name_in_workspace(const std::string& place) { return place.substr(job::workspace_prefix.size()); }

/// "007-": places of a run that begin with it sort as the outputs of its task do.
std::string to_rank(std::size_t output) {
  const std::string digits = std::to_string(output);
  return std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits + "-";
}

/// A word as a shell takes it.
std::string quoted(const std::string& word) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

std::string value_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const auto& element : value) text += (text.empty() ? "" : ",") + element.dump();
  return text;
}

std::string end_sentence(const job::Record& record) {
  switch (record.state) {
    case job::State::done: return "Done";
    case job::State::cancelled: return "Cancelled";
    default: return record.error_message;
  }
}

}  // namespace

JobList::JobList(Document& document, job::Queue& queue, std::shared_ptr<job::Workspace> workspace,
                 std::function<void(std::function<void()>)> post)
    : document_{document}, queue_{queue}, workspace_{std::move(workspace)}, post_{std::move(post)} {
  restoring_connection_ = document_.restoring.connect([this] {
    for (const auto& state : jobs_) state->results.clear();  // those numbers may mean others from now on
  });
}

JobList::~JobList() {
  *alive_ = false;
  for (const auto& state : jobs_)
    if (!job::ended(state->state)) queue_.cancel(state->id);
}

std::uint64_t JobList::start(const TaskForm& form, const std::string& device, std::uint64_t seed) {
  std::string about;
  for (const TaskForm::Input& input : form.inputs())
    if (const Item* const item = document_.find(input.chosen); item != nullptr && about.empty()) about = item->name;
  job::Recipe recipe = make_recipe(form, document_, device, seed);
  std::size_t at = 0;  // a method names what it is for first
  for (const TaskForm::Output& output : form.outputs()) {
    const auto found = recipe.outputs.find(output.port.name);
    if (found != recipe.outputs.end())
      found->second = std::string{job::workspace_prefix} + to_rank(at) + output.port.name;
    ++at;
  }
  return start(std::move(recipe), form.task().about.title + (about.empty() ? "" : " of " + about));
}

std::uint64_t JobList::start(job::Recipe recipe, std::string title) {
  static std::uint64_t run = 0;
  const std::string prefix = "run-" + std::to_string(++run) + "-";
  for (auto& [port, place] : recipe.outputs) {
    const bool ranked = job::in_workspace(place) && place.ends_with("-" + port);
    place = std::string{job::workspace_prefix} + prefix + (ranked ? name_in_workspace(place) : port);
  }
  auto state = std::make_unique<JobState>();
  state->title = std::move(title);
  state->recipe = std::move(recipe);
  return launch(std::move(state));
}

std::uint64_t JobList::replay(const job::Record& before, std::string title, std::map<std::string, DatasetPtr> inputs) {
  static std::uint64_t replays = 0;
  const std::string prefix = "replay-" + std::to_string(++replays) + "-";
  auto state = std::make_unique<JobState>();
  state->title = std::move(title);
  state->recipe = before.recipe;
  state->recipe.outputs.clear();
  state->recipe.hints.clear();  // they were for the reader
  if (!before.backend.empty()) state->recipe.device = before.backend;
  for (auto& [port, data] : inputs) {
    state->recipe.inputs[port] = std::string{job::workspace_prefix} + prefix + port;
    state->inputs[prefix + port] = std::move(data);
  }
  state->replayed = before;
  return launch(std::move(state));
}

std::uint64_t JobList::launch(std::unique_ptr<JobState> state) {
  JobState& kept = *state;
  for (const auto& [port, place] : kept.recipe.inputs) {
    if (!job::in_workspace(place)) continue;
    const std::string name = name_in_workspace(place);
    DatasetPtr& data = kept.inputs[name];
    if (!data)
      if (const Item* const item = item_at(place, document_)) data = item->data;
    if (data) workspace_->put(name, data);
  }
  if (kept.recorded.task.empty()) kept.recorded = with_files(kept.recipe, document_);
  jobs_.push_front(std::move(state));
  // The id is known only once submitted, and events may come before: they wait in the desktop's own queue behind this call.
  const auto job = std::make_shared<std::uint64_t>(0);
  kept.id = queue_.submit(kept.recipe, job::Isolation::worker,
                          [this, job, alive = alive_, post = post_](const job::Event& event) {
                            post([this, job, alive, event] {
                              if (*alive) take(*job, event);
                            });
                          });
  *job = kept.id;
  list_changed();
  return kept.id;
}

void JobList::cancel(std::uint64_t job) {
  for (const auto& state : jobs_)
    if (state->id == job && !job::ended(state->state)) {
      state->cancel_asked = std::chrono::steady_clock::now();
      queue_.cancel(job);
    }
}

std::uint64_t JobList::retry(std::uint64_t job) {
  const JobState* const before = find(job);
  if (before == nullptr) return 0;
  auto state = std::make_unique<JobState>();
  state->title = before->title;
  state->recipe = before->recipe;
  state->recorded = before->recorded;
  state->inputs = before->inputs;
  state->replayed = before->replayed;
  return launch(std::move(state));
}

void JobList::forget(std::uint64_t job) {
  std::erase_if(jobs_, [&](const auto& state) { return state->id == job && job::ended(state->state); });
  list_changed();
}

const JobState* JobList::find(std::uint64_t job) const noexcept {
  const auto found = std::ranges::find(jobs_, job, [](const auto& state) { return state->id; });
  return found == jobs_.end() ? nullptr : found->get();
}

std::vector<const JobState*> JobList::jobs() const {
  std::vector<const JobState*> all;
  all.reserve(jobs_.size());
  for (const auto& state : jobs_) all.push_back(state.get());
  return all;
}

bool JobList::busy() const noexcept {
  return std::ranges::any_of(jobs_, [](const auto& state) { return !job::ended(state->state); });
}

void JobList::take(std::uint64_t job, const job::Event& event) {
  const auto found = std::ranges::find(jobs_, job, [](const auto& state) { return state->id; });
  if (found == jobs_.end() || job::ended((*found)->state)) return;
  JobState& state = **found;
  state.fraction = std::max(state.fraction, event.fraction);
  if (!event.stage.empty()) state.stage = event.stage;
  state.remaining_seconds = event.remaining_seconds;
  switch (event.kind) {
    case job::EventKind::plot: state.curves[event.curve].emplace_back(event.x, event.y); break;
    case job::EventKind::log: state.log.push_back(event.message); break;
    case job::EventKind::warning: state.log.push_back("Warning: " + event.message); break;
    case job::EventKind::preview: show_preview(state, event); break;
    case job::EventKind::needs: state.log.push_back(event.message); break;
    case job::EventKind::progress:
    case job::EventKind::state: break;
  }
  if (job::ended(event.state)) {
    end(state);
  } else {
    state.state = event.state;
  }
  job_changed(job);
}

void JobList::show_preview(JobState& state, const job::Event& event) {
  if (!event.data) return;
  previewed(state.id, event.output, event.data);
}

void JobList::end(JobState& state) {
  state.record = queue_.wait(state.id);  // it has ended: no waiting
  if (!state.record) return;
  // The data may be closed or changed by now; their files are what they were.
  state.record->recipe.inputs = state.recorded.inputs;
  state.record->recipe.hints = state.recorded.hints;
  state.state = state.record->state;
  state.message = end_sentence(*state.record);
  state.hint = state.record->error_hint;
  let_go_of_inputs(state);
  if (state.state == job::State::done) {
    if (state.replayed) {
      state.comparison = job::compare(*state.replayed, *state.record);
      state.message = state.comparison->same_bits ? "Same bits as recorded" : "Other bits than recorded";
      for (const std::string& sentence : state.comparison->differences) state.log.push_back("Differs: " + sentence);
    } else {
      enter_results(state);
    }
    state.fraction = 1;
  }
  job_ended(state.id);
}

void JobList::enter_results(JobState& state) {
  std::vector<std::pair<std::string, DatasetPtr>> outputs;
  std::vector<std::pair<std::string, std::string>> in_order;  // place and port
  for (const auto& [port, place] : state.record->recipe.outputs) in_order.emplace_back(place, port);
  std::ranges::sort(in_order);
  for (const auto& [place, port] : in_order) {
    const std::string name = name_in_workspace(place);
    if (DatasetPtr data = workspace_->find(name))
      outputs.emplace_back(port == "volume" ? state.title : state.title + " " + port, std::move(data));
    workspace_->remove(name);
  }
  // The picture first: it is what is shown and selected.
  std::ranges::stable_sort(outputs,
                           [](const auto& a, const auto& b) { return to_kind(*a.second) < to_kind(*b.second); });
  state.results = document_.add_results(outputs, *state.record);
  if (!state.results.empty()) document_.show(state.results.front());
}

/// What no other job works on leaves the workspace, so that closing data gives their memory back.
void JobList::let_go_of_inputs(JobState& state) {
  for (const auto& [name, data] : state.inputs) {
    const bool wanted = std::ranges::any_of(jobs_, [&, &name = name](const auto& other) {
      return other.get() != &state && !job::ended(other->state) && other->inputs.contains(name);
    });
    if (!wanted) workspace_->remove(name);
  }
  if (state.state == job::State::done) state.inputs.clear();
}

job::Recipe make_recipe(const TaskForm& form, const Document& document, const std::string& device, std::uint64_t seed) {
  job::Recipe recipe;
  recipe.task = form.task().id;
  recipe.parameters_json = form.parameters_json();
  recipe.device = device;
  recipe.seed = seed;
  for (const TaskForm::Input& input : form.inputs())
    if (document.find(input.chosen) != nullptr) recipe.inputs[input.port.name] = item_place(input.chosen);
  for (const TaskForm::Output& output : form.outputs())
    if (output.wanted) recipe.outputs[output.port.name] = std::string{job::workspace_prefix} + output.port.name;
  return recipe;
}

Command make_command(const job::Recipe& recipe, const Document& document) {
  Command command;
  command.line = "isocenter run " + quoted(recipe.task);
  const auto add = [&](const std::string& option, const std::string& value) {
    command.line += " --" + option + " " + quoted(value);
  };
  const job::Recipe named = with_files(recipe, document);
  for (const auto& [port, place] : named.inputs) {
    const bool in_file = !job::in_workspace(place);
    add(params::kebab_case(port), in_file ? place : "SAVE_" + port + "_FIRST");
    command.complete = command.complete && in_file;
    if (const auto hints = named.hints.find(port); hints != named.hints.end())
      for (const auto& [key, value] : hints->second) add(params::kebab_case(port) + "." + key, value);
  }
  for (const auto& [port, place] : recipe.outputs)
    add(params::kebab_case(port), job::in_workspace(place) ? port + ".h5" : place);
  const auto parameters = nlohmann::json::parse(recipe.parameters_json, nullptr, false);
  if (parameters.is_object())
    for (const auto& [name, value] : parameters.items()) {
      if (value.is_boolean())
        command.line += std::string{value.get<bool>() ? " --" : " --no-"} + params::kebab_case(name);
      else
        add(params::kebab_case(name), value_text(value));
    }
  if (recipe.device != "auto") add("device", recipe.device);
  if (recipe.seed != 0) add("seed", std::to_string(recipe.seed));
  for (const Finding finding : recipe.accepted_geometry) add("accept-geometry", std::string{to_string(finding)});
  return command;
}

}  // namespace iso::gui
