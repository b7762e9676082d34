// Evaluations a second of a smoothed classifier: certification_speed CARD.json DRAWS THREADS [BATCH [ROUNDS]]. One line of processor seconds for
// DRAWS draws of each network, medians over the rounds: noise and halves, networks, counting; and wall seconds of all. peers.py calls it.
#include "cpu_backend.h"
#include "method/votes.h"

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

using namespace certification;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 4) throw iso::Error{iso::Errc::usage, "certification_speed CARD.json DRAWS THREADS [BATCH [ROUNDS]]"};
    const std::int64_t draws = std::stol(argv[2]), batch = argc > 4 ? std::stol(argv[4]) : 256;
    iso::ThreadBudget::set(std::stoi(argv[3]));
    const int rounds = argc > 5 ? std::stoi(argv[5]) : 3;
    iso::host::use_runtime_module();
    const auto card = iso::models::read_card(argv[1]);
    const auto& c = card.classifier.value();
    std::vector<Side> sides;
    for (auto& network : iso::models::load(card, iso::ThreadBudget::threads()))
      sides.push_back({iso::models::make_classifier(std::move(network)), c.sigma,
                       sides.empty() ? iso::compute::Half::left : iso::compute::Half::right});
    const auto backend = iso::gpu::make_cpu_backend();
    const Smoothed smoothed{std::move(sides), iso::compute::split_from_string(c.split), *backend, batch};
    iso::PixelBuffer buffer = iso::PixelBuffer::allocate(
        {iso::Shape{c.width, c.height, static_cast<std::int64_t>(card.channels.size())}, iso::ScalarType::f32});
    for (float& value : buffer.values<float>()) value = 0.5F;
    const iso::Pixels image{std::move(buffer)};
    std::vector<double> noise, network, all, wall;
    for (int round = 0; round <= rounds; ++round) {
      double drawing = 0, asking = 0;
      for (std::size_t side = 0; side < smoothed.sides().size(); ++side)
        for (std::int64_t first = 0; first < draws; first += batch) {
          const double begin = processor_seconds();
          const iso::Pixels shown =
              smoothed.copies(image, side, c.sigma, 1, Stage::estimate, first, std::min(batch, draws - first), {});
          const double drawn = processor_seconds();
          (void)smoothed.sides()[side].classifier->scores(shown, {});
          drawing += drawn - begin;
          asking += processor_seconds() - drawn;
        }
      Votes votes = smoothed.no_votes();
      const double begin = processor_seconds(), from = wall_seconds();
      smoothed.vote(image, 1, Stage::estimate, draws, votes, {}, [](const Votes&) {});
      if (round == 0) continue;  // the networks were compiled in it
      noise.push_back(drawing), network.push_back(asking), all.push_back(processor_seconds() - begin),
          wall.push_back(wall_seconds() - from);
    }
    std::cout << median(noise) << " " << median(network) << " " << median(all) << " " << median(wall) << "\n";
    return 0;
  } catch (const iso::Error& problem) {
    std::cerr << problem.what() << "\n";
    return iso::exit_code(problem.code());
  }
}
