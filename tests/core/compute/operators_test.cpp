#include <gtest/gtest.h>
#include <iso/base/error.h>
#include <iso/compute/backend.h>

using namespace iso::compute;

TEST(OperatorSpec, DifferenceAddsAnAxisOfDirections) {
  const FiniteDifference spec{iso::Shape{5, 4, 3}, {0, 2}};
  EXPECT_EQ(spec.range().shape, (iso::Shape{5, 4, 3, 2}));
}

TEST(OperatorSpec, RefusesAnAxisThatIsNotThereOrNamedTwice) {
  EXPECT_THROW(OperatorSpec(FiniteDifference{iso::Shape{5, 4}, {2}}).check(), iso::Error);
  EXPECT_THROW(OperatorSpec(FiniteDifference{iso::Shape{5, 4}, {1, 1}}).check(), iso::Error);
}

TEST(OperatorSpec, RefusesAFilterThatWouldWrapAround) {
  EXPECT_THROW(OperatorSpec(DetectorFilter{iso::Shape{100, 1, 2}, std::vector<double>(100, 1.0)}).check(), iso::Error);
  EXPECT_NO_THROW(OperatorSpec(DetectorFilter{iso::Shape{100, 1, 2}, std::vector<double>(101, 1.0)}).check());
}

TEST(OperatorSpec, RefusesAScanWithoutViews) {
  EXPECT_THROW(OperatorSpec(RayTransform{{}, iso::VoxelGrid{}}).check(), iso::Error);
}

TEST(BackendRegistry, NamesTheReasonOfAnAbsentDevice) {
  BackendRegistry registry;
  registry.note_absent("cuda:0", "no driver was found");
  try {
    (void)registry.choose({}, 0, "cuda");
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_EQ(error.code(), iso::Errc::no_device);
    EXPECT_NE(std::string{error.what()}.find("no driver was found"), std::string::npos);
  }
}
