#include "iso/base/names.h"

#include <gtest/gtest.h>

#include <vector>

namespace iso {
namespace {

TEST(NearestName, IsTheOneWithFewestEdits) {
  const std::vector<std::string> names{"sparse_view_ct/tv", "sparse_view_ct/fbp", "example/smoothing"};
  EXPECT_EQ(nearest_name("sparse_view_ct/tw", names), "sparse_view_ct/tv");
  EXPECT_EQ(nearest_name("exmaple/smoothing", names), "example/smoothing");
  EXPECT_EQ(nearest_name("entirely different", names), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace iso
