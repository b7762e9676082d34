// Curves as tables and drawings.

#include "plot_view.h"

#include "svg_device.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"

#include <QFileDialog>
#include <QMessageBox>
#include <QPainter>

#include <fstream>
#include <map>

namespace iso::gui {

QString PlotView::table() const {
  std::map<double, std::vector<QString>> rows;
  for (std::size_t i = 0; i < curves_.size(); ++i)
    for (const auto& [x, y] : curves_[i].points) {
      auto& row = rows[x];
      row.resize(curves_.size());
      row[i] = QString::number(y, 'g', 9);
    }
  QString text = x_label_.isEmpty() ? QStringLiteral("x") : x_label_;
  for (const Curve& curve : curves_) text += QLatin1Char('\t') + curve.name;
  for (const auto& [x, values] : rows) {
    text += QLatin1Char('\n') + QString::number(x, 'g', 9);
    for (const QString& value : values) text += QLatin1Char('\t') + value;
  }
  return text + QLatin1Char('\n');
}

QString PlotView::svg() const {
  SvgDevice device{size()};
  QPainter painter{&device};
  painter.setFont(font());
  paint_all(painter);
  painter.end();
  return device.text();
}

/// Names with commas or quotes are quoted (RFC 4180).
QString PlotView::csv() const {
  QStringList lines;
  for (const QString& line : table().split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
    QStringList cells = line.split(QLatin1Char('\t'));
    for (QString& cell : cells)
      if (cell.contains(QLatin1Char(',')) || cell.contains(QLatin1Char('"')))
        cell = QLatin1Char('"') + cell.replace(QLatin1Char('"'), QStringLiteral("\"\"")) + QLatin1Char('"');
    lines << cells.join(QLatin1Char(','));
  }
  return lines.join(QStringLiteral("\r\n")) + QStringLiteral("\r\n");
}

void PlotView::save() {
  const QString name =
      QFileDialog::getSaveFileName(this, tr("Save the curves"), QStringLiteral("curves.csv"),
                                   tr("Table with commas (*.csv);;Table with tabs (*.tsv *.txt);;Drawing (*.svg)"));
  if (name.isEmpty()) return;
  try {
    io::write_atomically(name.toStdString(), true, [&](const std::filesystem::path& temporary) {
      std::ofstream stream{temporary, std::ios::binary};
      const QString ending = name.section(QLatin1Char('.'), -1).toLower();
      stream << (ending == QStringLiteral("svg")   ? svg()
                 : ending == QStringLiteral("csv") ? csv()
                                                   : table())
                    .toStdString();
      stream.close();
      if (!stream)
        throw Error{Errc::cannot_write, "'" + name.toStdString() + "' cannot be written", "is the disk full?"};
    });
  } catch (const Error& problem) {
    QMessageBox::warning(this, tr("Save the curves"), QString::fromUtf8(problem.what()));
  }
}

}  // namespace iso::gui
