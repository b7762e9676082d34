#include "gui/desk/theme.h"
#include "support/failures_only.h"

#include "iso/base/temporary_folder.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QFont>
#include <QStyleHints>
#include <QSurfaceFormat>

#include <cstdlib>
#include <filesystem>

namespace {

/// Nothing of the user's, and nothing that another process of these tests could use at the same time.
void give_own_folders(const std::filesystem::path& folder) {
  ::setenv("TEST_TMPDIR", (folder / "").c_str(), 1);
  ::setenv("TMPDIR", folder.c_str(), 1);
  for (const auto& [variable, name] : {std::pair{"XDG_CONFIG_HOME", "config"}, std::pair{"XDG_DATA_HOME", "data"},
                                       std::pair{"XDG_CACHE_HOME", "cache"}, std::pair{"XDG_RUNTIME_DIR", "run"}}) {
    std::filesystem::create_directories(folder / name);
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
    ::setenv(variable, (folder / name).c_str(), 1);
  }
  for (const char* const variable : {"ISOCENTER_CONFIG", "ISOCENTER_WORKER", "ISOCENTER_PLUGIN_PATH"})
    ::unsetenv(variable);
}

}  // namespace

/// The window as users see it, but the same on every machine: fonts, their resolution, no blinking, no animation.
int main(int argc, char** argv) {
  const iso::TemporaryFolder folder{"iso-tests"};
  give_own_folders(folder.path());
  ::testing::InitGoogleTest(&argc, argv);
  iso::test::print_failures_only();
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
