// Time of a network by the program: network_speed GRAPH.onnx WIDTH CHANNELS THREADS [RUNS]. One line: seconds and processor seconds of a run,
// medians, and seconds to load and run for the first time. peers.py calls it beside ONNX Runtime and PyTorch.
#include "host/startup/modules.h"
#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "iso/models/runtime.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 5) throw iso::Error{iso::Errc::usage, "network_speed GRAPH.onnx WIDTH CHANNELS THREADS [RUNS]"};
    const std::int64_t width = std::stol(argv[2]), channels = std::stol(argv[3]);
    iso::ThreadBudget::set(std::stoi(argv[4]));
    const int runs = argc > 5 ? std::stoi(argv[5]) : 9;
    iso::host::use_runtime_module();
    iso::PixelBuffer buffer = iso::PixelBuffer::allocate({iso::Shape{width, width, channels, 1}, iso::ScalarType::f32});
    for (float& value : buffer.values<float>()) value = 0.5F;
    const iso::Pixels image{std::move(buffer)};
    const double begin = seconds();
    const auto network = iso::models::runtime()->load(argv[1]);
    (void)network->run({{"image", image}});
    const double first = seconds() - begin;
    std::vector<double> wall, processor;
    for (int i = 0; i < runs; ++i) {
      const double from = seconds(), worked = processor_seconds();
      (void)network->run({{"image", image}});
      wall.push_back(seconds() - from);
      processor.push_back(processor_seconds() - worked);
    }
    std::cout << median(wall) << " " << median(processor) << " " << first << "\n";
    return 0;
  } catch (const iso::Error& problem) {
    std::cerr << problem.what() << "\n";
    return iso::exit_code(problem.code());
  }
}
