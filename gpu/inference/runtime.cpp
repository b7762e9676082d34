#include "runtime.h"

#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/base/threads.h"

#include <openvino/openvino.hpp>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <ranges>
#include <sstream>
#include <utility>

namespace iso::gpu {
namespace {

constexpr std::size_t shapes_kept = 2;  ///< compiled networks a graph: one shape in use and one before

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
  for (const ov::Dimension& extent : std::views::reverse(shape))
    spec.extents.push_back(extent.is_static() ? extent.get_length() : -1);
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
  OpenVinoNetwork(ov::Core& core, std::shared_ptr<const ov::Model> model, int at_once)
      : core_{core}, model_{std::move(model)}, at_once_{at_once} {
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

  /// Compiled for one shape, with as many requests as have been needed at the same time.
  struct Compiled {
    Shapes shapes;
    ov::CompiledModel model;
    std::vector<ov::InferRequest> idle;
  };
  using CompiledPtr = std::shared_ptr<Compiled>;

  [[nodiscard]] Pixels do_run(const models::Tensors& inputs) const override {
    try {
      const std::size_t images = images_in(inputs);
      if (images < 2) return run_images(inputs, 1, 0);
      const Pixels first = run_images(inputs, images, 0);
      ov::Shape shape = to_openvino(first.spec().shape);
      const std::size_t size = first.values<float>().size();
      shape[0] = images;
      PixelBuffer out = PixelBuffer::allocate({from_openvino(shape), ScalarType::f32});
      const auto keep = [&](const Pixels& one, std::size_t image) {
        std::ranges::copy(one.values<float>(), out.values<float>().subspan(image * size, size).begin());
      };
      keep(first, 0);
      parallel_for(static_cast<std::int64_t>(images) - 1, 1, [&](std::int64_t begin, std::int64_t end) {
        for (auto image = static_cast<std::size_t>(begin) + 1; image <= static_cast<std::size_t>(end); ++image)
          keep(run_images(inputs, images, image), image);
      });
      return out;
    } catch (const std::bad_alloc&) {
      throw Error{Errc::out_of_memory, "there is not enough memory to run the network",
                  "close other programs, or take smaller images"};
    } catch (const ov::Exception& problem) {
      throw Error{Errc::invalid_result, "the network cannot be run: " + reason(problem)};
    }
  }

  /// How many images the inputs hold that are runs of their own; 1 where they go together: each input has as many, or one for all.
  [[nodiscard]] std::size_t images_in(const models::Tensors& inputs) const {
    if (at_once_ > 0) return 1;
    std::size_t images = 1;
    for (const auto& [name, pixels] : inputs) {
      const ov::Shape shape = to_openvino(pixels.spec().shape);
      const std::size_t here = shape.empty() ? 1 : shape[0];
      if (here == 0 || (images > 1 && here > 1 && here != images)) return 1;
      images = std::max(images, here);
    }
    return images;
  }

  /// Runs one image of `images`; all that there is if that is 1.
  [[nodiscard]] Pixels run_images(const models::Tensors& inputs, std::size_t images, std::size_t image) const {
    Shapes shapes;
    for (const auto& [name, pixels] : inputs) {
      ov::Shape& shape = shapes[name] = to_openvino(pixels.spec().shape);
      if (images > 1 && !shape.empty()) shape[0] = 1;
    }
    const Turn turn{*this, shapes};
    ov::InferRequest request = turn.request();
    for (const auto& [name, pixels] : inputs) {
      const auto extents = pixels.spec().shape.extents();  // the images are the last of ours
      const bool own = images > 1 && !extents.empty() && static_cast<std::size_t>(extents.back()) == images;
      const std::size_t offset = own ? image * (pixels.spec().bytes() / images) : 0;
      // Never written: an input of a network is read in place.
      request.set_tensor(name,
                         ov::Tensor{ov::element::f32, shapes[name], const_cast<std::byte*>(pixels.data()) + offset});
    }
    request.infer();
    const ov::Tensor answer = request.get_output_tensor(0);
    PixelBuffer out = PixelBuffer::allocate({from_openvino(answer.get_shape()), ScalarType::f32});
    std::copy_n(answer.data<const float>(), answer.get_size(), out.values<float>().begin());
    return out;
  }

  [[nodiscard]] int most_at_once() const { return at_once_ > 0 ? at_once_ : ThreadBudget::threads(); }

  /// One of the runs at once: waits until there is room, and gives its request back.
  class Turn {
   public:
    Turn(const OpenVinoNetwork& network, const Shapes& shapes) : network_{network} {
      std::unique_lock lock{network.mutex_};
      network.ended_.wait(lock, [&] { return network.running_ < network.most_at_once(); });
      compiled_ = network.compiled_for(shapes);
      if (compiled_->idle.empty()) compiled_->idle.push_back(compiled_->model.create_infer_request());
      request_ = std::move(compiled_->idle.back());
      compiled_->idle.pop_back();
      ++network.running_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      const std::lock_guard lock{network_.mutex_};
      compiled_->idle.push_back(std::move(request_));
      --network_.running_;
      network_.ended_.notify_one();
    }
    [[nodiscard]] ov::InferRequest request() const { return request_; }

   private:
    const OpenVinoNetwork& network_;
    CompiledPtr compiled_;
    ov::InferRequest request_;
  };

  /// For one shape at a time, which runs faster than one for all; the last that were asked for are kept.
  [[nodiscard]] CompiledPtr compiled_for(const Shapes& shapes) const {
    const auto found = std::ranges::find(compiled_, shapes, [](const CompiledPtr& one) { return one->shapes; });
    if (found != compiled_.end()) {
      std::rotate(compiled_.begin(), found, found + 1);
      return compiled_.front();
    }
    std::map<std::string, ov::PartialShape> wanted;
    for (const auto& [name, shape] : shapes) wanted.emplace(name, ov::PartialShape{shape});
    const auto fixed = model_->clone();
    fixed->reshape(wanted);
    ov::CompiledModel compiled = core_.compile_model(
        fixed, "CPU", ov::hint::inference_precision(ov::element::f32),
        ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY), ov::inference_num_threads(most_at_once()),
        ov::num_streams(most_at_once()), ov::hint::enable_cpu_pinning(false));
    compiled_.insert(compiled_.begin(), std::make_shared<Compiled>(Compiled{shapes, std::move(compiled), {}}));
    if (compiled_.size() > shapes_kept) compiled_.pop_back();
    return compiled_.front();
  }

  ov::Core& core_;
  std::shared_ptr<const ov::Model> model_;
  std::vector<models::TensorSpec> inputs_;
  models::TensorSpec output_;
  int at_once_;
  mutable std::mutex mutex_;
  mutable std::condition_variable ended_;
  mutable int running_{0};
  mutable std::vector<CompiledPtr> compiled_;  // the last used first
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
  [[nodiscard]] models::NetworkPtr load(const std::filesystem::path& graph, int at_once) const override {
    try {
      return std::make_shared<OpenVinoNetwork>(core_, core_.read_model(graph.string()), at_once);
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
