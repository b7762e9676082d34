#include "libraries.h"

#include "gpu/cpu/cpu_backend.h"

namespace iso::host {

std::vector<Library> linked_libraries() {
  std::vector<Library> all = core_libraries();
  all.push_back({"FFTW", gpu::fftw_version(), "GPL-2.0-or-later"});
  return all;
}

}  // namespace iso::host
