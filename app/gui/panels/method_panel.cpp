#include "method_panel.h"

#include "field_editor.h"
#include "preset_bar.h"

#include "gui/model/data_places.h"
#include "gui/model/words.h"
#include "host/plugins/consent.h"

#include "iso/job/estimate.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace iso::gui {
namespace {

constexpr int ask_after_ms = 400;  ///< the last key stroke

QString in_words(double seconds) {
  if (seconds < 1) return MethodPanel::tr("less than a second");
  if (seconds < 90) return MethodPanel::tr("about %1 s").arg(qRound(seconds));
  return MethodPanel::tr("about %1 min").arg(qRound(seconds / 60));
}

/// A page as high as its rows need at its width; a scroll area does not ask for that and would squeeze rows that wrap.
class FormPage : public QWidget {
 protected:
  bool event(QEvent* event) override {
    const bool taken = QWidget::event(event);
    if (layout() != nullptr && (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest))
      setMinimumHeight(std::max(layout()->totalHeightForWidth(width()), layout()->totalMinimumSize().height()));
    return taken;
  }
};

}  // namespace

MethodPanel::MethodPanel(Desktop& desktop, QWidget* parent)
    : QWidget{parent},
      desktop_{desktop},
      pages_{new QStackedWidget{this}},
      search_{new QLineEdit},
      list_{new QListWidget},
      scroll_{new QScrollArea},
      title_{new QLabel},
      summary_{new QLabel},
      estimate_{new QLabel},
      card_{new QPlainTextEdit},
      run_{new QPushButton{tr("Run")}},
      interact_{new QPushButton{tr("Click on the image")}},
      device_{new QComboBox},
      presets_{new PresetBar{desktop.presets()}} {
  auto* const layout = new QVBoxLayout{this};
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(pages_);
  pages_->addWidget(make_browser());
  pages_->addWidget(make_page());
  ask_.setSingleShot(true);
  ask_.setInterval(ask_after_ms);
  connect(&ask_, &QTimer::timeout, this, &MethodPanel::ask_estimate);
  connections_.push_back(desktop_.document().selection_changed.connect([this] { refresh_list(); }));
  connections_.push_back(desktop_.document().items_changed.connect([this] { refresh_list(); }));
  refresh_list();
}

QWidget* MethodPanel::make_browser() {
  auto* const browser = new QWidget;
  auto* const column = new QVBoxLayout{browser};
  search_->setPlaceholderText(tr("Find a method"));
  search_->setClearButtonEnabled(true);
  search_->setAccessibleName(tr("Find a method"));
  list_->setWordWrap(true);
  list_->setSpacing(3);
  list_->setAccessibleName(tr("Methods"));
  column->addWidget(search_);
  column->addWidget(list_);
  connect(search_, &QLineEdit::textChanged, this, &MethodPanel::refresh_list);
  const auto open_row = [this](QListWidgetItem* row) { open_task(row->data(Qt::UserRole).toString().toStdString()); };
  connect(list_, &QListWidget::itemActivated, this, open_row);
  connect(list_, &QListWidget::itemClicked, this, open_row);
  return browser;
}

QWidget* MethodPanel::make_page() {
  dress_controls();
  auto* const page = new QWidget;
  auto* const column = new QVBoxLayout{page};
  column->addLayout(make_head());
  column->addWidget(summary_);
  column->addWidget(make_consent());
  column->addWidget(presets_);
  column->addWidget(scroll_, 1);
  column->addWidget(card_);
  column->addWidget(estimate_);
  column->addLayout(make_foot());
  auto* const go = new QHBoxLayout;
  go->addWidget(interact_);
  go->addWidget(run_, 1);
  column->addLayout(go);
  connect(run_, &QPushButton::clicked, this, &MethodPanel::run);
  connect(presets_, &PresetBar::problem, this, &MethodPanel::problem);
  connect(interact_, &QPushButton::clicked, this, [this] {
    if (form_ && form_->valid())
      Q_EMIT interaction_asked(form_->task().id, form_->parameters_json(), device_->currentText().toStdString());
  });
  return page;
}

/// The way back, the name of the method and its help.
QLayout* MethodPanel::make_head() {
  auto* const head = new QHBoxLayout;
  auto* const back = new QToolButton;
  back->setText(tr("\u2190 Methods"));
  back->setAccessibleName(tr("Back to the methods"));
  head->addWidget(back);
  head->addWidget(title_, 1);
  auto* const help = new QToolButton;
  help->setText(QStringLiteral("?"));
  help->setToolTip(tr("About this method (F1)"));
  help->setAccessibleName(tr("About this method"));
  help->setObjectName(QStringLiteral("help"));
  head->addWidget(help);
  connect(back, &QToolButton::clicked, this, &MethodPanel::show_list);
  connect(help, &QToolButton::clicked, this, [this] {
    if (form_) Q_EMIT help_asked(form_->task().id, {});
  });
  return head;
}

