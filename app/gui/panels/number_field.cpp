#include "number_field.h"

#include <cmath>

namespace iso::gui {
namespace {

constexpr int digits = 7;  ///< significant ones that are shown

}  // namespace

NumberField::NumberField(QWidget* parent) : QDoubleSpinBox{parent} {
  QLocale plain = QLocale::c();
  plain.setNumberOptions(QLocale::OmitGroupSeparator | QLocale::RejectGroupSeparator);
  setLocale(plain);
  setDecimals(17);  // the value is not rounded
  setKeyboardTracking(false);
  setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
}

QString NumberField::textFromValue(double value) const {
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-5 && size < 1e9);
  QString text = QString::number(value, 'g', digits);
  if (plain && text.contains(QLatin1Char('e')))  // 1234567890 and 0.00001234 are read more easily as they are
    text = QString::number(value, 'f', size >= 1 ? 0 : digits + 4);
  return text;
}

double NumberField::valueFromText(const QString& text) const {
  QString bare = text;
  if (!suffix().isEmpty() && bare.endsWith(suffix())) bare.chop(suffix().size());
  bool good = false;
  const double value = bare.trimmed().replace(QLatin1Char(','), QLatin1Char('.')).toDouble(&good);
  return good && std::isfinite(value) ? value : this->value();
}

QValidator::State NumberField::validate(QString& text, int&) const {
  QString bare = text;
  if (!suffix().isEmpty() && bare.endsWith(suffix())) bare.chop(suffix().size());
  bare = bare.trimmed().replace(QLatin1Char(','), QLatin1Char('.'));
  bool good = false;
  const double value = bare.toDouble(&good);
  if (good)
    return std::isfinite(value) && value >= minimum() && value <= maximum() ? QValidator::Acceptable
                                                                            : QValidator::Intermediate;
  for (const QChar letter : bare)
    if (!letter.isDigit() && !QStringLiteral("+-.eE").contains(letter)) return QValidator::Invalid;
  return QValidator::Intermediate;
}

/// Not as wide as the largest number that could stand in it.
QSize NumberField::minimumSizeHint() const { return {70, QDoubleSpinBox::minimumSizeHint().height()}; }

}  // namespace iso::gui
