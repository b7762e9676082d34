#include "iso/models/reference.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>

namespace iso::models {
namespace {

class Identity final : public Network {
 public:
  Identity(std::int64_t in, std::int64_t out)
      : inputs_{{{"image", {-1, -1, in, -1}}}}, output_{"estimate", {-1, -1, out, -1}} {}
  [[nodiscard]] std::span<const TensorSpec> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] const TensorSpec& output() const noexcept override { return output_; }

 private:
  [[nodiscard]] Pixels do_run(const Tensors& inputs) const override {
    const Pixels& image = inputs.at("image");
    const Shape& shape = image.spec().shape;
    PixelBuffer out = PixelBuffer::allocate({Shape{shape[0], shape[1], output_.extents[2], shape[3]}, ScalarType::f32});
    const std::int64_t kept = shape[0] * shape[1] * output_.extents[2], all = shape[0] * shape[1] * shape[2];
    for (std::int64_t b = 0; b < shape[3]; ++b)
      std::copy_n(image.values<float>().begin() + b * all, kept, out.values<float>().begin() + b * kept);
    return out;
  }
  std::array<TensorSpec, 1> inputs_;
  TensorSpec output_;
};

class Mean final : public Network {
 public:
  explicit Mean(std::int64_t radius) : radius_{radius} {}
  [[nodiscard]] std::span<const TensorSpec> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] const TensorSpec& output() const noexcept override { return output_; }

 private:
  [[nodiscard]] Pixels do_run(const Tensors& inputs) const override {
    const Pixels& image = inputs.at("image");
    const Shape& shape = image.spec().shape;
    PixelBuffer out = PixelBuffer::allocate(image.spec());
    const auto from = image.values<float>();
    const auto area = static_cast<double>((2 * radius_ + 1) * (2 * radius_ + 1));
    for (std::int64_t plane = 0; plane < shape[2] * shape[3]; ++plane)
      for (std::int64_t y = 0; y < shape[1]; ++y)
        for (std::int64_t x = 0; x < shape[0]; ++x) {
          double sum = 0;
          for (std::int64_t j = std::max<std::int64_t>(0, y - radius_); j <= std::min(shape[1] - 1, y + radius_); ++j)
            for (std::int64_t i = std::max<std::int64_t>(0, x - radius_); i <= std::min(shape[0] - 1, x + radius_); ++i)
              sum += double{from[static_cast<std::size_t>((plane * shape[1] + j) * shape[0] + i)]};
          out.values<float>()[static_cast<std::size_t>((plane * shape[1] + y) * shape[0] + x)] =
              static_cast<float>(sum / area);
        }
    return out;
  }
  std::int64_t radius_;
  std::array<TensorSpec, 1> inputs_{{{"image", {-1, -1, -1, -1}}}};
  TensorSpec output_{"estimate", {-1, -1, -1, -1}};
};

}  // namespace

NetworkPtr identity_network(std::int64_t input_channels, std::int64_t channels) {
  if (channels < 1 || channels > input_channels)
    throw Error{Errc::invalid_input, "a network cannot keep " + std::to_string(channels) + " of " +
                                         std::to_string(input_channels) + " channels"};
  return std::make_shared<Identity>(input_channels, channels);
}

NetworkPtr mean_network(std::int64_t radius) {
  if (radius < 0)
    throw Error{Errc::invalid_input, "a mean over a radius of " + std::to_string(radius) + " pixels has no sense"};
  return std::make_shared<Mean>(radius);
}

}  // namespace iso::models
