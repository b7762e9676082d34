#include "gpu/cpu/kernels/lines.h"

// One level, as in level.cpp.
#define ISO_JOIN_(a, b) a##b
#define ISO_JOIN(a, b) ISO_JOIN_(a, b)

namespace iso::gpu::cpu {

extern const LineLevel ISO_JOIN(lines_, ISO_LEVEL);
constinit const LineLevel ISO_JOIN(lines_, ISO_LEVEL) = {
    {to_lines<float>, from_lines<float>, multiply<float>, add_conjugate<float>, weigh<float>},
    {to_lines<double>, from_lines<double>, multiply<double>, add_conjugate<double>, weigh<double>}};

}  // namespace iso::gpu::cpu
