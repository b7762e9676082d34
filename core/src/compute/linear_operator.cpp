#include "iso/compute/linear_operator.h"

#include "iso/compute/backend.h"

#include <string>

namespace iso::compute {
namespace {

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

// Part of an array, without a copy; for host and device alike.
Array part(const Array& whole, std::size_t first_byte, const ArraySpec& spec) {
  // The aliased handle keeps the whole memory alive.
  const std::shared_ptr<Array> keep = std::make_shared<Array>(whole);
  return {spec, whole.backend(), std::shared_ptr<std::byte>(keep, whole.address() + first_byte)};
}

class Composed final : public LinearOperator {
 public:
  Composed(OperatorPtr outer, OperatorPtr inner)
      : LinearOperator(inner->domain(), outer->range(), inner->backend()),
        outer_{std::move(outer)},
        inner_{std::move(inner)} {
    if (outer_->domain() != inner_->range()) {
      throw Error{Errc::shape_mismatch, "operators of " + inner_->range().shape.text() + " and " +
                                            outer_->domain().shape.text() + " cannot follow each other"};
    }
  }

 private:
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
  OperatorPtr outer_, inner_;
};

ArraySpec stacked_range(const std::vector<OperatorPtr>& rows) {
  if (rows.empty()) throw Error{Errc::invalid_input, "a stack of operators needs at least one"};
  std::int64_t count = 0;
  for (const auto& row : rows) count += row->range().shape.count();
  return {Shape{count}, rows[0]->range().type};
}

class Stacked final : public LinearOperator {
 public:
  explicit Stacked(std::vector<OperatorPtr> rows)
      : LinearOperator(rows.at(0)->domain(), stacked_range(rows), rows.at(0)->backend()), rows_{std::move(rows)} {
    for (const auto& row : rows_) {
      if (row->domain() != domain() || row->range().type != range().type) {
        throw Error{Errc::shape_mismatch, "operators in a stack must share their domain and element type"};
      }
    }
  }

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    std::size_t at = 0;
    for (const auto& row : rows_) {
      Array piece = part(y, at, row->range());
      row->forward(x, piece, stream, write);
      at += row->range().bytes();
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    std::size_t at = 0;
    for (const auto& row : rows_) {
      row->adjoint(part(y, at, row->range()), x, stream, at == 0 ? write : Write::accumulate);
      at += row->range().bytes();
    }
  }
  std::vector<OperatorPtr> rows_;
};

class Scaled final : public LinearOperator {
 public:
  Scaled(double factor, OperatorPtr a)
      : LinearOperator(a->domain(), a->range(), a->backend()), factor_{factor}, a_{std::move(a)} {}

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
  double factor_;
  OperatorPtr a_;
};

class Adjoint final : public LinearOperator {
 public:
  explicit Adjoint(OperatorPtr a) : LinearOperator(a->range(), a->domain(), a->backend()), a_{std::move(a)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& s, Write write) const override { a_->adjoint(x, y, s, write); }
  void do_adjoint(const Array& y, Array& x, Stream& s, Write write) const override { a_->forward(y, x, s, write); }
  OperatorPtr a_;
};

}  // namespace

LinearOperator::~LinearOperator() = default;

void LinearOperator::forward(const Array& x, Array& y, Stream& stream, Write write) const {
  expect(x, domain_, *backend_, "the input");
  expect(y, range_, *backend_, "the output");
  stream.check_stop();
  do_forward(x, y, stream, write);
}

void LinearOperator::adjoint(const Array& y, Array& x, Stream& stream, Write write) const {
  expect(y, range_, *backend_, "the input of the adjoint");
  expect(x, domain_, *backend_, "the output of the adjoint");
  stream.check_stop();
  do_adjoint(y, x, stream, write);
}

void LinearOperator::normal(const Array& x, Array& out, Stream& stream) const {
  expect(x, domain_, *backend_, "the input");
  expect(out, domain_, *backend_, "the output");
  do_normal(x, out, stream);
}

void LinearOperator::do_normal(const Array& x, Array& out, Stream& stream) const {
  Array middle = backend().allocate(range_, stream);
  forward(x, middle, stream);
  adjoint(middle, out, stream);
}

OperatorPtr compose(OperatorPtr outer, OperatorPtr inner) {
  return std::make_shared<Composed>(std::move(outer), std::move(inner));
}
OperatorPtr stack(std::vector<OperatorPtr> rows) {
  (void)stacked_range(rows);
  return std::make_shared<Stacked>(std::move(rows));
}
OperatorPtr scaled(double factor, OperatorPtr a) { return std::make_shared<Scaled>(factor, std::move(a)); }
OperatorPtr adjoint_of(OperatorPtr a) { return std::make_shared<Adjoint>(std::move(a)); }

}  // namespace iso::compute
