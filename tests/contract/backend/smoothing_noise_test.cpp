#include "gpu/kernels/smoothing_noise.h"
#include "contract/backend/fixture.h"

#include <iso/base/threads.h>
#include <iso/compute/smoothing_noise.h>

#include <cmath>
#include <iostream>
#include <numbers>

// Noise for randomized smoothing: the same bits on every back end and instruction set, whatever batch, threads and split.

using namespace iso::compute;
using iso::Errc;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;
using iso::test::BackendContract;

namespace {

Pixels make_image(const Shape& shape) {
  iso::PixelBuffer out = iso::PixelBuffer::allocate({shape, ScalarType::f32});
  for (std::size_t i = 0; i < out.values<float>().size(); ++i)
    out.values<float>()[i] = 0.5F + 0.5F * std::sin(static_cast<float>(i));
  return out;
}

Pixels draw(const Backend& backend, const NoisyCopies& what, const Pixels& image, std::int64_t count) {
  const auto stream = backend.make_stream();
  const Shape& s = image.spec().shape;
  Array copies = backend.allocate({Shape{s[0], s[1], s[2], count}, ScalarType::f32}, *stream);
  find_smoothing_noise(backend)->draw(what, backend.upload(image, *stream), copies, *stream);
  return backend.download(copies, *stream);
}

bool same_bits(const Pixels& a, const Pixels& b) {
  return a.spec() == b.spec() &&
         std::equal(a.values<float>().begin(), a.values<float>().end(), b.values<float>().begin());
}

class SmoothingNoiseContract : public BackendContract {};

TEST_P(SmoothingNoiseContract, IsThatOfTheReferenceToTheBit) {
  for (const Shape& shape : {Shape{28, 28, 1}, Shape{7, 5, 3}, Shape{1, 1, 1}, Shape{33, 2, 1}}) {
    const Pixels image = make_image(shape);
    for (const Split split : {Split::none, Split::checkerboard, Split::rows, Split::columns})
      for (const Half half : {Half::left, Half::right}) {
        const NoisyCopies what{0x9876543210abcdefULL, 0xfffffffdULL, 5, 0.25, split, half};
        ASSERT_TRUE(same_bits(draw(under_test(), what, image, 11), draw(reference(), what, image, 11)))
            << shape.text() << " " << to_string(split) << " " << (half == Half::left ? "left" : "right");
      }
  }
}

TEST_P(SmoothingNoiseContract, DoesNotDependOnBatchOrThreads) {
  const Pixels image = make_image(Shape{28, 28, 1});
  const int threads = iso::ThreadBudget::threads();
  const NoisyCopies all{7, 100, 4, 0.5, Split::checkerboard, Half::right};
  const Pixels whole = draw(under_test(), all, image, 23);
  for (const int count : {1, 7, 23}) {
    iso::ThreadBudget::set(count == 7 ? 1 : threads);
    for (std::int64_t first = 0; first + count <= 23; first += count) {
      NoisyCopies part = all;
      part.first += static_cast<std::uint64_t>(first);
      const Pixels own = draw(under_test(), part, image, count);
      ASSERT_TRUE(std::equal(own.values<float>().begin(), own.values<float>().end(),
                             whole.values<float>().begin() + first * 784))
          << first << " " << count;
    }
  }
  iso::ThreadBudget::set(threads);
}

TEST_P(SmoothingNoiseContract, OfOneHalfDoesNotSeeTheOther) {
  const Shape shape{9, 6, 2};
  for (const Split split : {Split::checkerboard, Split::rows, Split::columns})
    for (const Half half : {Half::left, Half::right}) {
      const NoisyCopies what{3, 0, 1, 0.3, split, half};
      iso::PixelBuffer other = iso::PixelBuffer::make_copy(make_image(shape));
      std::int64_t own = 0;
      for (std::int64_t i = 0; i < shape.count(); ++i) {
        const bool mine = is_own(split, half, i % 9, i / 9 % 6);
        own += mine ? 1 : 0;
        EXPECT_NE(mine, is_own(split, half == Half::left ? Half::right : Half::left, i % 9, i / 9 % 6));
        if (!mine) other.values<float>()[static_cast<std::size_t>(i)] = 100;
      }
      EXPECT_NEAR(static_cast<double>(own), 54, 6);
      const Pixels changed{std::move(other)};
      EXPECT_TRUE(same_bits(draw(under_test(), what, make_image(shape), 5), draw(under_test(), what, changed, 5)));
    }
}

TEST_P(SmoothingNoiseContract, RefusesWhatHasNoSense) {
  const auto stream = under_test().make_stream();
  const SmoothingNoise& noise = *find_smoothing_noise(under_test());
  const Array image = under_test().allocate({Shape{4, 4, 1}, ScalarType::f32}, *stream);
  Array copies = under_test().allocate({Shape{4, 4, 1, 2}, ScalarType::f32}, *stream);
  Array other = under_test().allocate({Shape{4, 5, 1, 2}, ScalarType::f32}, *stream);
  Array wide = under_test().allocate({Shape{4, 4, 1, 2}, ScalarType::f64}, *stream);
  const auto code = [&](double sigma, Array& to) {
    try {
      noise.draw({1, 0, 0, sigma}, image, to, *stream);
    } catch (const iso::Error& error) {
      return error.code();
    }
    return Errc::internal;
  };
  EXPECT_EQ(code(-1, copies), Errc::invalid_input);
  EXPECT_EQ(code(NAN, copies), Errc::invalid_input);
  EXPECT_EQ(code(1, other), Errc::shape_mismatch);
  EXPECT_EQ(code(1, wide), Errc::type_mismatch);
}

INSTANTIATE_TEST_SUITE_P(BackEnds, SmoothingNoiseContract, testing::ValuesIn(iso::test::back_ends),
                         iso::test::instance_name);

TEST(Philox, GivesTheKnownAnswers) {
  const auto words = [](iso::gpu::Words counter, std::uint32_t k0, std::uint32_t k1) {
    const auto out = iso::gpu::philox(counter, k0, k1);
    return std::vector<std::uint32_t>(out.w, out.w + 4);
  };
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(words({{0, 0, 0, 0}}, 0, 0), (std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(words({{ones, ones, ones, ones}}, ones, ones),
            (std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(words({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0),
            (std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Normals, AreThoseOfTheStandardLibraryWithinThreeRoundings) {
  double worst = 0;
  for (std::uint64_t i = 0; i < 200000; ++i) {
    const auto w = static_cast<std::uint32_t>(i * 2654435761U + (i % 7 == 0 ? 0 : i));
    const double u = (static_cast<double>(w) + 0.5) * 0x1.0p-32, angle = 2 * std::numbers::pi * u;
    double cosine = 0, sine = 0;
    iso::gpu::turn_of_word(w, cosine, sine);
    worst = std::max({worst, std::abs(cosine - std::cos(angle)), std::abs(sine - std::sin(angle)),
                      std::abs(iso::gpu::log_of_word(w) / std::log(u) - 1)});
  }
  std::cout << "polynomials: at most " << worst << " from the standard library\n";
  EXPECT_LT(worst, 2e-15);
  for (const std::uint32_t w : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU})
    EXPECT_NEAR(iso::gpu::log_of_word(w) / std::log((static_cast<double>(w) + 0.5) * 0x1.0p-32), 1, 1e-15) << w;
}

TEST(Normals, HaveTheMomentsOfTheNormalDistribution) {
  double sum = 0, squares = 0, largest = 0;
  constexpr std::uint32_t calls = 2500000;
  for (std::uint32_t g = 0; g < calls; ++g)
    for (const double z : iso::gpu::normals(iso::gpu::philox({{g, 1, 0, 4}}, 17, 0)).z) {
      sum += z;
      squares += z * z;
      largest = std::max(largest, std::abs(z));
    }
  const double mean = sum / (4.0 * calls);
  std::cout << "10^7 normals: mean " << mean << ", variance " << squares / (4.0 * calls) - mean * mean << ", largest "
            << largest << "\n";
  EXPECT_LT(std::abs(mean), 1e-3);
  EXPECT_LT(std::abs(squares / (4.0 * calls) - mean * mean - 1), 2e-3);
  EXPECT_LE(largest, 6.77);
}

}  // namespace
