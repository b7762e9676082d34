#pragma once

#include "method/image.h"

#include "iso/params/field.h"
#include "iso/plugin/typed_task.h"

namespace example {

using iso::DatasetPtr, iso::Kind, iso::LabelMap, iso::Volume;
using iso::params::field;
using iso::plugin::About, iso::plugin::Datasets, iso::plugin::Needs, iso::plugin::Port, iso::plugin::RunContext,
    iso::plugin::Suitability;

/// Not possible, with a sentence for the user, where the input "volume" is no image of ours.
inline Suitability suits_as_image(const Datasets& inputs) {
  try {
    (void)image_of(iso::plugin::input<Volume>(inputs, "volume"));
    return {};
  } catch (const iso::Error& error) {
    return {false, error.what()};
  }
}

}  // namespace example
