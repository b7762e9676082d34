// The real program, started as a person starts it: twice at once, killed, damaged.

#include "waiting.h"

#include "gui/model/journal.h"
#include "gui/presenters/log_book.h"
#include "support/desktop_samples.h"

#include "iso/io/registry.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <QProcess>
#include <QSettings>
#include <QTest>

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class Starting : public ::testing::Test {
 protected:
  Starting() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    fs::create_directories(folder / "run");
    fs::permissions(folder / "run", fs::perms::owner_all);
    io::write(folder / "ball.nrrd", *test::ball(16), {.overwrite = true});
  }
  ~Starting() override { fs::remove_all(folder); }

  std::unique_ptr<QProcess> start(const QStringList& arguments, const fs::path& where = {}) {
    auto process = std::make_unique<QProcess>();
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("XDG_DATA_HOME"), QString::fromStdString((folder / "data").string()));
    environment.insert(QStringLiteral("ISOCENTER_CONFIG"), settings_name());
    environment.insert(QStringLiteral("XDG_RUNTIME_DIR"), QString::fromStdString((folder / "run").string()));
    process->setProcessEnvironment(environment);
    process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    if (!where.empty()) process->setWorkingDirectory(QString::fromStdString(where.string()));
    process->start(QStringLiteral(ISO_BINARY_DIR "/bin/isocenter-desktop"), arguments);
    EXPECT_TRUE(process->waitForStarted(test::patience_ms));
    return process;
  }
  static bool wait_until(const std::function<bool()>& what) { return test::wait_until(what); }
  static void kill(QProcess& process) {
    ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
    process.waitForFinished();
  }
  /// Everything that a process has logged.
  std::string log_text(qint64 process) const {
    const std::string number = std::string{"_"}.append(std::to_string(process));
    std::string text;
    for (const fs::path& file : log_files(folder / "data/isocenter/logs")) {
      if (!file.stem().string().ends_with(number)) continue;
      for (const LogLine& line : read_log(file)) text += line_text(line) + "\n";
    }
    return text;
  }
  bool usable(const QProcess& process) const {
    return log_text(process.processId()).find("usable after") != std::string::npos;
  }
  fs::path recoveries() const { return folder / "data/isocenter/recovery"; }
  /// Whether the journal of a process that lives holds so many items.
  bool keeps(const QProcess& process, std::size_t items) const {
    const std::string number = std::string{"_"}.append(std::to_string(process.processId()));
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{recoveries(), ignored}) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("making_") || !name.ends_with(number)) continue;
      std::size_t kept = 0;
      std::ifstream journal{entry.path() / "journal.jsonl", std::ios::binary};
      for (std::string text; std::getline(journal, text);) {
        const auto line = nlohmann::json::parse(text, nullptr, false);
        if (line.is_object() && line.contains("state")) kept = line["state"]["items"].size();
      }
      return kept == items;
    }
    return false;
  }
  QString settings_name() const { return QString::fromStdString((folder / "isocenter.ini").string()); }

  fs::path folder = fs::path{::testing::TempDir()} / ("iso_starting" + std::to_string(::getpid()));
};

TEST_F(Starting, ASecondDesktopSaysSoAndEachKeepsItsOwnWork) {
  const QString file = QString::fromStdString((folder / "ball.nrrd").string());
  const auto first = start({file});
  const auto opened = [&](const QProcess& process) {
    return log_text(process.processId()).find("opened a volume") != std::string::npos;
  };
  ASSERT_TRUE(wait_until([&] { return opened(*first); })) << log_text(first->processId());
  const auto second = start({QStringLiteral("--new-window"), file});
  const qint64 second_id = second->processId();
  ASSERT_TRUE(wait_until([&] { return opened(*second); })) << log_text(second_id);
  EXPECT_NE(log_text(second_id).find("runs already (process " + std::to_string(first->processId()) + ")"),
            std::string::npos)
      << log_text(second_id);
  EXPECT_EQ(living_desktops(recoveries()).size(), 2U);
  EXPECT_TRUE(find_recoveries(recoveries()).empty()) << "both live";
  ASSERT_TRUE(wait_until([&] { return keeps(*first, 1); }));
  kill(*first);
  const auto left = find_recoveries(recoveries());
  ASSERT_EQ(left.size(), 1U);
  const LoadedSession work = recover(left[0].folder);
  ASSERT_EQ(work.items.size(), 1U);
  EXPECT_EQ(work.items[0].name, "ball.nrrd");
  EXPECT_EQ(living_desktops(recoveries()).size(), 1U);
  kill(*second);
}

