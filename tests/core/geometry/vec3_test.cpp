#include <gtest/gtest.h>
#include <iso/geometry/vec3.h>

#include <numbers>

namespace {

using iso::Vec3;

void expect_near(const Vec3& a, const Vec3& b) {
  for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_NEAR(a[axis], b[axis], 1e-14);
}

TEST(Vec3, TurnsRightHandedAboutAnAxis) {
  expect_near(iso::rotate({1, 0, 5}, {0, 0, 1}, std::numbers::pi / 2), {0, 1, 5});
  expect_near(iso::rotate({0, 0, 2}, {1, 0, 0}, std::numbers::pi / 2), {0, -2, 0});
}

TEST(Vec3, CrossesAtRightAnglesWithTheAreaAsLength) {
  const Vec3 a{1, 2, 3}, b{-2, 0, 1}, normal = iso::cross(a, b);
  EXPECT_NEAR(iso::dot(normal, a), 0, 1e-14);
  EXPECT_NEAR(iso::dot(normal, b), 0, 1e-14);
  EXPECT_NEAR(iso::dot(normal, normal), iso::dot(a, a) * iso::dot(b, b) - iso::dot(a, b) * iso::dot(a, b), 1e-12);
  EXPECT_EQ(iso::cross({1, 0, 0}, {0, 1, 0}), (Vec3{0, 0, 1}));
}

TEST(Vec3, IsMultipliedByTheRowsOfAMatrix) {
  const iso::Mat3 m{1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(iso::multiply(m, {1, 0, -1}), (Vec3{-2, -2, -2}));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    Vec3 basis{};
    basis[axis] = 1;
    EXPECT_EQ(iso::multiply(m, basis), iso::column(m, axis));
  }
}

}  // namespace
