#include "iso/models/classifier.h"

#include "iso/base/error.h"
#include "iso/base/random.h"

#include <algorithm>
#include <cmath>

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
    throw Error{Errc::invalid_input,
                "the network is no classifier: it makes " + to_text(out.extents) + " of " +
                    std::to_string(network->inputs().size()) + (network->inputs().size() == 1 ? " input" : " inputs") +
                    ", expected scores of two classes or more x batch of one",
                "`isocenter models check FILE.onnx --as classifier` says what it lacks"};
  return std::make_shared<NetworkClassifier>(std::move(network));
}

namespace {

constexpr std::int64_t tried_edge = 32;  ///< where any size is taken

void try_scores(const Network& network, std::vector<std::string>& lacks) {
  const TensorSpec& in = network.inputs().front();
  const auto extent = [&](std::size_t axis) { return in.extents[axis] < 0 ? tried_edge : in.extents[axis]; };
  const Shape one{extent(0), extent(1), in.extents[2] < 0 ? 1 : in.extents[2], 1};
  const Philox noise{1, 2};
  PixelBuffer two = PixelBuffer::allocate({Shape{one[0], one[1], one[2], 2}, ScalarType::f32});
  for (std::size_t i = 0; i < two.values<float>().size(); ++i)
    two.values<float>()[i] = static_cast<float>(noise.uniform(i));
  PixelBuffer first = PixelBuffer::allocate({one, ScalarType::f32});
  std::copy_n(two.values<float>().begin(), first.values<float>().size(), first.values<float>().begin());
  const Pixels both = network.run({{in.name, std::move(two)}}), alone = network.run({{in.name, std::move(first)}});
  const auto classes = static_cast<std::size_t>(network.output().extents.front());
  const auto a = both.values<float>(), b = alone.values<float>();
  if (std::ranges::any_of(a, [](float v) { return !std::isfinite(v); }))
    lacks.emplace_back("its scores on images of noise are not finite; train it again");
  double largest = 0, differs = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    largest = std::max(largest, std::abs(double{a[c]} - double{b[c]}));
    differs = std::max(differs, std::abs(double{a[c]} - double{a[classes + c]}));
  }
  if (largest > 1e-3)
    lacks.emplace_back(
        "its scores of an image change with the other images of the batch; export it in evaluation mode, so that "
        "neither "
        "normalisation nor dropout look at the batch");
  if (differs == 0)
    lacks.emplace_back("its scores are the same for two images of noise; it does not look at the image");
}

}  // namespace

std::vector<std::string> what_classifier_lacks(const Network& network) {
  std::vector<std::string> lacks;
  if (network.inputs().size() != 1) {
    lacks.push_back("it has " + std::to_string(network.inputs().size()) + " inputs, a classifier has one, the image");
    return lacks;
  }
  const TensorSpec& in = network.inputs().front();
  if (in.extents.size() != 4)
    lacks.push_back("its input is " + to_text(in.extents) +
                    ", expected width x height x channels x batch; export it with four axes");
  else if (in.extents[3] >= 0)
    lacks.push_back("its batch is fixed at " + std::to_string(in.extents[3]) + "; export it with a free first axis");
  const TensorSpec& out = network.output();
  if (out.extents.size() != 2 || out.extents.front() < 2)
    lacks.push_back("its output is " + to_text(out.extents) +
                    ", expected classes x batch with at least two classes; let it end with scores "
                    "[batch, classes], two of them for a question of yes or no");
  if (lacks.empty()) try_scores(network, lacks);
  return lacks;
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
