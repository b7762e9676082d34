// The figures of the plugin's README: `spectral_unmixing_figures baseline|check-e|protocol|brightness|ablation|bands|speed|large`, a Markdown table each.
#include "method/scores.h"
#include "method/unmix.h"

#include "plugins/spectral_unmixing/scenes.h"

#include <iso/base/threads.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <numeric>
#include <set>

using namespace spectral_unmixing;
using spectral_unmixing::test::Scene;

namespace {

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Quiet {
  iso::solvers::Progress progress;
  Monitor monitor{progress};
};

struct Named {
  const char* name;
  std::function<Scene()> load;
};
const std::vector<Named>& scenes() {
  static const std::vector<Named> all{{"Samson, reference M", test::samson},
                                      {"Jasper Ridge", test::jasper},
                                      {"simulation without pure pixels", test::simulation},
                                      {"DC2, 30 dB", test::dc2}};
  return all;
}

Matrix take_spectra(const Matrix& y, const std::vector<std::int64_t>& chosen) {
  Matrix out(y.rows(), static_cast<Eigen::Index>(chosen.size()));
  for (std::size_t i = 0; i < chosen.size(); ++i) out.col(static_cast<Eigen::Index>(i)) = y.col(chosen[i]);
  return out;
}

void print_angles(const test::Score& score) {
  for (const double angle : score.angles) std::printf(" %.4f", angle);
  std::printf(" | %.4f | %.4f |", score.mean_angle, score.rmse);
}

// VCA + FCLS on raw pixels: every different answer of 40 seeds.
void baseline() {
  std::printf("| scene | seeds with this answer | SAD of each | mean SAD | RMSE |\n|---|---|---|---|---|\n");
  Quiet quiet;
  for (const Named& one : scenes()) {
    const Scene scene = one.load();
    const auto data = make_pixel_matrix<float>(scene.y);
    std::map<std::vector<std::int64_t>, int> answers;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      auto found = vca(scene.y, scene.endmembers.cols(), seed);
      std::ranges::sort(found);
      ++answers[found];
    }
    for (const auto& [pixels, count] : answers) {
      if (count < 4) continue;
      const Matrix axes = principal_axes(make_moments(data), false).vectors.leftCols(scene.endmembers.cols());
      const Matrix e = axes * (axes.transpose() * take_spectra(scene.y, pixels));
      std::printf("| %s | %d of 40 |", one.name, count);
      print_angles(test::score(scene, e, invert(data, e, {}, quiet.monitor, 0, 1)));
      std::printf("\n");
    }
  }
}

struct Result {
  double angle, rmse, residual, seconds;
  int iterations;
};

Result measure(const Scene& scene, const UnmixOptions& options) {
  Quiet quiet;
  const auto data = make_pixel_matrix<float>(scene.y);
  const double begin = processor_seconds();
  const Unmixing found = unmix(data, {}, options, quiet.monitor);
  const double seconds = processor_seconds() - begin;
  const auto score = test::score(scene, found.endmembers, found.abundances);
  return {score.mean_angle, score.rmse, found.residual_rms, seconds, found.iterations};
}

double quartile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  const double at = part * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (at - static_cast<double>(low)) * (values[high] - values[low]);
}

void print_spread(const std::vector<Result>& results, double Result::*member) {
  std::vector<double> values;
  for (const Result& one : results) values.push_back(one.*member);
  std::printf(" %.4f (%.4f to %.4f) |", quartile(values, 0.5), quartile(values, 0.25), quartile(values, 0.75));
}

UnmixOptions defaults(std::int64_t components, Extraction start, std::uint64_t seed) {
  UnmixOptions out;
  out.components = components;
  out.start = start;
  out.seed = seed;
  if (start != Extraction::archetypal) {
    out.robust.lambda = 0.1;
    out.robust.anchor = 0;
  }
  return out;
}

std::uint64_t seed_count() {
  const char* text = std::getenv("SEEDS");
  return static_cast<std::uint64_t>(text != nullptr ? std::atoi(text) : 10);
}

