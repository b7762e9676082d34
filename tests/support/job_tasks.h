#pragma once

// A backend that only holds memory, and tasks that work, misbehave or crash on purpose; for the tests of jobs, in
// process and in workers.

#include "iso/base/error.h"
#include "iso/base/random.h"
#include "iso/base/threads.h"
#include "iso/compute/backend.h"
#include "iso/job/executor.h"
#include "iso/plugin/task.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace iso::test {

class MemoryBackend final : public compute::HostBackend {
 public:
  [[nodiscard]] compute::DeviceInfo info() const override {
    return {"memory", "memory of the host", "none", std::size_t{1} << 40, std::size_t{1} << 40};
  }
  [[nodiscard]] compute::Support supports(const compute::OperatorSpec&) const override {
    return {false, "it only holds memory"};
  }
  [[nodiscard]] compute::OperatorPtr make(const compute::OperatorSpec&) const override {
    throw Error(Errc::unsupported, "this backend only holds memory");
  }
  [[nodiscard]] const compute::VectorOps& vector() const noexcept override { std::abort(); }
};

inline void add_backends(compute::BackendRegistry& registry, std::string_view /*wish*/ = "auto") {
  registry.add(std::make_unique<MemoryBackend>(), 1);
}

inline Volume sample_volume(std::int64_t side = 16) {
  Volume volume;
  volume.grid = VoxelGrid::centred({side, side, side}, {1, 1, 1});
  volume.pixels = PixelBlock::allocate({volume.grid.shape(), ScalarType::f32});
  const Philox random{7, 0};
  auto values = volume.pixels.mutable_values<float>();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(random.uniform(i));
  return volume;
}

/// The input plus seeded noise, by all threads; reports, plots and previews on its way.
inline Volume add_noise(const Volume& input, plugin::RunContext& context) {
  Volume result = input;
  result.pixels = PixelBlock::allocate(input.pixels.spec());
  const auto from = input.pixels.values<float>();
  const auto to = result.pixels.mutable_values<float>();
  const Philox random{context.seed(), 1};
  context.report(0.1, "adding noise");
  parallel_for(static_cast<std::int64_t>(from.size()), 64, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
      to[i] = from[i] + static_cast<float>(random.normal(i));
  });
  context.plot("residual", 1, 0.5);
  context.plot("residual", 2, 0.25);
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
    state.arrays["sum"] = PixelBlock::allocate(input.pixels.spec());
    std::ranges::copy(input.pixels.values<float>(), state.arrays["sum"].mutable_values<float>().begin());
  }
  context.plot("first round", 0, static_cast<double>(state.iteration));
  for (; state.iteration < rounds; ++state.iteration) {
    if (context.stop().stop_requested()) throw Error(Errc::cancelled, "the count was cancelled");
    if (context.wants_checkpoint()) context.keep(state);
    for (float& value : state.arrays["sum"].mutable_values<float>()) value += 1;
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
  context.plot("previews made", 0, made);
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
    shown.pixels = PixelBlock::allocate(input.pixels.spec());
    std::ranges::fill(shown.pixels.mutable_values<float>(), static_cast<float>(memory[static_cast<std::size_t>(i)]));
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

/// Marks the voxels of the strokes, and nothing else; a voxel at x = 13 brings it down, label 400 is an error.
class MarkingSession final : public plugin::Interaction {
 public:
  explicit MarkingSession(VoxelGrid grid) : grid_{std::move(grid)} {}
  [[nodiscard]] plugin::Datasets update(std::span<const plugin::Stroke> added, std::chrono::milliseconds,
                                        plugin::RunContext&) override {
    return update(added);
  }
  [[nodiscard]] plugin::Datasets update(std::span<const plugin::Stroke> added) {
    if (!added.empty()) history_.emplace_back(added.begin(), added.end());
    LabelMap labels;
    labels.grid = grid_;
    labels.labels = PixelBlock::allocate({grid_.shape(), ScalarType::u16});
    const auto values = labels.labels.mutable_values<std::uint16_t>();
    std::ranges::fill(values, std::uint16_t{0});
    for (const auto& step : history_)
      for (const plugin::Stroke& stroke : step)
        for (const auto& voxel : stroke.voxels) {
          if (voxel[0] == 13) crash_segfault();
          if (stroke.label == 400) throw Error(Errc::invalid_input, "label 400 is not taken", "use another");
          values[static_cast<std::size_t>(voxel[0] + grid_.size[0] * (voxel[1] + grid_.size[1] * voxel[2]))] =
              stroke.label;
        }
    return {{"volume", freeze(std::move(labels))}};
  }
  void undo() override {
    if (!history_.empty()) history_.pop_back();
  }

 private:
  VoxelGrid grid_;
  std::vector<std::vector<plugin::Stroke>> history_;
};

class SampleTask final : public plugin::Task {
 public:
  explicit SampleTask(std::string name) : name_{std::move(name)} {
    if (name_ == "two_outputs") outputs_.push_back({"second", Kind::volume, false, "what it was", "slices", ""});
  }
  [[nodiscard]] plugin::About about() const override { return {name_, "A task of the tests.", "", "Filtering", {}}; }
  [[nodiscard]] plugin::Suitability suits(const plugin::Datasets&, const std::string&) const override { return {}; }
  [[nodiscard]] std::span<const plugin::Port> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] std::span<const plugin::Port> outputs() const noexcept override { return outputs_; }
  [[nodiscard]] std::string schema_json() const override {
    return R"({"parameters":[{"name":"strength","type":"real","default":1.5},{"name":"rounds","type":"integer","default":3}]})";
  }
  [[nodiscard]] plugin::Needs needs(const plugin::Datasets&, const std::string&) const override {
    plugin::Needs needs;
    needs.work_bytes = name_ == "huge" ? std::size_t{1} << 50 : 4096;
    needs.seconds_guess = 1;
    return needs;
  }
  [[nodiscard]] plugin::Datasets run(const plugin::Datasets& inputs, const std::string&,
                                     plugin::RunContext& context) override {
    const auto& input = get<Volume>(inputs.at("volume"));
    if (name_ == "count") return {{"volume", freeze(count_up(input, context))}};
    if (name_ == "hoard" || name_ == "hoard_deaf") hoard(input, context, name_ == "hoard_deaf");
    if (name_ == "iterate") return {{"volume", freeze(iterate(input, context))}};
    if (name_ != "noise" && name_ != "two_outputs") misbehave(context);
    Volume result = add_noise(input, context);
    if (name_ == "nan_output") result.pixels.mutable_values<float>()[3] = std::numeric_limits<float>::quiet_NaN();
    if (name_ == "no_output") return {};
    if (name_ == "two_outputs") return {{"volume", freeze(result)}, {"second", freeze(input)}};
    return {{"volume", freeze(std::move(result))}};
  }
  [[nodiscard]] bool interactive() const noexcept override { return name_ == "marks"; }
  [[nodiscard]] std::unique_ptr<plugin::Interaction> begin(const plugin::Datasets& inputs, const std::string&,
                                                           plugin::RunContext&) override {
    if (!interactive()) return nullptr;
    return std::make_unique<MarkingSession>(get<Volume>(inputs.at("volume")).grid);
  }

 private:
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
  std::vector<plugin::Port> inputs_{{"volume", Kind::volume, false, "what to change", "slices", ""}};
  std::vector<plugin::Port> outputs_{{"volume", Kind::volume, false, "what was changed", "slices", ""}};
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
