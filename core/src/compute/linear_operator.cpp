#include "iso/compute/linear_operator.h"

#include "abs_sums_impl.h"

#include "iso/compute/backend.h"

#include <cmath>
#include <string>

namespace iso::compute {
namespace {

using detail::Sums;

void expect(const Array& array, const ArraySpec& wanted, const Backend& backend, const char* what) {
  if (!array || array.spec() != wanted) {
    throw Error{Errc::shape_mismatch, std::string{what} + " of an operator is " +
                                          (array ? array.spec().shape.text() : "missing") + ", it must be " +
                                          wanted.shape.text() + " " + std::string{to_string(wanted.type)}};
  }
  if (&array.backend() != &backend) {
    throw Error{Errc::internal, std::string{what} + " of an operator of " + backend.info().id + " lives on " +
                                    array.backend().info().id};
  }
}

class Composed final : public LinearOperator {
 public:
  Composed(OperatorPtr outer, OperatorPtr inner)
      : LinearOperator(inner->domain_space(), outer->range_space(), inner->backend(),
                       {both_non_negative(*outer, *inner) ? Magnitude::Rule::non_negative : Magnitude::Rule::unknown}),
        outer_{std::move(outer)},
        inner_{std::move(inner)} {
    if (outer_->domain() != inner_->range()) {
      throw Error{Errc::shape_mismatch, "operators of " + inner_->range().shape.text() + " and " +
                                            outer_->domain().shape.text() + " cannot follow each other"};
    }
  }

 private:
  static bool both_non_negative(const LinearOperator& a, const LinearOperator& b) {
    return a.magnitude().rule == Magnitude::Rule::non_negative && b.magnitude().rule == Magnitude::Rule::non_negative;
  }
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    Array middle = backend().allocate(inner_->range(), stream);
    inner_->forward(x, middle, stream);
    outer_->forward(middle, y, stream, write);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    Array middle = backend().allocate(inner_->range(), stream);
    outer_->adjoint(y, middle, stream);
    inner_->adjoint(middle, x, stream, write);
  }
  void do_normal(const Array& x, Array& out, Stream& stream) const override {
    Array middle = backend().allocate(inner_->range(), stream), normal = backend().allocate(inner_->range(), stream);
    inner_->forward(x, middle, stream);
    outer_->normal(middle, normal, stream);
    inner_->adjoint(normal, out, stream);
  }
  // |A B| 1 <= |A| |B| 1 <= |A| 1 times the largest sum of B.
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    if (magnitude().rule == Magnitude::Rule::non_negative) return LinearOperator::do_abs_sums(stream);
    const AbsSums outer = outer_->abs_sums(stream), inner = inner_->abs_sums(stream);
    return {detail::scaled(detail::largest(inner.rows, stream), outer.rows, stream),
            detail::scaled(detail::largest(outer.columns, stream), inner.columns, stream)};
  }
  OperatorPtr outer_, inner_;
};

class Sum final : public LinearOperator {
 public:
  explicit Sum(std::vector<OperatorPtr> terms)
      : LinearOperator(terms.at(0)->domain_space(), terms.at(0)->range_space(), terms.at(0)->backend()),
        terms_{std::move(terms)} {
    for (const auto& term : terms_) {
      if (term->domain() != domain() || term->range() != range())
        throw Error{Errc::shape_mismatch, "operators of a sum must share domain and range"};
    }
  }

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    for (const auto& term : terms_) {
      term->forward(x, y, stream, write);
      write = Write::accumulate;
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    for (const auto& term : terms_) {
      term->adjoint(y, x, stream, write);
      write = Write::accumulate;
    }
  }
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    AbsSums total = terms_[0]->abs_sums(stream);
    for (std::size_t i = 1; i < terms_.size(); ++i) {
      const AbsSums next = terms_[i]->abs_sums(stream);
      total = {detail::added(total.rows, next.rows, stream), detail::added(total.columns, next.columns, stream)};
    }
    return total;
  }
  std::vector<OperatorPtr> terms_;
};

class Scaled final : public LinearOperator {
 public:
  Scaled(double factor, OperatorPtr a)
      : LinearOperator(a->domain_space(), a->range_space(), a->backend()), factor_{factor}, a_{std::move(a)} {}

 private:
  void apply(const Array& in, Array& out, Stream& stream, Write write, bool forwards) const {
    if (write == Write::replace) {
      forwards ? a_->forward(in, out, stream) : a_->adjoint(in, out, stream);
      backend().vector().scale(factor_, out, stream);
      return;
    }
    Array result = backend().allocate(out.spec(), stream);
    forwards ? a_->forward(in, result, stream) : a_->adjoint(in, result, stream);
    backend().vector().axpy(factor_, result, out, stream);
  }
  void do_forward(const Array& x, Array& y, Stream& s, Write write) const override { apply(x, y, s, write, true); }
  void do_adjoint(const Array& y, Array& x, Stream& s, Write write) const override { apply(y, x, s, write, false); }
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    const AbsSums of_a = a_->abs_sums(stream);
    return {detail::scaled(std::abs(factor_), of_a.rows, stream),
            detail::scaled(std::abs(factor_), of_a.columns, stream)};
  }
  double factor_;
  OperatorPtr a_;
};

