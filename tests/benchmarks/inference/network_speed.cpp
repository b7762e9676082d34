// Time of a network by the program: network_speed GRAPH.onnx THREADS RUNS NAME=WxHxC... One line: seconds and processor seconds of a run,
// medians, seconds to load and run for the first time, and by how many KiB the resident memory grew over the runs, the first left out.
// peers.py calls it beside ONNX Runtime and PyTorch.
#include "host/startup/modules.h"
#include "iso/base/error.h"
#include "iso/base/threads.h"
#include "iso/models/runtime.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

/// "image=256x256x3".
std::pair<std::string, iso::Pixels> input(const std::string& word) {
  const auto equals = word.find('=');
  std::istringstream sizes{equals == std::string::npos ? std::string{} : word.substr(equals + 1)};
  std::int64_t width = 0, height = 0, channels = 0;
  char by = 0;
  if (!(sizes >> width >> by >> height >> by >> channels))
    throw iso::Error{iso::Errc::usage, "'" + word + "' is not NAME=WxHxC"};
  iso::PixelBuffer buffer = iso::PixelBuffer::allocate({iso::Shape{width, height, channels, 1}, iso::ScalarType::f32});
  for (float& value : buffer.values<float>()) value = 0.5F;
  return {word.substr(0, equals), std::move(buffer)};
}

/// Of this process, in KiB.
long resident() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 5) throw iso::Error{iso::Errc::usage, "network_speed GRAPH.onnx THREADS RUNS NAME=WxHxC..."};
    iso::ThreadBudget::set(std::stoi(argv[2]));
    const int runs = std::stoi(argv[3]);
    iso::host::use_runtime_module();
    iso::models::Tensors inputs;
    for (int i = 4; i < argc; ++i) inputs.insert(input(argv[i]));
    const double begin = seconds();
    const auto network = iso::models::runtime()->load(argv[1], 1);
    (void)network->run(inputs);
    const double first = seconds() - begin;
    const long before = resident();
    std::vector<double> wall, processor;
    for (int i = 0; i < runs; ++i) {
      const double from = seconds(), worked = processor_seconds();
      (void)network->run(inputs);
      wall.push_back(seconds() - from);
      processor.push_back(processor_seconds() - worked);
    }
    std::cout << median(wall) << " " << median(processor) << " " << first << " " << resident() - before << "\n";
    return 0;
  } catch (const iso::Error& problem) {
    std::cerr << problem.what() << "\n";
    return iso::exit_code(problem.code());
  }
}
