// The figures of the plugin's README: `sparse_view_ct_figures chest|neutron|helsinki|cone`, a Markdown table each.
#include "cpu_backend.h"
#include "plugins/sparse_view_ct/noted_progress.h"
#include "plugins/sparse_view_ct/real_scans.h"

#include <iso/base/log.h>
#include <iso/evaluation/metrics.h>
#include <iso/evaluation/noise.h>
#include <iso/tomography/coverage.h>
#include <iso/tomography/field_of_view.h>
#include <iso/tomography/views.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>

using namespace sparse_view_ct;
using namespace iso::tomography;

namespace {

double option(const char* name, double otherwise) {
  const char* text = std::getenv(name);
  return text ? std::atof(text) : otherwise;
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// One scan, all methods; `score` is decibels or percent; seconds are those of a processor.
struct Bench {
  const iso::compute::Backend& backend;
  std::unique_ptr<iso::compute::Stream> stream{backend.make_stream()};

  template <class Score>
  void row(const std::string& label, const iso::Sinogram& scan, const ScanParameters& parameters, bool all,
           const Score& score) {
    const auto problem = make_problem(scan, parameters, backend, *stream);
    NotedProgress progress;
    std::printf("| %s |", label.c_str());
    const auto cell = [&](const auto& method) {
      const auto begin = processor_seconds();
      const auto x = method();
      const double seconds = processor_seconds() - begin;
      std::printf(" %.2f (%.1f s) |", score(backend.download(x, *stream)), seconds);
      std::fflush(stdout);
    };
    if (!why_not_covered(problem.geometry))
      cell([&] { return reconstruct(problem, FbpOptions{}, progress); });
    else
      std::printf(" refused |");
    if (all) {
      cell([&] { return reconstruct(problem, SartOptions{}, progress); });
      cell([&] { return reconstruct(problem, CglsOptions{}, progress); });
    }
    TvOptions tv;
    tv.weight_mm = option("TV_WEIGHT", tv.weight_mm);
    tv.strength = option("TV_STRENGTH", tv.strength);
    tv.step_ratio = option("TV_RATIO", tv.step_ratio);
    tv.iterations = static_cast<int>(option("TV_ITERATIONS", tv.iterations));
    tv.tolerance = option("TV_TOLERANCE", tv.tolerance);
    cell([&] { return reconstruct(problem, tv, progress); });
    const double weight = progress.figures["tv_weight"];
    if (all) {
      tv.solver = TvSolver::admm;
      tv.iterations = static_cast<int>(option("ADMM_ITERATIONS", 40));
      cell([&] { return reconstruct(problem, tv, progress); });
    }
    std::printf(" %.4g |\n", weight);
    if (std::getenv("FIGURES_LOG")) std::fprintf(stderr, "%s", progress.said.c_str());
  }
};

void chest(Bench& bench, bool all) {
  std::printf("| slice, photons, views | FBP |%s TV |%s weight |\n", all ? " SART | CGLS |" : "", all ? " ADMM |" : "");
  for (const int index : {5, 20, 40, 60}) {
    if (option("SLICE", index) != index) continue;
    const auto slice = real::chest_slice(index);
    const auto truth = iso::evaluation::to_hounsfield(slice.pixels, real::water_per_mm);
    for (const double photons : {1e5, 1e6}) {
      if (option("PHOTONS", photons) != photons) continue;
      for (const std::int64_t views : {36, 72, 720}) {
        if (option("VIEWS", static_cast<double>(views)) != static_cast<double>(views)) continue;
        const auto scan =
            iso::evaluation::add_noise(real::project_by_samples(slice, real::fan(views)), {photons, 0, 1});
        char label[64];
        std::snprintf(label, sizeof label, "%d, %.0e, %d", index, photons, static_cast<int>(views));
        bench.row(label, scan, on_grid(512, real::pixel_mm), all, [&](const iso::Pixels& x) {
          return iso::evaluation::compare_hounsfield(iso::evaluation::to_hounsfield(x, real::water_per_mm), truth)
              .mapped.psnr_db;
        });
      }
    }
  }
}

iso::Pixels disc_mask(const iso::VoxelGrid& grid, double radius) {
  auto mask = iso::PixelBuffer::allocate({grid.shape(), iso::ScalarType::f32});
  for (auto& value : mask.values<float>()) value = 1;
  mask_outside(mask.values<float>(), grid, radius, 0);
  auto out = iso::PixelBuffer::allocate({grid.shape(), iso::ScalarType::u8});
  const auto from = mask.values<float>();
  auto to = out.values<std::uint8_t>();
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = from[i] > 0 ? 1 : 0;
  return out;
}

void neutron(Bench& bench, bool all) {
  const auto scan = real::neutron_scan();
  const auto problem = make_problem(scan, on_grid(503, 1), bench.backend, *bench.stream);
  const auto truth = bench.backend.download(reconstruct(problem, FbpOptions{}), *bench.stream);
  const auto mask = disc_mask(problem.grid, 245);
  std::printf("| views | FBP |%s TV |%s weight |\n", all ? " SART | CGLS |" : "", all ? " ADMM |" : "");
  for (const int views : {30, 45, 60, 90}) {
    if (option("VIEWS", views) != views) continue;
    bench.row(std::to_string(views), scan, on_grid(503, 1, views), all, [&](const iso::Pixels& x) {
      return iso::evaluation::compare(x, truth, {.mask = mask, .data_range = {}}).psnr_db;
    });
  }
}

/// What an image foretells of readings that it was not made from: ||A x - p|| / ||p|| over those views, in percent.
double left_out_percent(Bench& bench, const iso::Sinogram& scan, const std::vector<std::int64_t>& used,
                        const ScanParameters& parameters, const iso::Pixels& x) {
  std::vector<std::int64_t> others;
  const auto views = static_cast<std::int64_t>(scan.geometry.views().size());
  for (std::int64_t view = 0; view < views; ++view) {
    if (std::ranges::find(used, view) == used.end()) others.push_back(view);
  }
  const auto problem = make_problem(keep_views(scan, others), parameters, bench.backend, *bench.stream);
  return 100 * agreement(problem, bench.backend.upload(x, *bench.stream)).relative;
}

void helsinki(Bench& bench) {
  std::printf("| scan, views | FBP | SART | CGLS | TV | ADMM | weight |\n");
  for (const std::string name : {"ta", "tc", "solid_disc"}) {
    const auto scan = real::helsinki_scan(name);
    const auto total = static_cast<std::int64_t>(scan.geometry.views().size());
    const auto parameters = on_grid(512, 0.148322);
    for (const bool sparse : {true, false}) {
      for (const std::int64_t part : {4, 2}) {
        std::vector<std::int64_t> used;
        // Sparse: every fourth or second view, the ends included. Limited angle: as many neighbours, in the middle.
        const auto count = (total - 1) / part + 1;
        for (std::int64_t i = 0; i < count; ++i) used.push_back(sparse ? i * part : (total - count) / 2 + i);
        char label[80];
        std::snprintf(label, sizeof label, "%s, %s %d of %d", name.c_str(), sparse ? "every" : "middle",
                      static_cast<int>(sparse ? part : count), static_cast<int>(total));
        bench.row(label, keep_views(scan, used), parameters, true,
                  [&](const iso::Pixels& x) { return left_out_percent(bench, scan, used, parameters, x); });
      }
    }
  }
}

void cone(Bench& bench, bool all) {
  const auto step = static_cast<std::int64_t>(option("STEP", 4));
  const auto fine = real::chest_volume(static_cast<std::int64_t>(option("SLICES", 96)));
  const auto truth = real::coarser(fine, step);
  const auto voxel = truth.grid.spacing_mm[0];
  const double height = voxel * static_cast<double>(truth.grid.size[2]);
  const auto truth_hu = iso::evaluation::to_hounsfield(truth.pixels, real::water_per_mm);
  std::printf("| photons, views | FDK |%s TV |%s weight |\n", all ? " SART | CGLS |" : "", all ? " ADMM |" : "");
  for (const double photons : {1e5, 1e6}) {
    for (const std::int64_t views : {30, 60}) {
      if (option("PHOTONS", photons) != photons ||
          option("VIEWS", static_cast<double>(views)) != static_cast<double>(views))
        continue;
      iso::Sinogram scan;
      scan.geometry = real::cone(voxel, height, views);
      const auto a = bench.backend.make(iso::compute::RayTransform{scan.geometry, fine.grid});
      auto readings = bench.backend.allocate(a->range(), *bench.stream);
      a->forward(bench.backend.upload(fine.pixels, *bench.stream), readings, *bench.stream);
      scan.readings = bench.backend.download(readings, *bench.stream);
      auto parameters = on_grid(truth.grid.size[0], voxel);
      parameters.roi_size_mm = {1e4, 1e4, height};
      char label[64];
      std::snprintf(label, sizeof label, "%.0e, %d", photons, static_cast<int>(views));
      bench.row(label, iso::evaluation::add_noise(scan, {photons, 0, 1}), parameters, all, [&](const iso::Pixels& x) {
        const auto region = plan_scan(scan.geometry, parameters).region;
        return iso::evaluation::compare_hounsfield(iso::evaluation::to_hounsfield(cut(x, region), real::water_per_mm),
                                                   truth_hu)
            .mapped.psnr_db;
      });
    }
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
  if (what == "chest")
    chest(bench, all);
  else if (what == "helsinki")
    helsinki(bench);
  else if (what == "cone")
    cone(bench, all);
  else
    neutron(bench, all);
  return 0;
}
