#pragma once

#include <QAbstractButton>
#include <QApplication>
#include <QMessageBox>
#include <QTest>
#include <QTimer>

namespace iso::gui::test {

/// Clicks a button of the next question that comes up, by the words on it, as a person would; keeps what was asked. Questions
/// that wait for their answer are modal, so that this has to be set up before.
class Answer {
 public:
  explicit Answer(QString words) : words_{std::move(words)} {
    QObject::connect(&clock_, &QTimer::timeout, [this] { look(); });
    clock_.start(20);
  }
  [[nodiscard]] bool given() const noexcept { return given_; }
  [[nodiscard]] const QString& question() const noexcept { return question_; }

 private:
  void look() {
    auto* const box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
    if (box == nullptr || given_) return;
    for (QAbstractButton* button : box->buttons()) {
      if (button->text().remove('&') != words_) continue;
      given_ = true;
      question_ = box->text();
      clock_.stop();
      QTest::mouseClick(button, Qt::LeftButton);
      return;
    }
  }
  QString words_, question_;
  QTimer clock_;
  bool given_{false};
};

}  // namespace iso::gui::test
