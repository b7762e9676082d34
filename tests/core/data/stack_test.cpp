#include "iso/data/stack.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

namespace iso {
namespace {

Volume pile(std::int64_t slices) {
  Volume volume;
  volume.grid = VoxelGrid::centred({4, 4, slices}, {1, 1, 1});
  return volume;
}

TEST(Stacks, AreWhatAVolumeSaysOfItself) {
  Volume volume = pile(6);
  EXPECT_FALSE(find_stack(volume).has_value());
  set_stack(volume, {"outer layer", 3});
  EXPECT_EQ(find_stack(volume), (Stack{"outer layer", 3}));
}

TEST(Stacks, AreNoneOfSlicesThatCannotBeSharedOut) {
  Volume volume = pile(7);
  EXPECT_THROW(set_stack(volume, {"layer", 3}), Error);
  EXPECT_THROW(set_stack(volume, {"", 7}), Error);
  volume.meta["stack"] = "layer 3";
  EXPECT_FALSE(find_stack(volume).has_value()) << "it was cut since";
  for (const char* const text : {"layer", "layer x", " 7", "layer 7 pieces", "layer 1", "layer -7"}) {
    volume.meta["stack"] = text;
    EXPECT_FALSE(find_stack(volume).has_value()) << text;
  }
}

}  // namespace
}  // namespace iso
