#include "method/reconstruct.h"

#include <iso/solvers/conjugate_gradient.h>
#include <iso/solvers/low_rank.h>

namespace dynamic_mri {

double start_rank(const iso::mri::SeriesProblem& problem) {
  iso::compute::Array start = problem.backend.allocate(problem.series(), problem.stream);
  problem.a->adjoint(problem.data, start, problem.stream);
  return iso::solvers::singular_values(start, iso::solvers::Matrices::whole, problem.stream).front();
}

Work plan_work(const iso::compute::CoilFourier& encoding, const CgSenseOptions& options) {
  Work out;
  out.operators.emplace_back(encoding, 2.0 * options.iterations);
  out.bytes = encoding.domain().bytes() + iso::solvers::Cgls::bytes(encoding.domain(), encoding.range());
  return out;
}

Work plan_work(const iso::compute::CoilFourier& encoding, const ZeroFilledOptions& options) {
  Work out;
  out.operators.emplace_back(encoding, 1);
  out.bytes = encoding.domain().bytes() + (options.share_views ? encoding.range().bytes() : 0);
  return out;
}

}  // namespace dynamic_mri
