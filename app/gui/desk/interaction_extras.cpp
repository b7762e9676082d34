// What an interactive task can do beyond clicks, by its parameters and ports; accepting its labels; its log.

#include "interaction_controller.h"

#include "gui/model/data_places.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace iso::gui {

const plugin::TaskManifest* InteractionController::task() const {
  return active() ? desktop_.catalogue().find_task(asked_.task) : nullptr;
}

InteractionController::Abilities InteractionController::abilities() const {
  Abilities can;
  const plugin::TaskManifest* const manifest = task();
  if (manifest == nullptr) return can;
  const auto is = [&](const char* name, params::FieldKind kind) {
    const params::FieldInfo* const info = manifest->parameters.find(name);
    return info != nullptr && info->kind == kind;
  };
  can.everywhere = is("everywhere", params::FieldKind::boolean);
  can.uncertainty = is("uncertainty", params::FieldKind::boolean);
  can.next_slice = is("propagate", params::FieldKind::integer);
  can.volume = is("extent", params::FieldKind::choice);
  can.goes_on = std::ranges::any_of(
      manifest->inputs, [](const plugin::Port& port) { return port.optional && port.kind == Kind::label_map; });
  return can;
}

std::string InteractionController::to_value(const std::string& parameter) const {
  const plugin::TaskManifest* const manifest = task();
  if (manifest == nullptr) return {};
  const auto json = nlohmann::json::parse(session_->parameters(), nullptr, false);
  if (json.is_object())
    if (const auto found = json.find(parameter); found != json.end())
      return found->is_string() ? found->get<std::string>() : found->dump();
  const params::FieldInfo* const info = manifest->parameters.find(parameter);
  return info == nullptr ? std::string{} : params::to_text(info->default_value);
}

void InteractionController::set_value(const std::string& parameter, const std::string& text) {
  const plugin::TaskManifest* const manifest = task();
  const params::FieldInfo* const info = manifest == nullptr ? nullptr : manifest->parameters.find(parameter);
  if (info == nullptr || to_value(parameter) == text) return;
  try {
    auto json = nlohmann::json::parse(session_->parameters(), nullptr, false);
    if (!json.is_object()) json = nlohmann::json::object();
    std::visit([&](const auto& value) { json[parameter] = value; }, params::value_from_text(*info, text));
    session_->set_parameters(json.dump());
    Q_EMIT parameters_changed(asked_.task, session_->parameters());
    Q_EMIT clicks_changed();
  } catch (const Error& refused) {
    Q_EMIT message(QString::fromUtf8(refused.what()));
  }
}

bool InteractionController::is_on(const std::string& parameter) const { return to_value(parameter) == "true"; }

void InteractionController::set_on(const std::string& parameter, bool on) {
  set_value(parameter, on ? "true" : "false");
}

void InteractionController::propagate() {
  if (!abilities().next_slice) return;
  int slices = 0;
  const std::string now = to_value("propagate");
  std::from_chars(now.data(), now.data() + now.size(), slices);
  set_value("propagate", std::to_string(slices + 1));
}

bool InteractionController::is_volume() const { return to_value("extent") == "volume"; }

void InteractionController::set_volume(bool on) { set_value("extent", on ? "volume" : "slice"); }

void InteractionController::take_back() {
  if (!active() || session_->clicks() == 0) return void(Q_EMIT message(tr("There is no click to take back")));
  session_->take_back_newest();
}

void InteractionController::accept() {
  if (!active()) return;
  const ItemId result = session_->result();
  Document& document = desktop_.document();
  const Item* const item = document.find(result);
  if (item == nullptr || session_->clicks() == 0)
    return void(Q_EMIT message(tr("There is nothing to accept yet: click on the image first")));
  const Item* const image = document.find(item_);
  if (item->name == "clicked" && image != nullptr) document.rename(result, image->name + " labels");
  const std::string parameters = session_->parameters();
  const Asked asked = asked_;
  const bool goes_on = abilities().goes_on;
  end();
  if (!goes_on) return void(Q_EMIT message(tr("The labels are kept.")));
  Look look = document.look();
  look.overlay.item = result;
  document.set_look(look);
  Tools& tools = desktop_.tools();
  if (tools.label < std::numeric_limits<std::uint16_t>::max()) ++tools.label;
  begin(asked.task, parameters, asked.device);
  Q_EMIT message(tr("The labels are kept; clicks now make label %1.").arg(tools.label));
}

job::ClickLog InteractionController::log() const {
  if (!active() || session_->clicks() == 0)
    throw Error{Errc::invalid_input, "there is no click to save", "click on the image first"};
  job::ClickLog log;
  log.recipe.task = asked_.task;
  log.recipe.device = asked_.device;
  log.recipe.parameters_json = session_->parameters();
  for (const auto& [port, id] : inputs_) log.recipe.inputs[port] = item_place(id);
  log.recipe = with_files(std::move(log.recipe), desktop_.document());
  log.marks = session_->marks();
  return log;
}

void InteractionController::open_log(const job::ClickLog& log) {
  const Item* const image = desktop_.document().find(desktop_.document().look().layout.base);
  if (image == nullptr || !image->raster)
    throw Error{Errc::invalid_input, "clicks need the image that they were made on", "open it first"};
  if (desktop_.catalogue().find_task(log.recipe.task) == nullptr)
    throw Error{Errc::invalid_input, "the clicks are of the method '" + log.recipe.task + "', which is not there",
                "install its plugin"};
  const auto& size = image->raster->frame.size;
  for (const plugin::Mark& mark : log.marks)
    for (const auto& voxel : mark.voxels)
      for (std::size_t axis = 0; axis < 3; ++axis)
        if (voxel[axis] < 0 || voxel[axis] >= size[axis])
          throw Error{Errc::invalid_input, "a click of the log lies beside '" + image->name + "'",
                      "show the image that the clicks were made on"};
  end();
  begin(log.recipe.task, log.recipe.parameters_json, log.recipe.device);
  if (!active()) return;
  clock_.start();
  session_->load(log.marks);
  Q_EMIT parameters_changed(asked_.task, session_->parameters());
}

void InteractionController::show_marks() {
  desktop_.document().set_click_marks(session_->shown_marks());
  Q_EMIT clicks_changed();
}

}  // namespace iso::gui
