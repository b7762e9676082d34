#include "iso/compute/array.h"

#include "iso/data/pixels.h"

#include <cstring>
#include <string>
#include <vector>

namespace iso::compute {

Stream::~Stream() = default;

void Stream::check_stop() const {
  if (stop_.stop_requested()) throw Error{Errc::cancelled, "the work was cancelled"};
}

std::shared_ptr<void> Memory::share() {
  const std::lock_guard lock{mutex_};
  if (sharing_.load() == Sharing::none) sharing_.store(Sharing::with_pixels, std::memory_order_release);
  return owner_;
}

void Memory::unshare() {
  const std::lock_guard lock{mutex_};
  const Sharing sharing = sharing_.load();
  if (sharing == Sharing::none) return;
  // Nobody but this can hand the owner out again, so that a count of one stays one.
  const bool still_read = sharing == Sharing::of_pixels || owner_.use_count() > 1;
  if (still_read) {
    const ArraySpec spec{Shape{static_cast<std::int64_t>(bytes_)}, ScalarType::u8};
    auto copy = std::make_shared<PixelBuffer>(PixelBuffer::allocate(spec));
    std::byte* const data = copy->data();
    if (bytes_ > 0) std::memcpy(data, data_.load(), bytes_);
    data_.store(data, std::memory_order_release);
    owner_ = std::move(copy);
  }
  sharing_.store(Sharing::none, std::memory_order_release);
}

void Array::throw_type_mismatch() const {
  throw Error{Errc::type_mismatch,
              "an array holds " + std::string{to_string(spec_.type)} + ", another type was asked for"};
}

Array Array::unchecked_part(std::int64_t first, std::int64_t count) const {
  std::vector<std::int64_t> extents(spec_.shape.extents().begin(), spec_.shape.extents().end());
  const std::int64_t length = extents.empty() ? 0 : extents.back();
  if (first < 0 || count < 0 || count > length || first > length - count) {
    throw Error{Errc::invalid_input, "the part [" + std::to_string(first) + ", " + std::to_string(first + count) +
                                         ") of the last axis was asked for, the array is " + spec_.shape.text()};
  }
  extents.back() = count;
  const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}}, spec_.type};
  const std::size_t of_one = length > 0 ? spec_.bytes() / static_cast<std::size_t>(length) : 0;
  return {spec, *backend_, memory_, first_byte_ + static_cast<std::size_t>(first) * of_one};
}

Array Array::part(std::int64_t first, std::int64_t count) { return unchecked_part(first, count); }
const Array Array::part(std::int64_t first, std::int64_t count) const {  // NOLINT(readability-const-return-type)
  return unchecked_part(first, count);
}

const Array Array::reshaped(const Shape& shape) const {  // NOLINT(readability-const-return-type)
  if (!memory_ || shape.count() != spec_.shape.count()) {
    throw Error{Errc::shape_mismatch, (memory_ ? "an array of " + spec_.shape.text() : std::string{"no array"}) +
                                          " cannot be read as " + shape.text()};
  }
  return {{shape, spec_.type}, *backend_, memory_, first_byte_};
}
Array Array::reshaped(const Shape& shape) { return std::as_const(*this).reshaped(shape); }

}  // namespace iso::compute
