#pragma once

#include "iso/base/channel.h"
#include "iso/base/error.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

/// libhdf5 ends the process that reads some damaged files, or goes on with memory that was never set. Files that it must read are
/// therefore read by a process of its own, a child of the program isocenter-reader, which ends with the file; what was read
/// comes back through shared memory, its pixels without a copy. `io::read` and its like do so by themselves (decision 0060).
/// This header is for the three programs that have a part in it, and for the search that looks for such files.
namespace iso::io {

/// What the program isocenter-reader does: answers questions until whoever started it is gone. Its exit code.
[[nodiscard]] int serve_reader(int argc, char** argv);

/// Answers one question: in this process by isocenter-reader, which is started when it is needed first. Throws cannot_read
/// if that cannot be started or is ended twice. After a stop nobody reads on, and the answer is worth nothing.
[[nodiscard]] wire::Message ask_reader(const nlohmann::json& question, const std::stop_token& stop = {});
using AskReader = std::function<wire::Message(const nlohmann::json& question)>;
/// From now on questions of this process go there: a confined worker may start no process and asks its program.
void ask_reader_through(AskReader ask);
/// From now on this process reads such files itself, as a child of isocenter-reader does, for as many as come and without a limit of
/// time: for the long search of tests/fuzz alone, whose processes may end by a file.
void read_as_child();
/// The types of the messages.
inline constexpr std::string_view question_type = "read_file", answer_type = "file_read";
/// What a question of another process may lead to: the file, its geometry, and the hints that are taken for names of files; absolute.
/// Throws invalid_input for what is no question.
[[nodiscard]] std::vector<std::filesystem::path> files_in_question(const nlohmann::json& question);
/// Whether it asks for a checkpoint: what comes back is of a run with the same key, or nothing.
[[nodiscard]] bool asks_for_checkpoint(const nlohmann::json& question);
/// The answer that brings an error.
[[nodiscard]] nlohmann::json answer_with(const Error& error);

}  // namespace iso::io
