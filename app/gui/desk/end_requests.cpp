#include "end_requests.h"

#include <QSocketNotifier>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace iso::gui {
namespace {

constexpr std::array signals{SIGTERM, SIGINT, SIGHUP};
std::array<int, 2> ends{-1, -1};  ///< of the pipe from the handler to the event loop

void handle(int number) {
  const char byte = 1;
  (void)!::write(ends[1], &byte, 1);
  ::signal(number, SIG_DFL);  // the next one is not asked about
}

}  // namespace

EndRequests::EndRequests(std::function<void()> asked, QObject* parent) : QObject{parent} {
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
  auto* const notifier = new QSocketNotifier{ends[0], QSocketNotifier::Read, this};
  connect(notifier, &QSocketNotifier::activated, this, [notifier, asked = std::move(asked)] {
    notifier->setEnabled(false);
    asked();
  });
  for (const int number : signals)
    if (::signal(number, &handle) == SIG_IGN && number == SIGHUP) ::signal(number, SIG_IGN);  // as nohup asked
}

EndRequests::~EndRequests() {
  for (const int number : signals) ::signal(number, SIG_DFL);
  for (int& end : ends) {
    if (end >= 0) ::close(end);
    end = -1;
  }
}

}  // namespace iso::gui
