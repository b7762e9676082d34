#pragma once

#include "iso/compute/array.h"

#include <memory>
#include <vector>

namespace iso::compute {

enum class Write : std::uint8_t { replace, accumulate };

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

  [[nodiscard]] const ArraySpec& domain() const noexcept { return domain_; }
  [[nodiscard]] const ArraySpec& range() const noexcept { return range_; }
  [[nodiscard]] const Backend& backend() const noexcept { return *backend_; }

  void forward(const Array& x, Array& y, Stream& stream, Write write = Write::replace) const;  ///< y (+)= A x
  void adjoint(const Array& y, Array& x, Stream& stream, Write write = Write::replace) const;  ///< x (+)= Aᴴ y
  void normal(const Array& x, Array& out, Stream& stream) const;                               ///< out = Aᴴ A x

 protected:
  LinearOperator(ArraySpec domain, ArraySpec range, const Backend& backend)
      : domain_{domain}, range_{range}, backend_{&backend} {}

 private:
  virtual void do_forward(const Array& x, Array& y, Stream& stream, Write write) const = 0;
  virtual void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const = 0;
  virtual void do_normal(const Array& x, Array& out, Stream& stream) const;  ///< default: forward, then adjoint
  ArraySpec domain_, range_;
  const Backend* backend_;
};

using OperatorPtr = std::shared_ptr<const LinearOperator>;

[[nodiscard]] OperatorPtr compose(OperatorPtr outer, OperatorPtr inner);  ///< x -> outer(inner(x))
/// One domain, ranges one behind the other in one array of shape {sum of counts}.
[[nodiscard]] OperatorPtr stack(std::vector<OperatorPtr> rows);
[[nodiscard]] OperatorPtr scaled(double factor, OperatorPtr a);
[[nodiscard]] OperatorPtr adjoint_of(OperatorPtr a);

}  // namespace iso::compute
