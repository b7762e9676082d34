#pragma once

#include "method/noise.h"
#include "method/problem.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace diffusion_recon {

/// What every algorithm works on: data, prior, noise, and where there is an image at all.
struct PosteriorProblem {
  const DataTerm& data;
  const SlicePrior& prior;
  SliceNoise noise;
  /// f32 of the image: 1 where rays pass, 0 elsewhere, where an image is kept at 0 (pitfall 12). Empty: everywhere.
  iso::compute::Array support{};
};

/// A number, or numbers over an index, that an algorithm found.
struct SamplerFigure {
  const char* name;
  double value;
  const char* unit;
};
struct SamplerCurve {
  const char* name;
  std::vector<double> values;
};

/// An algorithm as a sequence of steps that end with an image. What carries over from one step to the next is named, so that a run can be
/// saved after any step and go on to the same bits. Random numbers follow from (seed, sample, step) alone.
class Sampler {
 public:
  explicit Sampler(const PosteriorProblem& problem);
  Sampler(const Sampler&) = delete;
  Sampler& operator=(const Sampler&) = delete;
  virtual ~Sampler();

  [[nodiscard]] virtual int steps() const noexcept = 0;
  [[nodiscard]] virtual double evaluations() const noexcept = 0;  ///< of the prior, for one sample
  [[nodiscard]] virtual std::string stage(int step) const = 0;    ///< "level 3 of 20, noise 0.51"
  /// Begins a sample: the first one has number 0, and others are independent of it.
  void begin(std::uint64_t sample);
  /// Throws what prior, operators and solvers throw; cancelled.
  void step(int step, const Report& report);
  /// The estimate of the image after the last step.
  [[nodiscard]] const iso::compute::Array& image() const noexcept { return image_; }
  /// |A x - y| over the noise after the last step; the relative one without noise.
  [[nodiscard]] virtual double misfit() const;
  /// What it found beside the image of the last sample.
  [[nodiscard]] virtual std::vector<SamplerFigure> figures() const { return {}; }
  [[nodiscard]] virtual std::vector<SamplerCurve> curves() const { return {}; }

  using Arrays = std::map<std::string, iso::compute::Array*>;
  using Numbers = std::map<std::string, double*>;
  [[nodiscard]] const Arrays& arrays() const noexcept { return arrays_; }
  [[nodiscard]] const Numbers& numbers() const noexcept { return numbers_; }

 protected:
  void carry(const std::string& name, iso::compute::Array& array) { arrays_[name] = &array; }
  void carry(const std::string& name, double& number) { numbers_[name] = &number; }
  /// D(x, sigma) as an array.
  [[nodiscard]] iso::compute::Array denoised(const iso::compute::Array& x, double sigma, const Report& report) const;
  /// Noise of its own for each (sample, step, use), `use` below 64, times the tail of the sample.
  [[nodiscard]] iso::compute::Array noise(int step, int use) const;
  void mask(iso::compute::Array& x) const;
  [[nodiscard]] iso::compute::Array new_image() const;
  [[nodiscard]] const iso::compute::VectorOps& ops() const noexcept { return problem_.data.backend().vector(); }
  [[nodiscard]] iso::compute::Stream& stream() const noexcept { return problem_.data.stream(); }
  [[nodiscard]] std::uint64_t field(int step, int use) const noexcept;

  const PosteriorProblem& problem_;
  iso::compute::Array image_;

 private:
  virtual void do_begin() = 0;
  virtual void do_step(int step, const Report& report) = 0;
  std::uint64_t sample_{0};
  Arrays arrays_;
  Numbers numbers_;
};

}  // namespace diffusion_recon
