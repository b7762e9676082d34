#include "interaction_controller.h"

#include "host/workers/interaction.h"

#include "iso/base/error.h"

#include <QElapsedTimer>

#include <cmath>
#include <optional>

namespace iso::gui {
namespace {

constexpr std::chrono::milliseconds answer_budget{60};  ///< so that a click is on screen within 100 ms

}  // namespace

/// What is being clicked at. Labels live in the document, so that a worker that dies takes none of them along.
struct InteractionController::Impl {
  std::string task_id;
  ItemId item{0};
  ItemId result{0};
  std::shared_ptr<host::InteractionWorker> worker;
  std::vector<plugin::Stroke> strokes;
};

InteractionController::InteractionController(Desktop& desktop, QObject* parent)
    : QObject{parent}, impl_{std::make_unique<Impl>()}, desktop_{desktop} {}
InteractionController::~InteractionController() = default;

void InteractionController::begin(const std::string& task_id) {
  end();
  const Item* const item = desktop_.document().find(desktop_.document().look().base);
  const plugin::TaskManifest* const task = desktop_.catalogue().find_task(task_id);
  if (item == nullptr || task == nullptr || !item->raster || !item->raster->anatomical)
    return void(Q_EMIT problem(tr("Clicking needs an image: open one first"), {}));
  const auto port =
      std::ranges::find_if(task->inputs, [&](const plugin::Port& p) { return p.kind == kind_of(*item->data); });
  if (port == task->inputs.end())
    return void(Q_EMIT problem(tr("'%1' cannot work on this kind of data").arg(QString::fromStdString(task_id)), {}));
  impl_->task_id = task_id;
  impl_->item = item->id;
  impl_->result = 0;
  impl_->strokes.clear();
  try {
    host::WorkerOptions options;
    options.plugin_directories = desktop_.options().plugin_directories;
    impl_->worker = host::start_interaction(options, task_id, {{port->name, item->data}}, "{}");
  } catch (const Error& failure) {
    return void(Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint())));
  }
  active_ = true;
  desktop_.tools().set_tool(Tool::click);
  Q_EMIT message(tr("Click on the image: left marks, right (or Alt and left) takes away. Esc ends."));
}

void InteractionController::end() {
  active_ = false;
  impl_->worker.reset();
}

void InteractionController::click(const Vec3& world_mm, bool positive) {
  const Item* const item = desktop_.document().find(impl_->item);
  if (!active_ || item == nullptr) return;
  QElapsedTimer clock;
  clock.start();
  const Vec3 index = item->raster->frame.to_index(world_mm);
  plugin::Stroke stroke;
  stroke.label = positive ? 1 : 0;
  stroke.voxels = {{static_cast<std::int32_t>(std::lround(index[0])), static_cast<std::int32_t>(std::lround(index[1])),
                    static_cast<std::int32_t>(std::lround(index[2]))}};
  impl_->strokes.push_back(stroke);
  answer({impl_->strokes.back()}, positive ? "Mark by click" : "Take away by click");
  last_answer_ms_ = static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

void InteractionController::answer(const std::vector<plugin::Stroke>& added, const std::string& step) {
  plugin::Datasets outputs;
  try {
    outputs = impl_->worker->update(added, answer_budget);
  } catch (const Error& failure) {
    if (!added.empty()) impl_->strokes.pop_back();
    if (failure.code() == Errc::plugin_crashed) end();
    return void(Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint())));
  }
  for (const auto& [name, data] : outputs)
    if (kind_of(*data) == Kind::label_map) return show(get<LabelMap>(data), step);
}

/// Enters the answer as a change of one label map, so that undo takes back exactly this click.
void InteractionController::show(const LabelMap& labels, const std::string& step) {
  Document& document = desktop_.document();
  if (document.find(impl_->result) == nullptr) impl_->result = document.add_label_map(impl_->item, "clicked");
  const auto delta = delta_between(get<LabelMap>(document.find(impl_->result)->data), labels);
  if (!delta) return;
  document.apply_label_delta(impl_->result, delta, step);
}

}  // namespace iso::gui
