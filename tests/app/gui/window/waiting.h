#pragma once

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QTest>

#include <filesystem>
#include <functional>

namespace iso::gui::test {

/// XDG_CONFIG_HOME of this process, which main() gave it: the presets and consents of whoever runs the tests are none of ours.
inline std::filesystem::path own_config() { return qEnvironmentVariable("XDG_CONFIG_HOME").toStdString(); }

/// How long a test waits for what it expects. A test that passes never waits so long, however busy the machine is.
inline constexpr int patience_ms = 120'000;

/// Until `what` holds; false when patience ends.
inline bool wait_until(const std::function<bool()>& what, int milliseconds = patience_ms) {
  QElapsedTimer clock;
  clock.start();
  while (!what()) {
    if (clock.elapsed() > milliseconds) return what();
    QTest::qWait(10);
  }
  return true;
}

/// Lets time go by for what is not seen from outside: timers of at most `milliseconds` have fired after it, and what they
/// posted was delivered. QTest::qWait may end without that where the thread lost its processor while it waited.
inline void rest(int milliseconds) {
  QTest::qWait(milliseconds);
  for (int i = 0; i < 3; ++i) {
    QCoreApplication::processEvents();
    QCoreApplication::sendPostedEvents();
  }
}

}  // namespace iso::gui::test
