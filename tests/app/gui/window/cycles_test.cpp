// Opening and closing a large volume a hundred times keeps the memory of the desktop where it is.

#include "window_fixture.h"

#include <malloc.h>

#include <fstream>

namespace iso::gui {
namespace {

using Cycles = test::WindowTest;

double resident_mib() {
  ::malloc_trim(0);
  std::ifstream statm{"/proc/self/statm"};
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

TEST_F(Cycles, OfOpeningAndClosingA256CubedVolumeDoNotGrow) {
  constexpr double volume_mib = 32;
  const std::filesystem::path file = folder / "large.nrrd";
  {
    Volume data;
    data.grid = VoxelGrid::centred({256, 256, 256}, {1, 1, 1});
    PixelBuffer buffer = PixelBuffer::allocate({data.grid.shape(), ScalarType::i16});
    auto values = buffer.values<std::int16_t>();
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<std::int16_t>((i * 2654435761U >> 20) & 1023);
    data.pixels = std::move(buffer);
    io::write(file, Dataset{std::move(data)});
  }
  std::vector<double> after;
  for (int cycle = 0; cycle < 100; ++cycle) {
    window->open_file(file);
    ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; })) << window->told().toStdString();
    rest(60);  // drawn in four views
    window->action(QStringLiteral("file.close_item"))->trigger();
    ASSERT_TRUE(document().items().empty());
    rest(20);
    // What was closed can be opened again by undo, within a budget; here the question is what remains beyond it.
    document().undo_stack().clear();
    after.push_back(resident_mib());
  }
  std::cout << "resident after 10, 50, 100 cycles: " << after[9] << ", " << after[49] << ", " << after[99] << " MiB\n";
  EXPECT_LT(after[99] - after[9], volume_mib / 2) << "grows by " << (after[99] - after[9]) / 90 << " MiB a cycle";
  EXPECT_LT(after[99], after[0] + 2 * volume_mib);
}

TEST_F(Cycles, WithinTheBudgetOfUndoAreFlatOnceItIsFull) {
  constexpr std::int64_t side = 160;
  Volume data;
  data.grid = VoxelGrid::centred({side, side, side}, {1, 1, 1});
  data.pixels = PixelBuffer::allocate({data.grid.shape(), ScalarType::f32});
  const std::filesystem::path file = folder / "large.nrrd";
  io::write(file, Dataset{std::move(data)});
  const double volume_mib = 4.0 * side * side * side / (1 << 20);
  const auto cycles = [&](int count) {
    for (int i = 0; i < count; ++i) {
      window->open_file(file);
      ASSERT_TRUE(wait_until([&] { return document().items().size() == 1; }));
      window->action(QStringLiteral("file.close_item"))->trigger();
    }
  };
  const double budget_mib = static_cast<double>(document().undo_stack().budget_bytes()) / (1 << 20);
  cycles(static_cast<int>(budget_mib / volume_mib) + 4);
  const double full = resident_mib();
  cycles(20);
  EXPECT_LT(resident_mib() - full, 3 * volume_mib);
  EXPECT_LE(static_cast<double>(document().undo_stack().bytes()),
            static_cast<double>(document().undo_stack().budget_bytes()));
}

}  // namespace
}  // namespace iso::gui
