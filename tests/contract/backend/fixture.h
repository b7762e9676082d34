#pragma once

#include <iso/compute/backend.h>

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace iso::test {

/// A test parametrised by the id of a back end: "reference", "replay", "cpu", "cuda", or the device cpu with the kernels of one
/// instruction set, "cpu x86-64-v2". Skips, with the reason as text, where
/// that one is not here; fails if the test then never used it.
class BackendContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// The back end under test.
  const compute::Backend& under_test() {
    used_ = true;
    return *backend_;
  }
  const compute::Backend& reference() const { return *reference_; }

  /// Values of a seeded normal distribution.
  static Pixels noise(const ArraySpec& spec, std::uint64_t seed);
  /// Applies an operator of `backend` to noise, adding to noise where `write` says so.
  static Pixels apply(const compute::Backend& backend, const compute::OperatorSpec& spec, bool adjoint,
                      compute::Write write, std::uint64_t seed);
  /// Norm of a - b over norm of b, and the largest difference over the largest b.
  struct Difference {
    double relative, largest;
  };
  static Difference difference(const Pixels& a, const Pixels& b);

 private:
  std::shared_ptr<const compute::Backend> backend_, reference_;
  bool used_{false};
};

/// All ids, and the name of a test instance for one.
inline constexpr std::array back_ends{"reference",  "replay",        "cpu",           "cuda",
                                      "cpu x86-64", "cpu x86-64-v2", "cpu x86-64-v3", "cpu x86-64-v4"};
[[nodiscard]] std::string instance_name(const testing::TestParamInfo<const char*>& instance);

/// Why the back end is not here; empty if it is.
[[nodiscard]] std::string why_absent(const std::string& id);

struct Case {
  std::string name;
  compute::OperatorSpec spec;
};
/// Operators over shapes and geometries of every kind, in single (f32, c64) or double precision.
[[nodiscard]] std::vector<Case> operator_cases(bool in_double);

}  // namespace iso::test
