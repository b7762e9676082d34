// Opening: a file, a session, a folder of DICOM; what is refused for its geometry is offered with it accepted.

#include "main_window.h"
#include "view_area.h"

#include "gui/model/labels.h"
#include "gui/model/session.h"
#include "gui/panels/reading_dialog.h"
#include "gui/panels/series_dialog.h"
#include "gui/presenters/file_reading.h"
#include "gui/presenters/label_layers.h"
#include "gui/presenters/words_of_window.h"

#include "iso/base/log.h"
#include "iso/data/label_table.h"
#include "iso/io/registry.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>

#include <algorithm>

namespace iso::gui {
namespace {

bool is_session(const std::filesystem::path& file) { return file.filename().string().ends_with(".isocenter.json"); }

bool is_folder(const std::filesystem::path& file) {
  std::error_code problem;
  return std::filesystem::is_directory(file, problem);
}

/// A folder of pictures is opened as a file is; of DICOM the series are listed first.
bool is_data_set(const std::filesystem::path& folder) {
  return std::ranges::any_of(io::handlers(), [&](const auto& handler) {
    return handler->format().name != "DICOM" && handler->recognises(folder);
  });
}

std::string join_names(const std::vector<Finding>& findings) {
  std::string names;
  for (const Finding finding : findings) names += (names.empty() ? "" : ",") + std::string{to_string(finding)};
  return names;
}

using Layers = std::shared_ptr<std::vector<Item>>;

/// Of segments that overlap, in the background.
void read_layers(Background& background, const std::filesystem::path& file, const Hints& hints,
                 std::function<void(const Layers&)> then, std::function<void(const Error&)> failed) {
  background.run<Layers>([file, hints] { return std::make_shared<std::vector<Item>>(read_label_layers(file, hints)); },
                         std::move(then), std::move(failed));
}

}  // namespace

void MainWindow::open_dialog() {
  QStringList patterns;
  for (const auto& handler : io::handlers())
    if (!handler->format().reads.empty())
      for (const std::string& extension : handler->format().extensions)
        patterns << QStringLiteral("*") + QString::fromStdString(extension);
  patterns.removeDuplicates();
  const QString folder = settings_.value(QStringLiteral("files/folder")).toString();
  const QStringList files = QFileDialog::getOpenFileNames(
      this, tr("Open"), folder,
      tr("Images and scans (%1);;Sessions (*.isocenter.json);;All files (*)").arg(patterns.join(' ')));
  open_files(files);
}

void MainWindow::open_files(const QStringList& files, const Hints& hints) {
  for (const QString& file : files) open_file(file.toStdString(), hints);
}

void MainWindow::open_folder() {
  const QString folder = QFileDialog::getExistingDirectory(this, tr("Open DICOM folder"),
                                                           settings_.value(QStringLiteral("files/folder")).toString());
  if (folder.isEmpty()) return;
  if (is_data_set(folder.toStdString())) return open_file(folder.toStdString());
  choose_series(folder.toStdString(), false);
}

void MainWindow::open_as_dialog() {
  const QString file =
      QFileDialog::getOpenFileName(this, tr("Open as"), settings_.value(QStringLiteral("files/folder")).toString());
  if (!file.isEmpty()) ask_how_to_read(file.toStdString(), {}, {});
}

void MainWindow::ask_how_to_read(const std::filesystem::path& file, const Hints& known, const QString& reason,
                                 ItemId again) {
  desktop_.background().run<FileFacts>(
      [file] { return find_facts(file); },
      [this, file, known, reason, again](FileFacts facts) {
        auto* const dialog = new ReadingDialog{desktop_.background(), file, std::move(facts), known, reason, this};
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        connect(dialog, &ReadingDialog::chosen, this, [this, file, again](const std::shared_ptr<Item>& item) {
          if (again != 0 && desktop_.document().find(again) != nullptr)
            return desktop_.document().reread(again, std::move(*item), "Read again");
          FileRead read;
          read.item = std::move(*item);
          take(std::move(read), QString::fromStdString(file.filename().string()));
        });
        dialog->open();
      },
      [this](const Error& failure) { tell_failure(failure); });
}

void MainWindow::read_again(ItemId id) {
  const Item* const item = desktop_.document().find(id);
  if (item == nullptr) return;
  if (item->file.empty())
    return tell(tr("'%1' comes from no file, so it cannot be read again.").arg(QString::fromStdString(item->name)));
  ask_how_to_read(item->file, item->hints, {}, id);
}

/// The values of an item as labels, or its labels as an image.
void MainWindow::use_as(ItemId id, Kind kind) {
  const Item* const item = desktop_.document().find(id);
  if (item == nullptr || to_kind(*item->data) == kind) return;
  desktop_.background().run<std::shared_ptr<Item>>(
      [kind, data = item->data, file = item->file, hints = item->hints, saved = item->saved,
       record = item->record]() mutable {
        hints["kind"] = std::string{to_string(kind)};
        DatasetPtr made =
            kind == Kind::label_map ? freeze(to_label_map(get<Volume>(data))) : freeze(to_volume(get<LabelMap>(data)));
        auto read = std::make_shared<Item>(make_item(std::move(made), file, std::move(hints)));
        read->saved = saved;
        read->record = std::move(record);
        return read;
      },
      [this, id, kind](const std::shared_ptr<Item>& read) {
        desktop_.document().reread(id, std::move(*read), kind == Kind::label_map ? "Use as labels" : "Use as image");
      },
      [this](const Error& failure) { tell_failure(failure); });
}

void MainWindow::tell_failure(const Error& failure) {
  tell(QString::fromStdString(words_of_window(failure.what())), QString::fromStdString(hint_of_window(failure.hint())));
}

/// Files come in the order in which they were asked for, whichever was read first.
std::shared_ptr<MainWindow::Arrival> MainWindow::expect() {
  arrivals_.push_back(std::make_shared<Arrival>());
  return arrivals_.back();
}

void MainWindow::arrive(const std::shared_ptr<Arrival>& arrival, std::function<void()> what) {
  arrival->what = std::move(what);
  while (!arrivals_.empty() && arrivals_.front()->what) {
    const auto next = std::exchange(arrivals_.front()->what, {});
    arrivals_.pop_front();
    next();
  }
}

void MainWindow::choose_series(const std::filesystem::path& folder, bool straight) {
  auto* const dialog = new SeriesDialog{desktop_.background(), folder, straight, this};
  if (straight)
    statusBar()->showMessage(tr("Looking through %1 ...").arg(QString::fromStdString(folder.filename().string())));
  connect(dialog, &SeriesDialog::failed, this, &MainWindow::tell);
  connect(dialog, &SeriesDialog::chosen, this, [this](const SeriesList::Opening& opening) {
    open_file(opening.file, opening.hints, QString::fromStdString(opening.name));
  });
}

void MainWindow::open_file(const std::filesystem::path& file, const Hints& hints, const QString& name) {
  if (is_session(file)) return open_session(file);
  if (is_folder(file) && hints.empty() && name.isEmpty() && !is_data_set(file)) return choose_series(file, true);
  if (hints.empty())
    if (const GeometryOf of = find_geometry_use(file); of.is_geometry) {
      if (!of.readings.empty()) return open_file(of.readings, {{"geometry", file.string()}}, name);
      return tell(tr("'%1' is the geometry of a scan. Open the file with its readings.")
                      .arg(QString::fromStdString(file.filename().string())));
    }
  const QString shown = name.isEmpty() ? QString::fromStdString(file.filename().string()) : name;
  statusBar()->showMessage(tr("Reading %1 ...").arg(shown));
  if (arrivals_.empty()) message_bar_->hide();  // what was said before belongs to something else
  const std::shared_ptr<Arrival> arrival = expect();
  desktop_.background().run<std::shared_ptr<FileRead>>(
      [file, hints] { return std::make_shared<FileRead>(read_file(file, hints)); },
      [this, file, shown, arrival](const std::shared_ptr<FileRead>& read) {
        arrive(arrival, [=, this] {
          statusBar()->clearMessage();
          if (read->missing.empty()) return take(std::move(*read), shown);
          if (read->missing == "layer")
            return read_layers(
                desktop_.background(), file, read->item.hints,
                [this, shown](const Layers& layers) {
                  FileRead first;
                  first.item = layers->front();
                  take(std::move(first), QString::fromStdString(layers->front().name));
                  for (std::size_t i = 1; i < layers->size(); ++i) desktop_.document().add((*layers)[i], false);
                  tell(tr("%1: Its segments overlap, so they are opened as %2 sets of labels.")
                           .arg(shown)
                           .arg(layers->size()),
                       tr("Each set has a row of its own in Data."));
                },
                [this](const Error& failure) { tell_failure(failure); });
          const QString reason = QString::fromStdString(words_of_window(read->sentence));
          if (property("testing").toBool()) return tell(reason);  // no question is asked
          ask_how_to_read(file, read->item.hints, reason);
        });
      },
      [this, file, hints, shown, arrival](const Error& failure) {
        arrive(arrival, [=, this] {
          statusBar()->clearMessage();
          if (failure.code() == Errc::geometry_refused) return offer_to_accept(file, hints, shown, failure);
          tell_failure(failure);
        });
      });
}

void MainWindow::take(FileRead read, const QString& name) {
  statusBar()->clearMessage();
  const Metadata meta = metadata(*read.item.data);
  const std::filesystem::path file = read.item.file;
  log::info("app.gui", "opened a ", to_string(to_kind(*read.item.data)));
  const bool labels = to_kind(*read.item.data) == Kind::label_map;
  read.item.name = name.toStdString();
  const ItemId id = desktop_.document().add(std::move(read.item));
  log::debug("app.gui", "opened '", file.string(), "'");
  remember(file);
  const QString guess = QStringLiteral("%1: %2").arg(name, QString::fromStdString(read.guessed));
  if (const auto accepted = meta.find("accepted"); accepted != meta.end())
    tell(tr("'%1' was opened although its geometry is no regular grid: %2.")
             .arg(name, QString::fromStdString(accepted->second)),
         tr("Lengths and volumes measured on it may be wrong."));
  else if (!read.guessed.empty() && labels)
    offer(guess, {}, tr("Use as image"), [this, id] { use_as(id, Kind::volume); });
  else if (!read.guessed.empty())
    offer(guess, {}, tr("Read it differently ..."), [this, id] { read_again(id); });
  else if (read.unnamed_axes)
    offer(tr("'%1' does not say what its axes are, so it is shown as an image.").arg(name), {},
          tr("Read it differently ..."), [this, id] { read_again(id); });
  views_->active_view()->setFocus();
}

void MainWindow::offer_to_accept(const std::filesystem::path& file, const Hints& hints, const QString& name,
                                 const Error& refusal) {
  if (property("testing").toBool())  // no question is asked
    return tell(QString::fromUtf8(refusal.what()), QString::fromStdString(refusal.hint()));
  auto* const box = new QMessageBox{QMessageBox::Warning, tr("The geometry was refused"),
                                    QString::fromUtf8(refusal.what()), QMessageBox::NoButton, this};
  box->setObjectName(QStringLiteral("geometry"));
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setInformativeText(
      tr("Opened all the same, lengths, volumes and reconstructions may be wrong. The data and every record of a job "
         "will say that it was accepted."));
  QPushButton* const accept = box->addButton(tr("Open &all the same"), QMessageBox::AcceptRole);
  box->setDefaultButton(box->addButton(QMessageBox::Cancel));
  connect(box, &QMessageBox::buttonClicked, this, [this, file, hints, name, accept](QAbstractButton* button) {
    if (button == accept) open_accepted(file, hints, name);
  });
  box->open();
}

void MainWindow::open_accepted(const std::filesystem::path& file, const Hints& hints, const QString& name) {
  statusBar()->showMessage(tr("Reading %1 ...").arg(name));
  desktop_.background().run<std::shared_ptr<FileRead>>(
      [file, hints] {
        io::ReadAllTheSame read = io::read_accepting_findings(file, read_options(hints));
        Hints said = hints;
        said["accept_geometry"] = join_names(read.accepted);
        auto made = std::make_shared<FileRead>();
        made->item = make_item(std::move(read.data), file, std::move(said));
        return made;
      },
      [this, name](const std::shared_ptr<FileRead>& read) { take(std::move(*read), name); },
      [this](const Error& failure) {
        statusBar()->clearMessage();
        tell_failure(failure);
      });
}

void MainWindow::open_session(const std::filesystem::path& file) {
  if (!may_replace_work(file)) return;
  statusBar()->showMessage(tr("Reading the session ..."));
  std::error_code ignored;
  const auto stamp = std::filesystem::last_write_time(file, ignored);  // before reading: a change during it is seen
  desktop_.background().run<LoadedSession>([file] { return read_session(file); },
                                           [this, file, stamp](LoadedSession loaded) {
                                             statusBar()->clearMessage();
                                             take_session(std::move(loaded), file, stamp);
                                           },
                                           [this](const Error& failure) {
                                             statusBar()->clearMessage();
                                             tell(QString::fromUtf8(failure.what()),
                                                  QString::fromStdString(failure.hint()));
                                           });
}

void MainWindow::take_session(LoadedSession loaded, const std::filesystem::path& file,
                              std::filesystem::file_time_type stamp) {
  QStringList problems;
  for (const std::string& problem : loaded.problems) problems << QString::fromStdString(problem);
  apply(desktop_.document(), std::move(loaded));
  const bool whole = problems.isEmpty();
  // One that lacks something is not saved over: what is missing now would be missing for ever.
  session_file_ = whole ? file : std::filesystem::path{};
  session_stamp_ = stamp;
  session_saved(changes_);
  remember(file);
  if (!whole)
    tell(problems.join('\n'),
         tr("The session on the disk keeps naming what is missing: saving asks for another name."));
}

}  // namespace iso::gui