class Adjoint final : public LinearOperator {
 public:
  explicit Adjoint(OperatorPtr a)
      : LinearOperator(a->range_space(), a->domain_space(), a->backend(), a->magnitude()), a_{std::move(a)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& s, Write write) const override { a_->adjoint(x, y, s, write); }
  void do_adjoint(const Array& y, Array& x, Stream& s, Write write) const override { a_->forward(y, x, s, write); }
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    AbsSums of_a = a_->abs_sums(stream);
    std::swap(of_a.rows, of_a.columns);
    return of_a;
  }
  OperatorPtr a_;
};

class Identity final : public LinearOperator {
 public:
  Identity(const ArraySpec& spec, const Backend& backend)
      : LinearOperator(spec, spec, backend, {Magnitude::Rule::bounded, 1, 1}) {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    if (write == Write::replace)
      backend().vector().copy(x, y, stream);
    else
      backend().vector().axpy(1, x, y, stream);
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    do_forward(y, x, stream, write);
  }
};

class Diagonal final : public LinearOperator {
 public:
  explicit Diagonal(Array weights)
      : LinearOperator(weights.spec(), weights.spec(), weights.backend()), weights_{std::move(weights)} {}

 private:
  void apply(const Array& in, Array& out, Stream& stream, Write write, bool conjugate) const {
    const VectorOps& ops = backend().vector();
    const auto multiply = [&](Array& result) {
      if (conjugate)
        ops.conjugate_multiply(weights_, in, result, stream);
      else
        ops.multiply(weights_, in, result, stream);
    };
    if (write == Write::replace) return multiply(out);
    Array product = backend().allocate(out.spec(), stream);
    multiply(product);
    ops.axpy(1, product, out, stream);
  }
  void do_forward(const Array& x, Array& y, Stream& s, Write write) const override { apply(x, y, s, write, false); }
  void do_adjoint(const Array& y, Array& x, Stream& s, Write write) const override { apply(y, x, s, write, true); }
  // |w| = sqrt(conj(w) w) is the length of vectors of one component; bounded here, since VectorOps has no root.
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    const double bound = backend().vector().max_abs(weights_, stream);
    return {{bound, {}}, {bound, {}}};
  }
  Array weights_;
};

}  // namespace

LinearOperator::~LinearOperator() = default;

// The output is made writable before anything of it is read: it may share pixels with the input (Memory).
void LinearOperator::forward(const Array& x, Array& y, Stream& stream, Write write) const {
  expect(x, domain(), *backend_, "the input");
  expect(y, range(), *backend_, "the output");
  stream.check_stop();
  (void)y.address();
  do_forward(x, y, stream, write);
}

void LinearOperator::adjoint(const Array& y, Array& x, Stream& stream, Write write) const {
  expect(y, range(), *backend_, "the input of the adjoint");
  expect(x, domain(), *backend_, "the output of the adjoint");
  stream.check_stop();
  (void)x.address();
  do_adjoint(y, x, stream, write);
}

void LinearOperator::normal(const Array& x, Array& out, Stream& stream) const {
  expect(x, domain(), *backend_, "the input");
  expect(out, domain(), *backend_, "the output");
  (void)out.address();
  do_normal(x, out, stream);
}

void LinearOperator::do_normal(const Array& x, Array& out, Stream& stream) const {
  Array middle = backend().allocate(range(), stream);
  forward(x, middle, stream);
  adjoint(middle, out, stream);
}

AbsSums LinearOperator::abs_sums(Stream& stream) const { return do_abs_sums(stream); }

AbsSums LinearOperator::do_abs_sums(Stream& stream) const {
  switch (magnitude_.rule) {
    case Magnitude::Rule::bounded: return {{magnitude_.row, {}}, {magnitude_.column, {}}};
    case Magnitude::Rule::non_negative: {
      const VectorOps& ops = backend().vector();
      Array rows = backend().allocate(range(), stream), columns = backend().allocate(domain(), stream);
      Array ones = backend().allocate(range(), stream);
      ops.fill(ones, 1, stream);
      adjoint(ones, columns, stream);
      ones = backend().allocate(domain(), stream);
      ops.fill(ones, 1, stream);
      forward(ones, rows, stream);
      const double row = ops.max_abs(rows, stream), column = ops.max_abs(columns, stream);
      return {{row, std::move(rows)}, {column, std::move(columns)}};
    }
    case Magnitude::Rule::unknown: break;
  }
  throw Error{Errc::unsupported,
              "nothing is known of the absolute values of an operator from " + domain().shape.text() + " to " +
                  range().shape.text(),
              "use a power iteration for its norm"};
}

OperatorPtr compose(OperatorPtr outer, OperatorPtr inner) {
  return std::make_shared<Composed>(std::move(outer), std::move(inner));
}
OperatorPtr sum(std::vector<OperatorPtr> terms) {
  if (terms.empty()) throw Error{Errc::invalid_input, "a sum of operators needs at least one"};
  return std::make_shared<Sum>(std::move(terms));
}
OperatorPtr scaled(double factor, OperatorPtr a) { return std::make_shared<Scaled>(factor, std::move(a)); }
OperatorPtr adjoint(OperatorPtr a) { return std::make_shared<Adjoint>(std::move(a)); }
OperatorPtr identity(const ArraySpec& spec, const Backend& backend) {
  return std::make_shared<Identity>(spec, backend);
}
OperatorPtr diagonal(Array weights) {
  if (!weights) throw Error{Errc::invalid_input, "a diagonal operator was given no weights"};
  return std::make_shared<Diagonal>(std::move(weights));
}

}  // namespace iso::compute
