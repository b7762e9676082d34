#pragma once

// A backend that only holds memory, and tasks that work, misbehave or crash on purpose; for the tests of jobs, in
// process and in workers.

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/threads.h"
#include "iso/compute/backend.h"
#include "iso/job/executor.h"
#include "iso/plugin/typed_task.h"
#include "support/pixels.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace iso::test {

class MemoryBackend final : public compute::HostBackend {
 public:
  [[nodiscard]] compute::DeviceInfo info() const override {
    return {"memory", "memory of the host", "none", std::size_t{1} << 40, std::size_t{1} << 40, {}};
  }
  [[nodiscard]] std::span<const compute::OperatorEntry> operators() const noexcept override { return {}; }
  [[nodiscard]] const compute::VectorOps& vector() const noexcept override { std::abort(); }
};

inline void add_backends(compute::BackendRegistry& registry, std::string_view /*wish*/ = "auto") {
  registry.add(std::make_unique<MemoryBackend>(), 1);
}

inline Volume sample_volume(std::int64_t side = 16) {
  Volume volume;
  volume.grid = VoxelGrid::centred({side, side, side}, {1, 1, 1});
  PixelBuffer buffer = PixelBuffer::allocate({volume.grid.shape(), ScalarType::f32});
  const Philox random{7, 0};
  auto values = buffer.values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(random.uniform(i));
  volume.pixels = std::move(buffer);
  return volume;
}

/// The input plus seeded noise, by all threads; reports, plots and previews on its way.
inline Volume add_noise(const Volume& input, plugin::RunContext& context) {
  Volume result = input;
  PixelBuffer buffer = PixelBuffer::allocate(input.pixels.spec());
  const auto from = input.pixels.values<float>();
  const auto to = buffer.values<float>();
  const Philox random{context.seed(), 1};
  context.report(0.1, "adding noise");
  parallel_for(static_cast<std::int64_t>(from.size()), 64, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      to[i] = from[i] + static_cast<float>(random.normal(i));
  });
  context.plot("residual", 1, 0.5);
  context.plot("residual", 2, 0.25);
  result.pixels = std::move(buffer);
  context.preview("volume", freeze(result));
  context.log("noise added");
  context.warn("noise is noise");
  context.report(1, "adding noise");
  return result;
}