void MethodPanel::dress_controls() {
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  title_->setWordWrap(true);
  summary_->setWordWrap(true);
  summary_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  card_->setReadOnly(true);
  card_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  card_->setMaximumHeight(7 * card_->fontMetrics().lineSpacing());  // the form keeps its room; the rest is scrolled to
  card_->setMinimumHeight(3 * card_->fontMetrics().lineSpacing());  // on a small screen Run stays in sight
  card_->setObjectName(QStringLiteral("card"));
  card_->setAccessibleName(tr("What is known of the network"));
  card_->hide();
  estimate_->setWordWrap(true);
  estimate_->setAccessibleName(tr("What the run will take"));
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  for (const char* device : {"auto", "cpu", "cuda", "reference"}) device_->addItem(QString::fromLatin1(device));
  device_->setAccessibleName(tr("Device"));
  run_->setDefault(true);
  run_->setObjectName(QStringLiteral("run"));
}

QLayout* MethodPanel::make_foot() {
  auto* const foot = new QHBoxLayout;
  auto* const copy = new QPushButton{tr("Copy as command")};
  foot->addWidget(new QLabel{tr("Device")});
  foot->addWidget(device_);
  foot->addStretch(1);
  foot->addWidget(copy);
  connect(copy, &QPushButton::clicked, this, &MethodPanel::copy_command);
  return foot;
}

/// The question that a plugin's manifest asks (`needs`): once, until it is answered by yes.
QWidget* MethodPanel::make_consent() {
  consent_ = new QWidget;
  consent_->setObjectName(QStringLiteral("consent"));
  auto* const row = new QHBoxLayout{consent_};
  row->setContentsMargins(0, 0, 0, 0);
  consent_words_ = new QLabel;
  consent_words_->setWordWrap(true);
  auto* const yes = new QPushButton{tr("Allow")};
  yes->setObjectName(QStringLiteral("consent.allow"));
  yes->setToolTip(tr("Allows it from now on for this plugin at this place; nothing else is allowed by it."));
  row->addWidget(consent_words_, 1);
  row->addWidget(yes);
  connect(yes, &QPushButton::clicked, this, [this] {
    if (!form_) return;
    try {
      if (const auto entry = find_unagreed()) desktop_.catalogue().agree(entry->manifest.id);
    } catch (const Error& failure) {
      return void(Q_EMIT problem(QString::fromUtf8(failure.what()), QString::fromStdString(failure.hint())));
    }
    form_changed();
  });
  return consent_;
}

/// The plugin of the task that is shown, if it needs what nobody agreed to.
std::optional<host::PluginEntry> MethodPanel::find_unagreed() {
  if (!form_) return {};
  for (host::PluginEntry& entry : desktop_.catalogue().plugins()) {
    if (entry.state == host::PluginState::failed || entry.manifest.needs.empty()) continue;
    if (std::ranges::find(entry.manifest.tasks, form_->task().id, &plugin::TaskManifest::id) ==
        entry.manifest.tasks.end())
      continue;
    if (!host::has_agreed(entry.manifest_file, entry.manifest)) return std::move(entry);
    return {};
  }
  return {};
}

void MethodPanel::refresh_list() {
  if (pages_->currentIndex() != 0) return;
  const auto tasks = desktop_.tasks();
  const QString wanted = search_->text().trimmed();
  list_->clear();
  for (const Offer& offer : offers_for(tasks, desktop_.document(), desktop_.document().selected())) {
    const QString name = QString::fromStdString(offer.task->about.title), id = QString::fromStdString(offer.task->id);
    const QString category = QString::fromStdString(offer.task->about.category);
    if (!wanted.isEmpty() && !(name + id + category).contains(wanted, Qt::CaseInsensitive)) continue;
    const QString refusal = offer.refusal ? QString::fromStdString(offer.refusal->sentence) : QString{};
    // What it needs; that the data are something else takes a line a method, and is in the tip.
    auto* const row = new QListWidgetItem{name + QLatin1Char('\n') +
                                          (offer.refusal ? refusal.section(QLatin1Char(';'), 0, 0) : category)};
    row->setData(Qt::UserRole, id);
    row->setToolTip(QString::fromStdString(offer.task->about.summary) +
                    (offer.refusal ? QLatin1Char('\n') + refusal : QString{}));
    if (offer.refusal) row->setFlags(row->flags() & ~Qt::ItemIsEnabled);
    list_->addItem(row);
  }
  if (list_->count() > 0) return;
  auto* const none = new QListWidgetItem{
      tasks.empty() ? tr("No method was found. Methods come from plugins; the log says which folders were looked "
                         "through (Help, Log).")
                    : tr("No method has this in its name.")};
  none->setFlags(Qt::NoItemFlags);
  list_->addItem(none);
}

