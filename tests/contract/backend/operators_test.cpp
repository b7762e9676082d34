#include "contract/backend/fixture.h"

#include "support/replay_backend.h"

#include <functional>

using namespace iso::compute;
using iso::Pixels;
using iso::ScalarType;
using iso::test::BackendContract;

namespace {

/// A description that no back end has in its table.
struct Unknown {
  static constexpr std::string_view name = "operator of a test";
  static constexpr Values values = Values::any;
  [[nodiscard]] static iso::ArraySpec domain() { return {iso::Shape{3}, ScalarType::f32}; }
  [[nodiscard]] static iso::ArraySpec range() { return domain(); }
  [[nodiscard]] static Magnitude magnitude() { return {}; }
  static void check() {}
};

}  // namespace

// How far a back end may be from the reference, as the norm of the difference over the norm of the result.
//
// Rays and shadows: a position in voxels or elements comes from about 8 roundings of numbers as large as the distance D from
// the source in voxels. Here D < 100, so that it is off by at most 8 x 100 x 6e-8 = 5e-5 in single and 1e-13 in double
// precision, and so is the weight of each of the two to four values that a sample is interpolated from. Close to the source
// of `coneInside` the magnification multiplies that by up to ten. The random fields have no structure that would make errors
// add up. Transforms: roundings of N < 128 terms, 128 x 6e-8 = 8e-6 at most.
constexpr double single_tolerance = 5e-4, double_tolerance = 1e-11;

TEST_P(BackendContract, AgreesWithTheReferenceInSinglePrecision) {
  for (const auto& test : iso::test::operator_cases(false)) {
    if (under_test().refusal(test.spec)) continue;
    for (const bool adjoint : {false, true}) {
      const auto error = difference(apply(under_test(), test.spec, adjoint, Write::replace, 3),
                                    apply(reference(), test.spec, adjoint, Write::replace, 3));
      EXPECT_LT(error.relative, single_tolerance) << test.name << (adjoint ? ", adjoint" : "");
    }
  }
}

TEST_P(BackendContract, AgreesWithTheReferenceInDoublePrecision) {
  for (const auto& test : iso::test::operator_cases(true)) {
    if (under_test().refusal(test.spec)) continue;
    for (const bool adjoint : {false, true}) {
      const auto error = difference(apply(under_test(), test.spec, adjoint, Write::replace, 4),
                                    apply(reference(), test.spec, adjoint, Write::replace, 4));
      EXPECT_LT(error.relative, double_tolerance) << test.name << (adjoint ? ", adjoint" : "");
    }
  }
}

TEST_P(BackendContract, AddsToWhatIsThereWhenAsked) {
  for (const auto& test : iso::test::operator_cases(false)) {
    if (under_test().refusal(test.spec)) continue;
    for (const bool adjoint : {false, true}) {
      const auto error = difference(apply(under_test(), test.spec, adjoint, Write::accumulate, 5),
                                    apply(reference(), test.spec, adjoint, Write::accumulate, 5));
      EXPECT_LT(error.relative, single_tolerance) << test.name << (adjoint ? ", adjoint" : "");
    }
  }
}

// The gap is measured against the size of <A x, y> for unrelated x and y. Both products are sums of roundings of n terms,
// which grow as sqrt(n) while <A x, y> does not: some sqrt(n) = 100 times 6e-8 at most here, and of what cancels in a filter.
TEST_P(BackendContract, AdjointsMatchInSinglePrecision) {
  for (const auto& test : iso::test::operator_cases(false)) {
    if (under_test().refusal(test.spec)) continue;
    EXPECT_LT(adjoint_gap(*under_test().make(test.spec), 11), 1e-5) << test.name;
  }
}

TEST_P(BackendContract, AdjointsMatchInDoublePrecision) {
  for (const auto& test : iso::test::operator_cases(true)) {
    if (under_test().refusal(test.spec)) continue;
    EXPECT_LT(adjoint_gap(*under_test().make(test.spec), 11), 1e-12) << test.name;
  }
}

TEST_P(BackendContract, NormalOperatorsAreTheAdjointAfterTheOperator) {
  for (const bool in_double : {false, true}) {
    for (const auto& test : iso::test::operator_cases(in_double)) {
      if (under_test().refusal(test.spec)) continue;
      EXPECT_LT(normal_gap(*under_test().make(test.spec), 11), in_double ? 1e-12 : 1e-5) << test.name;
    }
  }
}

TEST_P(BackendContract, SaysWhatAnOperatorCostsBeforeItIsMade) {
  for (const bool in_double : {false, true}) {
    for (const auto& test : iso::test::operator_cases(in_double)) {
      if (under_test().refusal(test.spec)) continue;
      const OperatorCost cost = under_test().cost(test.spec);
      EXPECT_GT(cost.seconds, 0) << test.name;
      EXPECT_LT(cost.seconds, 10) << test.name;
      EXPECT_LT(cost.bytes(), std::size_t{64} << 20) << test.name;
    }
  }
}

TEST_P(BackendContract, AnOperatorThatItDoesNotKnowIsRefusedByName) {
  const OperatorSpec spec = Unknown{};
  EXPECT_TRUE(under_test().refusal(spec).has_value());
  for (const auto& call : {std::function<void()>([&] { (void)under_test().make(spec); }),
                           std::function<void()>([&] { (void)under_test().cost(spec); })}) {
    try {
      call();
      ADD_FAILURE() << "an unknown operator was taken";
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::unsupported);
      EXPECT_NE(std::string{error.what()}.find("operator of a test"), std::string::npos) << error.what();
    }
  }
}

