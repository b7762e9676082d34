#pragma once

#include <QDoubleSpinBox>

namespace iso::gui {

/// A number with as many digits as its value needs: 2260 and 0.0001322, not 2260.0000 and 0.0001. What is typed is kept whole.
class NumberField : public QDoubleSpinBox {
  Q_OBJECT
 public:
  explicit NumberField(QWidget* parent = nullptr);
  [[nodiscard]] QString textFromValue(double value) const override;
  [[nodiscard]] double valueFromText(const QString& text) const override;
  QValidator::State validate(QString& text, int& at) const override;
  [[nodiscard]] QSize minimumSizeHint() const override;
};

}  // namespace iso::gui
