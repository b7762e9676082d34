// The desktop program: options, settings, safe mode, then the window.

#include "gui/desk/end_requests.h"
#include "gui/desk/fit_screen.h"
#include "gui/desk/plain_labels.h"
#include "gui/desk/theme.h"
#include "gui/shell/handover_desk.h"
#include "gui/shell/main_window.h"
#include "gui/shell/settings_place.h"
#include "gui/views/graphics.h"
#include "host/startup/startup.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/base/process_state.h"
#include "iso/base/temporary_folder.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QSettings>
#include <QSurfaceFormat>
#include <QTimer>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <string_view>
#include <vector>

namespace {

struct Options {
  QStringList files;
  QString settings_path, theme;
  std::vector<std::filesystem::path> plugins;
  bool testing{false}, safe_mode{false}, new_window{false}, exit_after_startup{false}, report_timing{false};
  std::map<std::string, std::string> hints;
};

Options parse(QCoreApplication& application) {
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
  const QCommandLineOption new_window{
      QStringLiteral("new-window"),
      QObject::tr("Open the files in a second desktop, although one runs already: to work side by side.")};
  const QCommandLineOption leave{QStringLiteral("exit-after-startup"), QObject::tr("End once the window is usable.")};
  const QCommandLineOption timing{QStringLiteral("report-startup-timing"),
                                  QObject::tr("Print the milliseconds until the window is usable.")};
  parser.addOptions({geometry, unattenuated, hint, plugins, settings, testing, safe, new_window, leave, timing});
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
  options.new_window = parser.isSet(new_window);
  options.exit_after_startup = parser.isSet(leave);
  options.report_timing = parser.isSet(timing);
  if (parser.isSet(settings)) {
    std::cout << iso::gui::settings_file(QCoreApplication::applicationDirPath()).toStdString() << "\n";
    std::exit(0);
  }
  return options;
}

/// Gives the files to a desktop that runs already, if there is one and nothing asks for another. Its process, or none.
std::optional<int> hand_over(const Options& options) {
  const bool other_setup = options.testing || options.safe_mode || !options.plugins.empty();
  if (options.files.isEmpty() || options.new_window || other_setup || options.exit_after_startup ||
      options.report_timing)
    return {};
  iso::gui::Handover handover;
  for (const QString& file : options.files) handover.files.push_back(std::filesystem::absolute(file.toStdString()));
  handover.hints = options.hints;
  if (const auto geometry = handover.hints.find("geometry"); geometry != handover.hints.end())
    geometry->second = std::filesystem::absolute(geometry->second).string();
  return iso::gui::hand_over_to_any(handover, iso::gui::Desktop::usual_recovery_parent());
}

void receive(iso::gui::MainWindow& window, const iso::gui::Handover& handover) {
  iso::log::info("app.gui", "another start handed ", handover.files.size(), " files over");
  if (window.isMinimized()) window.showNormal();
  window.raise();
  window.activateWindow();
  QStringList files;
  for (const std::filesystem::path& file : handover.files) files << QString::fromStdString(file.string());
  window.open_files(files, handover.hints);
}

/// What Qt has to say belongs into the log, too.
void log_of_qt(QtMsgType type, const QMessageLogContext&, const QString& text) {
  const auto level = type == QtDebugMsg     ? iso::log::Level::debug
                     : type == QtInfoMsg    ? iso::log::Level::info
                     : type == QtWarningMsg ? iso::log::Level::warning
                                            : iso::log::Level::error;
  iso::log::write(level, "qt", text.toStdString());
}

/// Settings of this run. Those of the user are left alone in safe mode, so that the next start finds everything as it was.
struct Settings {
  std::optional<iso::TemporaryFolder> throwaway;  ///< goes after the settings in it
  QString note;
  std::unique_ptr<QSettings> kept, used;  ///< of the user (null when testing); what the window works with
  std::optional<iso::gui::StartWatch> watch;
  bool safe{false};

