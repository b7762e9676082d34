#include "gpu/cpu/cpu_backend.h"

#include <iso/base/threads.h>
#include <iso/compute/operators/non_uniform_fourier.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

// One non-uniform Fourier transform, timed; nufft.py asks for it:
//   nufft_peer FOLDER NX NY NZ SAMPLES COILS ACCURACY
// reads coordinates.bin (f32; 3, sample), image.bin and samples.bin (c64), and answers every line `forward`, `adjoint` or `normal` on
// stdin with wall and processor seconds, writing the result to out.bin at the first of each.

namespace {

iso::Pixels read(const std::string& file, const iso::ArraySpec& spec) {
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate(spec);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(spec.bytes()));
  if (!in) throw iso::Error{iso::Errc::cannot_read, "'" + file + "' is shorter than said"};
  return buffer;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double processor() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

int main(int count, char** argument) {
  using namespace iso::compute;
  if (count != 8) return 1;
  const std::string folder = argument[1];
  const auto number = [&](int i) { return std::atoll(argument[i]); };
  if (const char* threads = std::getenv("ISO_THREADS")) iso::ThreadBudget::set(std::atoi(threads));
  NonUniformFourier spec{.image = {number(2), number(3), number(4)}, .samples = number(5), .coils = number(6)};
  spec.accuracy = std::atof(argument[7]);
  spec.coordinates = read(folder + "/coordinates.bin", {iso::Shape{3, spec.samples, 1}, iso::ScalarType::f32});
  const auto backend = iso::gpu::make_cpu_backend();
  const auto stream = backend->make_stream();
  const double before = now();
  const OperatorPtr a = backend->make(spec);
  std::printf("setup %.6f\n", now() - before);
  std::fflush(stdout);
  const Array x = backend->upload(read(folder + "/image.bin", a->domain()), *stream),
              y = backend->upload(read(folder + "/samples.bin", a->range()), *stream);
  Array image = backend->allocate(a->domain(), *stream), samples = backend->allocate(a->range(), *stream);
  for (std::string line, last; std::getline(std::cin, line); last = line) {
    const double start = now(), used = processor();
    if (line == "forward")
      a->forward(x, samples, *stream);
    else if (line == "adjoint")
      a->adjoint(y, image, *stream);
    else
      a->normal(x, image, *stream);
    std::printf("%.6f %.6f\n", now() - start, processor() - used);
    if (line != last) {
      const iso::Pixels out = backend->download(line == "forward" ? samples : image, *stream);
      std::ofstream(folder + "/out.bin", std::ios::binary)
          .write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.spec().bytes()));
    }
    std::fflush(stdout);
  }
  return 0;
}
