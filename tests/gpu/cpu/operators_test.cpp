#include "gpu/cpu/cpu_backend.h"
#include "gpu/reference/reference_backend.h"
#include "scans.h"

#include <iso/base/threads.h>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <tuple>

using namespace testing_scans;

namespace {

iso::Pixels apply(const Backend& backend, const OperatorSpec& spec, bool forwards, const iso::Pixels& in, Write write) {
  const auto stream = backend.make_stream();
  const auto a = backend.make(spec);
  auto out = backend.upload(noise(forwards ? a->range() : a->domain(), 77), *stream);
  const auto x = backend.upload(in, *stream);
  forwards ? a->forward(x, out, *stream, write) : a->adjoint(x, out, *stream, write);
  return backend.download(out, *stream);
}

/// The relative distance of the two back ends, in the norm of the result.
double distance(const OperatorSpec& spec, bool forwards, Write write) {
  const auto reference = iso::gpu::make_reference_backend(), cpu = iso::gpu::make_cpu_backend();
  const auto in = noise(forwards ? spec.domain() : spec.range(), 5);
  const auto wanted = numbers(apply(*reference, spec, forwards, in, write)),
             found = numbers(apply(*cpu, spec, forwards, in, write));
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    difference += (wanted[i] - found[i]) * (wanted[i] - found[i]);
    size += wanted[i] * wanted[i];
  }
  return size > 0 ? std::sqrt(difference / size) : std::sqrt(difference);
}

void expect_agreement(ScalarType type, double tolerance) {
  const auto reference = iso::gpu::make_reference_backend();
  for (const auto& [name, spec] : operators(type)) {
    if (reference->refusal(spec)) continue;
    for (const bool forwards : {true, false}) {
      for (const auto write : {Write::replace, Write::accumulate}) {
        EXPECT_LT(distance(spec, forwards, write), tolerance)
            << name << (forwards ? " forward" : " adjoint") << (write == Write::replace ? "" : ", added");
      }
    }
  }
}

}  // namespace

// Positions are exact to 2e-6 of a voxel (plane_run) or 64 * 2^-24 = 4e-6 of an element (voxel_run), and noise differs by its
// own size from one voxel to the next: an interpolation errs by some 4e-6. Sums of up to n terms in single precision add
// sqrt(n) * 6e-8 < 2e-6. Errors of different terms are independent, so the norm of the result errs by no more.
TEST(CpuOperators, AgreeWithTheReferenceInSinglePrecision) { expect_agreement(ScalarType::f32, 1e-5); }

// Positions are up to a few hundred: 300 * 2^-53 = 3e-14 of a voxel, times the same.
TEST(CpuOperators, AgreeWithTheReferenceInDoublePrecision) { expect_agreement(ScalarType::f64, 2e-12); }

// Arcs have a way of their own for voxels that are near one another in angle: rows that are long, that pass the source, that
// lie behind it, and a detector that nearly closes.
TEST(CpuOperators, BackprojectFromAnArcAsTheReferenceNearAndFarFromTheSource) {
  const auto angles = iso::equal_angles(5, 2 * std::numbers::pi, 0.3);
  auto arc = circle({60, 1}, 2), high = circle({40, 13}, 2), closing = circle({61, 1}, 10);
  arc.shape = high.shape = closing.shape = iso::DetectorShape::arc;
  high.offset_mm = {3, -2, 1};
  const auto long_rows = iso::VoxelGrid::centred({150, 40, 1}, {0.4, 0.4, 1}),
             past_the_source = iso::VoxelGrid::centred({150, 31, 1}, {1, 1, 1}),
             slab = iso::VoxelGrid::centred({130, 9, 7}, {0.5, 1, 2});
  for (const auto& [name, scan, grid] :
       {std::tuple{"long rows", arc, long_rows}, std::tuple{"past the source", arc, past_the_source},
        std::tuple{"nearly closed", closing, past_the_source}, std::tuple{"rows at many heights", high, slab}}) {
    for (const auto weighting : {Weighting::none, Weighting::fdk}) {
      for (const auto type : {ScalarType::f32, ScalarType::f64}) {
        const Backprojection spec{iso::ProjectionGeometry::circular(angles, scan), grid, weighting, type};
        const auto cpu = iso::gpu::make_cpu_backend();
        for (const bool forwards : {true, false}) {
          EXPECT_LT(distance(spec, forwards, Write::replace), iso::is_double(type) ? 2e-12 : 1e-5)
              << name << (forwards ? "" : ", adjoint");
        }
        EXPECT_LT(adjoint_gap(*cpu->make(spec), 11), iso::is_double(type) ? 1e-12 : 1e-6) << name;
      }
    }
  }
}

TEST(CpuOperators, MatchTheirAdjointInSinglePrecision) {
  const auto cpu = iso::gpu::make_cpu_backend();
  for (const auto& [name, spec] : operators(ScalarType::f32))
    EXPECT_LT(adjoint_gap(*cpu->make(spec), 11), 1e-6) << name;
}

TEST(CpuOperators, MatchTheirAdjointInDoublePrecision) {
  const auto cpu = iso::gpu::make_cpu_backend();
  for (const auto& [name, spec] : operators(ScalarType::f64))
    EXPECT_LT(adjoint_gap(*cpu->make(spec), 11), 1e-12) << name;
}

TEST(CpuOperators, GiveTheSameBitsForAnyNumberOfThreads) {
  const auto cpu = iso::gpu::make_cpu_backend();
  for (const auto type : {ScalarType::f32, ScalarType::f64}) {
    for (const auto& [name, spec] : operators(type)) {
      for (const bool forwards : {true, false}) {
        const auto in = noise(forwards ? spec.domain() : spec.range(), 5);
        std::vector<iso::Pixels> results;
        for (const int threads : {1, 2, 3, 7}) {
          iso::ThreadBudget::set(threads);
          results.push_back(apply(*cpu, spec, forwards, in, Write::replace));
          EXPECT_EQ(std::memcmp(results[0].data(), results.back().data(), results[0].spec().bytes()), 0)
              << name << ", " << threads;
        }
      }
    }
  }
  iso::ThreadBudget::set(iso::ThreadBudget::available());
}
