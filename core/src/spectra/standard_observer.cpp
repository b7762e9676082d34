#include "standard_observer_impl.h"

#include <algorithm>

namespace iso::spectra::detail {
namespace {

constexpr double first_nm = 380, step_nm = 10;
constexpr std::array<Observed, 41> table{
    Observed{0.001368, 0.000039, 0.006450, 49.9755}, {0.004243, 0.000120, 0.020050, 54.6482},
    {0.014310, 0.000396, 0.067850, 82.7549},         {0.043510, 0.001210, 0.207400, 91.4860},
    {0.134380, 0.004000, 0.645600, 93.4318},         {0.283900, 0.011600, 1.385600, 86.6823},
    {0.348280, 0.023000, 1.747060, 104.865},         {0.336200, 0.038000, 1.772110, 117.008},
    {0.290800, 0.060000, 1.669200, 117.812},         {0.195360, 0.090980, 1.287640, 114.861},
    {0.095640, 0.139020, 0.812950, 115.923},         {0.032010, 0.208020, 0.465180, 108.811},
    {0.004900, 0.323000, 0.272000, 109.354},         {0.009300, 0.503000, 0.158200, 107.802},
    {0.063270, 0.710000, 0.078250, 104.790},         {0.165500, 0.862000, 0.042160, 107.689},
    {0.290400, 0.954000, 0.020300, 104.405},         {0.433450, 0.994950, 0.008750, 104.046},
    {0.594500, 0.995000, 0.003900, 100.000},         {0.762100, 0.952000, 0.002100, 96.3342},
    {0.916300, 0.870000, 0.001650, 95.7880},         {1.026300, 0.757000, 0.001100, 88.6856},
    {1.062200, 0.631000, 0.000800, 90.0062},         {1.002600, 0.503000, 0.000340, 89.5991},
    {0.854450, 0.381000, 0.000190, 87.6987},         {0.642400, 0.265000, 0.000050, 83.2886},
    {0.447900, 0.175000, 0.000020, 83.6992},         {0.283500, 0.107000, 0.000000, 80.0268},
    {0.164900, 0.061000, 0.000000, 80.2146},         {0.087400, 0.032000, 0.000000, 82.2778},
    {0.046770, 0.017000, 0.000000, 78.2842},         {0.022700, 0.008210, 0.000000, 69.7213},
    {0.011359, 0.004102, 0.000000, 71.6091},         {0.005790, 0.002091, 0.000000, 74.3490},
    {0.002899, 0.001047, 0.000000, 61.6040},         {0.001440, 0.000520, 0.000000, 69.8856},
    {0.000690, 0.000249, 0.000000, 75.0870},         {0.000332, 0.000120, 0.000000, 63.5927},
    {0.000166, 0.000060, 0.000000, 46.4182},         {0.000083, 0.000030, 0.000000, 66.8054},
    {0.000042, 0.000015, 0.000000, 63.3828}};

}  // namespace

Observed observed(double nm) noexcept {
  const double place = (nm - first_nm) / step_nm;
  if (!(place >= 0) || place > static_cast<double>(table.size() - 1)) return {0, 0, 0, 0};
  const std::size_t at = std::min(static_cast<std::size_t>(place), table.size() - 2);
  const double part = place - static_cast<double>(at);
  const auto between = [&](double Observed::*member) {
    return (1 - part) * (table[at].*member) + part * (table[at + 1].*member);
  };
  return {between(&Observed::x), between(&Observed::y), between(&Observed::z), between(&Observed::d65)};
}

std::vector<std::array<double, 3>> rgb_weights(const std::vector<double>& centres,
                                               const std::vector<std::size_t>& bands) {
  std::vector<std::array<double, 3>> weights(bands.size());
  std::array<double, 3> white{};
  for (std::size_t i = 0; i < bands.size(); ++i) {
    const double here = centres[bands[i]], before = i == 0 ? here : centres[bands[i - 1]],
                 after = i + 1 == bands.size() ? here : centres[bands[i + 1]];
    const Observed seen = observed(here);
    const double light = seen.d65 * (after - before) / 2;
    weights[i] = {light * seen.x, light * seen.y, light * seen.z};
    for (std::size_t k = 0; k < 3; ++k) white[k] += weights[i][k];
  }
  // XYZ of D65 white by the same sums, so that few or uneven bands leave white white: scaled to the white of sRGB.
  constexpr std::array d65{0.95047, 1.0, 1.08883};
  for (auto& w : weights) {
    for (std::size_t k = 0; k < 3; ++k) w[k] = white[k] > 0 ? w[k] * d65[k] / white[k] : 0;
    const auto [x, y, z] = w;
    w = {3.2404542 * x - 1.5371385 * y - 0.4985314 * z, -0.9692660 * x + 1.8760108 * y + 0.0415560 * z,
         0.0556434 * x - 0.2040259 * y + 1.0572252 * z};
  }
  return weights;
}

}  // namespace iso::spectra::detail
