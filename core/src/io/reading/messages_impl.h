#pragma once

#include "io/reading/reading_impl.h"

#include "iso/base/channel.h"
#include "iso/data/dataset_message.h"
#include "iso/io/reader_process.h"

#include <nlohmann/json.hpp>

/// Questions and answers of the program isocenter-reader, as JSON.
namespace iso::io::detail::reading {

inline constexpr int socket_number = 3;  ///< of the process isocenter-reader

enum class Wish : std::uint8_t { dataset, arrays, format, checkpoint };

struct Question {
  Wish wish{Wish::dataset};
  std::filesystem::path file, folder;  ///< the working folder of who asks
  ReadOptions options;
  std::string key;  ///< of a checkpoint
};
[[nodiscard]] nlohmann::json to_json(const Question& question);
[[nodiscard]] Question question_from(const nlohmann::json& json);  ///< throws invalid_input, usage

/// How a child ended that gave no answer.
struct End {
  int signal{0}, code{0};
  bool stood_still{false};
};
[[nodiscard]] nlohmann::json to_json(const End& end);
[[nodiscard]] std::optional<End> end_in(const nlohmann::json& answer);  ///< nothing if the answer is one

/// Does what a question asks for, in this process; errors are part of the answer. `packer` holds its pixels until it is sent.
[[nodiscard]] nlohmann::json answer(const Question& question, wire::Packer& packer);
/// Throws the error that an answer brings, if it does.
void throw_error_in(const nlohmann::json& answer);

}  // namespace iso::io::detail::reading
