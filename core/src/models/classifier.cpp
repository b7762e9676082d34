#include "iso/models/classifier.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso::models {
namespace {

class NetworkClassifier final : public Classifier {
 public:
  explicit NetworkClassifier(NetworkPtr network) : network_{std::move(network)} {}
  [[nodiscard]] std::int64_t classes() const noexcept override { return network_->output().extents.front(); }
  [[nodiscard]] Pixels scores(const Pixels& images, const std::stop_token& stop) const override {
    return network_->run({{network_->inputs().front().name, images}}, stop);
  }

 private:
  NetworkPtr network_;
};

class LinearClassifier final : public Classifier {
 public:
  LinearClassifier(Pixels weights, std::vector<double> biases)
      : weights_{std::move(weights)}, biases_{std::move(biases)} {}
  [[nodiscard]] std::int64_t classes() const noexcept override { return static_cast<std::int64_t>(biases_.size()); }
  [[nodiscard]] Pixels scores(const Pixels& images, const std::stop_token& stop) const override {
    const Shape& shape = images.spec().shape;
    const Shape& own = weights_.spec().shape;
    if (images.spec().type != ScalarType::f32) throw Error{Errc::type_mismatch, "a classifier takes images of f32"};
    if (shape.rank() != 4 || shape[0] != own[0] || shape[1] != own[1] || shape[2] != own[2])
      throw Error{Errc::shape_mismatch,
                  "the classifier takes images of " + Shape{own[0], own[1], own[2]}.text() + ", not " + shape.text()};
    if (stop.stop_requested()) throw Error{Errc::cancelled, "the classifier was stopped before it ran"};
    PixelBuffer out = PixelBuffer::allocate({Shape{classes(), shape[3]}, ScalarType::f32});
    const auto size = static_cast<std::size_t>(own[0] * own[1] * own[2]);
    const auto w = weights_.values<float>(), x = images.values<float>();
    for (std::size_t image = 0; image < static_cast<std::size_t>(shape[3]); ++image)
      for (std::size_t c = 0; c < biases_.size(); ++c) {
        double sum = biases_[c];
        for (std::size_t i = 0; i < size; ++i) sum += double{w[c * size + i]} * double{x[image * size + i]};
        out.values<float>()[image * biases_.size() + c] = static_cast<float>(sum);
      }
    return out;
  }

 private:
  Pixels weights_;
  std::vector<double> biases_;
};

}  // namespace

Classifier::~Classifier() = default;

std::vector<std::int64_t> Classifier::classify(const Pixels& images, const std::stop_token& stop) const {
  const Pixels all = scores(images, stop);
  const auto values = all.values<float>();
  std::vector<std::int64_t> found;
  for (auto begin = values.begin(); begin != values.end(); begin += classes())
    found.push_back(std::max_element(begin, begin + classes()) - begin);
  return found;
}

ClassifierPtr make_classifier(NetworkPtr network) {
  const TensorSpec& out = network->output();
  if (network->inputs().size() != 1 || out.extents.size() != 2 || out.extents.front() < 2)
    throw Error{Errc::usage, "the network is no classifier: it does not make (classes, batch) of one input",
                "name the network of a classifier"};
  return std::make_shared<NetworkClassifier>(std::move(network));
}

ClassifierPtr linear_classifier(Pixels weights, std::vector<double> biases) {
  if (weights.spec().type != ScalarType::f32) throw Error{Errc::type_mismatch, "the weights of a classifier are f32"};
  if (weights.spec().shape.rank() != 4 || biases.empty() ||
      weights.spec().shape[3] != static_cast<std::int64_t>(biases.size()))
    throw Error{Errc::shape_mismatch, "the weights of a classifier are " + weights.spec().shape.text() + " for " +
                                          std::to_string(biases.size()) + " biases"};
  return std::make_shared<LinearClassifier>(std::move(weights), std::move(biases));
}

}  // namespace iso::models