TEST_P(BackendContract, ComposedStackedAndScaledOperatorsKeepTheirAdjoint) {
  const auto cases = iso::test::operator_cases(true);
  const auto named = [&](const std::string& name) {
    for (const auto& test : cases) {
      if (test.name == name) return under_test().make(test.spec);
    }
    throw std::logic_error(name);
  };
  const auto flat = named("ray transform, fanFlat"), parallel = named("ray transform, parallel");
  EXPECT_LT(adjoint_gap(*stack({flat, scaled(-2.5, parallel)}), 5), 1e-12);
  EXPECT_LT(adjoint_gap(*compose(adjoint(flat), flat), 5), 1e-12);
  EXPECT_LT(adjoint_gap(*compose(named("back-projection, fanFlat"), flat), 5), 1e-12);
}

TEST_P(BackendContract, OffersWhatItSaysAndSaysWhyNotOtherwise) {
  int offered = 0;
  for (const bool in_double : {false, true}) {
    for (const auto& test : iso::test::operator_cases(in_double)) {
      const auto refusal = under_test().refusal(test.spec);
      if (!refusal) {
        ++offered;
        EXPECT_NE(under_test().make(test.spec), nullptr);
        continue;
      }
      EXPECT_FALSE(refusal->sentence.empty()) << test.name;
      EXPECT_THROW((void)under_test().make(test.spec), iso::Error) << test.name;
    }
  }
  EXPECT_GT(offered, 60);
}

TEST_P(BackendContract, AStopRequestCancelsEveryOperator) {
  for (const auto& test : iso::test::operator_cases(false)) {
    if (under_test().refusal(test.spec)) continue;
    std::stop_source source;
    const auto stream = under_test().make_stream(source.get_token());
    const auto a = under_test().make(test.spec);
    auto x = under_test().allocate(a->domain(), *stream), y = under_test().allocate(a->range(), *stream);
    a->forward(x, y, *stream);
    source.request_stop();
    try {
      a->forward(x, y, *stream);
      ADD_FAILURE() << test.name << " went on";
    } catch (const iso::Error& error) {
      EXPECT_EQ(error.code(), iso::Errc::cancelled);
    }
  }
}

TEST_P(BackendContract, RefusesArraysOfAnotherBackEndAndOfAnotherShape) {
  const auto test = iso::test::operator_cases(false).front();
  const auto stream = under_test().make_stream();
  const auto a = under_test().make(test.spec);
  const auto stranger = iso::test::make_replay_backend();
  const auto other_stream = stranger->make_stream();
  const auto x = stranger->allocate(a->domain(), *other_stream);
  auto y = under_test().allocate(a->range(), *stream);
  auto code = iso::Errc::usage;
  try {
    a->forward(x, y, *stream);
  } catch (const iso::Error& error) {
    code = error.code();
  }
  EXPECT_EQ(code, iso::Errc::internal);
  const auto small = under_test().allocate({iso::Shape{3}, ScalarType::f32}, *stream);
  try {
    a->forward(small, y, *stream);
  } catch (const iso::Error& error) {
    code = error.code();
  }
  EXPECT_EQ(code, iso::Errc::shape_mismatch);
}

TEST_P(BackendContract, FiltersAndTransformsInPlace) {
  for (const auto& test : iso::test::operator_cases(false)) {
    if (test.spec.domain() != test.spec.range() || under_test().refusal(test.spec)) continue;
    if (test.spec.as<RayTransform>() != nullptr || test.spec.as<Backprojection>() != nullptr) continue;
    const auto stream = under_test().make_stream();
    const auto a = under_test().make(test.spec);
    auto x = under_test().upload(noise(a->domain(), 3), *stream);
    a->forward(x, x, *stream);
    const auto error =
        difference(under_test().download(x, *stream), apply(reference(), test.spec, false, Write::replace, 3));
    EXPECT_LT(error.relative, single_tolerance) << test.name;
  }
}

TEST_P(BackendContract, KeepsWhatIsUploadedAndStartsWithZeros) {
  const auto stream = under_test().make_stream();
  for (const auto type : {ScalarType::u8, ScalarType::f32, ScalarType::f64, ScalarType::c64, ScalarType::c128}) {
    const iso::ArraySpec spec{iso::Shape{7, 1, 5}, type};
    iso::PixelBuffer buffer = iso::PixelBuffer::allocate(spec);
    for (std::size_t i = 0; i < spec.bytes(); ++i) buffer.data()[i] = static_cast<std::byte>(i * 37 % 251);
    const iso::Pixels block = std::move(buffer);
    const auto back = under_test().download(under_test().upload(block, *stream), *stream);
    ASSERT_EQ(back.spec(), spec);
    EXPECT_TRUE(std::equal(block.data(), block.data() + spec.bytes(), back.data()));
    const auto zeros = under_test().download(under_test().allocate(spec, *stream), *stream);
    for (std::size_t i = 0; i < spec.bytes(); ++i) ASSERT_EQ(zeros.data()[i], std::byte{0});
  }
}

TEST_P(BackendContract, ArraysOutliveTheirStream) {
  Array array;
  {
    const auto stream = under_test().make_stream();
    array = under_test().allocate({iso::Shape{1000}, ScalarType::f32}, *stream);
    stream->synchronize();
  }
  const auto stream = under_test().make_stream();
  under_test().vector().fill(array, 2, *stream);
  EXPECT_NEAR(under_test().vector().norm2(array, *stream), std::sqrt(4000.0), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(On, BackendContract, testing::ValuesIn(iso::test::back_ends), iso::test::instance_name);
