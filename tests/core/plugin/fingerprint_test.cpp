#include "iso/plugin/descriptor.h"
#include "iso/plugin/manifest.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
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

TEST(Fingerprint, IsTheEndOfTheBuildTag) {
  const std::string tag = build_tag();
  EXPECT_EQ(std::stoull(tag.substr(tag.size() - 16), nullptr, 16), fingerprint(types)) << tag;
  EXPECT_EQ(tag.find("itk"), std::string::npos) << "the boundary names no library";
}

}  // namespace
}  // namespace iso::plugin
