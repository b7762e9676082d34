// The desktop program: options, settings, safe mode, then the window.

#include "gui/shell/main_window.h"
#include "gui/shell/theme.h"

#include "host/startup/startup.h"
#include "iso/base/error.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QSettings>
#include <QSurfaceFormat>
#include <QTimer>

#include <iostream>

namespace {

constexpr int starts_before_safe_mode = 2;

struct Options {
  QStringList files;
  QString settings_path, theme;
  std::vector<std::filesystem::path> plugins;
  bool testing{false}, safe_mode{false}, exit_after_startup{false}, report_timing{false};
  std::map<std::string, std::string> hints;
};

Options parse(QApplication& application) {
  QCommandLineParser parser;
  parser.setApplicationDescription(QObject::tr(
      "Isocenter: a workstation for medical and scientific imaging. Research software, not a medical device."));
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument(QStringLiteral("files"), QObject::tr("Images, scans or a session to open."),
                               QStringLiteral("[files...]"));
  const QCommandLineOption geometry{
      {QStringLiteral("g"), QStringLiteral("geometry")}, QObject::tr("Geometry of the scan."), QStringLiteral("file")};
  const QCommandLineOption unattenuated{QStringLiteral("unattenuated"),
                                        QObject::tr("Intensity without object, for readings that are intensities."),
                                        QStringLiteral("value")};
  const QCommandLineOption hint{
      QStringLiteral("hint"),
      QObject::tr("What a file does not say, as of `isocenter check --help`: rotation_axis=245."),
      QStringLiteral("key=value")};
  const QCommandLineOption plugins{QStringLiteral("plugins-path"), QObject::tr("Folder of plugins."),
                                   QStringLiteral("folder")};
  const QCommandLineOption settings{QStringLiteral("settings-path"),
                                    QObject::tr("Print where the settings are, and exit.")};
  const QCommandLineOption testing{QStringLiteral("testing"),
                                   QObject::tr("No settings are read or kept, no question is asked.")};
  const QCommandLineOption safe{QStringLiteral("safe-mode"),
                                QObject::tr("Start without plugins and with settings as delivered.")};
  const QCommandLineOption leave{QStringLiteral("exit-after-startup"), QObject::tr("End once the window is usable.")};
  const QCommandLineOption timing{QStringLiteral("report-startup-timing"),
                                  QObject::tr("Print the milliseconds until the window is usable.")};
  parser.addOptions({geometry, unattenuated, hint, plugins, settings, testing, safe, leave, timing});
  parser.process(application);
  Options options;
  options.files = parser.positionalArguments();
  for (const QString& folder : parser.values(plugins)) options.plugins.emplace_back(folder.toStdString());
  if (parser.isSet(geometry)) options.hints["geometry"] = parser.value(geometry).toStdString();
  if (parser.isSet(unattenuated)) options.hints["unattenuated"] = parser.value(unattenuated).toStdString();
  for (const QString& text : parser.values(hint))
    options.hints[text.section(QLatin1Char('='), 0, 0).toStdString()] = text.section(QLatin1Char('='), 1).toStdString();
  options.testing = parser.isSet(testing);
  options.safe_mode = parser.isSet(safe);
  options.exit_after_startup = parser.isSet(leave);
  options.report_timing = parser.isSet(timing);
  if (parser.isSet(settings)) {
    std::cout << QSettings{}.fileName().toStdString() << "\n";
    std::exit(0);
  }
  return options;
}

/// Counts starts that did not come to an end; two of them mean that something kept from the last time does harm.
bool should_be_safe(QSettings& settings) {
  const int unfinished = settings.value(QStringLiteral("start/unfinished"), 0).toInt();
  settings.setValue(QStringLiteral("start/unfinished"), unfinished + 1);
  settings.sync();
  return unfinished >= starts_before_safe_mode;
}

int run(int argc, char** argv) {
  QElapsedTimer clock;
  clock.start();
  QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
  QSurfaceFormat format;
  format.setVersion(3, 2);
  format.setProfile(QSurfaceFormat::CoreProfile);
  QSurfaceFormat::setDefaultFormat(format);
  QApplication application{argc, argv};
  QCoreApplication::setOrganizationName(QStringLiteral("isocenter"));
  QCoreApplication::setApplicationName(QStringLiteral("isocenter"));
  QCoreApplication::setApplicationVersion(QStringLiteral(ISO_VERSION));
  QSettings::setDefaultFormat(QSettings::IniFormat);
  const Options options = parse(application);
  iso::host::start_program({});
  iso::gui::make_dark();
  const QString throwaway =
      QDir::temp().filePath(QStringLiteral("isocenter-testing-%1.ini").arg(QCoreApplication::applicationPid()));
  const auto settings =
      options.testing ? std::make_unique<QSettings>(throwaway, QSettings::IniFormat) : std::make_unique<QSettings>();
  const bool safe = options.safe_mode || (!options.testing && should_be_safe(*settings));
  if (safe) {
    settings->remove(QStringLiteral("window"));
    settings->remove(QStringLiteral("keys"));
  }
  iso::gui::DesktopOptions desktop_options;
  desktop_options.plugin_directories = options.plugins;
  desktop_options.safe_mode = safe;
  iso::gui::Desktop desktop{desktop_options};
  iso::gui::MainWindow window{desktop, *settings};
  window.setProperty("testing", options.testing);
  if (!settings->contains(QStringLiteral("window/geometry"))) window.resize(1280, 800);
  window.show();
  QTimer::singleShot(0, &window, [&] {
    if (options.report_timing) std::cout << "usable after " << clock.elapsed() << " ms" << std::endl;
    settings->setValue(QStringLiteral("start/unfinished"), 0);
    if (safe && !options.safe_mode)
      window.tell(
          QObject::tr(
              "Isocenter did not come up twice, so it started without plugins and with the window as delivered."),
          QObject::tr("Start it again for everything as it was."));
    if (!options.testing) window.offer_recovery();
    for (const QString& file : options.files) window.open_file(file.toStdString(), options.hints);
    if (options.exit_after_startup) QTimer::singleShot(50, &application, &QApplication::quit);
  });
  const int code = QApplication::exec();
  if (options.testing) QFile::remove(throwaway);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (...) {
    const iso::Error failure = iso::current_error();
    std::cerr << "isocenter-desktop: " << failure.what() << (failure.hint().empty() ? "" : "\n" + failure.hint())
              << "\n";
    return iso::exit_code(failure.code());
  }
}
