#include "method/robust_model.h"

#include <iso/base/error.h>

#include <algorithm>
#include <string>

/// The state of a model between two iterations, for a checkpoint.
namespace spectral_unmixing {
namespace {

template <class T>
iso::Pixels packed(const T* values, std::int64_t count) {
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({iso::Shape{count}, iso::scalar_type_of<T>});
  std::copy_n(values, count, buffer.values<T>().begin());
  return buffer;
}

template <class T>
void unpack(const iso::Checkpoint& state, const char* name, T* to, std::int64_t count) {
  const auto found = state.arrays.find(name);
  if (found == state.arrays.end() || found->second.spec().shape.count() != count)
    throw iso::Error{iso::Errc::invalid_input, "the checkpoint is not one of this unmixing"};
  std::ranges::copy(found->second.template values<T>(), to);
}

}  // namespace

template <class T>
iso::Checkpoint RobustModel<T>::state() const {
  const auto& [a, p] = fetched();
  iso::Checkpoint out;
  out.iteration = iteration_;
  out.arrays = {{"E", packed(e_.data(), e_.size())},
                {"E0", packed(e0_.data(), e0_.size())},
                {"A", packed(a.data(), static_cast<std::int64_t>(a.size()))},
                {"p", packed(p.data(), n_)},
                {"s", packed(s_.data(), l_)},
                {"history", packed(history_.data(), static_cast<std::int64_t>(history_.size()))}};
  out.numbers = {{"c", c_}, {"nu", nu_}, {"eta", eta_}, {"last", last_}, {"rises", rises_}, {"reseeded", reseeded_}};
  return out;
}

template <class T>
void RobustModel<T>::restore(const iso::Checkpoint& state) {
  unpack(state, "E", e_.data(), e_.size());
  unpack(state, "E0", e0_.data(), e0_.size());
  auto& [a, p] = changed();
  unpack(state, "A", a.data(), static_cast<std::int64_t>(a.size()));
  unpack(state, "p", p.data(), n_);
  unpack(state, "s", s_.data(), l_);
  iteration_ = static_cast<int>(state.iteration);
  history_.assign(static_cast<std::size_t>(iteration_), 0);
  unpack(state, "history", history_.data(), iteration_);
  c_ = state.numbers.at("c");
  nu_ = state.numbers.at("nu");
  eta_ = state.numbers.at("eta");
  last_ = state.numbers.at("last");
  rises_ = static_cast<int>(state.numbers.at("rises"));
  reseeded_ = static_cast<int>(state.numbers.at("reseeded"));
  u_ = s_.unaryExpr([&](double s) { return c_ * weight(s); });
  fresh_objective_ = false;
}

template iso::Checkpoint RobustModel<float>::state() const;
template iso::Checkpoint RobustModel<double>::state() const;
template void RobustModel<float>::restore(const iso::Checkpoint&);
template void RobustModel<double>::restore(const iso::Checkpoint&);

}  // namespace spectral_unmixing
