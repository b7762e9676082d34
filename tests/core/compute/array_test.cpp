#include <gpu/reference/reference_backend.h>
#include <iso/compute/backend.h>
#include <iso/data/pixels.h>

#include <gtest/gtest.h>

#include <type_traits>

// What arrays of host memory share with pixels. That they share at all is asked here, that nothing changes by it in
// tests/contract/backend.

using namespace iso::compute;
using iso::PixelBuffer;
using iso::Pixels;
using iso::ScalarType;
using iso::Shape;

namespace {

static_assert(std::is_same_v<decltype(std::declval<const Array&>().host<float>()), std::span<const float>>);
static_assert(std::is_same_v<decltype(std::declval<Array&>().host<float>()), std::span<float>>);
static_assert(std::is_same_v<decltype(std::declval<const Array&>().address()), const std::byte*>);
static_assert(std::is_same_v<decltype(std::declval<const Array&>().part(0, 1)), const Array>);

const Backend& backend() {
  static const auto reference = iso::gpu::make_reference_backend();
  return *reference;
}

Pixels counted() {
  PixelBuffer block = PixelBuffer::allocate({Shape{2, 3}, ScalarType::f32});
  for (std::size_t i = 0; i < 6; ++i) block.values<float>()[i] = static_cast<float>(i);
  return block;
}

}  // namespace

TEST(HostArrays, AnUploadReadsThePixelsInPlaceUntilTheFirstWrite) {
  const Pixels pixels = counted();
  const auto stream = backend().make_stream();
  Array x = backend().upload(pixels, *stream);
  const Array reader = x;
  EXPECT_EQ(reader.address(), pixels.data());
  EXPECT_EQ(reader.part(1, 1).address(), pixels.data() + 8);
  x.host<float>()[0] = 100;
  EXPECT_NE(reader.address(), pixels.data());
  EXPECT_EQ(reader.host<float>()[0], 100);  // handles of one array stay together
  EXPECT_EQ(reader.host<float>()[5], 5);
  EXPECT_EQ(pixels.values<float>()[0], 0);
}

TEST(HostArrays, PixelsOutliveTheArrayAndTheOtherWayRound) {
  const auto stream = backend().make_stream();
  Array x;
  {
    const Pixels pixels = counted();
    x = backend().upload(pixels, *stream);
  }
  EXPECT_EQ(std::as_const(x).host<float>()[4], 4);
  const Pixels down = backend().download(x, *stream);
  x = {};
  EXPECT_EQ(down.values<float>()[4], 4);
}

TEST(HostArrays, ADownloadCopiesNothingUntilTheNextWrite) {
  const auto stream = backend().make_stream();
  Array x = backend().allocate({Shape{2, 3}, ScalarType::f32}, *stream);
  backend().vector().fill(x, 3, *stream);
  const std::byte* const place = std::as_const(x).address();
  {
    const Pixels first = backend().download(x, *stream);
    EXPECT_EQ(first.data(), place);
    backend().vector().scale(2, x, *stream);
    EXPECT_EQ(first.values<float>()[0], 3);
    EXPECT_EQ(std::as_const(x).host<float>()[0], 6);
  }
  const std::byte* const second = std::as_const(x).address();
  (void)backend().download(x, *stream);  // gone at once: nobody reads the memory any more
  backend().vector().scale(2, x, *stream);
  EXPECT_EQ(std::as_const(x).address(), second);
}

TEST(HostArrays, OfNoArrayThereIsNeitherPartNorShape) {
  EXPECT_THROW((void)Array{}.part(0, 1), iso::Error);
  EXPECT_THROW((void)Array{}.reshaped(Shape{1}), iso::Error);
}

TEST(HostArrays, TypesAreChecked) {
  const auto stream = backend().make_stream();
  Array x = backend().upload(counted(), *stream);
  EXPECT_THROW((void)x.host<double>(), iso::Error);
  EXPECT_THROW((void)std::as_const(x).host<std::uint8_t>(), iso::Error);
}

TEST(Spaces, PartsLieBehindOneAnotherUnderTheirNames) {
  const Space space{{{"low rank", {Shape{2, 2}, ScalarType::f32}}, {"sparse", {Shape{3}, ScalarType::f32}}}};
  EXPECT_EQ(space.spec().shape, Shape{7});
  EXPECT_EQ(space.index("sparse"), 1U);
  const auto stream = backend().make_stream();
  Array whole = backend().allocate(space.spec(), *stream);
  Array sparse = space.part(whole, "sparse");
  backend().vector().fill(sparse, 4, *stream);
  EXPECT_EQ(std::as_const(whole).host<float>()[3], 0);
  EXPECT_EQ(std::as_const(whole).host<float>()[4], 4);
  EXPECT_EQ(space.part(whole, "low rank").spec().shape, (Shape{2, 2}));
  try {
    (void)space.index("dense");
    FAIL();
  } catch (const iso::Error& error) {
    EXPECT_NE(std::string{error.what()}.find("'low rank', 'sparse'"), std::string::npos) << error.what();
  }
  EXPECT_THROW((void)space.part(sparse, "sparse"), iso::Error);
}

TEST(Spaces, OfUnlikeTypesNamesTwiceOrNothingAreRefused) {
  EXPECT_THROW(Space(std::vector<Space::Part>{}), iso::Error);
  EXPECT_THROW(Space({{"a", {Shape{2}, ScalarType::f32}}, {"a", {Shape{3}, ScalarType::f32}}}), iso::Error);
  EXPECT_THROW(Space({{"a", {Shape{2}, ScalarType::f32}}, {"b", {Shape{3}, ScalarType::f64}}}), iso::Error);
  const Space one = iso::ArraySpec{Shape{2, 5}, ScalarType::f64};
  EXPECT_EQ(one.spec().shape, (Shape{2, 5}));
}
