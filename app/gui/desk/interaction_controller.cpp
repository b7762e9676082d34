#include "interaction_controller.h"

#include "host/workers/interaction.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace iso::gui {

InteractionController::InteractionController(Desktop& desktop, QObject* parent) : QObject{parent}, desktop_{desktop} {
  connect(&desktop_.tools(), &Tools::changed, this, &InteractionController::follow_tool);
  restoring_ = desktop_.document().restoring.connect([this] { end(); });
}
InteractionController::~InteractionController() = default;

/// Labels are painted by hand within a session, and stay as they were painted; every other tool ends it.
void InteractionController::follow_tool() {
  const Tools& tools = desktop_.tools();
  if (std::exchange(tool_, tools.tool()) == tools.tool()) return;  // another label, or another brush
  if (!active() || tools.tool() == Tool::click) return;
  if (tools.paints()) return void(Q_EMIT message(tr("What you paint stays. Ctrl+K goes on with the clicking.")));
  end();
  Q_EMIT message(tr("The clicking has ended; its labels stay."));
}

void InteractionController::resume() {
  if (active()) desktop_.tools().set_tool(Tool::click);
}

void InteractionController::begin(const std::string& task_id, const std::string& parameters_json,
                                  const std::string& device) {
  const Asked asked{task_id, device, desktop_.document().look().layout.base};
  if (active() && asked == asked_) {
    if (parameters_json != session_->parameters()) session_->set_parameters(parameters_json);
    return resume();
  }
  end();
  const Item* const item = desktop_.document().find(desktop_.document().look().layout.base);
  const plugin::TaskManifest* const task = desktop_.catalogue().find_task(task_id);
  if (item == nullptr || task == nullptr || !item->raster || !item->raster->anatomical)
    return void(Q_EMIT problem(tr("Clicking needs an image: open one first"), {}));
  inputs_ = find_inputs(*task, *item);
  plugin::Datasets inputs;
  ItemId result = 0;  // labels that the task was given are edited and not doubled
  for (const auto& [port, id] : inputs_) {
    inputs[port] = desktop_.document().find(id)->data;
    if (id != item->id) result = id;
  }
  if (inputs.empty())
    return void(Q_EMIT problem(tr("'%1' cannot work on this kind of data").arg(QString::fromStdString(task_id)), {}));
  item_ = item->id;
  asked_ = asked;
  host::WorkerOptions options;
  options.plugin_directories = desktop_.options().plugin_directories;
  session_ = std::make_unique<ClickSession>(
      desktop_.document(), item_, parameters_json,
      [=](const std::string& parameters) {
        return host::start_interaction(options, {task_id, parameters, device}, inputs);
      },
      [this](std::function<void()> later) {
        QMetaObject::invokeMethod(&desktop_, std::move(later), Qt::QueuedConnection);
      },
      result);
  marks_ = session_->marks_changed.connect([this] { show_marks(); });
  answered_ = session_->answered.connect([this] {
    if (!session_->waiting()) last_answer_ms_ = static_cast<double>(clock_.nsecsElapsed()) / 1e6;
    Q_EMIT clicks_changed();
  });
  troubled_ = session_->troubled.connect([this](const ClickSession::Trouble& what) { trouble(what); });
  parameters_ = session_->parameters_changed.connect([this](const std::string& now) {
    Q_EMIT parameters_changed(asked_.task, now);
    Q_EMIT clicks_changed();
  });
  desktop_.tools().set_tool(Tool::click);
  Q_EMIT active_changed(true);
  Q_EMIT message(tr("Click on the image: left marks, right (or Ctrl and left) takes away. Esc ends."));
}

/// The image at the first port of its kind. A label map over the image on the same grid is the previous mask: it goes to an
/// optional port for label maps.
std::map<std::string, ItemId> InteractionController::find_inputs(const plugin::TaskManifest& task,
                                                                 const Item& image) const {
  std::map<std::string, ItemId> inputs;
  const auto first = std::ranges::find(task.inputs, to_kind(*image.data), &plugin::Port::kind);
  if (first == task.inputs.end()) return inputs;
  inputs[first->name] = image.id;
  const Item* const mask = desktop_.document().find(desktop_.document().look().overlay.item);
  if (mask == nullptr || mask == &image || !std::holds_alternative<LabelMap>(*mask->data)) return inputs;
  if (mask->raster->frame != image.raster->frame) return inputs;
  for (const plugin::Port& port : task.inputs)
    if (port.optional && port.kind == Kind::label_map && !inputs.contains(port.name)) {
      inputs[port.name] = mask->id;
      break;
    }
  return inputs;
}

void InteractionController::set_parameters(const std::string& task_id, const std::string& parameters_json) {
  if (!active() || task_id != asked_.task || parameters_json == session_->parameters()) return;
  session_->set_parameters(parameters_json);
  Q_EMIT clicks_changed();
}

void InteractionController::end() {
  if (!active()) return;
  session_.reset();
  desktop_.document().set_click_marks({});
  Q_EMIT active_changed(false);
  if (desktop_.tools().tool() == Tool::click) desktop_.tools().set_tool(Tool::window_level);  // it would do nothing
}

void InteractionController::click(const Vec3& world_mm, bool positive) {
  const Item* const item = desktop_.document().find(item_);
  if (!active()) return;
  if (item == nullptr) {
    end();
    return void(Q_EMIT problem(tr("The image that was clicked on is closed, so the clicking has ended"),
                               tr("Its labels stay. Open the image again to go on.")));
  }
  const Vec3 index = item->raster->frame.to_index(world_mm);
  std::array<std::int32_t, 3> voxel{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double at = std::round(index[axis]);
    if (!(at >= 0 && at < static_cast<double>(item->raster->frame.size[axis])))
      return void(Q_EMIT message(tr("This is beside the image")));
    voxel[axis] = static_cast<std::int32_t>(at);
  }
  clock_.start();
  session_->click(voxel, positive ? desktop_.tools().label : std::uint16_t{0},
                  positive ? "Mark by click" : "Take away by click");
}

void InteractionController::retry() {
  if (!active()) return;
  clock_.start();
  session_->retry();
}

void InteractionController::trouble(const ClickSession::Trouble& what) {
  const QString sentence = QString::fromStdString(what.sentence), hint = QString::fromStdString(what.hint);
  if (what.can_retry)
    Q_EMIT retry_offered(sentence, hint);
  else
    Q_EMIT problem(sentence, hint);
  if (what.over) QMetaObject::invokeMethod(this, &InteractionController::end, Qt::QueuedConnection);
}

}  // namespace iso::gui
