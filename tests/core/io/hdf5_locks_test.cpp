#include "io_fixture.h"

#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace iso::test {
namespace {

/// The library opens what it writes without close-on-exec, so that a process that is started meanwhile has it open, too.
class LocksOfHdf5 : public IoTest {};

TEST_F(LocksOfHdf5, LeaveAFileFreeAlthoughAProcessThatWasStartedWhileItWasWrittenLives) {
  Volume data;
  data.grid = VoxelGrid::centred({256, 256, 128}, {1, 1, 1});
  data.pixels = PixelBuffer::allocate({data.grid.shape(), ScalarType::f32});
  const Dataset written{std::move(data)};
  const fs::path file = folder / "large.h5";
  std::atomic<bool> done{false};
  std::vector<pid_t> children;
  {
    const std::jthread writer{[&] {
      io::write(file, written);
      done = true;
    }};
    while (!done && children.size() < 200) {
      const pid_t child = ::fork();
      if (child == 0)
        while (true) ::pause();
      children.push_back(child);
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  }
  EXPECT_GT(children.size(), 3U) << "none was started while the file was written";
  EXPECT_NO_THROW((void)io::read(file));
  for (const pid_t child : children) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

}  // namespace
}  // namespace iso::test
