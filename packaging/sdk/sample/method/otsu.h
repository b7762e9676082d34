#pragma once

#include "iso/params/field.h"

#include <span>

namespace otsu {

/// The options of the method, which are the parameters of the task.
struct Options {
  int bins = 256;
  bool invert = false;
  friend bool operator==(const Options&, const Options&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple{
        field("bins", &Options::bins)
            .with_label("Bins")
            .in_range(2, 65536)
            .as_advanced()
            .with_help("Bins of the histogram."),
        field("invert", &Options::invert).with_label("Dark side").with_help("Mark what lies below the threshold.")};
  }
};

/// The value that divides `values` into two classes with the largest variance between them, the upper edge of a bin.
/// Values that are not finite are left out.
/// Source   Otsu, IEEE Trans. SMC 9 (1979) 62, doi:10.1109/TSMC.1979.4310076.
[[nodiscard]] double threshold(std::span<const float> values, const Options& options);

}  // namespace otsu
