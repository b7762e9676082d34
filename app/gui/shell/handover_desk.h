#pragma once

#include "gui/presenters/handover.h"

#include <QByteArray>
#include <QObject>

#include <filesystem>
#include <map>

class QSocketNotifier;

namespace iso::gui {

/// Takes what other processes of the user hand over, while the event loop runs. Where no socket can be made nothing comes.
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