void protocol() {
  const std::uint64_t seeds = seed_count();
  std::printf("| scene | start | mean SAD | RMSE | residual rms | processor seconds |\n|---|---|---|---|---|---|\n");
  for (const Named& one : scenes()) {
    const Scene scene = one.load();
    for (const Extraction start : {Extraction::archetypal, Extraction::vca, Extraction::nfindr}) {
      std::vector<Result> results;
      const std::uint64_t runs = start == Extraction::nfindr ? 1 : seeds;
      for (std::uint64_t seed = 0; seed < runs; ++seed)
        results.push_back(measure(scene, defaults(scene.endmembers.cols(), start, 100 * seed)));
      std::printf("| %s | %s |", one.name, choice_names(start)[static_cast<std::size_t>(start)].data());
      print_spread(results, &Result::angle);
      print_spread(results, &Result::rmse);
      print_spread(results, &Result::residual);
      print_spread(results, &Result::seconds);
      std::printf("\n");
      std::fflush(stdout);
    }
  }
}

// Each start as it is found, and at the usual brightness of its materials: what the fit makes of it, medians over the seeds.
void brightness() {
  std::printf("| scene | start | as found: SAD | RMSE | usual brightness: SAD | RMSE |\n|---|---|---|---|---|---|\n");
  for (const Named& one : scenes()) {
    const Scene scene = one.load();
    for (const Extraction start :
         {Extraction::archetypal, Extraction::vca, Extraction::nfindr, Extraction::sivm, Extraction::spa}) {
      std::printf("| %s | %s |", one.name, choice_names(start)[static_cast<std::size_t>(start)].data());
      const bool seeded = start == Extraction::archetypal || start == Extraction::vca;
      for (const bool usual : {false, true}) {
        std::vector<Result> results;
        for (std::uint64_t seed = 0; seed < (seeded ? seed_count() : 1); ++seed) {
          UnmixOptions options = defaults(scene.endmembers.cols(), start, 100 * seed);
          options.usual_brightness = usual;
          results.push_back(measure(scene, options));
        }
        print_spread(results, &Result::angle);
        print_spread(results, &Result::rmse);
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }
}

// The pixels of a vertex component analysis of Samson whose mean angle is nearest to the .102 that the specification starts from.
std::vector<std::int64_t> specified_start(const Scene& scene) {
  const Matrix axes = principal_axes(make_moments(make_pixel_matrix<float>(scene.y)), false).vectors.leftCols(3);
  std::vector<std::int64_t> out;
  double nearest = 1;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto pixels = vca(scene.y, 3, seed);
    const Matrix e = axes * (axes.transpose() * take_spectra(scene.y, pixels));
    const double off = std::abs(test::score(scene, e, {}).mean_angle - 0.102);
    if (off < nearest) {
      nearest = off;
      out = pixels;
    }
  }
  return out;
}

// Check E: VCA + FCLS, then 500 multiplicative iterations with lambda 0.1 and without.
void check_e() {
  const Scene scene = test::samson();
  const auto data = make_pixel_matrix<float>(scene.y);
  Quiet quiet;
  const Matrix axes = principal_axes(make_moments(data), false).vectors.leftCols(3);
  const Matrix start = axes * (axes.transpose() * take_spectra(scene.y, specified_start(scene)));
  std::printf("| Samson, reference M | mean SAD | RMSE |\n|---|---|---|\n");
  const auto a = invert(data, start, {}, quiet.monitor, 0, 1);
  const auto print = [&](const char* what, const Matrix& e, std::vector<float> found) {
    const std::size_t n = found.size() / 3;
    for (std::size_t i = 0; i < n; ++i) {
      const float sum = found[i] + found[n + i] + found[2 * n + i];
      for (std::size_t k = 0; k < 3; ++k) found[k * n + i] /= sum;
    }
    const auto score = test::score(scene, e, found);
    std::printf("| %s | %.4f | %.4f |\n", what, score.mean_angle, score.rmse);
  };
  print("start", start, a);
  for (const double lambda : {0.1, 0.0}) {
    RobustOptions options;
    options.solver = Solver::multiplicative;
    options.lambda = lambda;
    options.anchor = 0;
    RobustModel<float> model{data, start, a, options};
    model.run(quiet.monitor, 0, 1);
    print(lambda > 0 ? "lambda 0.1" : "lambda 0", model.endmembers(), model.abundances());
  }
}

// Losses x sparsity x exponent, from the default start.
void ablation() {
  std::printf("| scene | loss | lambda | exponent | mean SAD | RMSE | iterations |\n|---|---|---|---|---|---|---|\n");
  for (const Named& one : scenes()) {
    const Scene scene = one.load();
    for (const Loss loss : {Loss::frobenius, Loss::l21, Loss::log}) {
      for (const double lambda : {0.0, 0.1}) {
        for (const Exponent exponent : {Exponent::fixed, Exponent::learned}) {
          if (lambda == 0 && exponent == Exponent::fixed) continue;
          UnmixOptions options = defaults(scene.endmembers.cols(), Extraction::archetypal, 0);
          options.robust.loss = loss;
          options.robust.lambda = lambda;
          options.robust.exponent = exponent;
          const Result r = measure(scene, options);
          std::printf("| %s | %s | %.1f | %s | %.4f | %.4f | %d |\n", one.name,
                      choice_names(loss)[static_cast<std::size_t>(loss)].data(), lambda,
                      choice_names(exponent)[static_cast<std::size_t>(exponent)].data(), r.angle, r.rmse, r.iterations);
          std::fflush(stdout);
        }
      }
    }
  }
}

// A scene of which some bands are bad, and how it is unmixed.
struct BadBands {
  const Scene &clean, &scene;
  const std::vector<std::int64_t>& good;  ///< empty: all of them
  Loss loss;
  const char* how;
  double part;

  /// The first cells of the row.
  void begin_row(const char* from) const {
    std::printf("| %s, %s | %.0f %% | %s |", how, from, 100 * part,
                choice_names(loss)[static_cast<std::size_t>(loss)].data());
  }
};

void end_to_end(const BadBands& bad, const PixelMatrix<float>& data, const Monitor& monitor) {
  UnmixOptions options = defaults(3, Extraction::archetypal, 0);
  options.robust.loss = bad.loss;
  const Unmixing found = unmix(data, {}, options, monitor);
  const auto score = test::score(bad.scene, found.endmembers, found.abundances, bad.good);
  const auto left_out = std::ranges::count_if(found.faults, [](BandFault f) { return f != BandFault::none; });
  bad.begin_row("end to end");
  std::printf(" %.4f | %.4f | | %d |\n", score.mean_angle, score.rmse, static_cast<int>(left_out));
}

// From a start that did not see the bad bands.
void from_good_bands(const BadBands& bad, const PixelMatrix<float>& data, const Monitor& monitor) {
  UnmixOptions options = defaults(3, Extraction::archetypal, 0);
  options.robust.loss = bad.loss;
  Matrix start = take_spectra(bad.clean.y, specified_start(bad.clean));
  const Vector mean = bad.scene.y.rowwise().mean();
  const std::set<std::int64_t> kept{bad.good.begin(), bad.good.end()};
  for (Eigen::Index l = 0; !bad.good.empty() && l < start.rows(); ++l)
    if (!kept.contains(l)) start.row(l).setConstant(mean[l]);
  std::vector<std::int64_t> every = bad.good;
  if (every.empty()) {
    every.resize(static_cast<std::size_t>(start.rows()));
    std::iota(every.begin(), every.end(), 0);
  }
  const Matrix on_good = start(every, Eigen::all);
  auto a = invert(data.with_bands(every), on_good, {}, monitor, 0, 1);
  options.robust.lambda = 0.1;
  options.robust.anchor = 0;
  options.robust.solver = Solver::multiplicative;
  options.robust.iterations = 300;
  RobustModel<float> model{data, start, a, options.robust};
  model.run(monitor, 0, 1);
  std::vector<float> found = model.abundances();
  const auto n = static_cast<std::size_t>(data.pixels);
  for (std::size_t i = 0; i < n; ++i) {
    const float sum = found[i] + found[n + i] + found[2 * n + i];
    for (std::size_t k = 0; k < 3; ++k) found[k * n + i] /= sum;
  }
  const auto score = test::score(bad.scene, model.endmembers(), found, bad.good);
  const Vector weights = model.band_weights();
  std::vector<double> of_good, of_bad;
  for (Eigen::Index l = 0; l < weights.size(); ++l)
    (bad.good.empty() || kept.contains(l) ? of_good : of_bad).push_back(weights[l]);
  bad.begin_row("start without them");
  std::printf(" %.4f | %.4f | %.4g | |\n", score.mean_angle, score.rmse,
              of_bad.empty() ? 1.0 : quartile(of_bad, 0.5) / quartile(of_good, 0.5));
}

// Section 14 on Samson: end to end with the screening, and from a start that did not see the bad bands.
void bands() {
  const Scene clean = test::samson();
  Quiet quiet;
  std::printf(
      "| corruption | bad bands | loss | mean SAD | RMSE | weight ratio | left out |\n|---|---|---|---|---|---|---|\n");
  const char* const names[] = {"noise", "stripes", "zeros", "times 100"};
  for (const bool screened : {true, false}) {
    for (int how = 0; how < (screened ? 4 : 1); ++how) {
      for (const double part : {0.0, 0.05, 0.1, 0.2}) {
        if (how > 0 && part != 0.1) continue;
        Scene scene = clean;
        const auto good = part > 0 || how == 3 ? test::corrupt(scene, static_cast<test::Corruption>(how), part, 95)
                                               : std::vector<std::int64_t>{};
        const auto data = make_pixel_matrix<float>(scene.y);
        for (const Loss loss : {Loss::frobenius, Loss::l21, Loss::log}) {
          const BadBands bad{clean, scene, good, loss, names[how], part};
          screened ? end_to_end(bad, data, quiet.monitor) : from_good_bands(bad, data, quiet.monitor);
          std::fflush(stdout);
        }
      }
    }
  }
}

// One iteration beside a copy of the same bytes; 200 iterations; FCLS.
void speed() {
  std::printf(
      "| scene | FCLS, s | 200 iterations, s | iteration / copy of the cube | threads |\n|---|---|---|---|---|\n");
  Quiet quiet;
  for (const Named& one : scenes()) {
    const Scene scene = one.load();
    const auto data = make_pixel_matrix<float>(scene.y);
    const std::int64_t k = scene.endmembers.cols();
    double inversion = 1e9, fit = 1e9, copy = 1e9;
    for (int repeat = 0; repeat < 3; ++repeat) {
      double begin = processor_seconds();
      const auto a = invert(data, scene.endmembers, {}, quiet.monitor, 0, 1);
      inversion = std::min(inversion, processor_seconds() - begin);
      RobustOptions options;
      options.tolerance = 0;
      RobustModel<float> model{data, scene.endmembers, a, options};
      begin = processor_seconds();
      for (int i = 0; i < 200; ++i) model.iterate();
      fit = std::min(fit, processor_seconds() - begin);
      std::vector<float> to(static_cast<std::size_t>(scene.y.size()));
      begin = processor_seconds();
      for (int i = 0; i < 50; ++i)
        for (std::size_t l = 0; l < data.bands.size(); ++l)
          std::memcpy(to.data() + l * static_cast<std::size_t>(data.pixels), data.bands[l],
                      static_cast<std::size_t>(data.pixels) * sizeof(float));
      copy = std::min(copy, (processor_seconds() - begin) / 50);
    }
    std::printf("| %s, K = %d | %.4f | %.3f | %.1f | %d |\n", one.name, static_cast<int>(k), inversion, fit,
                fit / 200 / copy, iso::ThreadBudget::threads());
  }
}

// The same of 10^6 pixels and 200 bands, 800 MB: larger than the caches, so that the memory itself is the bound.
void large() {
  constexpr std::int64_t bands = 200, pixels = 1'000'000, k = 4;
  const auto scene = test::make_scene({.bands = bands, .pixels = 4096, .components = k, .noise = 0.01});
  const auto memory = std::make_shared<std::vector<float>>(static_cast<std::size_t>(bands * pixels));
  PixelMatrix<float> data{{}, pixels, memory};
  for (std::int64_t l = 0; l < bands; ++l) {
    float* const band = memory->data() + l * pixels;
    for (std::int64_t n = 0; n < pixels; ++n) band[n] = static_cast<float>(scene.y(l, n * 7919 % 4096));
    data.bands.push_back(band);
  }
  const std::vector<float> a(static_cast<std::size_t>(k * pixels), 1.0F / static_cast<float>(k));
  RobustModel<float> model{data, scene.endmembers, a, {}};
  std::vector<float> to(memory->size());
  std::memcpy(to.data(), memory->data(), to.size() * sizeof(float));
  double fit = 1e9, copy = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    double begin = processor_seconds();
    for (int i = 0; i < 4; ++i) model.iterate();
    fit = std::min(fit, (processor_seconds() - begin) / 4);
    begin = processor_seconds();
    std::memcpy(to.data(), memory->data(), to.size() * sizeof(float));
    copy = std::min(copy, processor_seconds() - begin);
  }
  std::printf("| made, 10^6 pixels x 200 bands, K = 4 | iteration %.3f s | copy %.3f s | %.2f | %d |\n", fit, copy,
              fit / copy, iso::ThreadBudget::threads());
}

