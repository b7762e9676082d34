#include "settings_place.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStringList>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace iso::gui {
namespace {

const QString starts_key = QStringLiteral("start/unfinished");

bool lives(const QString& process) {
  const auto id = static_cast<pid_t>(process.toInt());
  return id > 0 && (::kill(id, 0) == 0 || errno == EPERM);
}

/// The settings name the files last opened, and thereby patients: they are for their user alone. Qt keeps the mode of a file
/// that is there.
void keep_private(const QString& file) {
  const QByteArray name = QFile::encodeName(file);
  QDir{}.mkpath(QFileInfo{file}.path());
  const int made = ::open(name.constData(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return;
  struct stat status {};
  if (::fstat(made, &status) == 0 && status.st_uid == ::geteuid()) ::fchmod(made, 0600);
  ::close(made);
}

QString me() { return QString::number(QCoreApplication::applicationPid()); }

}  // namespace

QString settings_file(const QString& program_folder) {
  if (const QString named = qEnvironmentVariable("ISOCENTER_CONFIG"); !named.isEmpty()) return named;
  if (const QString portable = program_folder + QStringLiteral("/isocenter.ini"); QFileInfo::exists(portable))
    return portable;
  return QSettings{QSettings::IniFormat, QSettings::UserScope, QStringLiteral("isocenter"), QStringLiteral("isocenter")}
      .fileName();
}

std::unique_ptr<QSettings> open_settings(const QString& file, QString& note) {
  keep_private(file);
  auto settings = std::make_unique<QSettings>(file, QSettings::IniFormat);
  (void)settings->allKeys();
  if (settings->status() != QSettings::FormatError) return settings;
  settings.reset();
  const QString aside = file + QStringLiteral(".damaged");
  QFile::remove(aside);
  QFile::rename(file, aside);
  keep_private(file);
  note =
      QCoreApplication::translate("iso::gui::Settings", "The settings could not be understood; they were moved to %1.")
          .arg(aside);
  return std::make_unique<QSettings>(file, QSettings::IniFormat);
}

QString versioned(const QString& key) { return QStringLiteral("version-" ISO_VERSION "/") + key; }

StartWatch::StartWatch(QSettings& settings) : settings_{settings} {
  settings_.sync();
  QStringList starts = settings_.value(starts_key).toStringList();
  for (const QString& process : starts) failed_ += !lives(process);
  starts << me();
  settings_.setValue(starts_key, starts);
  settings_.sync();
}

void StartWatch::usable() {
  settings_.sync();
  QStringList rest;
  for (const QString& process : settings_.value(starts_key).toStringList())
    if (process != me() && lives(process)) rest << process;
  settings_.setValue(starts_key, rest);
  settings_.sync();
}

}  // namespace iso::gui
