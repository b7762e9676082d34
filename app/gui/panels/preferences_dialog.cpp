#include "preferences_dialog.h"

#include "keys_editor.h"

#include "gui/desk/fit_screen.h"
#include "gui/desk/theme.h"

#include "iso/base/log.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QSettings>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace iso::gui {

PreferencesDialog::PreferencesDialog(QSettings& settings, KeyTable& keys, QAction& research_scheme, QWidget* parent)
    : QDialog{parent}, settings_{settings}, pages_{new QTabWidget}, keys_{new KeysEditor{keys}} {
  setObjectName(QStringLiteral("preferences"));
  setWindowTitle(tr("Preferences"));
  setAttribute(Qt::WA_DeleteOnClose);
  fit_screen(*this, 640, 520);
  pages_->addTab(general_page(research_scheme), tr("&General"));
  pages_->addTab(keys_, tr("&Keys"));
  auto* const buttons = new QDialogButtonBox{QDialogButtonBox::Close};
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
  auto* const column = new QVBoxLayout{this};
  column->addWidget(pages_);
  column->addWidget(buttons);
}

void PreferencesDialog::show_keys() { pages_->setCurrentWidget(keys_); }

QWidget* PreferencesDialog::choice(const char* key, int usual, const std::vector<std::pair<QString, int>>& entries) {
  auto* const box = new QComboBox;
  box->setObjectName(QStringLiteral("preferences.%1").arg(QString::fromLatin1(key).section(QLatin1Char('/'), 1)));
  for (const auto& [words, value] : entries) box->addItem(words, value);
  const int kept = settings_.value(QString::fromLatin1(key), usual).toInt();
  box->setCurrentIndex(std::max(0, box->findData(box->findData(kept) < 0 ? usual : kept)));
  connect(box, &QComboBox::currentIndexChanged, this, [this, box, key] {
    settings_.setValue(QString::fromLatin1(key), box->currentData());
    Q_EMIT changed();
  });
  return box;
}

QWidget* PreferencesDialog::general_page(QAction& research_scheme) {
  auto* const page = new QWidget;
  auto* const rows = new QFormLayout{page};
  auto* const theme = new QComboBox;
  theme->setObjectName(QStringLiteral("preferences.theme"));
  theme->addItem(tr("Dark"), QStringLiteral("dark"));
  theme->addItem(tr("Light"), QStringLiteral("light"));
  theme->addItem(tr("As the system"), QStringLiteral("system"));
  theme->setCurrentIndex(
      theme->findData(to_text(theme_from(settings_.value(QStringLiteral("look/theme")).toString()))));
  connect(theme, &QComboBox::currentIndexChanged, this, [this, theme] {
    settings_.setValue(QStringLiteral("look/theme"), theme->currentData());
    apply_theme(theme_from(theme->currentData().toString()));
  });
  rows->addRow(tr("&Colours"), theme);
  using namespace preference;
  rows->addRow(tr("Size of te&xts"),
               choice(text_percent, usual_text_percent,
                      {{tr("small"), 90}, {tr("usual"), 100}, {tr("large"), 115}, {tr("very large"), 135}}));
  rows->addRow(
      tr("La&yout at the start"),
      choice(preference::layout, usual_layout, {{tr("four views"), 0}, {tr("one view"), 1}, {tr("side by side"), 2}}));
  rows->addRow(tr("3-D &detail"), choice(detail, usual_detail,
                                         {{tr("as much as the machine allows"), 0},
                                          {tr("up to 128 voxels a side"), 128},
                                          {tr("up to 256 voxels a side"), 256},
                                          {tr("up to 512 voxels a side"), 512}}));
  rows->addRow(tr("C&ine"), choice(cine_rate, usual_cine_rate,
                                   {{tr("5 frames a second"), 5},
                                    {tr("10 frames a second"), 10},
                                    {tr("15 frames a second"), 15},
                                    {tr("25 frames a second"), 25}}));

  auto* const scheme = new QCheckBox{tr("&Left button moves the crosshair (research scheme)")};
  scheme->setObjectName(QStringLiteral("preferences.research_scheme"));
  scheme->setChecked(research_scheme.isChecked());
  connect(scheme, &QCheckBox::toggled, &research_scheme, &QAction::setChecked);
  connect(&research_scheme, &QAction::toggled, scheme, &QCheckBox::setChecked);
  rows->addRow(tr("Mouse"), scheme);

  auto* const level = new QComboBox;
  level->setObjectName(QStringLiteral("preferences.log_level"));
  level->addItems({tr("Everything"), tr("Information"), tr("Warnings"), tr("Errors")});
  level->setCurrentIndex(static_cast<int>(log::level()));
  connect(level, &QComboBox::currentIndexChanged, this, [this](int index) {
    settings_.setValue(QStringLiteral("log/level"), index);
    log::set_level(static_cast<log::Level>(index));
  });
  rows->addRow(tr("Lo&g"), level);

  auto* const place = new QLabel{settings_.fileName()};
  place->setObjectName(QStringLiteral("preferences.place"));
  place->setWordWrap(true);
  place->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  place->setToolTip(tr("Deleting this file resets everything."));
  rows->addRow(tr("Kept in"), place);
  return page;
}

}  // namespace iso::gui
