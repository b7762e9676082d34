#include "gpu/cpu/kernels/vector.h"

// One level, as in level.cpp.
#define ISO_JOIN_(a, b) a##b
#define ISO_JOIN(a, b) ISO_JOIN_(a, b)

namespace iso::gpu::cpu {

extern const VectorLevel ISO_JOIN(vector_, ISO_LEVEL);
constinit const VectorLevel ISO_JOIN(vector_, ISO_LEVEL) = {
    {axpby<float>, sum_products<float>, sum_conjugate_products<float>, add_multiple<float>,
     scale_complex_vectors<float>},
    {axpby<double>, sum_products<double>, sum_conjugate_products<double>, add_multiple<double>,
     scale_complex_vectors<double>}};

}  // namespace iso::gpu::cpu
