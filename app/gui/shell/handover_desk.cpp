#include "handover_desk.h"

#include "iso/base/error.h"
#include "iso/base/log.h"

#include <QSocketNotifier>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace iso::gui {
namespace {

constexpr qsizetype most_bytes = 1 << 20;  ///< of one message
constexpr std::size_t most_callers = 16;

}  // namespace

HandoverDesk::HandoverDesk(std::filesystem::path socket, QObject* parent)
    : QObject{parent}, socket_{std::move(socket)}, listening_{listen_for_handover(socket_)} {
  if (listening_ < 0) {
    log::debug("app.gui", "no files can be handed over to this desktop");
    return;
  }
  auto* const notifier = new QSocketNotifier{listening_, QSocketNotifier::Read, this};
  connect(notifier, &QSocketNotifier::activated, this, &HandoverDesk::welcome);
}

HandoverDesk::~HandoverDesk() {
  while (!callers_.empty()) say_goodbye(callers_.begin()->first);
  if (listening_ < 0) return;
  ::close(listening_);
  ::unlink(socket_.c_str());
}

void HandoverDesk::welcome() {
  const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection < 0) return;
  if (!same_user(connection) || callers_.size() >= most_callers) {
    ::close(connection);
    return;
  }
  auto* const notifier = new QSocketNotifier{connection, QSocketNotifier::Read, this};
  callers_[connection] = {notifier, {}};
  connect(notifier, &QSocketNotifier::activated, this, [this, connection] { listen_to(connection); });
}

void HandoverDesk::listen_to(int connection) {
  const auto caller = callers_.find(connection);
  if (caller == callers_.end()) return;
  char bytes[4096];
  const ssize_t got = ::recv(connection, bytes, sizeof bytes, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return say_goodbye(connection);
  QByteArray& said = caller->second.said;
  said.append(bytes, got);
  const qsizetype end = said.indexOf('\n');
  if (end < 0 && said.size() < most_bytes) return;
  Handover handover;
  bool understood = false;
  try {
    handover = handover_from_json({said.constData(), static_cast<std::size_t>(end < 0 ? 0 : end)});
    understood = true;
  } catch (const Error& failure) {
    log::warning("app.gui", failure.what());
  }
  (void)::send(connection, understood ? "ok" : "no", 2, MSG_NOSIGNAL);
  say_goodbye(connection);
  if (understood) Q_EMIT received(handover);
}

void HandoverDesk::say_goodbye(int connection) {
  const auto caller = callers_.find(connection);
  if (caller == callers_.end()) return;
  caller->second.notifier->setEnabled(false);
  caller->second.notifier->deleteLater();
  callers_.erase(caller);
  ::close(connection);
}

}  // namespace iso::gui
