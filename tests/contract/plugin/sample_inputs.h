#pragma once

#include "iso/plugin/manifest.h"
#include "iso/plugin/task.h"

namespace iso::test {

/// How much of it there is.
enum class Amount { small, tiny, none };

/// Synthetic data for ports: a phantom's image, its exact parallel projections, marks on two of its parts, mixtures of
/// two spectra, a line. `tiny` has one element along every axis, `none` is a data set without an array.
/// Gives no input for a kind that has no sample here.
[[nodiscard]] plugin::Datasets sample_inputs(const plugin::TaskManifest& task, Amount amount, bool with_optional);

}  // namespace iso::test
