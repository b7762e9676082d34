#include "background.h"

#include <QCoreApplication>
#include <QThreadPool>

namespace iso::gui {

Background::~Background() { wait(); }

void Background::wait() { QThreadPool::globalInstance()->waitForDone(); }

void Background::start(std::function<void()> job) {
  ++running_;
  Q_EMIT running_changed(running_);
  QThreadPool::globalInstance()->start([job = std::move(job)] { job(); });
}

void Background::finish(std::function<void()> then) {
  QMetaObject::invokeMethod(
      this,
      [this, then = std::move(then)] {
        --running_;
        Q_EMIT running_changed(running_);
        then();
      },
      Qt::QueuedConnection);
}

}  // namespace iso::gui
