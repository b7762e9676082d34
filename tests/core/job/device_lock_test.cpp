#include "job/device_lock_impl.h"

#include "iso/base/error.h"
#include "iso/base/temporary_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stop_token>
#include <string>

namespace iso::job {
namespace {

namespace fs = std::filesystem;

/// A folder for temporary files that everybody may write to, as /tmp is, and no folder of the session.
class DeviceLockTest : public ::testing::Test {
 protected:
  DeviceLockTest() {
    keep("TMPDIR", before_);
    keep("XDG_RUNTIME_DIR", runtime_);
    fs::create_directory(shared);
    fs::permissions(shared, fs::perms::all | fs::perms::sticky_bit);
    ::setenv("TMPDIR", shared.c_str(), 1);
    ::unsetenv("XDG_RUNTIME_DIR");
  }
  ~DeviceLockTest() override {
    bring_back("TMPDIR", before_);
    bring_back("XDG_RUNTIME_DIR", runtime_);
  }
  static void keep(const char* name, std::string& value) {
    if (const char* const text = std::getenv(name); text != nullptr) value = text;
  }
  static void bring_back(const char* name, const std::string& value) {
    value.empty() ? ::unsetenv(name) : ::setenv(name, value.c_str(), 1);
  }
  /// Whether a second job would have to wait.
  static bool is_held() {
    std::stop_source stop;
    stop.request_stop();
    try {
      const DeviceLock second{"cuda:0", stop.get_token(), {}};
      return false;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::cancelled);
      return true;
    }
  }

  TemporaryFolder folder{"iso_device_lock"};
  fs::path shared = folder.path() / "tmp", own = shared / ("isocenter-locks-" + std::to_string(::geteuid()));

 private:
  std::string before_, runtime_;
};

TEST_F(DeviceLockTest, IsHeldByOneJobAtATimeInAFolderOfItsUserAlone) {
  {
    const DeviceLock first{"cuda:0", {}, {}};
    EXPECT_TRUE(is_held());
    struct stat status {};
    ASSERT_EQ(::lstat(own.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0700U);
  }
  EXPECT_FALSE(is_held());
}

TEST_F(DeviceLockTest, LiesInTheFolderOfTheSessionIfThatIsPrivate) {
  const fs::path session = folder.path() / "session";
  fs::create_directory(session);
  fs::permissions(session, fs::perms::owner_all);
  ::setenv("XDG_RUNTIME_DIR", session.c_str(), 1);
  const DeviceLock first{"cuda:0", {}, {}};
  EXPECT_TRUE(fs::exists(session / "isocenter-cuda_0.lock"));
  EXPECT_FALSE(fs::exists(own));
}

TEST_F(DeviceLockTest, FollowsNoLinkThatSomebodyPutInItsPlace) {
  const fs::path victim = folder.path() / "victim";
  fs::create_directory(victim);
  fs::create_directory_symlink(victim, own);
  { const DeviceLock first{"cuda:0", {}, {}}; }
  EXPECT_TRUE(fs::is_empty(victim));
  fs::remove(own);
  fs::create_directory(own);
  fs::permissions(own, fs::perms::owner_all);
  fs::create_symlink(victim / "made", own / "isocenter-cuda_0.lock");
  { const DeviceLock first{"cuda:0", {}, {}}; }
  EXPECT_TRUE(fs::is_empty(victim));
}

}  // namespace
}  // namespace iso::job
