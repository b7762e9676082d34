#include "iso/solvers/separable.h"

namespace iso::solvers {
namespace {

using compute::Array;
using compute::Stream;

class SeparableSum final : public Functional {
 public:
  SeparableSum(compute::Space space, std::vector<FunctionalPtr> parts)
      : space_{std::move(space)}, parts_{std::move(parts)} {
    if (parts_.size() != space_.parts().size())
      throw Error{Errc::invalid_input, "a sum of " + std::to_string(parts_.size()) +
                                           " functionals was made for a space of " +
                                           std::to_string(space_.parts().size()) + " parts"};
  }
  [[nodiscard]] double value(const Array& x, Stream& stream) const override {
    double sum = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i)
      if (parts_[i]) sum += parts_[i]->value(space_.part(x, i), stream);
    return sum;
  }
  void prox(double step, Array& x, Stream& stream) const override {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      if (!parts_[i]) continue;
      Array part = space_.part(x, i);
      parts_[i]->prox(step, part, stream);
    }
  }
  void prox_conjugate(double step, Array& x, Stream& stream) const override {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Array part = space_.part(x, i);
      if (parts_[i])
        parts_[i]->prox_conjugate(step, part, stream);
      else
        x.backend().vector().fill(part, 0, stream);  // the conjugate of 0 allows 0 alone
    }
  }

 private:
  compute::Space space_;
  std::vector<FunctionalPtr> parts_;
};

class AfterUnitary final : public Functional {
 public:
  AfterUnitary(FunctionalPtr f, compute::OperatorPtr t) : f_{std::move(f)}, t_{std::move(t)} {
    if (!f_ || !t_) throw Error{Errc::invalid_input, "a functional of a transform lacks one of the two"};
  }
  [[nodiscard]] double value(const Array& x, Stream& stream) const override {
    Array y = x.backend().allocate(t_->range(), stream);
    t_->forward(x, y, stream);
    return f_->value(y, stream);
  }
  void prox(double step, Array& x, Stream& stream) const override {
    Array y = x.backend().allocate(t_->range(), stream);
    t_->forward(x, y, stream);
    f_->prox(step, y, stream);
    t_->adjoint(y, x, stream);
  }
  void prox_conjugate(double step, Array& x, Stream& stream) const override {
    Array y = x.backend().allocate(t_->range(), stream);
    t_->forward(x, y, stream);
    f_->prox_conjugate(step, y, stream);
    t_->adjoint(y, x, stream);
  }
  [[nodiscard]] FunctionalPtr weighted(double weight) const override { return after_unitary(f_->weighted(weight), t_); }

 private:
  FunctionalPtr f_;
  compute::OperatorPtr t_;
};

}  // namespace

FunctionalPtr separable_sum(compute::Space space, std::vector<FunctionalPtr> parts) {
  return std::make_shared<SeparableSum>(std::move(space), std::move(parts));
}

FunctionalPtr after_unitary(FunctionalPtr f, compute::OperatorPtr t) {
  return std::make_shared<AfterUnitary>(std::move(f), std::move(t));
}

}  // namespace iso::solvers