void MethodPanel::show_list() {
  pages_->setCurrentIndex(0);
  form_connection_ = {};
  presets_->set_form(nullptr);
  form_.reset();
  refresh_list();
}

void MethodPanel::open_task(const std::string& task_id) {
  const plugin::TaskManifest* const task = desktop_.catalogue().find_task(task_id);
  if (task == nullptr) return;
  presets_->set_form(nullptr);
  form_ = std::make_unique<TaskForm>(*task, desktop_.document(), desktop_.document().selected());
  form_connection_ = form_->changed.connect([this] { form_changed(); });
  presets_->set_form(form_.get());
  title_->setText(QString::fromStdString(task->about.title));
  summary_->setText(QString::fromStdString(task->about.summary));
  interact_->setVisible(task->interactive);
  build_form();
  pages_->setCurrentIndex(1);
  form_changed();
}

void MethodPanel::build_form() {
  editors_.clear();
  auto* const content = new FormPage;
  auto* const column = new QVBoxLayout{content};
  column->setContentsMargins(0, 0, 4, 0);
  rows_ = new QFormLayout;
  rows_->setRowWrapPolicy(QFormLayout::WrapAllRows);
  rows_->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  for (const TaskForm::Input& input : form_->inputs()) {
    QString label = QString::fromStdString(to_words(input.port.name));
    label[0] = label[0].toUpper();
    rows_->addRow(label, input_choice(input));
  }
  auto* const advanced = new QGroupBox{tr("Advanced")};
  advanced->setCheckable(true);
  advanced->setChecked(false);
  auto* const inside = new QWidget;
  auto* const more = new QFormLayout{inside};
  more->setRowWrapPolicy(QFormLayout::WrapAllRows);
  more->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  more->setContentsMargins(0, 0, 0, 0);
  auto* const around = new QVBoxLayout{advanced};
  around->addWidget(inside);
  const auto unfold = [advanced, inside, around](bool on) {  // folded, it is a line and no empty frame
    inside->setVisible(on);
    advanced->setFlat(!on);
    on ? around->unsetContentsMargins() : around->setContentsMargins(0, 0, 0, 0);
  };
  unfold(false);
  connect(advanced, &QGroupBox::toggled, advanced, unfold);
  bool any_advanced = false;
  for (std::size_t i = 0; i < form_->fields().size(); ++i) {
    const params::FieldInfo& info = form_->fields()[i].info;
    auto* const editor = new FieldEditor{*form_, i};
    QFormLayout& rows = info.advanced ? *more : *rows_;
    if (info.kind == params::FieldKind::boolean) {
      rows.addRow(editor);  // the box says what it is
    } else {
      auto* const label = new QLabel{QString::fromStdString(info.label)};
      label->setBuddy(editor);
      label->setToolTip(QString::fromStdString(info.help));
      rows.addRow(label, editor);
    }
    any_advanced = any_advanced || info.advanced;
    editors_.push_back(editor);
  }
  add_outputs();
  column->addLayout(rows_);
  if (any_advanced)
    column->addWidget(advanced);
  else
    delete advanced;
  column->addStretch(1);
  scroll_->setWidget(content);
}

/// The items that an input can be.
QComboBox* MethodPanel::input_choice(const TaskForm::Input& input) {
  auto* const choice = new QComboBox;
  choice->setAccessibleName(QString::fromStdString(input.port.name));
  choice->setSizeAdjustPolicy(
      QComboBox::AdjustToMinimumContentsLengthWithIcon);  // long file names must not widen the form
  choice->setMinimumContentsLength(8);
  if (input.port.optional) choice->addItem(tr("(none)"), QVariant::fromValue<qulonglong>(0));
  for (const ItemId id : input.candidates)
    if (const Item* item = desktop_.document().find(id))
      choice->addItem(QString::fromStdString(item->name), QVariant::fromValue<qulonglong>(id));
  choice->setCurrentIndex(choice->findData(QVariant::fromValue<qulonglong>(input.chosen)));
  const auto tell = [choice, help = QString::fromStdString(input.port.help)] {
    choice->setToolTip(choice->currentText() + QLatin1Char('\n') + help);  // a long name is cut off in the box
  };
  tell();
  connect(choice, &QComboBox::currentTextChanged, choice, tell);
  connect(choice, &QComboBox::currentIndexChanged, this, [this, choice, port = input.port.name](int index) {
    form_->choose(port, choice->itemData(index).toULongLong());
  });
  return choice;
}

