#include "method/data_fit.h"

#include <iso/compute/operators/finite_difference.h>
#include <iso/solvers/conjugate_gradient.h>

#include <utility>
#include <vector>

namespace diffusion_recon {

using namespace iso::compute;

DataFit::DataFit(const DataTerm& data, const FitOptions& options) : data_{data}, options_{options} {
  if (!(options.z_weight > 0) || data.a().domain().shape[2] < 2) return;
  dz_ = data.backend().make(FiniteDifference{data.a().domain().shape, {2}});
  d_ = data.backend().allocate(dz_->range(), data.stream());
  w_ = data.backend().allocate(dz_->range(), data.stream());
}

void DataFit::reset() {
  if (!dz_) return;
  data_.backend().vector().fill(d_, 0, data_.stream());
  data_.backend().vector().fill(w_, 0, data_.stream());
}

void DataFit::operator()(Array& x0, double kappa, const DataTerm& data) {
  const Backend& backend = data.backend();
  const VectorOps& ops = backend.vector();
  Stream& stream = data.stream();
  const double rho = options_.penalty;
  std::vector<OperatorPtr> terms{compose(adjoint(data.operator_ptr()), data.operator_ptr())};
  Array b = backend.allocate(x0.spec(), stream);
  ops.copy(data.back_projection(), b, stream);
  if (kappa > 0) {
    terms.push_back(scaled(kappa, identity(x0.spec(), backend)));
    ops.axpy(kappa, x0, b, stream);  // + kappa x0
  }
  Array difference;
  if (dz_) {
    terms.push_back(scaled(rho, compose(adjoint(dz_), dz_)));
    difference = backend.allocate(dz_->range(), stream);
    ops.axpby(rho, d_, 0, difference, stream);
    ops.axpy(-rho, w_, difference, stream);
    dz_->adjoint(difference, b, stream, Write::accumulate);  // + rho Dz^T (d - w)
  }
  const OperatorPtr normal = terms.size() > 1 ? sum(std::move(terms)) : terms.front();
  const double enough = 1e-6 * ops.norm2(b, stream);
  iso::solvers::ConjugateGradient solver{*normal, stream};
  solver.start(b, x0);
  for (int i = 0; i < options_.iterations && !solver.exhausted(); ++i)
    if (solver.step().residual <= enough) break;
  if (!dz_) return;
  dz_->forward(x0, difference, stream);
  ops.axpy(1, w_, difference, stream);  // Dz v + w
  ops.copy(difference, d_, stream);
  ops.soft_threshold(options_.z_weight / rho, d_, stream);
  ops.axpby(1, difference, 0, w_, stream);
  ops.axpy(-1, d_, w_, stream);  // w = Dz v + w - d
}

Array measured_part(const DataTerm& data, const Array& x, int iterations) {
  const Backend& backend = data.backend();
  Stream& stream = data.stream();
  Array y = backend.allocate(data.a().range(), stream);
  data.a().forward(x, y, stream);
  Array v = backend.allocate(data.a().domain(), stream);
  iso::solvers::Cgls solver{data.a(), {}, stream};
  solver.start(y, v);
  const double enough = 1e-4 * backend.vector().norm2(y, stream);
  for (int i = 0; i < iterations && !solver.exhausted(); ++i)
    if (solver.step().residual <= enough) break;
  return v;
}

}  // namespace diffusion_recon
