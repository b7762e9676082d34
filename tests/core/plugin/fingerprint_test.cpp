#include "iso/plugin/descriptor.h"
#include "iso/plugin/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iso::plugin {
namespace {

constexpr auto types = boundary_types();

TEST(Fingerprint, ChangesWithEveryTypeOfTheBoundary) {
  const std::uint64_t ours = fingerprint(types);
  std::set<std::uint64_t> seen{ours};
  for (std::size_t i = 0; i < types.size(); ++i) {
    for (const auto member : {&BoundaryType::bytes, &BoundaryType::alignment, &BoundaryType::virtuals}) {
      auto changed = types;
      changed[i].*member += 8;
      EXPECT_TRUE(seen.insert(fingerprint(changed)).second) << types[i].name;
    }
    auto changed = types;
    changed[i].members ^= 1;
    EXPECT_TRUE(seen.insert(fingerprint(changed)).second) << types[i].name;
    changed[i].signatures ^= 1;
    EXPECT_TRUE(seen.insert(fingerprint(changed)).second) << types[i].name;
  }
}

struct Small {
  virtual ~Small() = default;
  virtual int one(int) = 0;
};
struct Other {
  virtual ~Other() = default;
  virtual int one(long) = 0;
};
struct Larger {
  virtual ~Larger() = default;
  virtual int one(int) = 0;
  virtual int two(int) = 0;
};

TEST(Fingerprint, IsComputedFromWhatTheCompilerKnowsOfAType) {
  const auto of = [](const BoundaryType& type) { return fingerprint(std::vector{type}); };
  EXPECT_EQ(of(detail::data<int>("x")), of(detail::data<unsigned>("x")));
  EXPECT_NE(of(detail::data<int>("x")), of(detail::data<long>("x")));
  EXPECT_NE(of(detail::interface("x", 0, &Small::one)), of(detail::interface("x", 0, &Other::one)))
      << "another parameter";
  EXPECT_NE(of(detail::interface("x", 0, &Small::one)), of(detail::interface("x", 0, &Larger::one, &Larger::two)))
      << "another function";
}

struct Pair {
  double first{0}, second{0};
};
struct Swapped {
  double second{0}, first{0};
};
struct Renamed {
  double first{0}, third{0};
};
struct Whole {
  double first{0};
  std::int64_t second{0};
};

TEST(Fingerprint, SeesMembersThatSwapTheirPlacesOrChangeTheirNamesOrTypes) {
  const std::set<std::uint64_t> seen{
      ISO_STRUCT(Pair, first, second).members, ISO_STRUCT(Swapped, first, second).members,
      ISO_STRUCT(Renamed, first, third).members, ISO_STRUCT(Whole, first, second).members};
  EXPECT_EQ(seen.size(), 4U);
  EXPECT_EQ(ISO_STRUCT(Pair, first, second).listed, 2U);
  EXPECT_NE(fingerprint(std::vector{detail::alternatives<std::variant<int, long>>("x")}),
            fingerprint(std::vector{detail::alternatives<std::variant<long, int>>("x")}));
}

/// Takes the place of a member of any type.
struct Anything {
  template <class T>
  operator T() const;  // NOLINT(google-explicit-constructor): that is what it is for
};
/// How many members an aggregate has: the most that it can be made from.
template <class T, class... Given>
consteval std::size_t arity() {
  if constexpr (requires { T{Given{}..., Anything{}}; })
    return arity<T, Given..., Anything>();
  else
    return sizeof...(Given);
}
template <class T>
void expect_all_listed(std::string_view name) {
  const auto found = std::ranges::find(types, name, &BoundaryType::name);
  ASSERT_NE(found, types.end()) << name;
  EXPECT_EQ(found->listed, arity<T>()) << name << " has a member that its fingerprint does not list";
}

TEST(Fingerprint, ListsEveryMemberOfEveryStruct) {
  expect_all_listed<About>("About");
  expect_all_listed<Port>("Port");
  expect_all_listed<Mark>("Mark");
  expect_all_listed<Model>("Model");
  expect_all_listed<Refusal>("Refusal");
  expect_all_listed<PlannedOperator>("PlannedOperator");
  expect_all_listed<Plan>("Plan");
  expect_all_listed<Volume>("Volume");
  expect_all_listed<LabelMap>("LabelMap");
  expect_all_listed<Sinogram>("Sinogram");
  expect_all_listed<KSpace>("KSpace");
  expect_all_listed<Trajectory>("Trajectory");
  expect_all_listed<SpectralCube>("SpectralCube");
  expect_all_listed<Table>("Table");
  expect_all_listed<TextColumn>("TextColumn");
  expect_all_listed<Axis>("Axis");
  expect_all_listed<Quantity>("Quantity");
  expect_all_listed<Checkpoint>("Checkpoint");
  expect_all_listed<ArraySpec>("ArraySpec");
  expect_all_listed<VoxelGrid>("VoxelGrid");
  expect_all_listed<View>("View");
  expect_all_listed<compute::DeviceInfo>("compute::DeviceInfo");
  expect_all_listed<compute::OperatorEntry>("compute::OperatorEntry");
  expect_all_listed<compute::OperatorCost>("compute::OperatorCost");
}

TEST(Fingerprint, IsTheEndOfTheBuildTag) {
  const std::string tag = build_tag();
  EXPECT_EQ(std::stoull(tag.substr(tag.size() - 16), nullptr, 16), fingerprint(types)) << tag;
  EXPECT_EQ(tag.find("itk"), std::string::npos) << "the boundary names no library";
}

}  // namespace
}  // namespace iso::plugin
