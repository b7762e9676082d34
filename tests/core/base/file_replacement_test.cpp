#include "iso/base/file_replacement.h"

#include "iso/base/begun_replacement.h"
#include "iso/base/error.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using iso::ExistingFile;
using iso::FileReplacement;

std::string content(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

class FileReplacementTest : public testing::Test {
 protected:
  FileReplacementTest() {
    std::string name = (fs::temp_directory_path() / "replacement-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~FileReplacementTest() override { fs::remove_all(folder); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}));
  }
  [[nodiscard]] std::string refusal(const auto& work, iso::Errc code) const {
    try {
      work();
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), code);
      return error.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return {};
  }
  fs::path folder;
};

TEST_F(FileReplacementTest, PutsEveryFileInPlaceAndLeavesNothingElse) {
  {
    FileReplacement files{ExistingFile::refuse};
    iso::write_new_file(files.stage(folder / "a.txt"), "first");
    iso::write_new_file(files.stage(folder / "b.txt"), "second");
    EXPECT_FALSE(fs::exists(folder / "a.txt"));
    files.commit();
  }
  EXPECT_EQ(content(folder / "a.txt"), "first");
  EXPECT_EQ(content(folder / "b.txt"), "second");
  EXPECT_EQ(entries(), 2U);
}

TEST_F(FileReplacementTest, LeavesTheOldFileWhenNothingIsCommitted) {
  iso::replace_file(folder / "a.txt", "old", ExistingFile::refuse);
  {
    FileReplacement files{ExistingFile::replace};
    iso::write_new_file(files.stage(folder / "a.txt"), "new");
  }
  EXPECT_EQ(content(folder / "a.txt"), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(FileReplacementTest, RefusesAnExistingFileAlsoWhenItAppearsMeanwhile) {
  iso::replace_file(folder / "a.txt", "old", ExistingFile::refuse);
  FileReplacement files{ExistingFile::refuse};
  EXPECT_NE(refusal([&] { (void)files.stage(folder / "a.txt"); }, iso::Errc::cannot_write).find("exists"),
            std::string::npos);
  iso::write_new_file(files.stage(folder / "b.txt"), "mine");
  iso::write_new_file(folder / "b.txt", "of another program");
  (void)refusal([&] { files.commit(); }, iso::Errc::cannot_write);
  EXPECT_EQ(content(folder / "b.txt"), "of another program");
}

TEST_F(FileReplacementTest, RemovesTheRecordOfAFileThatIsReplacedWithoutOne) {
  {
    FileReplacement files{ExistingFile::refuse};
    iso::write_new_file(files.stage(folder / "a.txt"), "old");
    iso::write_new_file(files.stage_record(folder / "a.txt"), "record of old");
    files.commit();
  }
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of old");
  iso::replace_file(folder / "a.txt", "new", ExistingFile::replace);
  EXPECT_FALSE(fs::exists(folder / "a.txt.record.json"));
  EXPECT_EQ(content(folder / "a.txt"), "new");
}

TEST_F(FileReplacementTest, BringsEarlierFilesBackWhenALaterOneCannotBePut) {
  iso::replace_file(folder / "a.txt", "old", ExistingFile::refuse);
  iso::replace_file(folder / "a.txt.record.json", "record of old", ExistingFile::refuse);
  FileReplacement files{ExistingFile::replace};
  iso::write_new_file(files.stage(folder / "a.txt"), "new");
  iso::write_new_file(files.stage(folder / "b.txt"), "new");
  fs::create_directory(folder / "b.txt");  // after it was checked
  (void)refusal([&] { files.commit(); }, iso::Errc::cannot_write);
  EXPECT_EQ(content(folder / "a.txt"), "old");
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of old");
}

TEST_F(FileReplacementTest, BringsAllOfSeveralBackWhenTheLastOneCannotBePut) {
  for (const std::string name : {"a.txt", "a.txt.record.json", "b.txt"})
    iso::replace_file(folder / name, "old " + name, ExistingFile::refuse);
  FileReplacement files{ExistingFile::replace};
  for (const std::string name : {"a.txt", "b.txt", "c.txt"}) iso::write_new_file(files.stage(folder / name), "new");
  fs::create_directory(folder / "c.txt");  // after it was checked
  (void)refusal([&] { files.commit(); }, iso::Errc::cannot_write);
  for (const std::string name : {"a.txt", "a.txt.record.json", "b.txt"})
    EXPECT_EQ(content(folder / name), "old " + name);
}

TEST_F(FileReplacementTest, LeavesAPipeAloneAlsoWhenFilesAreReplaced) {
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  FileReplacement files{ExistingFile::replace};
  EXPECT_NE(refusal([&] { (void)files.stage(folder / "pipe"); }, iso::Errc::cannot_write).find("device, pipe"),
            std::string::npos);
  EXPECT_TRUE(fs::is_fifo(folder / "pipe"));
}

TEST_F(FileReplacementTest, RemovesWhatAKilledProcessLeftAndKeepsWhatALivingOneHolds) {
  const pid_t child = ::fork();
  if (child == 0) {
    FileReplacement files{ExistingFile::refuse};
    iso::write_new_file(files.stage(folder / "a.txt"), "lost");
    ::_exit(0);  // no destructor runs
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_EQ(entries(), 1U);
  FileReplacement living{ExistingFile::refuse};
  const fs::path staged = living.stage(folder / "b.txt");
  iso::write_new_file(staged, "kept");
  EXPECT_EQ(entries(), 1U);
  iso::sweep_staging(folder);
  EXPECT_TRUE(fs::exists(staged));
  living.commit();
  EXPECT_EQ(content(folder / "b.txt"), "kept");
}

TEST_F(FileReplacementTest, FollowsNoLinkAndShowsStagedFilesToNobodyElse) {
  fs::create_symlink(folder / "victim", folder / "a.txt");
  iso::write_new_file(folder / "victim", "precious");
  iso::replace_file(folder / "a.txt", "new", ExistingFile::replace);
  EXPECT_EQ(content(folder / "victim"), "precious");
  EXPECT_FALSE(fs::is_symlink(folder / "a.txt"));
  FileReplacement files{ExistingFile::refuse};
  struct stat status {};
  ASSERT_EQ(::stat(files.stage(folder / "b.txt").parent_path().parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  (void)refusal([&] { iso::write_new_file(folder / "victim", "again"); }, iso::Errc::cannot_write);
}

TEST_F(FileReplacementTest, NamesThePlaceAndNotTheStagingFolder) {
  FileReplacement files{ExistingFile::refuse};
  const fs::path staged = files.stage(folder / "a.txt");
  EXPECT_EQ(files.with_places("'" + staged.string() + "' is full"), "'" + (folder / "a.txt").string() + "' is full");
  const std::string text = refusal([&] { (void)files.stage(folder / "none" / "a.txt"); }, iso::Errc::output_directory);
  EXPECT_NE(text.find("none"), std::string::npos);
}

/// A process whose second file cannot be put.
void fail_at_second_file(const fs::path& folder) {
  const pid_t child = ::fork();
  if (child == 0) {
    FileReplacement files{ExistingFile::replace};
    iso::write_new_file(files.stage(folder / "a.txt"), "new");
    iso::write_new_file(files.stage_record(folder / "a.txt"), "record of new");
    iso::write_new_file(files.stage(folder / "b.txt"), "new b");
    fs::create_directory(folder / "b.txt");  // stands in the way of the second rename
    try {
      files.commit();
    } catch (const iso::Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
}

TEST_F(FileReplacementTest, LeavesAFolderAloneThatStandsInTheWay) {
  iso::replace_file(folder / "a.txt", "old", ExistingFile::refuse);
  fail_at_second_file(folder);
  iso::sweep_staging(folder);
  EXPECT_TRUE(fs::is_directory(folder / "b.txt"));
  EXPECT_EQ(content(folder / "a.txt"), "old");
  EXPECT_EQ(entries(), 2U);
}

/// What a process leaves that is killed between the renames: `new/`, `old/`, `own/` and the mark.
class Begun : public FileReplacementTest {
 protected:
  Begun() {
    for (const char* part : {"new", "old", "own"}) fs::create_directories(staging / part);
    iso::write_new_file(staging / "begun", "");
    put_old("a.txt", "old");
    put_old("a.txt.record.json", "record of old");
    make_new("a.txt", "new");
    make_new("a.txt.record.json", "record of new");
    fs::remove(folder / "a.txt.record.json");  // the first step
  }
  void put_old(const std::string& name, const std::string& text) const {
    iso::write_new_file(folder / name, text);
    fs::create_hard_link(folder / name, staging / "old" / name);
  }
  void make_new(const std::string& name, const std::string& text) const {
    iso::write_new_file(staging / "new" / name, text);
    fs::create_hard_link(staging / "new" / name, staging / "own" / name);
  }
  void put() const { fs::rename(staging / "new" / "a.txt", folder / "a.txt"); }
  fs::path staging = folder / ".isocenter-abcdef";
};

TEST_F(Begun, IsFinishedBeforeTheFirstFileWasPut) {
  iso::sweep_staging(folder);
  EXPECT_EQ(content(folder / "a.txt"), "new");
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of new");
  EXPECT_EQ(entries(), 2U);
}

TEST_F(Begun, IsFinishedBeforeTheOldRecordWent) {
  fs::create_hard_link(staging / "old" / "a.txt.record.json", folder / "a.txt.record.json");
  iso::sweep_staging(folder);
  EXPECT_EQ(content(folder / "a.txt"), "new");
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of new");
  EXPECT_EQ(entries(), 2U);
}

TEST_F(Begun, IsFinishedBeforeTheRecordWasPut) {
  put();
  iso::sweep_staging(folder);
  EXPECT_EQ(content(folder / "a.txt"), "new");
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of new");
  EXPECT_EQ(entries(), 2U);
}

/// A kill at each step of two files that go together: what was taken away comes back as the new one, also for a reader.
class BegunTwice : public Begun, public testing::WithParamInterface<int> {};

TEST_P(BegunTwice, IsWholeForTheNextReader) {
  put_old("b.txt", "old b");
  make_new("b.txt", "new b");
  if (GetParam() > 0) fs::remove(folder / "a.txt");
  if (GetParam() > 1) fs::remove(folder / "b.txt");
  if (GetParam() > 2) put();
  EXPECT_TRUE(iso::settle_folder(folder));
  EXPECT_EQ(content(folder / "a.txt"), "new");
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of new");
  EXPECT_EQ(content(folder / "b.txt"), "new b");
  EXPECT_EQ(entries(), 3U);
  EXPECT_FALSE(iso::settle_folder(folder)) << "there is nothing left to finish";
}

INSTANTIATE_TEST_SUITE_P(AfterSteps, BegunTwice, testing::Range(0, 4));

TEST_F(Begun, TouchesNothingThatCameToThePlaceSince) {
  fs::remove(folder / "a.txt");
  iso::write_new_file(folder / "a.txt", "of another program");
  iso::sweep_staging(folder);
  EXPECT_EQ(content(folder / "a.txt"), "of another program");
  EXPECT_FALSE(fs::exists(folder / "a.txt.record.json")) << "no record of ours describes it";
  EXPECT_EQ(entries(), 1U);
}

TEST_F(Begun, GivesTheOldRecordBackWhereTheNewFileIsGone) {
  fs::remove(staging / "new" / "a.txt");
  iso::sweep_staging(folder);
  EXPECT_EQ(content(folder / "a.txt"), "old");
  EXPECT_EQ(content(folder / "a.txt.record.json"), "record of old");
}

/// Somebody copied the folder before anybody finished it there: two names of one file are two files then.
TEST_P(BegunTwice, IsWholeInACopyOfTheFolderToo) {
  put_old("b.txt", "old b");
  make_new("b.txt", "new b");
  if (GetParam() > 0) fs::remove(folder / "a.txt");
  if (GetParam() > 1) fs::remove(folder / "b.txt");
  if (GetParam() > 2) put();
  const fs::path copy = folder / "copy", aside = folder.string() + ".aside";
  fs::copy(folder, aside, fs::copy_options::recursive);
  fs::rename(aside, copy);
  EXPECT_TRUE(iso::settle_folder(copy));
  EXPECT_EQ(content(copy / "a.txt"), "new");
  EXPECT_EQ(content(copy / "a.txt.record.json"), "record of new");
  EXPECT_EQ(content(copy / "b.txt"), "new b");
  EXPECT_EQ(std::distance(fs::directory_iterator{copy}, fs::directory_iterator{}), 3);
}

/// An archive of somebody else can hold a folder that looks like ours, with links to folders of the user.
TEST_F(Begun, IsNotFinishedThroughLinks) {
  const fs::path home = folder / "home";
  fs::create_directories(home);
  iso::write_new_file(home / "letter.txt", "precious");
  for (const std::string links : {"new own", "old", "new old own", "begun"}) {
    const fs::path place = folder / "unpacked", fake = place / ".isocenter-abcdef";
    fs::create_directories(fake);
    for (const std::string part : {"new", "old", "own", "begun"}) {
      if (links.find(part) != std::string::npos)
        fs::create_symlink(part == "begun" ? home / "letter.txt" : home, fake / part);
      else if (part == "begun")
        iso::write_new_file(fake / part, "");
      else
        fs::create_directory(fake / part);
    }
    if (!fs::is_symlink(fake / "own")) iso::write_new_file(fake / "own" / "letter.txt", "");
    iso::sweep_staging(place);
    EXPECT_FALSE(iso::settle_folder(place)) << links;
    EXPECT_EQ(content(home / "letter.txt"), "precious") << links;
    EXPECT_FALSE(fs::exists(place / "letter.txt")) << links;
    EXPECT_TRUE(fs::exists(fake)) << links << ": what is not ours is not removed";
    fs::remove_all(place);
  }
}

TEST_F(FileReplacementTest, GivesANewFileThePermissionsOfTheOneThatItReplaces) {
  for (const unsigned mode : {0600U, 0640U, 0444U, 0666U}) {
    iso::replace_file(folder / "a.txt", "old", ExistingFile::replace);
    ASSERT_EQ(::chmod((folder / "a.txt").c_str(), mode), 0);
    iso::replace_file(folder / "a.txt", "new", ExistingFile::replace);
    EXPECT_EQ(content(folder / "a.txt"), "new");
    EXPECT_EQ(static_cast<unsigned>(fs::status(folder / "a.txt").permissions()), mode);
    fs::remove(folder / "a.txt");
  }
}

/// Whether data were changed since their record came is asked of the system (iso/job/complete.h).
TEST_F(FileReplacementTest, LeavesNoFileThatChangedAfterItsRecord) {
  const auto changed = [&](const char* name) {
    struct stat status {};
    EXPECT_EQ(::lstat((folder / name).c_str(), &status), 0);
    return std::pair{status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
  };
  for (int i = 0; i < 20; ++i) {
    FileReplacement files{ExistingFile::replace};
    for (const char* const name : {"a.txt", "b.txt"}) {
      iso::write_new_file(files.stage(folder / name), "text");
      iso::write_new_file(files.stage_record(folder / name), "record");
    }
    files.commit();
    EXPECT_LE(changed("a.txt"), changed("a.txt.record.json"));
    EXPECT_LE(changed("b.txt"), changed("b.txt.record.json"));
  }
}

TEST_F(FileReplacementTest, RemovesNoFolderOfTheUserThatIsCalledLikeAStagingFolder) {
  const fs::path own = folder / ".isocenter-backup";
  fs::create_directories(own / "new");
  iso::write_new_file(own / "scan.txt", "precious");
  iso::sweep_staging(folder);
  iso::replace_file(folder / "a.txt", "a", ExistingFile::refuse);
  EXPECT_EQ(content(own / "scan.txt"), "precious");
}

TEST_F(Begun, IsLeftToItsOwnerWhileItLives) {
  const int lock = ::open(staging.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  iso::sweep_staging(folder);
  EXPECT_EQ(content(folder / "a.txt"), "old");
  EXPECT_TRUE(fs::exists(staging));
  ::close(lock);
}

}  // namespace
