#include "gui/presenters/help_book.h"

#include "host/help/method_page.h"
#include "host/startup/libraries.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

plugin::TaskManifest task(const std::string& id, const std::string& title) {
  plugin::TaskManifest manifest;
  manifest.id = id;
  manifest.about = {title, "Makes noise quiet.", "Solves an equation.", "Filtering", {"Somebody, doi:10.1/2"}};
  manifest.inputs = {{"volume", Kind::volume, false, "The image | in two halves."}};
  manifest.parameters = params::schema_from_json(
      R"({"parameters":[{"name":"tv_weight","type":"real","default":0.02,"minimum":0,"maximum":10,"unit":"1",)"
      R"("help":"Strength of the penalty."}]})");
  return manifest;
}

class Help : public ::testing::Test {
 protected:
  Help() {
    fs::remove_all(folder);
    fs::create_directories(folder);
    std::ofstream(folder / "README.md") << "The manual.\n\n- [open.md](open.md): open files\n";
    std::ofstream(folder / "open.md") << "# Opening files\n\nDrop a **sinogram** on the window.\n";
  }
  ~Help() override { fs::remove_all(folder); }
  fs::path folder = fs::path(::testing::TempDir()) / ("iso_help" + std::to_string(::getpid()));
  plugin::TaskManifest denoise = task("lab/denoise", "Denoising"), sharpen = task("lab/sharpen", "Sharpening");
  std::vector<const plugin::TaskManifest*> tasks{&sharpen, &denoise};
};

TEST_F(Help, HasTheManualAndAPageForEveryMethod) {
  const HelpBook book{folder, tasks};
  ASSERT_EQ(book.pages().size(), 4U);
  EXPECT_EQ(book.pages()[0].id, "manual:README.md");
  EXPECT_EQ(book.pages()[1].title, "Opening files");
  EXPECT_EQ(book.pages()[2].title, "Denoising") << "methods by name";
  EXPECT_NE(book.find(HelpBook::method_id("lab/sharpen")), nullptr);
}

TEST_F(Help, DoesWithoutAManual) { EXPECT_EQ(HelpBook({}, tasks).pages().size(), 2U); }

TEST_F(Help, ShowsThePageThatTheCommandPrints) {
  const HelpBook book{folder, tasks};
  const HelpPage* const page = book.find("method:lab/denoise");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->markdown, host::method_page(denoise));
  for (const char* words : {"# Denoising", "`--tv-weight`", "from 0 to 10", "Strength of the penalty", "doi:10.1/2",
                            "The image \\| in two halves."})
    EXPECT_NE(page->markdown.find(words), std::string::npos) << words;
}

TEST_F(Help, FindsPagesWithAllWordsAndTitlesFirst) {
  const HelpBook book{folder, tasks};
  const auto hits = book.search("SINOGRAM window");
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0].page->id, "manual:open.md");
  EXPECT_EQ(hits[0].excerpt, "Drop a sinogram on the window. ");
  const auto titled = book.search("open");
  ASSERT_EQ(titled.size(), 2U);
  EXPECT_EQ(titled[0].page->id, "manual:open.md");
  EXPECT_TRUE(book.search("sinogram penalty").empty());
  EXPECT_EQ(book.search("").size(), 4U);
}

TEST_F(Help, FollowsLinksBetweenPages) {
  const HelpBook book{folder, tasks};
  const HelpPage& first = book.pages()[0];
  EXPECT_EQ(book.follow(first, "open.md"), book.find("manual:open.md"));
  EXPECT_EQ(book.follow(first, "open.md#drop"), book.find("manual:open.md"));
  EXPECT_EQ(book.follow(first, "method:lab/denoise"), book.find("method:lab/denoise"));
  EXPECT_EQ(book.follow(first, "https://doi.org/10.1/2"), nullptr);
  EXPECT_EQ(book.follow(first, "nowhere.md"), nullptr);
}

TEST(LinkedLibraries, SayTheirVersionsAndLicences) {
  const auto libraries = host::linked_libraries();
  for (const char* name : {"ITK", "HDF5", "FFTW", "spdlog", "DCMTK", "zlib"}) {
    const auto found = std::ranges::find(libraries, name, &Library::name);
    ASSERT_NE(found, libraries.end()) << name;
    EXPECT_NE(found->version.find_first_of("0123456789"), std::string::npos) << name << " " << found->version;
    EXPECT_EQ(found->version.find(' '), std::string::npos) << found->version;
    EXPECT_FALSE(found->licence.empty()) << name;
  }
}

}  // namespace
}  // namespace iso::gui
