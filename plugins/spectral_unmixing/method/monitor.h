#pragma once

#include <iso/base/error.h>
#include <iso/solvers/progress.h>

#include <stop_token>
#include <string_view>

namespace spectral_unmixing {

/// What a method tells while it runs, and how it learns that nobody wants the result any more.
struct Monitor {
  iso::solvers::Progress& progress;
  std::stop_token stop{};

  /// Throws cancelled.
  void check() const {
    if (stop.stop_requested()) throw iso::Error{iso::Errc::cancelled, "the unmixing was cancelled"};
  }
  void report(double fraction, std::string_view stage) const {
    progress.report(fraction, stage);
    check();
  }
};

}  // namespace spectral_unmixing
