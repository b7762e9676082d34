#pragma once

#include <span>
#include <string>
#include <string_view>

namespace iso::cli {

using Arguments = std::span<const std::string>;

/// One sub-command; what `run` returns is the exit code, what it throws is turned into one by main.
struct Command {
  std::string_view name, summary;
  int (*run)(Arguments arguments);
};
[[nodiscard]] std::span<const Command> commands() noexcept;

int run(Arguments arguments);
int estimate(Arguments arguments);
int batch(Arguments arguments);
int list(Arguments arguments);
int describe(Arguments arguments);
int check(Arguments arguments);
int series(Arguments arguments);
int convert(Arguments arguments);
int compare(Arguments arguments);
int click(Arguments arguments);
int evaluate(Arguments arguments);
int phantom(Arguments arguments);
int phantom_cube(Arguments arguments);
int project(Arguments arguments);
int replay(Arguments arguments);
int devices(Arguments arguments);
int models_command(Arguments arguments);
int gui(Arguments arguments);

}  // namespace iso::cli
