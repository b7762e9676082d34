#include "desktop.h"

#include "stall_watch.h"

#include "host/startup/resources.h"
#include "host/workers/worker_executor.h"

#include <QDir>
#include <QStandardPaths>
#include <QTimer>

namespace iso::gui {
namespace {

constexpr int journal_every_ms = 250;
constexpr std::chrono::milliseconds preview_pause{200};

host::WorkerOptions worker_options(const std::vector<std::filesystem::path>& plugins) {
  host::WorkerOptions options;
  options.plugin_directories = plugins;
  options.execution.preview_every = 1;
  options.execution.preview_pause = preview_pause;  // nobody sees more, and each is copied out of the solver
  options.execution.model_directories = host::model_directories();
  options.execution.write_records = false;  // results live in the document until they are saved
  return options;
}

}  // namespace

Desktop::Desktop(DesktopOptions options, QObject* parent)
    : QObject{parent},
      options_{std::move(options)},
      composites_{document_, background_},
      stall_watch_{new StallWatch{this}},
      workspace_{std::make_shared<job::Workspace>()} {
  log_ = std::make_unique<LogBook>(recovery_parent().parent_path() / "logs");
  if (options_.plugin_directories.empty() && !options_.safe_mode)
    options_.plugin_directories = host::plugin_directories();
  workers_ = host::make_worker_executor(worker_options(options_.plugin_directories), job::make_data_access(workspace_),
                                        workspace_);
  queue_ = std::make_unique<job::Queue>(nullptr, workers_, options_.parallel_workers);
  jobs_ = std::make_unique<JobList>(document_, *queue_, workspace_, [this](std::function<void()> later) {
    QMetaObject::invokeMethod(this, std::move(later), Qt::QueuedConnection);
  });
  if (!options_.journal) return;
  try {
    journal_ = std::make_unique<Journal>(document_, recovery_parent());
  } catch (const Error& failure) {
    // Said once the window is there to say it; work goes on without a journal.
    QTimer::singleShot(0, this, [this, failure] {
      Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint()));
    });
    return;
  }
  auto* const clock = new QTimer{this};
  connect(clock, &QTimer::timeout, this, [this] {
    journal_->tick();
    if (const auto failed = journal_->take_problem())
      Q_EMIT problem(QString::fromStdString(*failed), tr("Make room; your work is not lost while the desktop runs"));
  });
  clock->start(journal_every_ms);
}

Desktop::~Desktop() {
  jobs_.reset();
  queue_.reset();      // cancels and waits
  background_.wait();  // work in it may use the journal
}

host::PluginCatalogue& Desktop::catalogue() {
  if (!catalogue_) {
    catalogue_ = std::make_unique<host::PluginCatalogue>(options_.plugin_directories);
    plugins_ = catalogue_->plugins();
  }
  return *catalogue_;
}

std::vector<const plugin::TaskManifest*> Desktop::tasks() {
  std::vector<const plugin::TaskManifest*> all;
  (void)catalogue();
  for (const host::PluginEntry& entry : plugins_) {
    if (entry.state == host::PluginState::failed) continue;
    for (const plugin::TaskManifest& task : entry.manifest.tasks) all.push_back(&task);
  }
  return all;
}

std::filesystem::path Desktop::recovery_parent() const {
  return options_.recovery_parent.empty() ? usual_recovery_parent() : options_.recovery_parent;
}

std::filesystem::path Desktop::usual_recovery_parent() {
  const QString data = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
  return std::filesystem::path{data.toStdString()} / "isocenter" / "recovery";
}

Presets& Desktop::presets() {
  if (presets_) return *presets_;
  std::filesystem::path own = options_.preset_folder;
  if (own.empty())
    own = std::filesystem::path{QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation).toStdString()} /
          "isocenter" / "presets";
  presets_ = std::make_unique<Presets>(host::resource_folder("presets"), own);
  return *presets_;
}

void Desktop::ask_estimate(const TaskForm& form, const std::string& device,
                           std::function<void(const job::RunPlan&)> answer, std::function<void(const Error&)> refused) {
  job::Recipe recipe = make_recipe(form, document_, device);
  recipe.outputs.clear();  // nothing is made
  plugin::Descriptions inputs;
  for (const TaskForm::Input& input : form.inputs())
    if (recipe.inputs.contains(input.port.name))
      inputs[input.port.name] = describe(*document_.find(input.chosen)->data);
  if (!planner_) planner_ = std::make_shared<host::PlanWorker>(worker_options(options_.plugin_directories));
  background_.run<job::RunPlan>([recipe, inputs, planner = planner_] { return planner->ask(recipe, inputs); },
                                std::move(answer), std::move(refused));
}

}  // namespace iso::gui
