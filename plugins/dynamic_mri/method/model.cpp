#include "method/model.h"

#include <iso/compute/backend.h>
#include <iso/compute/operators/complex_difference.h>
#include <iso/compute/operators/fourier.h>
#include <iso/compute/select_part.h>
#include <iso/solvers/low_rank.h>
#include <iso/solvers/separable.h>

#include <cmath>
#include <optional>

namespace dynamic_mri {
namespace {

using namespace iso::compute;
using iso::Shape;

std::vector<std::size_t> spatial_axes(const Shape& series) {
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (series[axis] > 1) axes.push_back(axis);
  return axes;
}

bool has_spatial(const Model& model, const Shape& series) { return model.spatial > 0 && !spatial_axes(series).empty(); }
bool has_temporal(const Model& model, const Shape& series) { return model.temporal > 0 && series[3] > 1; }
bool has_second(const Model& model) { return model.second_rank > 0 && model.second != SecondRank::none; }

ComplexDifference spatial_difference(const Shape& series, iso::ScalarType type) {
  return {series, spatial_axes(series), false, type};
}
ComplexDifference temporal_difference(const Model& model, const Shape& series, iso::ScalarType type) {
  return {series, {3}, model.cyclic, type};
}

/// Of patches two grids, moved by half a patch, so that no edge lies between the same voxels in both.
std::vector<Unfolding> unfoldings(const Model& model, const Shape& series, iso::ScalarType type) {
  Unfolding first{.image = {series[0], series[1], series[2]}, .frames = series[3], .type = type};
  if (model.second != SecondRank::patches) {
    first.kind = model.second == SecondRank::readout ? Unfolding::Kind::readout : Unfolding::Kind::phase;
    return {first};
  }
  Unfolding second = first;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    first.patch[axis] = second.patch[axis] = std::min(model.patch, series[axis]);
    second.shift[axis] = second.patch[axis] / 2;
  }
  return {first, second};
}

iso::solvers::Term second_term(const Model& model, const Shape& series, const Backend& backend, iso::ScalarType type) {
  std::vector<OperatorPtr> grids;
  const auto specs = unfoldings(model, series, type);
  for (const auto& spec : specs) {
    OperatorPtr grid = backend.make(spec);
    grids.push_back(specs.size() > 1 ? scaled(std::sqrt(0.5), std::move(grid)) : std::move(grid));
  }
  const auto norm = iso::solvers::nuclear_norm(model.second_rank, iso::solvers::Matrices::each, model.reweighting);
  if (grids.size() == 1) return {grids[0], norm};
  const OperatorPtr both = stack(std::move(grids));
  return {both, iso::solvers::separable_sum(both->range_space(), {norm, norm})};
}

iso::solvers::FunctionalPtr error_functional(const Model& model, const Shape& series, const Backend& backend,
                                             iso::ScalarType type) {
  auto sparse = iso::solvers::l1_norm(model.error);
  if (model.sparse_in == SparseIn::image) return sparse;
  return iso::solvers::after_unitary(sparse, backend.make(Fourier{series, {3}, true, type}));
}

}  // namespace

Model scaled(const Model& model, double factor) {
  Model out = model;
  for (double* weight : {&out.spatial, &out.temporal, &out.low_rank, &out.second_rank, &out.error}) *weight *= factor;
  return out;
}

iso::compute::Array Objective::image(Array& x) const { return space.parts().size() > 1 ? space.part(x, "image") : x; }
iso::compute::Array Objective::error(Array& x) const { return space.part(x, "error"); }

Objective make_objective(const Model& model, const OperatorPtr& encoding) {
  const iso::ArraySpec series = encoding->domain();
  const Backend& backend = encoding->backend();
  const Shape& shape = series.shape;
  Objective out{.space = series, .encoding = encoding, .terms = {}, .g = {}, .squared_norms = {}};
  OperatorPtr select;
  if (model.has_error()) {
    const OperatorPtr one = identity(series, backend);
    const OperatorPtr both = block_row({{"image", one}, {"error", one}});
    out.space = both->domain_space();
    out.encoding = compose(encoding, both);
    out.squared_norm = 2;
    select = select_part(out.space, "image", backend);
  }
  const auto add = [&](iso::solvers::Term term, double squared_norm) {
    if (select) term.k = compose(std::move(term.k), select);
    out.terms.push_back(std::move(term));
    out.squared_norms.push_back(squared_norm);
  };
  if (has_spatial(model, shape))
    add({backend.make(spatial_difference(shape, series.type)), iso::solvers::vector_l1_norm(model.spatial)},
        4.0 * static_cast<double>(spatial_axes(shape).size()));
  if (has_temporal(model, shape))
    add({backend.make(temporal_difference(model, shape, series.type)), iso::solvers::l1_norm(model.temporal)}, 4);
  if (has_second(model)) add(second_term(model, shape, backend, series.type), 1);
  iso::solvers::FunctionalPtr rank;
  if (model.low_rank > 0)
    rank = iso::solvers::nuclear_norm(model.low_rank, iso::solvers::Matrices::whole, model.reweighting);
  out.g = model.has_error()
              ? iso::solvers::separable_sum(out.space, {rank, error_functional(model, shape, backend, series.type)})
              : rank;
  return out;
}

std::vector<OperatorSpec> term_operators(const Model& model, const Shape& series) {
  const auto type = iso::ScalarType::c64;
  std::vector<OperatorSpec> out;
  if (has_spatial(model, series)) out.emplace_back(spatial_difference(series, type));
  if (has_temporal(model, series)) out.emplace_back(temporal_difference(model, series, type));
  if (has_second(model))
    for (const auto& spec : unfoldings(model, series, type)) out.emplace_back(spec);
  if (model.has_error() && model.sparse_in == SparseIn::spectrum) out.emplace_back(Fourier{series, {3}, true, type});
  return out;
}

std::vector<iso::ArraySpec> term_ranges(const Model& model, const Shape& series) {
  std::vector<iso::ArraySpec> out;
  for (const OperatorSpec& spec : term_operators(model, series))
    if (spec.as<Fourier>() == nullptr) out.push_back(spec.range());
  return out;
}

}  // namespace dynamic_mri
