// The figures of the plugin's README: `sparse_view_ct_figures chest|neutron|cone`, a Markdown table each.
#include "cpu_backend.h"
#include "method/algebraic.h"
#include "method/total_variation.h"
#include "method/preparation.h"
#include "plugins/sparse_view_ct/real_scans.h"

#include <iso/base/log.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/solvers/filtered_backprojection.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

using namespace sparse_view_ct;

namespace {

double option(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atof(text) : otherwise;
}

/// One scan, all methods; `score` is decibels.
struct Bench {
  const iso::compute::Backend& backend;
  std::unique_ptr<iso::compute::Stream> stream{backend.make_stream()};

  template <class Score>
  void row(const std::string& label, const iso::Sinogram& scan, const Request& request, bool all, const Score& score) {
    auto prepared = prepare(scan, request);
    const Problem problem{prepared, backend, *stream};
    auto watch = Watch::silent();
    if (std::getenv("FIGURES_LOG")) watch.log = [](const std::string& text) { std::fprintf(stderr, "    %s\n", text.c_str()); };
    std::printf("| %s |", label.c_str());
    const auto cell = [&](const auto& method) {
      const auto begin = std::chrono::steady_clock::now();
      const auto x = method();
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      std::printf(" %.2f (%.1f s) |", score(backend.download(x, *stream)), seconds);
      std::fflush(stdout);
    };
    if (!refusal_of_fbp(problem.geometry)) {
      cell([&] { return iso::solvers::filtered_backprojection(backend, problem.geometry, problem.readings, problem.grid, {}, *stream); });
    } else std::printf(" refused |");
    if (all) {
      cell([&] { return sart(problem, {}, watch); });
      cell([&] { return cgls(problem, {}, watch); });
    }
    TvOptions tv;
    tv.weight = option("TV_WEIGHT", tv.weight);
    tv.strength = option("TV_STRENGTH", tv.strength);
    tv.ratio = option("TV_RATIO", tv.ratio);
    tv.iterations = static_cast<int>(option("TV_ITERATIONS", tv.iterations));
    tv.relative_tolerance = option("TV_TOLERANCE", tv.relative_tolerance);
    double weight = 0;
    cell([&] { auto r = total_variation(problem, tv, watch); weight = r.weight; return r.x; });
    if (all) {
      tv.solver = TvSolver::admm;
      tv.iterations = static_cast<int>(option("ADMM_ITERATIONS", 40));
      cell([&] { return total_variation(problem, tv, watch).x; });
    }
    std::printf(" %.4g |\n", weight);
  }
};

void chest(Bench& bench, bool all) {
  std::printf("| slice, photons, views | FBP |%s TV | weight |\n", all ? " SART | CGLS |" : "");
  for (const int index : {5, 20, 40, 60}) {
    if (option("SLICE", index) != index) continue;
    const auto slice = real::chest_slice(index);
    const auto truth = iso::evaluation::to_hounsfield(slice.pixels, real::water_per_mm);
    for (const double photons : {1e5, 1e6}) {
      if (option("PHOTONS", photons) != photons) continue;
      for (const std::int64_t views : {36, 72, 720}) {
        if (option("VIEWS", static_cast<double>(views)) != static_cast<double>(views)) continue;
        const auto scan = iso::evaluation::add_noise(real::project_by_samples(slice, real::fan(views)), {photons, 0, 1});
        char label[64];
        std::snprintf(label, sizeof label, "%d, %.0e, %d", index, photons, static_cast<int>(views));
        bench.row(label, scan, {.size = 512, .spacing_mm = real::pixel_mm}, all, [&](const iso::PixelBlock& x) {
          return iso::evaluation::compare_hounsfield(iso::evaluation::to_hounsfield(x, real::water_per_mm), truth).mapped.psnr_db;
        });
      }
    }
  }
}

iso::PixelBlock disc_mask(const iso::VoxelGrid& grid, double radius) {
  auto mask = iso::PixelBlock::allocate({grid.shape(), iso::ScalarType::f32});
  for (auto& value : mask.mutable_values<float>()) value = 1;
  mask_outside(mask.mutable_values<float>(), grid, radius, 0);
  auto out = iso::PixelBlock::allocate({grid.shape(), iso::ScalarType::u8});
  const auto from = mask.values<float>();
  auto to = out.mutable_values<std::uint8_t>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i] > 0 ? 1 : 0;
  return out;
}

void neutron(Bench& bench, bool all) {
  const auto scan = real::neutron_scan();
  const Request whole{.size = 503, .spacing_mm = 1};
  auto prepared = prepare(scan, whole);
  const Problem problem{prepared, bench.backend, *bench.stream};
  const auto truth = bench.backend.download(
      iso::solvers::filtered_backprojection(bench.backend, problem.geometry, problem.readings, problem.grid, {}, *bench.stream), *bench.stream);
  const auto mask = disc_mask(problem.grid, 245);
  std::printf("| views | FBP |%s TV |%s weight |\n", all ? " SART | CGLS |" : "", all ? " ADMM |" : "");
  for (const std::int64_t views : {30, 45, 60, 90}) {
    if (option("VIEWS", static_cast<double>(views)) != static_cast<double>(views)) continue;
    auto request = whole;
    request.use_views = views;
    bench.row(std::to_string(views), scan, request, all, [&](const iso::PixelBlock& x) {
      return iso::evaluation::compare(x, truth, {.mask = mask, .data_range = {}}).psnr_db;
    });
  }
}

}  // namespace

int main(int count, char** words) {
  if (!real::shared_data()) {
    std::fprintf(stderr, "%s\n", real::why_absent().c_str());
    return 21;
  }
  const auto backend = iso::gpu::make_cpu_backend();
  Bench bench{*backend};
  const std::string what = count > 1 ? words[1] : "neutron";
  const bool all = count > 2 && std::strcmp(words[2], "all") == 0;
  if (what == "chest") chest(bench, all);
  else neutron(bench, all);
  return 0;
}
