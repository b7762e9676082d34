#include "runtime.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/base/threads.h"

#include <openvino/openvino.hpp>

#include <algorithm>
#include <exception>
#include <mutex>
#include <sstream>
#include <utility>

namespace iso::gpu {
namespace {

constexpr std::size_t shapes_kept = 2;  ///< compiled networks a graph: whole batches and the last

/// The first line of what OpenVINO says; the rest are places in its sources.
std::string reason(const std::exception& problem) {
  std::string text = problem.what(), last;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.starts_with("Exception from") && !line.starts_with("Check '")) last = line;
  return last.empty() ? text : last;
}

models::TensorSpec to_spec(const ov::Output<const ov::Node>& port) {
  models::TensorSpec spec{port.get_any_name(), {}};
  const ov::PartialShape& shape = port.get_partial_shape();
  if (shape.rank().is_dynamic() || shape.size() > Shape::max_rank)
    throw Error{Errc::unsupported, "'" + spec.name + "' of the network has no fixed number of axes, or too many"};
  for (auto extent = shape.rbegin(); extent != shape.rend(); ++extent)
    spec.extents.push_back(extent->is_static() ? extent->get_length() : -1);
  if (port.get_element_type() != ov::element::f32)
    throw Error{Errc::unsupported,
                "'" + spec.name + "' of the network is " + port.get_element_type().get_type_name() + ", expected f32"};
  return spec;
}

ov::Shape to_openvino(const Shape& shape) {
  const auto extents = shape.extents();
  return {extents.rbegin(), extents.rend()};
}

Shape from_openvino(const ov::Shape& shape) {
  std::vector<std::int64_t> extents(shape.rbegin(), shape.rend());
  return Shape{extents};
}

class OpenVinoNetwork final : public models::Network {
 public:
  OpenVinoNetwork(ov::Core& core, std::shared_ptr<const ov::Model> model) : core_{core}, model_{std::move(model)} {
    for (const auto& port : model_->inputs()) inputs_.push_back(to_spec(port));
    if (model_->outputs().size() != 1)
      throw Error{Errc::unsupported,
                  "the network has " + std::to_string(model_->outputs().size()) + " outputs, expected one"};
    output_ = to_spec(model_->output(0));
  }
  [[nodiscard]] std::span<const models::TensorSpec> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] const models::TensorSpec& output() const noexcept override { return output_; }

 private:
  using Shapes = std::map<std::string, ov::Shape>;

  [[nodiscard]] Pixels do_run(const models::Tensors& inputs) const override {
    const std::lock_guard lock{mutex_};
    try {
      Shapes shapes;
      for (const auto& [name, pixels] : inputs) shapes[name] = to_openvino(pixels.spec().shape);
      ov::InferRequest& request = request_for(shapes);
      for (const auto& [name, pixels] : inputs)  // never written: an input of a network is read in place
        request.set_tensor(name, ov::Tensor{ov::element::f32, shapes[name], const_cast<std::byte*>(pixels.data())});
      request.infer();
      const ov::Tensor answer = request.get_output_tensor(0);
      PixelBuffer out = PixelBuffer::allocate({from_openvino(answer.get_shape()), ScalarType::f32});
      std::copy_n(answer.data<const float>(), answer.get_size(), out.values<float>().begin());
      return out;
    } catch (const std::bad_alloc&) {
      throw Error{Errc::out_of_memory, "there is not enough memory to run the network",
                  "close other programs, or take smaller images"};
    } catch (const ov::Exception& problem) {
      throw Error{Errc::invalid_result, "the network cannot be run: " + reason(problem)};
    }
  }

  /// For one shape at a time, which runs faster than one for all; the last that were asked for are kept.
  [[nodiscard]] ov::InferRequest& request_for(const Shapes& shapes) const {
    const auto found = std::ranges::find(requests_, shapes, &std::pair<Shapes, ov::InferRequest>::first);
    if (found != requests_.end()) {
      std::rotate(requests_.begin(), found, found + 1);
      return requests_.front().second;
    }
    std::map<std::string, ov::PartialShape> wanted;
    for (const auto& [name, shape] : shapes) wanted.emplace(name, ov::PartialShape{shape});
    const auto fixed = model_->clone();
    fixed->reshape(wanted);
    ov::CompiledModel compiled = core_.compile_model(fixed, "CPU", ov::hint::inference_precision(ov::element::f32),
                                                     ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY),
                                                     ov::inference_num_threads(ThreadBudget::threads()),
                                                     ov::num_streams(1), ov::hint::enable_cpu_pinning(false));
    requests_.insert(requests_.begin(), {shapes, compiled.create_infer_request()});
    if (requests_.size() > shapes_kept) requests_.pop_back();
    return requests_.front().second;
  }

  ov::Core& core_;
  std::shared_ptr<const ov::Model> model_;
  std::vector<models::TensorSpec> inputs_;
  models::TensorSpec output_;
  mutable std::mutex mutex_;
  mutable std::vector<std::pair<Shapes, ov::InferRequest>> requests_;  // the last used first
};

class OpenVinoRuntime final : public models::Runtime {
 public:
  explicit OpenVinoRuntime(const models::RuntimeSettings& settings) {
    if (!settings.cache.empty()) core_.set_property(ov::cache_dir(settings.cache.string()));
  }
  [[nodiscard]] std::string version() const override {
    std::string text = ov::get_openvino_version().buildNumber;
    return text.substr(0, text.find('-'));
  }
  [[nodiscard]] models::NetworkPtr load(const std::filesystem::path& graph) const override {
    try {
      return std::make_shared<OpenVinoNetwork>(core_, core_.read_model(graph.string()));
    } catch (const ov::Exception& problem) {
      throw Error{Errc::invalid_input, "'" + graph.string() + "' is no network that OpenVINO reads: " + reason(problem),
                  "export the network again"};
    }
  }

 private:
  mutable ov::Core core_;
};

}  // namespace

std::unique_ptr<models::Runtime> make_openvino_runtime(const models::RuntimeSettings& settings) {
  try {
    return std::make_unique<OpenVinoRuntime>(settings);
  } catch (const std::exception& problem) {
    throw Error{Errc::unsupported, "OpenVINO does not start: " + reason(problem),
                "packaging/get_openvino installs it anew"};
  }
}

}  // namespace iso::gpu
