#include "ramp_impl.h"

#include "iso/base/error.h"

#include <cmath>
#include <numbers>

namespace iso::tomography {
namespace {

constexpr double pi = std::numbers::pi;

// `f` as a fraction of the frequency where the window ends.
double window_at(FilterWindow window, double f) {
  switch (window) {
    case FilterWindow::ram_lak: return 1;
    case FilterWindow::shepp_logan: return f == 0 ? 1 : std::sin(pi * f / 2) / (pi * f / 2);
    case FilterWindow::cosine: return std::cos(pi * f / 2);
    case FilterWindow::hamming: return 0.54 + 0.46 * std::cos(pi * f);
    case FilterWindow::hann: return 0.5 + 0.5 * std::cos(pi * f);
  }
  return 1;
}

// The discrete Fourier transform of an even kernel, which is 0 at even distances except at 0, times the pitch.
std::vector<double> make_response(std::int64_t elements, double pitch, FilterWindow window, double cutoff,
                                  const std::function<double(double)>& odd_factor) {
  if (elements < 1 || !(pitch > 0) || !(cutoff > 0 && cutoff <= 1)) {
    throw Error{Errc::invalid_input,
                "a ramp filter for " + std::to_string(elements) + " elements, cut off at " + std::to_string(cutoff) +
                    " of the Nyquist frequency, was asked for",
                "there must be elements, and the cutoff be in (0, 1]"};
  }
  std::int64_t n = 2;
  while (n < 2 * elements) n *= 2;
  std::vector<double> cosine(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i)
    cosine[static_cast<std::size_t>(i)] = std::cos(2 * pi * static_cast<double>(i) / static_cast<double>(n));
  std::vector<double> kernel;  // at distances 1, 3, 5, ...
  for (std::int64_t k = 1; k <= n / 2; k += 2) {
    const double distance = static_cast<double>(k), at_end = k == n / 2 ? 0.5 : 1.0;
    // Further away than the row is long nothing is asked for, and the factor of an arc would run into its pole.
    const double factor =
        k <= elements ? odd_factor(distance * pitch) : odd_factor(static_cast<double>(elements) * pitch);
    kernel.push_back(-at_end * factor / (pi * pi * distance * distance * pitch));
  }
  std::vector<double> response(static_cast<std::size_t>(n / 2 + 1));
  const std::int64_t last = n / 2;
  for (std::int64_t m = 0; m <= last; ++m) {
    double sum = 1 / (4 * pitch);
    for (std::size_t j = 0; j < kernel.size(); ++j) {
      sum += 2 * kernel[j] * cosine[static_cast<std::size_t>((2 * static_cast<std::int64_t>(j) + 1) * m % n)];
    }
    const double f = static_cast<double>(m) / static_cast<double>(last) / cutoff;
    response[static_cast<std::size_t>(m)] = f > 1 + 1e-12 ? 0.0 : sum * window_at(window, f);
  }
  return response;
}

}  // namespace

std::vector<double> ramp_response(std::int64_t elements, double pitch_mm, FilterWindow window, double cutoff) {
  return make_response(elements, pitch_mm, window, cutoff, [](double) { return 1.0; });
}

namespace detail {

std::vector<double> arc_ramp_response(std::int64_t elements, double pitch_rad, FilterWindow window, double cutoff) {
  return make_response(elements, pitch_rad, window, cutoff, [](double angle) {
    const double ratio = angle / std::sin(angle);
    return ratio * ratio;
  });
}

}  // namespace detail
}  // namespace iso::tomography
