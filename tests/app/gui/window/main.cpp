#include "gui/desk/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QFont>
#include <QStyleHints>
#include <QSurfaceFormat>

/// The window as users see it, but the same on every machine: fonts, their resolution, no blinking, no animation.
int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  qputenv("QT_FONT_DPI", "96");
  QCoreApplication::setAttribute(Qt::AA_ShareOpenGLContexts);
  QSurfaceFormat format;
  format.setVersion(3, 2);
  format.setProfile(QSurfaceFormat::CoreProfile);
  QSurfaceFormat::setDefaultFormat(format);
  QApplication application{argc, argv};
  QCoreApplication::setOrganizationName(QStringLiteral("isocenter-tests"));
  iso::gui::make_dark();
  QFont font{QStringLiteral("DejaVu Sans"), 9};
  font.setHintingPreference(QFont::PreferFullHinting);
  QApplication::setFont(font);
  QApplication::setCursorFlashTime(0);
  for (const Qt::UIEffect effect : {Qt::UI_General, Qt::UI_AnimateMenu, Qt::UI_AnimateCombo, Qt::UI_AnimateToolBox})
    QApplication::setEffectEnabled(effect, false);
  return RUN_ALL_TESTS();
}