/// Adds 1 to the input a hundred times, slowly, and keeps its state: what is done once is not done again.
inline Volume count_up(const Volume& input, plugin::RunContext& context) {
  constexpr std::int64_t rounds = 100;
  Checkpoint state = context.resumed().value_or(Checkpoint{});
  if (state.empty()) {
    state.arrays["sum"] = PixelBuffer::make_copy(input.pixels);
  }
  context.figure("first round", static_cast<double>(state.iteration), "rounds");
  for (; state.iteration < rounds; ++state.iteration) {
    if (context.stop().stop_requested()) throw Error(Errc::cancelled, "the count was cancelled");
    if (context.wants_checkpoint()) context.keep(state);
    change<float>(state.arrays["sum"], [](std::span<float> sum) {
      for (float& value : sum) value += 1;
    });
    context.report(static_cast<double>(state.iteration) / rounds, "counting " + std::to_string(state.iteration));
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  Volume result = input;
  result.pixels = state.arrays["sum"];
  return result;
}

/// Ten rounds, each of which asks whether a preview is wanted before it makes one, for both outputs; plots how many it made.
inline Volume iterate(const Volume& input, plugin::RunContext& context) {
  int made = 0;
  for (int i = 0; i < 10; ++i) {
    context.report(i / 10.0, "iterating");
    if (!context.wants_preview()) continue;
    ++made;
    context.preview("volume", freeze(input));
    context.preview("second", freeze(input));
  }
  context.figure("previews made", made, "previews");
  return input;
}

inline void wait_until_stopped(plugin::RunContext& context) {
  for (int i = 0; !context.stop().stop_requested() && i < 6000; ++i) {
    context.report(i / 6000.0, "waiting");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  if (context.stop().stop_requested()) throw Error(Errc::cancelled, "the wait was cancelled");
}

/// Takes memory, a scratch file and shared memory (the previews), then waits; hears a cancel or is deaf to it.
inline void hoard(const Volume& input, plugin::RunContext& context, bool deaf) {
  const std::vector<char> memory(std::size_t{256} << 20, 'x');
  std::ofstream(context.scratch() / "hoard.bin") << std::string(std::size_t{8} << 20, 'x');
  for (int i = 0; i < 5; ++i) {
    Volume shown = input;
    PixelBuffer buffer = PixelBuffer::allocate(input.pixels.spec());
    std::ranges::fill(buffer.values<float>(), static_cast<float>(memory[static_cast<std::size_t>(i)]));
    shown.pixels = std::move(buffer);
    context.preview("volume", freeze(std::move(shown)));
  }
  for (int i = 0; deaf || !context.stop().stop_requested(); ++i) {
    context.report(std::min(i / 6000.0, 0.9), "hoarding");
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  throw Error(Errc::cancelled, "the hoarding was cancelled");
}

/// The system must end the process, not a sanitizer that sees it coming.
[[gnu::no_sanitize_undefined]] inline void crash_segfault() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

inline void take_all_memory() {
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int i = 0; i < 100000; ++i) {
    blocks.push_back(std::make_unique_for_overwrite<char[]>(std::size_t{64} << 20));
    if (blocks.size() == 99999) std::abort();  // the limit was not in force
  }
}

/// The parameters of the tasks of the tests.
struct SampleParameters {
  double strength = 1.5;
  int rounds = 3;
  friend bool operator==(const SampleParameters&, const SampleParameters&) = default;
  static constexpr auto fields() {
    return std::tuple{params::field("strength", &SampleParameters::strength),
                      params::field("rounds", &SampleParameters::rounds)};
  }
};

/// Marks the voxels of the marks, and nothing else; a voxel at x = 13 brings it down, label 400 is an error. What it has
/// painted stays in a cache that says how many answers this process gave.
class MarkingSession final : public plugin::TypedInteraction<SampleParameters> {
 public:
  explicit MarkingSession(const VoxelGrid& grid) : grid_{grid} {}

 private:
  [[nodiscard]] plugin::Datasets answer(std::span<const plugin::Mark> marks, const SampleParameters& parameters,
                                        std::chrono::milliseconds, plugin::RunContext& context) override {
    LabelMap labels;
    labels.grid = grid_;
    PixelBuffer buffer = PixelBuffer::allocate({grid_.shape(), ScalarType::u16});
    const auto values = buffer.values<std::uint16_t>();
    for (const plugin::Mark& mark : marks)
      for (const auto& voxel : mark.voxels) {
        if (voxel[0] == 13) crash_segfault();
        if (mark.label == 400) throw Error(Errc::invalid_input, "label 400 is not taken", "use another");
        values[static_cast<std::size_t>(voxel[0] + grid_.size[0] * (voxel[1] + grid_.size[1] * voxel[2]))] =
            static_cast<std::uint16_t>(mark.label * parameters.rounds / 3);
      }
    labels.labels = std::move(buffer);
    context.figure("answers", ++answers_, "answers");
    context.figure("seed", static_cast<double>(context.seed()), "1");
    context.figure("scratch", std::filesystem::is_directory(context.scratch()) ? 1 : 0, "1");
    if (marks.size() > 2) context.warn("many marks");
    context.report(1, "marking");
    return {{"volume", freeze(std::move(labels))}};
  }

  VoxelGrid grid_;
  int answers_{0};
};

class SampleTask final : public plugin::TypedTask<SampleParameters> {
 public:
  explicit SampleTask(std::string name) : name_{std::move(name)} {
    if (name_ == "two_outputs") outputs_.push_back({"second", Kind::volume, false, "what it was"});
    if (name_.starts_with("networks") && name_ != "networks_alone") {
      outputs_.front().residual = "residual";
      outputs_.push_back({"residual", Kind::volume, true, "what the estimate leaves"});
    }
    if (name_ == "collects") inputs_.front().collection = true;
    if (name_ == "marks") outputs_.front().kind = Kind::label_map;
  }
  [[nodiscard]] plugin::About about() const override { return {name_, "A task of the tests.", "", "Filtering", {}}; }
  [[nodiscard]] std::span<const plugin::Port> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] std::span<const plugin::Port> outputs() const noexcept override { return outputs_; }
  [[nodiscard]] bool interactive() const noexcept override { return name_ == "marks"; }
  [[nodiscard]] std::unique_ptr<plugin::Interaction> begin(const plugin::Datasets& inputs,
                                                           plugin::RunContext&) override {
    if (!interactive()) return nullptr;
    return std::make_unique<MarkingSession>(plugin::input<Volume>(inputs, "volume").grid);
  }

 protected:
  [[nodiscard]] plugin::Plan plan(const plugin::Descriptions& inputs, const SampleParameters& p) const override {
    plugin::Plan plan;
    plan.bytes = name_ == "huge" ? std::size_t{1} << 50 : 4096;
    plan.seconds = 1;
    if (name_.starts_with("networks")) plan.models = {"tiny_denoiser"};
    if (name_ == "crash_planning") crash_segfault();
    if (name_ == "particular") {
      if (p.rounds > 16)
        plan.refuse_parameter("rounds", "rounds is " + std::to_string(p.rounds) + ", the volume has 16 slices");
      if (p.strength > 2) plan.refuse_parameter("strength", "strength is too high for this volume");
    }
    if (name_ == "unsuited") plan.refuse("the volume is of another scanner");
    if (name_ != "collects" && name_ != "marks")
      plan.outputs["volume"] = describe(plugin::input<Volume>(inputs, "volume"));
    return plan;
  }
  [[nodiscard]] plugin::Datasets run(const plugin::Datasets& inputs, const SampleParameters& p,
                                     plugin::RunContext& context) override {
    if (name_ == "collects") return {{"volume", freeze(make_sum(inputs.at("volume").all()))}};
    const auto& input = plugin::input<Volume>(inputs, "volume");
    if (name_ == "attaches") attach_report(context);
    if (name_.starts_with("networks")) return estimate(inputs, p, context);
    for (int i = 0; name_ == "long_curve" && i < 5000; ++i) context.plot("objective", i, 1.0 / (1 + i));
    if (name_ == "attaches" || name_ == "long_curve") return {{"volume", inputs.at("volume")}};
    if (name_ == "prints") std::cout << "a plugin prints\n" << std::flush;
    if (name_ == "count") return {{"volume", freeze(count_up(input, context))}};
    if (name_ == "hoard" || name_ == "hoard_deaf") hoard(input, context, name_ == "hoard_deaf");
    if (name_ == "iterate") return {{"volume", freeze(iterate(input, context))}};
    if (name_ != "noise" && name_ != "two_outputs") misbehave(context);
    Volume result = add_noise(input, context);
    if (name_ == "nan_output")
      change<float>(result.pixels, [](auto values) { values[3] = std::numeric_limits<float>::quiet_NaN(); });
    if (name_ == "no_output") return {};
    if (name_ == "two_outputs") return {{"volume", freeze(result)}, {"second", freeze(input)}};
    return {{"volume", freeze(std::move(result))}};
  }

 private:
  /// What a learned task gives: figures as large as `strength`, and a residual unless it is `alone`.
  [[nodiscard]] plugin::Datasets estimate(const plugin::Datasets& inputs, const SampleParameters& p,
                                          plugin::RunContext& context) const {
    (void)context.model("tiny_denoiser");
    context.figure("views_used", 24, "views");
    context.figure("relative_residual", p.strength / 2, "1");
    if (name_ != "networks_unscored") context.figure("out_of_domain_score", p.strength, "1");
    if (name_ == "networks_alone") return {{"volume", inputs.at("volume")}};
    return {{"volume", inputs.at("volume")}, {"residual", inputs.at("volume")}};
  }

  static Volume make_sum(std::span<const DatasetPtr> all) {
    Volume sum = get<Volume>(all.front());
    PixelBuffer buffer = PixelBuffer::allocate(sum.pixels.spec());
    const auto values = buffer.values<float>();
    for (const DatasetPtr& one : all)
      for (std::size_t i = 0; i < values.size(); ++i) values[i] += get<Volume>(one).pixels.values<float>()[i];
    sum.pixels = std::move(buffer);
    return sum;
  }

  static void attach_report(plugin::RunContext& context) {
    std::ofstream(context.scratch() / "tiles.csv") << "tile,radius\n1,0.5\n";
    context.attach("tiles.csv", context.scratch() / "tiles.csv");
  }

  void misbehave(plugin::RunContext& context) const {
    context.report(0.25, "misbehaving");
    if (name_ == "crash_segfault") crash_segfault();
    if (name_ == "crash_abort") std::abort();
    if (name_ == "throw_error") throw Error(Errc::quality_gate, "the picture is not good enough", "look at it");
    if (name_ == "throw_int") throw 42;  // NOLINT: on purpose
    if (name_ == "exit_now") std::_Exit(7);
    if (name_ == "hang") std::this_thread::sleep_for(std::chrono::hours{1});
    if (name_ == "out_of_memory") take_all_memory();
    if (name_ == "waits") wait_until_stopped(context);
    if (name_ == "child_of_scratch") throw Error(Errc::internal, context.scratch().string());
  }

  std::string name_;
  std::vector<plugin::Port> inputs_{{"volume", Kind::volume, false, "what to change"}};
  std::vector<plugin::Port> outputs_{{"volume", Kind::volume, false, "what was changed"}};
};

class SampleSource final : public job::TaskSource {
 public:
  [[nodiscard]] job::LoadedTask load(std::string_view task_id) override {
    if (!task_id.starts_with("test/")) throw Error(Errc::usage, "there is no task '" + std::string(task_id) + "'");
    return {std::make_shared<SampleTask>(std::string(task_id.substr(5))), "test", "1.0.0"};
  }
};

/// Workspace "in" to workspace "out".
inline job::Recipe sample_recipe(const std::string& task) {
  job::Recipe recipe;
  recipe.task = "test/" + task;
  recipe.inputs = {{"volume", "workspace:in"}};
  recipe.outputs = {{"volume", "workspace:out"}};
  recipe.seed = 11;
  return recipe;
}

}  // namespace iso::test
