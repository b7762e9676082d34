#include "gpu/cpu/kernels/expansion.h"
#include "gpu/cpu/kernels/gridding.h"
#include "gpu/cpu/kernels/ray.h"
#include "gpu/cpu/kernels/shadow.h"

// One level: ISO_LEVEL is its name, given by the build with the matching compiler option.
#define ISO_JOIN_(a, b) a##b
#define ISO_JOIN(a, b) ISO_JOIN_(a, b)
#define ISO_TEXT_(a) #a
#define ISO_TEXT(a) ISO_TEXT_(a)

namespace iso::gpu::cpu {

extern const VectorLevel ISO_JOIN(vector_, ISO_LEVEL);
extern const NoiseLevel ISO_JOIN(noise_, ISO_LEVEL);
extern const LineLevel ISO_JOIN(lines_, ISO_LEVEL);
extern const Level ISO_JOIN(level_, ISO_LEVEL);
constinit const Level ISO_JOIN(level_, ISO_LEVEL) = {
    ISO_TEXT(ISO_LEVEL),
    {gather<float>, scatter<float>, gather_slice<float>, scatter_slice<float>, backproject_row<float>,
     shadow_row<float>, add_kernel<float>, spread_points<float>, read_points<float>},
    {gather<double>, scatter<double>, gather_slice<double>, scatter_slice<double>, backproject_row<double>,
     shadow_row<double>, add_kernel<double>, spread_points<double>, read_points<double>},
    &ISO_JOIN(vector_, ISO_LEVEL),
    &ISO_JOIN(noise_, ISO_LEVEL),
    &ISO_JOIN(lines_, ISO_LEVEL)};

}  // namespace iso::gpu::cpu
