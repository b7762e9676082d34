#pragma once

#include <iso/plugin/task.h>

namespace spectral_unmixing {

[[nodiscard]] iso::plugin::Task* make_robust();
[[nodiscard]] iso::plugin::Task* make_nmf();
[[nodiscard]] iso::plugin::Task* make_poisson();
[[nodiscard]] iso::plugin::Task* make_abundances_task();
[[nodiscard]] iso::plugin::Task* make_endmembers();
[[nodiscard]] iso::plugin::Task* make_components();
[[nodiscard]] iso::plugin::Task* make_library_match();
[[nodiscard]] iso::plugin::Task* make_spillover();

}  // namespace spectral_unmixing
