// A plugin whose manifest asks for more than a worker may is asked about once, in the form of its method.

#include "window_fixture.h"

#include "gui/panels/method_panel.h"
#include "host/plugins/catalogue.h"

#include <QLabel>
#include <QPushButton>

#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class Consent : public test::WindowTest {
 protected:
  Consent() {
    const fs::path place = folder / "plugins";
    fs::create_directories(place);
    fs::permissions(place, fs::perms::owner_all);
    for (const auto& entry : fs::directory_iterator{fs::path{ISO_BINARY_DIR} / "lib/isocenter/plugins"}) {
      if (entry.path().filename().string().find("example") == std::string::npos) continue;
      fs::copy(entry.path(), place / entry.path().filename(), fs::copy_options::recursive);
      if (entry.path().extension() != ".json") continue;
      plugin::Manifest manifest = plugin::read_manifest(entry.path());
      manifest.needs = {"network"};
      std::ofstream{place / entry.path().filename()} << to_json(manifest);
    }
    window.reset();
    DesktopOptions options;
    options.plugin_directories = {place};
    options.recovery_parent = folder / "recovery";
    desktop = std::make_unique<Desktop>(options);
    window = std::make_unique<MainWindow>(*desktop, *settings);
    window->setProperty("testing", true);
    window->resize(usual_size());
    window->show();
    EXPECT_TRUE(QTest::qWaitForWindowExposed(window.get(), test::patience_ms));
  }
  ~Consent() override { std::filesystem::remove_all(test::own_config() / "isocenter"); }
  template <class T>
  T* child(const char* name) {
    return window->findChild<T*>(QString::fromLatin1(name));
  }
};

TEST_F(Consent, IsAskedForOnceAndTheMethodRunsOnlyAfterIt) {
  if (desktop->catalogue().find_task("example/smoothing") == nullptr) GTEST_SKIP() << "the example plugin is not built";
  open("ball.nrrd", test::ball(16));
  window->methods().open_task("example/smoothing");
  auto* const question = child<QWidget>("consent");
  ASSERT_TRUE(question->isVisible());
  EXPECT_TRUE(question->findChild<QLabel*>()->text().contains(QStringLiteral("to open sockets")));
  EXPECT_FALSE(child<QPushButton>("run")->isEnabled());
  keep_picture(QStringLiteral("consent"));
  QTest::mouseClick(child<QPushButton>("consent.allow"), Qt::LeftButton);
  EXPECT_FALSE(question->isVisible());
  EXPECT_TRUE(wait_until([&] { return child<QPushButton>("run")->isEnabled(); }));
  window->methods().open_task("example/smoothing");
  EXPECT_FALSE(question->isVisible()) << "not asked again";
  EXPECT_TRUE(fs::exists(test::own_config() / "isocenter/agreed_needs.json"));
}

}  // namespace
}  // namespace iso::gui
