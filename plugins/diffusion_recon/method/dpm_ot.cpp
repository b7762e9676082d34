#include "method/dpm_ot.h"

#include <iso/base/error.h>
#include <iso/base/random.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace diffusion_recon {
namespace {

using iso::compute::Array;

/// Of this use of random numbers, beside the fields of noise.
constexpr std::uint64_t choice_stream = 0x8000'0000'0000'0000U;

double product(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

}  // namespace

DpmOt::DpmOt(const PosteriorProblem& problem, DpmOtOptions options)
    : Dds{problem, options.dds}, options_{std::move(options)} {
  const iso::Shape& image = problem.data.a().domain().shape;
  if (!options_.atlas.data() || options_.atlas.spec().shape.rank() != 3)
    throw iso::Error{iso::Errc::invalid_input, "there is no atlas to begin from"};
  const iso::Shape& atlas = options_.atlas.spec().shape;
  if (atlas[0] != image[0] || atlas[1] != image[1])
    throw iso::Error{iso::Errc::shape_mismatch,
                     "the images of the atlas are " + atlas.text() + ", the slices " + image.text()};
}

Array DpmOt::as_volume(std::size_t image) const {
  const iso::ArraySpec& spec = image_.spec();
  iso::PixelBuffer out = iso::PixelBuffer::allocate(spec);
  const auto area = static_cast<std::size_t>(spec.shape[0] * spec.shape[1]);
  const auto from = options_.atlas.values<float>().subspan(image * area, area);
  auto at = out.values<float>().begin();
  for (std::int64_t z = 0; z < spec.shape[2]; ++z) at = std::ranges::copy(from, at).out;
  return problem_.data.backend().upload(iso::Pixels{std::move(out)}, stream());
}

void DpmOt::weigh() {
  const DataTerm& data = problem_.data;
  const iso::Shape& shape = image_.spec().shape;
  const auto area = static_cast<std::size_t>(shape[0] * shape[1]), slices = static_cast<std::size_t>(shape[2]);
  const auto images = static_cast<std::size_t>(options_.atlas.spec().shape[2]);
  // |A|_F² / m by one image of noise
  Array trial = data.backend().upload(problem_.noise.white(shape, choice_stream, stream().stop()), stream());
  Array projected = data.backend().allocate(data.a().range(), stream());
  data.a().forward(trial, projected, stream());
  const double m = static_cast<double>(data.a().range().shape.count());
  const double first = options_.dds.levels.front(), size = ops().norm2(projected, stream());
  const double variance = data.noise() * data.noise() + first * first * size * size / m;
  const iso::Pixels back = data.backend().download(data.back_projection(), stream());
  logs_.assign(images * slices, 0.0);
  for (std::size_t i = 0; i < images; ++i) {
    stream().check_stop();
    const Array p = as_volume(i);
    Array normal = new_image();
    data.a().normal(p, normal, stream());
    const iso::Pixels seen = data.backend().download(normal, stream());
    const auto image = options_.atlas.values<float>().subspan(i * area, area);
    for (std::size_t z = 0; z < slices; ++z)
      logs_[i * slices + z] = -(product(image, seen.values<float>().subspan(z * area, area)) -
                                2 * product(image, back.values<float>().subspan(z * area, area))) /
                              (2 * variance);
  }
}

void DpmOt::do_begin() {
  if (logs_.empty()) weigh();
  const iso::Shape& shape = image_.spec().shape;
  const auto area = static_cast<std::size_t>(shape[0] * shape[1]), slices = static_cast<std::size_t>(shape[2]);
  const std::size_t images = logs_.size() / slices;
  const iso::Philox random{options_.seed, choice_stream | field(0, 0)};
  std::vector<double> gumbel(images);
  for (std::size_t i = 0; i < images; ++i) gumbel[i] = -std::log(-std::log(random.uniform(i)));
  iso::PixelBuffer start = iso::PixelBuffer::allocate(image_.spec());
  for (std::size_t z = 0; z < slices; ++z) {
    std::size_t best = 0;
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < images; ++i)
      if (const double value = logs_[i * slices + z] + gumbel[i]; value > most) {
        most = value;
        best = i;
      }
    const auto from = options_.atlas.values<float>().subspan(best * area, area);
    std::ranges::copy(from, start.values<float>().begin() + static_cast<std::ptrdiff_t>(z * area));
  }
  start_from(problem_.data.backend().upload(iso::Pixels{std::move(start)}, stream()));
  Dds::do_begin();
}

std::vector<SamplerFigure> DpmOt::figures() const {
  const iso::Pixels x = problem_.data.backend().download(image_, stream());
  const auto area = static_cast<std::size_t>(x.spec().shape[0] * x.spec().shape[1]);
  const auto all = x.values<float>(), atlas = options_.atlas.values<float>();
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t z = 0; z < all.size(); z += area)
    for (std::size_t i = 0; i < atlas.size(); i += area) {
      double sum = 0;
      for (std::size_t k = 0; k < area; ++k) sum += std::pow(double{all[z + k]} - double{atlas[i + k]}, 2);
      nearest = std::min(nearest, std::sqrt(sum / static_cast<double>(area)));
    }
  return {{"nearest_atlas_distance", nearest / (0.5 * options_.dds.levels.front()), "1"}};
}

}  // namespace diffusion_recon
