#include "io_fixture.h"

#include "iso/io/checkpoint_file.h"

namespace iso::test {
namespace {

using CheckpointFile = IoTest;

Checkpoint some() {
  Checkpoint state;
  state.iteration = 17;
  state.arrays.emplace("x", counting<float>(Shape{4, 3, 2}));
  state.arrays.emplace("dual", counting<double>(Shape{4, 3}));
  state.numbers["step"] = 1.0 / 3;
  return state;
}

/// The values that `x` begins with.
std::array<float, 4> first_values() {
  std::array<float, 4> values{};
  const Checkpoint state = some();
  std::ranges::copy(state.arrays.at("x").values<float>().first(4), values.begin());
  return values;
}

TEST_F(CheckpointFile, ComesBackToTheBit) {
  const Checkpoint state = some();
  io::write_checkpoint(folder / "c.h5", "run 1", state);
  const auto again = io::read_checkpoint(folder / "c.h5", "run 1");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->iteration, 17);
  EXPECT_EQ(again->numbers, state.numbers);
  ASSERT_EQ(again->arrays.size(), 2u);
  for (const auto& [name, array] : state.arrays) {
    ASSERT_EQ(again->arrays.at(name).spec(), array.spec());
    EXPECT_EQ(std::memcmp(again->arrays.at(name).data(), array.data(), array.spec().bytes()), 0);
  }
}

TEST_F(CheckpointFile, OfAnotherRunOrDamagedOrMissingIsNothing) {
  io::write_checkpoint(folder / "c.h5", "run 1", some());
  EXPECT_FALSE(io::read_checkpoint(folder / "c.h5", "run 2").has_value());
  EXPECT_FALSE(io::read_checkpoint(folder / "none.h5", "run 1").has_value());
  const std::string whole = bytes_of_file(folder / "c.h5");
  for (std::size_t length = 0; length < whole.size(); length += 1 + whole.size() / 50) {
    put(folder / "cut.h5", whole.substr(0, length));
    EXPECT_FALSE(io::read_checkpoint(folder / "cut.h5", "run 1").has_value()) << length;
  }
}

TEST_F(CheckpointFile, WithAChangedBitIsNothing) {
  io::write_checkpoint(folder / "c.h5", "run 1", some());
  const std::string whole = bytes_of_file(folder / "c.h5");
  const std::array<float, 4> start = first_values();
  const std::size_t at = whole.find(std::string{reinterpret_cast<const char*>(start.data()), sizeof start});
  ASSERT_NE(at, std::string::npos);
  std::string changed = whole;
  changed[at + 5] = static_cast<char>(changed[at + 5] ^ 1);
  put(folder / "c.h5", changed);
  EXPECT_FALSE(io::read_checkpoint(folder / "c.h5", "run 1").has_value());
}

TEST_F(CheckpointFile, ReplacesTheOneBefore) {
  Checkpoint state = some();
  io::write_checkpoint(folder / "c.h5", "k", state);
  state.iteration = 18;
  io::write_checkpoint(folder / "c.h5", "k", state);
  EXPECT_EQ(io::read_checkpoint(folder / "c.h5", "k")->iteration, 18);
  EXPECT_EQ(files_in(folder), 1u);
}

}  // namespace
}  // namespace iso::test
