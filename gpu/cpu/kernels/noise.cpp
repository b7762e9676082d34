#include "gpu/cpu/kernels/noise.h"

// One level, as in level.cpp.
#define ISO_JOIN_(a, b) a##b
#define ISO_JOIN(a, b) ISO_JOIN_(a, b)

namespace iso::gpu::cpu {

extern const NoiseLevel ISO_JOIN(noise_, ISO_LEVEL);
constinit const NoiseLevel ISO_JOIN(noise_, ISO_LEVEL) = {write_normals, write_copy};

}  // namespace iso::gpu::cpu
