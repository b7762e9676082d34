#pragma once

#include <iso/plugin/task.h>

namespace certification {

/// The five tasks, with what people read about them.
[[nodiscard]] iso::plugin::Task* make_drs();
[[nodiscard]] iso::plugin::Task* make_rs();
[[nodiscard]] iso::plugin::Task* make_predict();
[[nodiscard]] iso::plugin::Task* make_attack();
[[nodiscard]] iso::plugin::Task* make_report();

}  // namespace certification
