#pragma once

#include <QObject>

#include <functional>

namespace iso::gui {

/// SIGTERM, SIGINT and SIGHUP (a shutdown, Ctrl-C, a terminal that closes) as a call on this thread, while one lives. A second
/// one ends the process at once.
class EndRequests : public QObject {
  Q_OBJECT
 public:
  explicit EndRequests(std::function<void()> asked, QObject* parent = nullptr);
  ~EndRequests() override;
};

}  // namespace iso::gui
