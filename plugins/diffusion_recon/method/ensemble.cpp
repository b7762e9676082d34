#include "method/ensemble.h"

#include <iso/base/error.h>

#include <cmath>
#include <string>

namespace diffusion_recon {
namespace {

using iso::compute::Array;
using iso::solvers::Progress;

/// What a checkpoint holds beside the state of the sampler.
struct Collected {
  Array mean, squares;
  std::vector<iso::Pixels> samples;
  std::int64_t done{0};  ///< steps of all samples
};

const iso::Pixels& find(const iso::Checkpoint& from, const std::string& name, const iso::ArraySpec& spec) {
  const auto found = from.arrays.find(name);
  if (found == from.arrays.end() || found->second.spec() != spec)
    throw iso::Error{iso::Errc::invalid_input, "the checkpoint does not hold '" + name + "' of " + spec.shape.text(),
                     "it belongs to another run; start anew"};
  return found->second;
}

class Run {
 public:
  Run(Sampler& sampler, const PosteriorProblem& problem, const EnsembleOptions& options, Progress& progress)
      : sampler_{sampler}, data_{problem.data}, options_{options}, progress_{progress} {
    collected_.mean = data_.backend().allocate(data_.a().domain(), data_.stream());
    collected_.squares = data_.backend().allocate(data_.a().domain(), data_.stream());
  }

  Ensemble all() {
    const std::int64_t steps = sampler_.steps();
    if (progress_.resumed() != nullptr) restore(*progress_.resumed());
    while (collected_.done < steps * options_.samples) {
      const auto sample = static_cast<int>(collected_.done / steps), step = static_cast<int>(collected_.done % steps);
      if (step == 0) sampler_.begin(static_cast<std::uint64_t>(sample));
      one(sample, step);
      ++collected_.done;
      if (step + 1 == steps) collect(sample);
      if (progress_.wants_checkpoint()) progress_.keep(state());
    }
    return finish();
  }

 private:
  void one(int sample, int step) {
    const double steps = static_cast<double>(sampler_.steps()) * options_.samples;
    std::string stage = sampler_.stage(step);
    if (options_.samples > 1)
      stage += ", sample " + std::to_string(sample + 1) + " of " + std::to_string(options_.samples);
    const auto at = [&](double part) {
      return options_.range.at((static_cast<double>(collected_.done) + part) / steps);
    };
    progress_.report(at(0), stage);
    sampler_.step(step, [&](double part) { progress_.report(at(part), stage); });
    misfit_ = sampler_.misfit();
    progress_.plot("misfit", static_cast<double>(collected_.done + 1), misfit_);
    if (progress_.wants_preview()) progress_.preview(sampler_.image());
  }

  /// mean += (x - mean) / n;  squares += (x - mean before) (x - mean after)
  void collect(int sample) {
    const auto& ops = data_.backend().vector();
    iso::compute::Stream& stream = data_.stream();
    Array before = data_.backend().allocate(data_.a().domain(), stream);
    Array after = data_.backend().allocate(data_.a().domain(), stream);
    ops.copy(sampler_.image(), before, stream);
    ops.axpy(-1, collected_.mean, before, stream);
    ops.axpy(1.0 / (sample + 1), before, collected_.mean, stream);
    ops.copy(sampler_.image(), after, stream);
    ops.axpy(-1, collected_.mean, after, stream);
    ops.multiply(before, after, after, stream);
    ops.axpy(1, after, collected_.squares, stream);
    if (options_.keep_all)
      collected_.samples.emplace_back(iso::PixelBuffer::make_copy(data_.backend().download(sampler_.image(), stream)));
  }

  Ensemble finish() {
    Ensemble out;
    out.mean = collected_.mean;
    out.samples = std::move(collected_.samples);
    out.misfit = misfit_;
    if (options_.samples < 2) return out;
    iso::PixelBuffer spread = iso::PixelBuffer::make_copy(data_.backend().download(collected_.squares, data_.stream()));
    for (float& value : spread.values<float>())
      value = static_cast<float>(std::sqrt(std::max(0.0, double{value} / (options_.samples - 1))));
    out.spread = data_.backend().upload(iso::Pixels{std::move(spread)}, data_.stream());
    return out;
  }

  [[nodiscard]] iso::Checkpoint state() const {
    iso::Checkpoint out;
    out.iteration = collected_.done;
    const auto put = [&](const std::string& name, const Array& array) {
      out.arrays[name] = data_.backend().download(array, data_.stream());
    };
    for (const auto& [name, array] : sampler_.arrays()) put(name, *array);
    for (const auto& [name, number] : sampler_.numbers()) out.numbers[name] = *number;
    out.numbers["misfit"] = misfit_;
    put("mean", collected_.mean);
    put("squares", collected_.squares);
    for (std::size_t i = 0; i < collected_.samples.size(); ++i)
      out.arrays["sample " + std::to_string(i)] = collected_.samples[i];
    return out;
  }

  void restore(const iso::Checkpoint& from) {
    const auto take = [&](const std::string& name, Array& array) {
      const Array saved = data_.backend().upload(find(from, name, array.spec()), data_.stream());
      data_.backend().vector().copy(saved, array, data_.stream());
    };
    const auto number = [&](const std::string& name, double& value) {
      const auto found = from.numbers.find(name);
      if (found == from.numbers.end())
        throw iso::Error{iso::Errc::invalid_input, "the checkpoint does not hold the number '" + name + "'",
                         "it belongs to another run; start anew"};
      value = found->second;
    };
    collected_.done = from.iteration;
    if (collected_.done % sampler_.steps() != 0)
      sampler_.begin(static_cast<std::uint64_t>(collected_.done / sampler_.steps()));
    for (const auto& [name, array] : sampler_.arrays()) take(name, *array);
    for (const auto& [name, value] : sampler_.numbers()) number(name, *value);
    number("misfit", misfit_);
    take("mean", collected_.mean);
    take("squares", collected_.squares);
    for (std::int64_t i = 0; options_.keep_all && i < collected_.done / sampler_.steps(); ++i)
      collected_.samples.push_back(find(from, "sample " + std::to_string(i), data_.a().domain()));
  }

  Sampler& sampler_;
  const DataTerm& data_;
  const EnsembleOptions& options_;
  Progress& progress_;
  Collected collected_;
  double misfit_{0};
};

}  // namespace

Ensemble run(Sampler& sampler, const PosteriorProblem& problem, const EnsembleOptions& options, Progress& progress) {
  if (options.samples < 1) throw iso::Error{iso::Errc::invalid_input, "the number of samples must be 1 or more"};
  return Run{sampler, problem, options, progress}.all();
}

std::size_t ensemble_bytes(const iso::ArraySpec& image, const EnsembleOptions& options) {
  const std::size_t kept = options.keep_all ? static_cast<std::size_t>(options.samples) : 0;
  return (4 + kept) * image.bytes();
}

}  // namespace diffusion_recon
