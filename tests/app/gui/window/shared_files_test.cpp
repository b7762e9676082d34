// Every file of the shared data, opened from the window by a script of events: it is shown, or shown through one panel, or one
// sentence says why not. The table of outcomes is written beside the build (shared_files.csv).

#include "window_fixture.h"

#include "gui/panels/reading_dialog.h"
#include "gui/panels/series_dialog.h"
#include "support/shared_data.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>

#include <algorithm>
#include <fstream>
#include <map>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class SharedFiles : public test::WindowTest {
 protected:
  struct FileResult {
    std::string what, words;
  };
  SharedFiles() { window->setProperty("testing", false); }

  /// What a user can choose in the panel, tried until the view shows something; the file decides what fits.
  static std::string answer(ReadingDialog& dialog) {
    auto* const open = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Open);
    auto* const problem = dialog.findChild<QLabel*>(QStringLiteral("reading.problem"));
    const auto settled = [&] {
      return wait_until([&] { return open->isEnabled() || !problem->text().isEmpty(); }) && open->isEnabled();
    };
    std::string chosen = "as offered";
    bool ready = settled();
    if (auto* const meaning = dialog.findChild<QComboBox*>(QStringLiteral("meaning")); meaning != nullptr)
      for (int i = 0; i < meaning->count() && !ready; ++i) {
        meaning->setCurrentIndex(i);
        problem->clear();
        rest(300);
        chosen = "as " + meaning->currentText().toStdString();
        ready = settled();
      }
    if (!ready) {
      const std::string words = problem->text().toStdString();
      dialog.reject();
      return "no: " + words;
    }
    QTest::mouseClick(open, Qt::LeftButton);
    return chosen;
  }

  FileResult try_file(const fs::path& file) {
    while (!document().items().empty()) document().remove(document().items().back()->id);
    document().undo_stack().clear();
    window->tell({});
    window->open_file(file);
    const auto asked = [&]() -> ReadingDialog* {
      for (auto* const dialog : window->findChildren<ReadingDialog*>())
        if (dialog->isVisible()) return dialog;
      return nullptr;
    };
    const auto box = [&] { return window->findChild<QMessageBox*>(QStringLiteral("geometry")); };
    const bool came = wait_until(
        [&] {
          return !document().items().empty() || !window->told().isEmpty() || asked() != nullptr || box() != nullptr;
        },
        60000);
    if (!came) return {"nothing happened", ""};
    if (box() != nullptr) {
      const std::string words = box()->text().toStdString();
      box()->reject();
      rest(20);
      return {"asks whether its geometry is accepted", words};
    }
    if (ReadingDialog* const dialog = asked(); dialog != nullptr) {
      const std::string chosen = answer(*dialog);
      if (chosen.starts_with("no: ")) return {"the panel finds no way", chosen.substr(4)};
      const bool opened = wait_until([&] { return !document().items().empty(); });
      return {opened ? "opened through the panel" : "nothing happened", chosen};
    }
    if (document().items().empty()) return {"refused in a sentence", window->told().toStdString()};
    const Item& item = *document().items()[0];
    const std::string kind{to_string(to_kind(*item.data))};
    const bool shown =
        !item.raster || document().look().layout.base == item.id || document().look().overlay.item == item.id;
    return {shown ? "opened" : "opened unseen", kind};
  }
};

TEST_F(SharedFiles, AreShownOrRefusedInASentence) {
  const fs::path root = iso::test::shared_data();
  if (!fs::exists(root)) GTEST_SKIP() << "needs the shared data";
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator{root})
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  std::ofstream table{ISO_BINARY_DIR "/shared_files.csv"};
  std::map<std::string, int> counts;
  for (const fs::path& file : files) {
    const FileResult outcome = try_file(file);
    std::string words = outcome.words;
    std::ranges::replace(words, '\n', ' ');
    std::ranges::replace(words, '"', '\'');
    table << fs::relative(file, root).string() << "," << outcome.what << ",\"" << words << "\"\n" << std::flush;
    ++counts[outcome.what];
    EXPECT_NE(outcome.what, "nothing happened") << file;
    EXPECT_NE(outcome.what, "opened unseen") << file;
    EXPECT_EQ(words.find("--"), std::string::npos) << file << ": " << words;
    EXPECT_EQ(words.find("isocenter "), std::string::npos) << file << ": " << words;
  }
  for (const auto& [what, count] : counts) std::cout << what << ": " << count << "\n";
  EXPECT_GT(counts["opened"], 0);
}

}  // namespace
}  // namespace iso::gui
