// One operator of the back end "cpu" on a scan and an image, without the command around it:
//     peer_operators forward|adjoint|backproject|fdk SCAN.h5 IMAGE.mha RESULT.npy REPETITIONS THREADS
// "backproject" is voxel-driven, "fdk" the same with the weights of Feldkamp, Davis and Kress. Prints wall and processor
// seconds of every repetition after the first, which warms up, as one JSON object; writes the result.
#include "gpu/cpu/cpu_backend.h"

#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/io/registry.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

using namespace iso::compute;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

OperatorPtr make(const std::string& name, const iso::ProjectionGeometry& geometry, const iso::VoxelGrid& grid,
                 const Backend& backend) {
  if (name == "forward" || name == "adjoint") return backend.make(RayTransform{geometry, grid});
  if (name == "backproject") return backend.make(Backprojection{geometry, grid, Weighting::none});
  if (name == "fdk") return backend.make(Backprojection{geometry, grid, Weighting::fdk});
  throw iso::Error(iso::Errc::usage, "there is no operator '" + name + "'");
}

void measure(const std::string& name, const char* scan_file, const char* image_file, const char* result, int runs) {
  const auto scan = iso::get<iso::Sinogram>(iso::io::read(scan_file));
  const auto image = iso::get<iso::Volume>(iso::io::read(image_file));
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const auto a = make(name, scan.geometry, image.grid, *backend);
  const bool from_image = name == "forward";
  const Array in = backend->upload(
      (from_image ? image.pixels.reshaped(image.grid.shape()) : scan.readings).converted(iso::ScalarType::f32),
      *stream);
  const bool adjoint = name == "adjoint";
  Array out = backend->allocate(adjoint ? a->domain() : a->range(), *stream);
  std::string wall, processor;
  for (int run = 0; run <= runs; ++run) {
    const double begin = wall_seconds(), spent = processor_seconds();
    if (adjoint)
      a->adjoint(in, out, *stream);
    else
      a->forward(in, out, *stream);
    stream->synchronize();
    if (run == 0) continue;
    const char* const comma = run > 1 ? ", " : "";
    wall += comma + std::to_string(wall_seconds() - begin);
    processor += comma + std::to_string(processor_seconds() - spent);
  }
  if (from_image) {
    iso::io::write(result, iso::Dataset{iso::Sinogram{backend->download(out, *stream), scan.geometry, {}}}, {true});
  } else {
    iso::Volume volume{image};
    volume.pixels = backend->download(out, *stream);
    iso::io::write(result, iso::Dataset{volume}, {true});
  }
  std::printf("{\"wall\": [%s], \"processor\": [%s]}\n", wall.c_str(), processor.c_str());
}

}  // namespace

int main(int count, char** words) {
  if (count != 7) {
    std::fprintf(stderr, "peer_operators forward|adjoint|backproject|fdk SCAN IMAGE RESULT REPETITIONS THREADS\n");
    return 1;
  }
  try {
    iso::ThreadBudget::set(std::atoi(words[6]));
    measure(words[1], words[2], words[3], words[4], std::atoi(words[5]));
  } catch (const iso::Error& error) {
    std::fprintf(stderr, "peer_operators: %s\n", error.what());
    return iso::exit_code(error.code());
  }
  return 0;
}
