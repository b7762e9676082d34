#include "functional_impl.h"

#include <cmath>

namespace iso::solvers {

using compute::Array;
using compute::Stream;

Functional::~Functional() = default;

void Functional::prox_conjugate(double step, Array& x, Stream& stream) const {
  // Moreau: prox of step F* at x = x - step prox of F/step at x/step
  const auto& ops = x.backend().vector();
  Array inner = x.backend().allocate(x.spec(), stream);
  ops.axpy(1 / step, x, inner, stream);
  prox(1 / step, inner, stream);
  ops.axpy(-step, inner, x, stream);
}

namespace {

[[noreturn]] void refuse_steps() {
  throw Error{Errc::unsupported, "this functional has no proximal map for a step of its own for every element",
              "use one step for all, without diagonal preconditioning"};
}

void expect_centre(const Array& centre, const Array& x) {
  if (centre.spec() == x.spec()) return;
  throw Error{Errc::shape_mismatch,
              "a functional about data of " + centre.spec().shape.text() + " was given " + x.spec().shape.text()};
}

void expect_weight(double weight) {
  if (weight >= 0 && std::isfinite(weight)) return;
  throw Error{Errc::invalid_input, "the weight of a functional is " + std::to_string(weight), "it must be 0 or more"};
}

constexpr double tolerated = 1e-6;  // how far outside a constraint counts as rounding

}  // namespace

double Functional::value_at_distance(double) const {
  throw Error{Errc::unsupported, "this functional is no function of a distance to data"};
}
FunctionalPtr Functional::weighted(double) const {
  throw Error{Errc::unsupported, "this functional is a constraint and has no weight", "make another one instead"};
}
void Functional::prox(const Array&, Array&, Stream&) const { refuse_steps(); }
void Functional::prox_conjugate(const Array&, Array&, Stream&) const { refuse_steps(); }

namespace detail {

double distance(const Array& x, const Array& centre, Stream& stream) {
  expect_centre(centre, x);
  const auto& ops = x.backend().vector();
  Array difference = x.backend().allocate(x.spec(), stream);
  ops.copy(x, difference, stream);
  ops.axpy(-1, centre, difference, stream);
  return ops.norm2(difference, stream);
}

SquaredDistance::SquaredDistance(Array b, double weight) : b_{std::move(b)}, weight_{weight} { expect_weight(weight); }

double SquaredDistance::value(const Array& x, Stream& stream) const {
  return value_at_distance(distance(x, b_, stream));
}

double SquaredDistance::value_at_distance(double distance) const { return 0.5 * weight_ * distance * distance; }

FunctionalPtr SquaredDistance::weighted(double weight) const { return squared_distance(b_, weight); }

void SquaredDistance::prox(double step, Array& x, Stream& stream) const {
  expect_centre(b_, x);
  const double k = step * weight_;
  x.backend().vector().axpby(k / (1 + k), b_, 1 / (1 + k), x, stream);
}

void SquaredDistance::prox_conjugate(double step, Array& x, Stream& stream) const {
  expect_centre(b_, x);
  if (weight_ == 0) {  // the conjugate of 0 allows 0 alone
    x.backend().vector().fill(x, 0, stream);
    return;
  }
  const double shrink = weight_ / (weight_ + step);
  x.backend().vector().axpby(-step * shrink, b_, shrink, x, stream);
}

void SquaredDistance::prox(const Array& steps, Array& x, Stream& stream) const {
  expect_centre(b_, x);
  // (x - b) / (1 + step w) + b
  const auto& backend = x.backend();
  const auto& ops = backend.vector();
  Array shrink = backend.allocate(x.spec(), stream);
  ops.fill(shrink, 1, stream);
  ops.axpy(weight_, steps, shrink, stream);
  ops.reciprocal(shrink, 0, stream);
  ops.axpy(-1, b_, x, stream);
  ops.multiply(shrink, x, x, stream);
  ops.axpy(1, b_, x, stream);
}

void SquaredDistance::prox_conjugate(const Array& steps, Array& x, Stream& stream) const {
  expect_centre(b_, x);
  const auto& backend = x.backend();
  const auto& ops = backend.vector();
  if (weight_ == 0) {
    ops.fill(x, 0, stream);
    return;
  }
  Array work = backend.allocate(x.spec(), stream);
  ops.multiply(steps, b_, work, stream);
  ops.axpy(-1, work, x, stream);
  ops.fill(work, 1, stream);
  ops.axpy(1 / weight_, steps, work, stream);
  ops.reciprocal(work, 0, stream);
  ops.multiply(work, x, x, stream);
}

L2Ball::L2Ball(Array centre, double radius) : centre_{std::move(centre)}, radius_{radius} {
  if (!(radius >= 0)) throw Error{Errc::invalid_input, "the radius of a ball is negative", "it must be 0 or more"};
}

double L2Ball::value(const Array& x, Stream& stream) const { return value_at_distance(distance(x, centre_, stream)); }

double L2Ball::value_at_distance(double distance) const {
  return distance <= radius_ * (1 + tolerated) ? 0.0 : std::numeric_limits<double>::infinity();
}

void L2Ball::prox(double, Array& x, Stream& stream) const {
  expect_centre(centre_, x);
  const auto& ops = x.backend().vector();
  const double d = distance(x, centre_, stream);
  if (d <= radius_) return;
  ops.axpby(1 - radius_ / d, centre_, radius_ / d, x, stream);
}

Box::Box(double low, double high) : low_{low}, high_{high} {
  if (!(low <= high))
    throw Error{Errc::invalid_input, "a box was given an empty range of values",
                "the low bound must not exceed the high one"};
}

double Box::value(const Array& x, Stream& stream) const {
  const auto& ops = x.backend().vector();
  Array inside = x.backend().allocate(x.spec(), stream);
  ops.copy(x, inside, stream);
  ops.clamp(low_, high_, inside, stream);
  ops.axpy(-1, x, inside, stream);
  return ops.max_abs(inside, stream) <= tolerated ? 0.0 : std::numeric_limits<double>::infinity();
}

void Box::prox(double, Array& x, Stream& stream) const { x.backend().vector().clamp(low_, high_, x, stream); }
void Box::prox(const Array&, Array& x, Stream& stream) const { prox(1.0, x, stream); }

void Box::prox_conjugate(const Array& steps, Array& x, Stream& stream) const {
  // Moreau, element by element: x - step clamp(x / step)
  const auto& backend = x.backend();
  const auto& ops = backend.vector();
  Array inner = backend.allocate(x.spec(), stream);
  ops.copy(steps, inner, stream);
  ops.reciprocal(inner, 0, stream);
  ops.multiply(x, inner, inner, stream);
  ops.clamp(low_, high_, inner, stream);
  ops.multiply(steps, inner, inner, stream);
  ops.axpy(-1, inner, x, stream);
}

Lengths::Lengths(double weight, bool vectors) : weight_{weight}, vectors_{vectors} { expect_weight(weight); }

// Absolute values are the lengths of vectors of one component.
Shape Lengths::shape(const Array& x) const { return vectors_ ? x.spec().shape : Shape{x.spec().shape.count(), 1}; }

FunctionalPtr Lengths::weighted(double weight) const { return std::make_shared<Lengths>(weight, vectors_); }

double Lengths::value(const Array& x, Stream& stream) const {
  return weight_ * x.backend().vector().sum_vector_norms(x.reshaped(shape(x)), stream);
}

void Lengths::prox(double step, Array& x, Stream& stream) const {
  Array same = x.reshaped(shape(x));
  x.backend().vector().shrink_vectors(step * weight_, same, stream);
}

void Lengths::prox_conjugate(double, Array& x, Stream& stream) const {  // the conjugate is the ball of radius weight
  Array same = x.reshaped(shape(x));
  x.backend().vector().project_vectors(weight_, same, stream);
}

void Lengths::prox_conjugate(const Array&, Array& x, Stream& stream) const { prox_conjugate(1.0, x, stream); }

void Lengths::prox(const Array& steps, Array& x, Stream& stream) const {
  // Moreau, element by element: x - step (projection of x / step)
  const auto& backend = x.backend();
  const auto& ops = backend.vector();
  Array inner = backend.allocate(x.spec(), stream);
  ops.copy(steps, inner, stream);
  ops.reciprocal(inner, 0, stream);
  ops.multiply(x, inner, inner, stream);
  prox_conjugate(1.0, inner, stream);
  ops.multiply(steps, inner, inner, stream);
  ops.axpy(-1, inner, x, stream);
}

}  // namespace detail

FunctionalPtr squared_distance(Array b, double weight) {
  return std::make_shared<detail::SquaredDistance>(std::move(b), weight);
}
FunctionalPtr l1_norm(double weight) { return std::make_shared<detail::Lengths>(weight, false); }
FunctionalPtr vector_l1_norm(double weight) { return std::make_shared<detail::Lengths>(weight, true); }
FunctionalPtr box(double low, double high) { return std::make_shared<detail::Box>(low, high); }
FunctionalPtr l2_ball(Array centre, double radius) {
  return std::make_shared<detail::L2Ball>(std::move(centre), radius);
}

}  // namespace iso::solvers
