#pragma once

#include "gui/presenters/handover.h"

#include <QByteArray>
#include <QObject>

#include <filesystem>
#include <map>

class QSocketNotifier;

namespace iso::gui {

/// Receives files from other starts of the desktop by the same user (`handover.h`). Without a socket nothing is received.
class HandoverDesk : public QObject {
  Q_OBJECT
 public:
  explicit HandoverDesk(std::filesystem::path socket, QObject* parent = nullptr);
  ~HandoverDesk() override;

 Q_SIGNALS:
  void received(const iso::gui::Handover& handover);

 private:
  struct Caller {
    QSocketNotifier* notifier;
    QByteArray said;
  };
  void welcome();
  void listen_to(int connection);
  void say_goodbye(int connection);
  std::filesystem::path socket_;
  int listening_{-1};
  std::map<int, Caller> callers_;
};

}  // namespace iso::gui