// For tests/benchmarks/peers/unmixing.py: Y (L x N), E (L x K), A (K x N) as raw doubles, columns first; a line an iteration
// with the processor seconds so far, |Y - E A|^2 / 2 and F.
int from_file(char** words) {
  const auto bands = std::atoll(words[0]), pixels = std::atoll(words[1]), k = std::atoll(words[2]);
  const int iterations = std::atoi(words[4]);
  Matrix y(bands, pixels), e(bands, k), a(k, pixels);
  std::FILE* const file = std::fopen(words[3], "rb");
  if (file == nullptr) return 20;
  bool whole = true;
  for (Matrix* const m : {&y, &e, &a}) {
    const auto size = static_cast<std::size_t>(m->size());
    whole = whole && std::fread(m->data(), sizeof(double), size, file) == size;
  }
  std::fclose(file);
  if (!whole) return 20;
  RobustOptions options;
  options.anchor = 0;
  options.tolerance = 0;
  if (std::strcmp(words[5], "robust") != 0) {
    options.loss = Loss::frobenius;
    options.lambda = options.mu = 0;
    options.solver = std::strcmp(words[5], "mu") == 0 ? Solver::multiplicative : Solver::hals;
  }
  if (std::strcmp(words[5], "fcls") == 0) {
    Quiet quiet;
    const auto data = make_pixel_matrix<float>(y);
    const double begin = processor_seconds();
    const auto found = invert(data, e, {}, quiet.monitor, 0, 1);
    const double seconds = processor_seconds() - begin;
    double wrong = 0;
    for (Eigen::Index n = 0; n < pixels; ++n) {
      Vector r = y.col(n);
      for (Eigen::Index i = 0; i < k; ++i)
        r -= static_cast<double>(found[static_cast<std::size_t>(i * pixels + n)]) * e.col(i);
      wrong += r.squaredNorm();
    }
    std::printf("%.9g %.15g 0\n", seconds, wrong / 2);
    return 0;
  }
  std::vector<float> rows;
  for (Eigen::Index i = 0; i < k; ++i)
    for (Eigen::Index n = 0; n < pixels; ++n) rows.push_back(static_cast<float>(a(i, n)));
  RobustModel<float> model{make_pixel_matrix<float>(y), e, rows, options};
  const double begin = processor_seconds();
  for (int i = 0; i < iterations; ++i) {
    model.iterate();
    std::printf("%.9g %.15g %.15g\n", processor_seconds() - begin,
                model.mean_squares().sum() * static_cast<double>(pixels) / 2, model.history().back());
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 8 && std::strcmp(words[1], "file") == 0) return from_file(words + 2);
  if (const auto why = test::why_without_scenes()) {
    std::fprintf(stderr, "%s\n", why->c_str());
    return 20;
  }
  const std::string mode = count > 1 ? words[1] : "";
  if (mode == "baseline")
    baseline();
  else if (mode == "protocol")
    protocol();
  else if (mode == "ablation")
    ablation();
  else if (mode == "bands")
    bands();
  else if (mode == "brightness")
    brightness();
  else if (mode == "check-e")
    check_e();
  else if (mode == "speed")
    speed();
  else if (mode == "large")
    large();
  else {
    std::fprintf(stderr,
                 "usage: spectral_unmixing_figures baseline|check-e|protocol|brightness|ablation|bands|speed|large\n");
    return 1;
  }
  return 0;
}