  explicit Settings(const Options& options) : safe{options.safe_mode} {
    if (!options.testing) {
      kept = iso::gui::open_settings(iso::gui::settings_file(QCoreApplication::applicationDirPath()), note);
      watch.emplace(*kept);
      safe = safe || watch->should_be_safe();
    }
    if (kept && !safe) return;
    throwaway.emplace("isocenter-settings");
    used = std::make_unique<QSettings>(QString::fromStdString((throwaway->path() / "isocenter.ini").string()),
                                       QSettings::IniFormat);
    if (kept)
      for (const char* key : {"files/recent", "files/folder"})
        used->setValue(QString::fromLatin1(key), kept->value(QString::fromLatin1(key)));
  }
  ~Settings() = default;
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  QSettings& operator*() { return used ? *used : *kept; }
};

/// What is said once the window is there.
void greet(iso::gui::MainWindow& window, Settings& settings, const Options& options) {
  if (settings.watch) settings.watch->usable();
  const auto others = iso::gui::living_desktops(window.desktop().recovery_parent());
  if (settings.safe && !options.safe_mode)
    window.tell(
        QObject::tr("Isocenter did not come up twice, so it started without plugins and with settings as delivered."),
        QObject::tr("Start it again for everything as it was."));
  else if (!settings.note.isEmpty())
    window.tell(settings.note);
  else if (!others.empty() && !options.testing)
    window.tell(QObject::tr("Isocenter runs already (process %1); this is a second one, and each keeps its own work.")
                    .arg(others.front()));
  if (!options.testing) window.offer_recovery();
  window.open_files(options.files, options.hints);
}

/// The graphics of the machine: what is asked for first when a picture is wrong.
void log_graphics() {
  const iso::gui::Graphics& found = iso::gui::graphics();
  iso::log::info("app.render", "graphics: ", found.renderer, ", OpenGL ", found.version,
                 found.card ? "" : "; the processor draws in 3-D");
}

/// Asked by the system, which does not wait for answers: what is saved nowhere is kept and offered by the next start.
void end_unasked(iso::gui::MainWindow& window) {
  iso::log::info("app.gui", "the system asked for the end");
  if (iso::gui::Journal* const journal = window.desktop().journal(); journal != nullptr && window.isWindowModified()) {
    journal->tick();
    journal->keep();
  }
  window.setProperty("ending", true);
  window.close();
  QApplication::quit();
}

void name_program() {
  QCoreApplication::setOrganizationName(QStringLiteral("isocenter"));
  QCoreApplication::setApplicationName(QStringLiteral("isocenter"));
  QCoreApplication::setApplicationVersion(QStringLiteral(ISO_VERSION));
}

/// Help, version and the place of the settings are for machines without a display, too.
bool asks_for_words(const std::vector<std::string_view>& arguments) {
  constexpr std::array<std::string_view, 6> words{"-h", "--help", "--help-all", "-v", "--version", "--settings-path"};
  return std::ranges::any_of(
      arguments, [&](std::string_view argument) { return std::ranges::find(words, argument) != words.end(); });
}

/// Qt would abort without one.
void require_display(const std::vector<std::string_view>& arguments) {
#ifdef Q_OS_LINUX
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
    if (!qEnvironmentVariableIsEmpty(name)) return;
  if (std::ranges::find(arguments, std::string_view{"-platform"}) != arguments.end()) return;
  throw iso::Error{iso::Errc::unsupported, "there is no display for the desktop",
                   "set DISPLAY (ssh -X does), or use the command: isocenter --help"};
#endif
}

void ask_for_core_profile() {
  QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
  QSurfaceFormat format;
  format.setVersion(3, 2);
  format.setProfile(QSurfaceFormat::CoreProfile);
  QSurfaceFormat::setDefaultFormat(format);
}

void start_host(const QSettings& settings) {
  iso::host::StartupOptions startup;
  startup.level =
      static_cast<iso::log::Level>(std::clamp(settings.value(QStringLiteral("log/level"), 1).toInt(), 0, 3));
  iso::host::start_program(startup);
}

int run(int argc, char** argv) {
  QElapsedTimer clock;
  clock.start();
  const std::vector<std::string_view> arguments(argv, argv + argc);
  if (asks_for_words(arguments)) {
    QCoreApplication words{argc, argv};
    iso::use_c_numbers();
    name_program();
    (void)parse(words);
    return 0;
  }
  require_display(arguments);
  ask_for_core_profile();
  QApplication application{argc, argv};
  iso::use_c_numbers();  // Qt took the locale of the user; files are written by this process, too
  application.installEventFilter(new iso::gui::PlainLabels{&application});
  name_program();
  QSettings::setDefaultFormat(QSettings::IniFormat);
  const Options options = parse(application);
  if (const auto process = hand_over(options)) {
    std::cout << "Opened in the Isocenter that runs already (process " << *process
              << "); --new-window starts another one.\n";
    return 0;
  }
  Settings settings{options};
  start_host(*settings);
  iso::gui::apply_theme(iso::gui::theme_from((*settings).value(QStringLiteral("look/theme")).toString()));
  iso::gui::DesktopOptions desktop_options;
  desktop_options.plugin_directories = options.plugins;
  desktop_options.safe_mode = settings.safe;
  iso::gui::Desktop desktop{desktop_options};
  qInstallMessageHandler(log_of_qt);
  iso::gui::MainWindow window{desktop, *settings};
  window.setProperty("testing", options.testing);
  const iso::gui::EndRequests requests{[&window] { end_unasked(window); }};
  std::optional<iso::gui::HandoverDesk> desk;
  if (!options.testing && !settings.safe) {
    desk.emplace(iso::gui::handover_socket(QCoreApplication::applicationPid(), desktop.recovery_parent()));
    QObject::connect(&*desk, &iso::gui::HandoverDesk::received, &window,
                     [&window](const iso::gui::Handover& handover) { receive(window, handover); });
  }
  if (!(*settings).contains(iso::gui::versioned(QStringLiteral("window/geometry"))))
    iso::gui::fit_screen(window, 1280, 800);
  window.show();
  QTimer::singleShot(0, &window, [&] {
    if (options.report_timing) std::cout << "usable after " << clock.elapsed() << " ms" << std::endl;
    iso::log::info("app.gui", "usable after ", clock.elapsed(), " ms");
    greet(window, settings, options);
    QTimer::singleShot(1000, &window, log_graphics);
    if (options.exit_after_startup) QTimer::singleShot(50, &application, &QApplication::quit);
  });
  const int code = QApplication::exec();
  qInstallMessageHandler(nullptr);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  iso::host::begin_process();
  try {
    return run(argc, argv);
  } catch (...) {
    const iso::Error failure = iso::current_error();
    std::cerr << "isocenter-desktop: " << failure.what() << (failure.hint().empty() ? "" : "\n" + failure.hint())
              << "\n";
    return iso::exit_code(failure.code());
  }
}
