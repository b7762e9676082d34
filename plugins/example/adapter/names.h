#pragma once

#include "iso/plugin/typed_task.h"

namespace example {

using iso::DatasetPtr, iso::Kind, iso::LabelMap, iso::Volume;
using iso::params::field;
using iso::plugin::About, iso::plugin::Datasets, iso::plugin::Descriptions, iso::plugin::Mark, iso::plugin::Plan,
    iso::plugin::Port, iso::plugin::RunContext;

}  // namespace example
