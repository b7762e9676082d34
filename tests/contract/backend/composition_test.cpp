#include "contract/backend/fixture.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstring>
#include <string>

// Operators made of others, and arrays that share memory: the same on every back end.

using namespace iso::compute;
using iso::ArraySpec;
using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;

namespace iso::test {

class CompositionContract : public BackendContract {
 protected:
  /// A x or Aᴴ x for noise x, added to noise.
  Pixels added(const LinearOperator& a, bool adjoint, std::uint64_t seed) {
    const auto stream = under_test().make_stream();
    const Array in = under_test().upload(noise(adjoint ? a.range() : a.domain(), seed), *stream);
    Array out = under_test().upload(noise(adjoint ? a.domain() : a.range(), seed + 1), *stream);
    if (adjoint)
      a.adjoint(in, out, *stream, Write::accumulate);
    else
      a.forward(in, out, *stream, Write::accumulate);
    return under_test().download(out, *stream);
  }
  Array upload(const ArraySpec& spec, std::uint64_t seed, Stream& stream) {
    return under_test().upload(noise(spec, seed), stream);
  }
  static double tolerance(ScalarType type) { return is_double(type) ? 1e-13 : 1e-6; }
  static constexpr std::array types{ScalarType::f32, ScalarType::f64, ScalarType::c64, ScalarType::c128};
};

TEST_P(CompositionContract, IdentityGivesBackWhatItIsGiven) {
  for (const auto type : types) {
    for (const Shape& shape : {Shape{1}, Shape{13}, Shape{7, 1, 5}}) {
      const auto a = identity({shape, type}, under_test());
      const auto stream = under_test().make_stream();
      const Array x = upload({shape, type}, 3, *stream);
      Array y = under_test().allocate({shape, type}, *stream);
      a->forward(x, y, *stream);
      EXPECT_EQ(difference(under_test().download(y, *stream), noise({shape, type}, 3)).largest, 0);
      EXPECT_LT(adjoint_gap(*a, 2), tolerance(type)) << shape.text();
      EXPECT_LT(normal_gap(*a, 2), tolerance(type)) << shape.text();
    }
  }
}

TEST_P(CompositionContract, DiagonalMultipliesEachElementAndItsAdjointByTheConjugate) {
  for (const auto type : types) {
    const ArraySpec spec{Shape{11, 3}, type};
    const auto stream = under_test().make_stream();
    const auto a = diagonal(upload(spec, 5, *stream));
    EXPECT_LT(adjoint_gap(*a, 2), tolerance(type)) << to_string(type);
    EXPECT_LT(normal_gap(*a, 2), 10 * tolerance(type)) << to_string(type);
    const Array x = upload(spec, 6, *stream), w = upload(spec, 5, *stream);
    Array y = under_test().allocate(spec, *stream), expected = under_test().allocate(spec, *stream);
    a->adjoint(x, y, *stream);
    under_test().vector().conjugate_multiply(w, x, expected, *stream);
    EXPECT_EQ(difference(under_test().download(y, *stream), under_test().download(expected, *stream)).largest, 0);
  }
}

TEST_P(CompositionContract, SumStackRowAndFramesKeepTheirAdjointAndAddWhenAsked) {
  const FiniteDifference d{Shape{6, 5}, {0, 1}, ScalarType::f64};
  const auto stream = under_test().make_stream();
  const auto a = under_test().make(d), b = scaled(-0.7, under_test().make(d));
  const auto weights = diagonal(upload(d.domain(), 9, *stream)), one = identity(d.domain(), under_test());
  const std::vector<std::pair<const char*, OperatorPtr>> all{
      {"sum", sum({a, b, a})},
      {"stack", stack({Block{"differences", a}, Block{"weights", weights}, Block{"image", one}})},
      {"row", block_row({Block{"low rank", weights}, Block{"sparse", one}})},
      {"diagonal of blocks", block_diagonal({Block{"first", a}, Block{"second", weights}})},
      {"frames", each_frame(a, 4)},
      {"normal operator of a denoiser", sum({compose(adjoint(a), a), scaled(3, one)})}};
  for (const auto& [name, op] : all) {
    EXPECT_LT(adjoint_gap(*op, 4), 1e-12) << name;
    EXPECT_LT(normal_gap(*op, 4), 1e-12) << name;
    for (const bool adjoint : {false, true}) {
      Array out = upload(adjoint ? op->domain() : op->range(), 8, *stream);
      const Array in = upload(adjoint ? op->range() : op->domain(), 7, *stream);
      Array alone = under_test().allocate(out.spec(), *stream);
      adjoint ? op->adjoint(in, alone, *stream) : op->forward(in, alone, *stream);
      under_test().vector().axpy(1, alone, out, *stream);
      EXPECT_LT(difference(added(*op, adjoint, 7), under_test().download(out, *stream)).relative, 1e-14) << name;
    }
  }
}

TEST_P(CompositionContract, AStackNamesThePartsOfItsRange) {
  const FiniteDifference d{Shape{6, 5}, {0, 1}, ScalarType::f64};
  const auto stream = under_test().make_stream();
  const auto a = under_test().make(d), one = identity(d.domain(), under_test());
  const auto both = stack({Block{"differences", a}, Block{"image", one}});
  const Array x = upload(d.domain(), 7, *stream);
  Array y = under_test().allocate(both->range(), *stream), alone = under_test().allocate(d.range(), *stream);
  both->forward(x, y, *stream);
  a->forward(x, alone, *stream);
  const Space& space = both->range_space();
  ASSERT_EQ(space.parts().size(), 2U);
  EXPECT_EQ(
      difference(under_test().download(space.part(y, "differences"), *stream), under_test().download(alone, *stream))
          .largest,
      0);
  EXPECT_EQ(difference(under_test().download(space.part(y, "image"), *stream), noise(d.domain(), 7)).largest, 0);
}

TEST_P(CompositionContract, AbsoluteSumsAreThoseOfTheMatrixOrBoundThem) {
  const FiniteDifference d{Shape{4, 3}, {0, 1}, ScalarType::f64};
  std::vector<double> ramp{0, 0.5, 1, 1.5, 2, 1, 0.5};
  const auto stream = under_test().make_stream();
  const auto cases = operator_cases(true);
  const auto rays = std::ranges::find(cases, std::string{"ray transform, fanOneVoxel"}, &Case::name);
  ASSERT_NE(rays, cases.end());
  const auto a = under_test().make(d), r = under_test().make(rays->spec), one = identity(d.domain(), under_test()),
             w = diagonal(upload(d.domain(), 9, *stream));
  const std::vector<std::pair<const char*, OperatorPtr>> all{
      {"differences", a},
      {"scaled", scaled(-2, a)},
      {"rays", r},
      {"adjoint rays", adjoint(r)},
      {"normal rays", compose(adjoint(r), r)},
      {"sum", sum({one, w})},
      {"stack", stack({Block{"a", a}, Block{"b", w}})},
      {"row", block_row({Block{"a", one}, Block{"b", w}})},
      {"blocks", block_diagonal({Block{"a", a}, Block{"rays", r}})},
      {"frames", each_frame(a, 2)},
      {"frames of rays", each_frame(r, 2)},
      {"composed", compose(a, w)}};
  for (const auto& [name, op] : all) {
    const auto rows = op->range().shape.count(), columns = op->domain().shape.count();
    std::vector<double> row_sums(static_cast<std::size_t>(rows)), column_sums(static_cast<std::size_t>(columns));
    for (std::int64_t j = 0; j < columns; ++j) {
      PixelBuffer unit = PixelBuffer::allocate(op->domain());
      unit.values<double>()[static_cast<std::size_t>(j)] = 1;
      Array y = under_test().allocate(op->range(), *stream);
      op->forward(under_test().upload(std::move(unit), *stream), y, *stream);
      const auto column = under_test().download(y, *stream);
      for (std::size_t i = 0; i < row_sums.size(); ++i) {
        row_sums[i] += std::abs(column.values<double>()[i]);
        column_sums[static_cast<std::size_t>(j)] += std::abs(column.values<double>()[i]);
      }
    }
    const AbsSums sums = op->abs_sums(*stream);
    const auto expect_bounds = [&](const AbsSums::Sums& given, const std::vector<double>& exact, const char* side) {
      std::vector<double> each(exact.size(), given.bound);
      if (given.each) {
        const auto block = under_test().download(given.each, *stream);
        each.assign(block.values<double>().begin(), block.values<double>().end());
      }
      ASSERT_EQ(each.size(), exact.size()) << name;
      const double largest = *std::ranges::max_element(exact);
      for (std::size_t i = 0; i < exact.size(); ++i) {
        EXPECT_GE(each[i], exact[i] - 1e-12 * largest) << name << side << i;
        EXPECT_LE(each[i], 4 * largest + 1e-12) << name << side << i << ": a bound of no use";
        EXPECT_GE(given.bound, each[i] - 1e-12 * largest) << name << side << i;
      }
    };
    expect_bounds(sums.rows, row_sums, " row ");
    expect_bounds(sums.columns, column_sums, " column ");
  }
  const OperatorSpec filter = DetectorFilter{Shape{6, 1, 1}, ramp, ScalarType::f64};
  EXPECT_THROW((void)under_test().make(filter)->abs_sums(*stream), Error);
}

TEST_P(CompositionContract, BlocksThatDoNotFitAreRefused) {
  const auto one = identity({Shape{3}, ScalarType::f32}, under_test()),
             other = identity({Shape{4}, ScalarType::f32}, under_test()),
             in_double = identity({Shape{3}, ScalarType::f64}, under_test());
  EXPECT_THROW((void)sum({one, other}), Error);
  EXPECT_THROW((void)sum({}), Error);
  EXPECT_THROW((void)stack({one, other}), Error);
  EXPECT_THROW((void)stack(std::vector<OperatorPtr>{}), Error);
  EXPECT_THROW((void)stack({Block{"a", one}, Block{"a", one}}), Error);
  EXPECT_THROW((void)block_diagonal({Block{"a", one}, Block{"b", in_double}}), Error);
  EXPECT_THROW((void)each_frame(one, 0), Error);
}

TEST_P(CompositionContract, PartsAndReshapedArraysShareTheMemory) {
  const ArraySpec spec{Shape{3, 2, 4}, ScalarType::f64};
  const auto stream = under_test().make_stream();
  Array x = upload(spec, 1, *stream);
  Array frames = x.part(1, 2);
  EXPECT_EQ(frames.spec().shape, (Shape{3, 2, 2}));
  under_test().vector().fill(frames, 7, *stream);
  Array rows = x.reshaped(Shape{6, 4});
  Array last = rows.part(3, 1);
  under_test().vector().scale(0, last, *stream);
  const auto found = under_test().download(x, *stream), before = noise(spec, 1);
  for (std::size_t i = 0; i < 24; ++i) {
    const double expected = i < 6 ? before.values<double>()[i] : i < 18 ? 7 : 0;
    EXPECT_EQ(found.values<double>()[i], expected) << i;
  }
  const auto part = under_test().download(x.part(1, 1), *stream);
  EXPECT_EQ(part.spec().shape, (Shape{3, 2, 1}));
  EXPECT_EQ(part.values<double>()[0], 7);
  EXPECT_THROW((void)x.part(3, 2), Error);
  EXPECT_THROW((void)x.part(-1, 1), Error);
  EXPECT_THROW((void)x.reshaped(Shape{5}), Error);
}

TEST_P(CompositionContract, UploadedPixelsNeverChange) {
  const ArraySpec spec{Shape{40, 3}, ScalarType::f32};
  const Pixels pixels = noise(spec, 1);
  const auto same = [&] { return std::memcmp(pixels.data(), noise(spec, 1).data(), spec.bytes()) == 0; };
  const auto stream = under_test().make_stream();
  const auto& ops = under_test().vector();
  const auto d = under_test().make(FiniteDifference{spec.shape, {0}, ScalarType::f32});
  Array x = under_test().upload(pixels, *stream), y = under_test().upload(pixels, *stream),
        z = under_test().upload(pixels, *stream), w = under_test().upload(pixels, *stream);
  const Array kept = x;  // another handle of the same array sees what is written to it
  ops.multiply(x, x, x, *stream);
  EXPECT_TRUE(same()) << "multiply in place";
  ops.axpy(1, y, y, *stream);
  EXPECT_TRUE(same()) << "axpy in place";
  Array part = z.part(1, 1);
  ops.fill(part, 2, *stream);
  EXPECT_TRUE(same()) << "fill of a part";
  const Array gradient = upload(d->range(), 4, *stream);
  d->adjoint(gradient, w, *stream, Write::accumulate);
  EXPECT_TRUE(same()) << "operator that adds";
  const auto squared = under_test().download(kept, *stream), twice = under_test().download(y, *stream);
  const auto filled = under_test().download(z, *stream);
  for (std::size_t i = 0; i < 120; ++i) {
    const float value = pixels.values<float>()[i];
    EXPECT_FLOAT_EQ(squared.values<float>()[i], value * value);
    EXPECT_FLOAT_EQ(twice.values<float>()[i], 2 * value);
    EXPECT_EQ(filled.values<float>()[i], i >= 40 && i < 80 ? 2 : value);
  }
}

INSTANTIATE_TEST_SUITE_P(On, CompositionContract, testing::ValuesIn(back_ends), instance_name);

}  // namespace iso::test
