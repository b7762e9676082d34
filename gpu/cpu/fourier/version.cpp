#include "gpu/cpu/cpu_backend.h"

#include <fftw3.h>

namespace iso::gpu {

/// FFTW names itself "fftw-3.3.10-sse2-avx"; the middle is the version.
std::string fftw_version() {
  const std::string whole{fftwf_version};
  const std::size_t begin = whole.find('-');
  return begin == std::string::npos ? whole : whole.substr(begin + 1, whole.find('-', begin + 1) - begin - 1);
}

}  // namespace iso::gpu
