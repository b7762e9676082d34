#pragma once

#include "iso/compute/space.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// Linear operators: how to make one, apply it and combine it with others. Two steps of gradient descent on
/// ‖D x - b‖² over the differences D of an image (tests/core/compute/example_test.cpp runs this):
///     const std::unique_ptr<Stream> stream = backend.make_stream();
///     const OperatorPtr d = backend.make(FiniteDifference{Shape{8, 8}, {0, 1}});
///     const Array b = backend.upload(differences, *stream);
///     Array x = backend.allocate(d->domain(), *stream), residual = backend.allocate(d->range(), *stream);
///     Array gradient = backend.allocate(d->domain(), *stream);
///     for (int step = 0; step < 2; ++step) {
///       backend.vector().copy(b, residual, *stream);
///       backend.vector().scale(-1, residual, *stream);
///       d->forward(x, residual, *stream, Write::accumulate);  // r = D x - b
///       d->adjoint(residual, gradient, *stream);              // g = Dᴴ r
///       backend.vector().axpy(-0.125, gradient, x, *stream);  // x = x - g / 8, and 8 bounds ‖D‖²
///     }
namespace iso::compute {

enum class Write : std::uint8_t { replace, accumulate };

/// What is known of |A|, the operator of the absolute values of the entries of A.
struct Magnitude {
  enum class Rule : std::uint8_t {
    unknown,
    non_negative,  ///< no entry of A is negative: |A| = A
    bounded        ///< `row` and `column` bound the sums of every row and column of |A|
  };
  Rule rule{Rule::unknown};
  double row{0}, column{0};
};

/// Sums of |A| along its rows and its columns, or bounds of them from above: what steps are chosen by.
struct AbsSums {
  struct Sums {
    double bound{0};  ///< of every sum
    Array each{};  ///< one sum each, of the shape of the range (rows) or domain (columns); none: `bound` holds for all
  };
  Sums rows, columns;
};

/// A linear map A between two spaces of arrays, with its adjoint.
///
/// Promise: for every x, y in range, <A x, y> and <x, Aᴴ y> agree to rounding. Back-projection
/// that is matched to its projector is an adjoint; filtered back-projection is not, and is a function.
/// Errors: shape_mismatch if an array does not fit, internal if it lives on another backend than the operator,
/// cancelled when the stream was asked to stop.
/// Thread safety: one operator may be applied from several threads, each with its own stream.
class LinearOperator {
 public:
  LinearOperator(const LinearOperator&) = delete;
  LinearOperator& operator=(const LinearOperator&) = delete;
  virtual ~LinearOperator();

  [[nodiscard]] const ArraySpec& domain() const noexcept { return domain_.spec(); }
  [[nodiscard]] const ArraySpec& range() const noexcept { return range_.spec(); }
  [[nodiscard]] const Space& domain_space() const noexcept { return domain_; }
  [[nodiscard]] const Space& range_space() const noexcept { return range_; }
  [[nodiscard]] const Backend& backend() const noexcept { return *backend_; }

  void forward(const Array& x, Array& y, Stream& stream, Write write = Write::replace) const;  ///< y (+)= A x
  void adjoint(const Array& y, Array& x, Stream& stream, Write write = Write::replace) const;  ///< x (+)= Aᴴ y
  void normal(const Array& x, Array& out, Stream& stream) const;                               ///< out = Aᴴ A x
  /// Sums of |A|, at most one forward and one adjoint of it. Throws unsupported where nothing is known of |A|.
  [[nodiscard]] AbsSums abs_sums(Stream& stream) const;
  [[nodiscard]] const Magnitude& magnitude() const noexcept { return magnitude_; }

 protected:
  LinearOperator(Space domain, Space range, const Backend& backend, const Magnitude& magnitude = {})
      : domain_{std::move(domain)}, range_{std::move(range)}, backend_{&backend}, magnitude_{magnitude} {}
  /// What a description (iso/compute/operator_spec.h) says of its operator.
  template <class Description>
  requires requires(const Description& d) { d.domain(), d.range(), d.magnitude(); }
  LinearOperator(const Description& description, const Backend& backend)
      : LinearOperator(description.domain(), description.range(), backend, description.magnitude()) {}
  [[nodiscard]] virtual AbsSums do_abs_sums(Stream& stream) const;  ///< default: as `magnitude` says

 private:
  virtual void do_forward(const Array& x, Array& y, Stream& stream, Write write) const = 0;
  virtual void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const = 0;
  virtual void do_normal(const Array& x, Array& out, Stream& stream) const;  ///< default: forward, then adjoint
  Space domain_, range_;
  const Backend* backend_;
  Magnitude magnitude_;
};

using OperatorPtr = std::shared_ptr<const LinearOperator>;

/// An operator and the name of its part of a product space.
struct Block {
  std::string name;
  OperatorPtr a;
};

// All throw shape_mismatch or invalid_input where operators do not fit each other.
[[nodiscard]] OperatorPtr compose(OperatorPtr outer, OperatorPtr inner);  ///< x -> outer(inner(x))
[[nodiscard]] OperatorPtr sum(std::vector<OperatorPtr> terms);            ///< x -> a x + b x + ...
[[nodiscard]] OperatorPtr scaled(double factor, OperatorPtr a);
[[nodiscard]] OperatorPtr adjoint(OperatorPtr a);
[[nodiscard]] OperatorPtr identity(const ArraySpec& spec, const Backend& backend);
/// x -> weights x, element by element. Values of `weights` must not change as long as the operator lives.
[[nodiscard]] OperatorPtr diagonal(Array weights);
/// [a; b; ...]: one domain, the range is the product of the ranges. Without names they are "0", "1", ...
[[nodiscard]] OperatorPtr stack(std::vector<Block> rows);
[[nodiscard]] OperatorPtr stack(std::vector<OperatorPtr> rows);
/// [a b ...]: the domain is the product of the domains, one range.
[[nodiscard]] OperatorPtr block_row(std::vector<Block> columns);
/// Each operator from its part of the domain to its part of the range.
[[nodiscard]] OperatorPtr block_diagonal(std::vector<Block> blocks);
/// `a` for each of `frames` along one more, last, axis: domain {..., frames} to range {..., frames}.
[[nodiscard]] OperatorPtr each_frame(OperatorPtr a, std::int64_t frames);

}  // namespace iso::compute