/// A box for every output that is made only when asked for.
void MethodPanel::add_outputs() {
  for (const TaskForm::Output& output : form_->outputs()) {
    if (!output.port.optional) continue;
    auto* const box =
        new QCheckBox{tr("Also give: %1").arg(QString::fromStdString(output.port.name).replace('_', ' '))};
    box->setObjectName(QStringLiteral("output.") + QString::fromStdString(output.port.name));
    box->setToolTip(QString::fromStdString(output.port.help));
    connect(box, &QCheckBox::toggled, this, [this, port = output.port.name](bool on) { form_->want(port, on); });
    rows_->addRow(box);
  }
}

void MethodPanel::form_changed() {
  if (!form_) return;
  for (std::size_t i = 0; i < editors_.size(); ++i) {
    editors_[i]->refresh();
    auto* const layout = qobject_cast<QFormLayout*>(editors_[i]->parentWidget()->layout());
    const bool visible = form_->fields()[i].visible;
    QFormLayout* const owner = layout != nullptr && layout->indexOf(editors_[i]) >= 0 ? layout : rows_;
    owner->setRowVisible(editors_[i], visible);
  }
  presets_->refresh();
  refused_ = false;
  const auto unagreed = find_unagreed();
  consent_->setVisible(unagreed.has_value());
  if (unagreed) {
    consent_words_->setText(tr("The plugin '%1' asks %2 on this computer, with your rights. Allow it only if you trust "
                               "where it comes from.")
                                .arg(QString::fromStdString(unagreed->manifest.id),
                                     QString::fromStdString(host::needs_in_words(unagreed->manifest))));
    run_->setEnabled(false);
    interact_->setEnabled(false);
    ask_.stop();
    return estimate_->setText(tr("It can run once you allow what it asks."));
  }
  run_->setEnabled(form_->valid());
  interact_->setEnabled(form_->valid());
  if (form_->valid()) {
    estimate_->setText(tr("Asking what the run will take ..."));
    ask_.start();
  } else {
    estimate_->setText(QString::fromStdString(form_->first_problem()));
  }
}

void MethodPanel::show_parameters(const std::string& task_id, const std::string& parameters_json) {
  if (form_ && form_->task().id == task_id) form_->set_all(parameters_json);
}

void MethodPanel::ask_estimate() {
  if (!form_ || !form_->valid()) return;
  if (form_->task().interactive) Q_EMIT parameters_edited(form_->task().id, form_->parameters_json());
  const int question = ++question_;
  desktop_.ask_estimate(
      *form_, device_->currentText().toStdString(),
      [this, question](const job::RunPlan& plan) { show_estimate(plan, question); },
      [this, question](const Error& reason) { show_refusal(reason, question); });
}

void MethodPanel::show_refusal(const Error& reason, int question) {
  if (question != question_ || !form_) return;  // of a form that has changed since
  refused_ = true;
  run_->setEnabled(false);
  card_->hide();
  estimate_->setText(
      QString::fromStdString(std::string{reason.what()} + (reason.hint().empty() ? "" : ": " + reason.hint())));
}

void MethodPanel::show_estimate(const job::RunPlan& plan, int question) {
  if (question != question_ || !form_) return;
  run_->setEnabled(form_->valid());
  QString words = tr("Needs about %1 of memory (%2 free)")
                      .arg(QString::fromStdString(job::in_words(plan.estimate.total())),
                           QString::fromStdString(job::in_words(job::available_memory_bytes())));
  if (plan.estimate.seconds > 0) words += tr(", %1").arg(in_words(plan.estimate.seconds));
  if (!plan.backend.empty()) words += tr(", on %1").arg(QString::fromStdString(plan.backend));
  estimate_->setText(words);
  QStringList cards;
  for (const std::string& card : plan.networks) cards += QString::fromStdString(card);
  card_->setPlainText(cards.join(QStringLiteral("\n\n")));
  card_->setVisible(!cards.isEmpty());
}

MethodPanel::Topic MethodPanel::help_topic() const {
  if (!form_) {
    const QListWidgetItem* const row = list_->currentItem();
    return {row == nullptr ? std::string{} : row->data(Qt::UserRole).toString().toStdString(), {}};
  }
  const QWidget* const focus = QApplication::focusWidget();
  for (std::size_t i = 0; i < editors_.size(); ++i)
    if (focus != nullptr && (editors_[i] == focus || editors_[i]->isAncestorOf(focus)))
      return {form_->task().id, form_->fields()[i].info.name};
  return {form_->task().id, {}};
}

void MethodPanel::run() {
  if (!form_ || !form_->valid()) return;
  Q_EMIT started(desktop_.jobs().start(*form_, device_->currentText().toStdString(), 0));
}

void MethodPanel::copy_command() {
  if (!form_ || !form_->valid()) return;
  const job::Recipe recipe = make_recipe(*form_, desktop_.document(), device_->currentText().toStdString());
  QApplication::clipboard()->setText(QString::fromStdString(make_command(recipe, desktop_.document()).line));
}

}  // namespace iso::gui