TEST_F(Starting, WithAFileItGivesThatToTheDesktopThatRuns) {
  const auto first = start({});
  ASSERT_TRUE(wait_until([&] { return usable(*first); })) << log_text(first->processId());
  io::write(folder / "other.nrrd", *test::ball(12), {.overwrite = true});
  const auto second =
      start({QStringLiteral("ball.nrrd"), QString::fromStdString((folder / "other.nrrd").string())}, folder);
  ASSERT_TRUE(second->waitForFinished(test::patience_ms));
  EXPECT_EQ(second->exitCode(), 0);
  const QByteArray said = second->readAllStandardOutput();
  EXPECT_TRUE(said.contains("process " + QByteArray::number(first->processId()))) << said.toStdString();
  const auto opened = [&] {
    const std::string log = log_text(first->processId());
    const std::size_t one = log.find("opened a volume");
    return one != std::string::npos && log.find("opened a volume", one + 1) != std::string::npos;
  };
  EXPECT_TRUE(wait_until(opened)) << log_text(first->processId());
  EXPECT_EQ(living_desktops(recoveries()).size(), 1U);
  ASSERT_TRUE(wait_until([&] { return keeps(*first, 2); }));
  kill(*first);
  const auto left = find_recoveries(recoveries());
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].items, 2U) << "and it is kept as the work of the one that runs";
  const auto third = start({QString::fromStdString((folder / "ball.nrrd").string())});
  EXPECT_TRUE(wait_until([&] { return usable(*third); })) << "what a killed desktop left stands in nobody's way";
  kill(*third);
}

TEST_F(Starting, WithAFileWhileTheOtherDoesNotAnswerItOpensItItself) {
  const auto first = start({});
  ASSERT_TRUE(wait_until([&] { return usable(*first); })) << log_text(first->processId());
  // It has written its settings, whose lock it would hold for ever otherwise.
  ASSERT_TRUE(wait_until([&] { return log_text(first->processId()).find("graphics: ") != std::string::npos; }));
  ASSERT_TRUE(wait_until([&] { return !fs::exists(folder / "isocenter.ini.lock"); }));
  ::kill(static_cast<pid_t>(first->processId()), SIGSTOP);
  const auto second = start({QString::fromStdString((folder / "ball.nrrd").string())});
  EXPECT_TRUE(wait_until([&] { return log_text(second->processId()).find("opened a volume") != std::string::npos; }))
      << log_text(second->processId());
  kill(*second);
  kill(*first);
}

TEST_F(Starting, AfterTwoStartsThatFailedItComesUpInSafeModeAndLeavesTheSettingsAlone) {
  {
    QSettings settings{settings_name(), QSettings::IniFormat};
    settings.setValue(QStringLiteral("keys/file.open"), QStringList{QStringLiteral("F2")});
  }
  const auto begun = [&] {
    QSettings settings{settings_name(), QSettings::IniFormat};
    return settings.value(QStringLiteral("start/unfinished")).toStringList().size();
  };
  // A start that came up before it was killed takes the marks of those that failed away: once more, then.
  for (int starts = 0; begun() < 2 && starts < 50; ++starts) {
    const auto process = start({});
    const auto before = begun();
    (void)wait_until([&] { return begun() > before || usable(*process); });
    kill(*process);
  }
  ASSERT_EQ(begun(), 2) << "each was killed too late for a start that failed";
  const auto safe = start({QStringLiteral("--exit-after-startup")});
  const qint64 safe_id = safe->processId();
  ASSERT_TRUE(safe->waitForFinished(test::patience_ms));
  EXPECT_NE(log_text(safe_id).find("did not come up twice"), std::string::npos) << log_text(safe_id);
  EXPECT_EQ(begun(), 0);
  QSettings settings{settings_name(), QSettings::IniFormat};
  EXPECT_EQ(settings.value(QStringLiteral("keys/file.open")).toStringList(), QStringList{QStringLiteral("F2")});
  const auto after = start({QStringLiteral("--exit-after-startup")});
  const qint64 after_id = after->processId();
  ASSERT_TRUE(after->waitForFinished(test::patience_ms));
  EXPECT_EQ(log_text(after_id).find("did not come up twice"), std::string::npos);
  EXPECT_NE(log_text(after_id).find("usable after"), std::string::npos);
}

TEST_F(Starting, ASystemThatEndsItIsNoCrashAndLeavesNothingBehind) {
  const auto process = start({QString::fromStdString((folder / "ball.nrrd").string())});
  ASSERT_TRUE(wait_until([&] { return keeps(*process, 1); }));
  ::kill(static_cast<pid_t>(process->processId()), SIGTERM);
  ASSERT_TRUE(process->waitForFinished(test::patience_ms));
  EXPECT_EQ(process->exitStatus(), QProcess::NormalExit);
  EXPECT_EQ(process->exitCode(), 0);
  EXPECT_TRUE(find_recoveries(recoveries()).empty()) << "only a file was open";
}

TEST_F(Starting, SettingsThatAreDamagedAreSaidAndItStarts) {
  std::ofstream{settings_name().toStdString(), std::ios::binary} << "[window\n===\n";
  const auto process = start({QStringLiteral("--exit-after-startup")});
  const qint64 id = process->processId();
  ASSERT_TRUE(process->waitForFinished(test::patience_ms));
  EXPECT_EQ(process->exitCode(), 0);
  EXPECT_NE(log_text(id).find("could not be understood"), std::string::npos) << log_text(id);
}

}  // namespace
}  // namespace iso::gui
