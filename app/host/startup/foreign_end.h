#pragma once

namespace iso::host {

/// For a program that runs tasks in its own process: code of a plugin that ends the process (exit, _exit, a crash) is said in a
/// sentence on stderr, what it started is ended with it, and the exit code is that of a crash of a plugin.
void report_foreign_end() noexcept;

}  // namespace iso::host
