#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace iso::host {

/// Runs functions that load libraries, each in a process of its own, all at the same time, their output thrown away, and
/// gives back what each returned. Where a process ended without a word, or was ended after `patience`, the answer is a clause
/// that says so ("its library ends the program that loads it (signal 11)"). Only for a program with one thread: the processes
/// are forks of it.
[[nodiscard]] std::vector<std::string> run_apart(std::span<const std::function<std::string()>> works,
                                                 std::chrono::milliseconds patience);

}  // namespace iso::host
