#include "about_dialog.h"

#include "host/startup/libraries.h"
#include "render/scene/version.h"

#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace iso::gui {
namespace {

QTableWidget* table(const QStringList& header, const std::vector<std::vector<std::string>>& rows) {
  auto* const made = new QTableWidget{static_cast<int>(rows.size()), static_cast<int>(header.size())};
  made->setHorizontalHeaderLabels(header);
  made->verticalHeader()->hide();
  made->verticalHeader()->setDefaultSectionSize(made->fontMetrics().height() + 8);
  made->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  made->horizontalHeader()->setHighlightSections(false);
  made->setShowGrid(false);
  made->setAlternatingRowColors(true);
  made->setEditTriggers(QAbstractItemView::NoEditTriggers);
  made->setSelectionBehavior(QAbstractItemView::SelectRows);
  made->setAccessibleName(header.front());
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t column = 0; column < rows[row].size(); ++column)
      made->setItem(static_cast<int>(row), static_cast<int>(column),
                    new QTableWidgetItem{QString::fromStdString(rows[row][column])});
  made->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  made->horizontalHeader()->setStretchLastSection(true);
  return made;
}

}  // namespace

std::vector<Library> desktop_libraries() {
  std::vector<Library> all = host::linked_libraries();
  all.push_back({"Qt", qVersion(), "LGPL-3.0-only"});
  all.push_back({"VTK", render::vtk_version(), "BSD-3-Clause"});
  std::ranges::sort(all, [](const Library& a, const Library& b) {
    return QString::compare(QString::fromStdString(a.name), QString::fromStdString(b.name), Qt::CaseInsensitive) < 0;
  });
  return all;
}

AboutDialog::AboutDialog(std::span<const host::PluginEntry> plugins, QWidget* parent) : QDialog{parent} {
  setAttribute(Qt::WA_DeleteOnClose);
  setObjectName(QStringLiteral("about"));
  setWindowTitle(tr("About Isocenter"));
  resize(560, 580);
  auto* const column = new QVBoxLayout{this};
  auto* const words =
      new QLabel{tr("<h3>Isocenter %1</h3><p>Research software, not a medical device.</p><p>Our sources are under "
                    "Apache-2.0. This "
                    "program is linked with FFTW, so that as a whole it is under the GPL, version 2 or later.</p>")
                     .arg(QStringLiteral(ISO_VERSION))};
  words->setObjectName(QStringLiteral("about.words"));
  words->setTextFormat(Qt::RichText);
  words->setWordWrap(true);
  words->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(words);
  std::vector<std::vector<std::string>> rows;
  QString text = QStringLiteral("Isocenter " ISO_VERSION "\n");
  for (const Library& library : desktop_libraries()) {
    rows.push_back({library.name, library.version, library.licence});
    text += QString::fromStdString(library.name + " " + library.version + " (" + library.licence + ")\n");
  }
  column->addWidget(table({tr("Library"), tr("Version"), tr("Licence")}, rows), 3);
  rows.clear();
  for (const host::PluginEntry& entry : plugins) {
    const std::string state = entry.reason.empty() ? entry.manifest.licence : entry.reason;
    const std::string name =
        entry.manifest.title.empty() ? entry.manifest_file.filename().string() : entry.manifest.title;
    rows.push_back({name, entry.manifest.version, state});
    text += QString::fromStdString("Plugin " + name + " " + entry.manifest.version + " (" + state + ")\n");
  }
  column->addWidget(table({tr("Plugin"), tr("Version"), tr("Licence, or why it cannot be used")}, rows), 1);
  auto* const buttons = new QDialogButtonBox{QDialogButtonBox::Close};
  auto* const copy = buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole);
  connect(copy, &QPushButton::clicked, this, [text] { QApplication::clipboard()->setText(text); });
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
  column->addWidget(buttons);
}

}  // namespace iso::gui
