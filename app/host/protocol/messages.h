#pragma once

#include "iso/base/channel.h"
#include "iso/base/log.h"
#include "iso/data/dataset_message.h"
#include "iso/job/event.h"
#include "iso/job/executor.h"
#include "iso/job/interaction.h"
#include "iso/job/run.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Every message of the worker protocol, version 2. resources/schemas/worker_message.schema.json describes their JSON.
///
/// A worker says Hello, beats (Heartbeat) and logs (LogLine). What the program sends first decides what the worker is:
///   RunRequest        one job: JobEvent ... RunReply, and it ends. Cancel stops it.
///   PlanRequest       plans: one PlanReply or ErrorReply each, until the program hangs up.
///   InteractRequest   an interaction: Ready or ErrorReply; then one AnswerReply or ErrorReply to each AnswerRequest, until
///                     the program hangs up. StopAnswer ends the answer that is being made.
/// Members that are not known are ignored; enumerations travel by name.
namespace iso::host {

using wire::Channel;
using wire::Descriptor;
using wire::Message;
using wire::Packer;
using wire::socket_pair;
using wire::unpack;
using wire::unpack_description;

inline constexpr int protocol_major = 2;
inline constexpr int protocol_minor = 1;

/// Data sets by port or name, as `pack_ports` makes them: their pixels travel as descriptors beside the message.
using PackedPorts = nlohmann::json;
[[nodiscard]] PackedPorts pack_ports(Packer& packer, const plugin::Datasets& data);
[[nodiscard]] PackedPorts pack_ports(Packer& packer, const plugin::Descriptions& data);
[[nodiscard]] plugin::Datasets unpack_ports(const PackedPorts& packed, Message& message);
[[nodiscard]] plugin::Descriptions unpack_descriptions(const PackedPorts& packed, Message& message);

struct Hello {
  static constexpr std::string_view type = "hello";
  int major{protocol_major}, minor{protocol_minor};
  std::int64_t process{0};
};
struct Heartbeat {
  static constexpr std::string_view type = "heartbeat";
};
struct LogLine {
  static constexpr std::string_view type = "log";
  log::Level level{log::Level::info};
  std::string topic, text;
};
struct RunRequest {
  static constexpr std::string_view type = "run";
  job::Recipe recipe;
  job::ExecutionOptions options;
  std::vector<std::string> plugin_directories;
  std::size_t address_space_bytes{0};  ///< RLIMIT_AS of the worker; 0: none
  PackedPorts datasets;                ///< of the workspace, by name
};
struct Cancel {
  static constexpr std::string_view type = "cancel";
};
struct JobEvent {
  static constexpr std::string_view type = "event";
  job::Event event;     ///< without the data of a preview
  nlohmann::json data;  ///< those, packed; null without
};
struct RunReply {
  static constexpr std::string_view type = "result";
  job::Record record;
  PackedPorts outputs;
  std::map<std::string, std::string>
      attachments;  ///< name -> where the file lies, in the scratch folder of the request
};
struct PlanRequest {
  static constexpr std::string_view type = "plan";
  job::Recipe recipe;
  job::ExecutionOptions options;
  std::vector<std::string> plugin_directories;
  PackedPorts inputs;  ///< descriptions, by port
};
struct PlanReply {
  static constexpr std::string_view type = "plan_reply";
  job::Recipe recipe;
  job::Estimate estimate;
  std::size_t available_bytes{0};
  std::string backend, device;
  PackedPorts outputs;          ///< descriptions, by port
  double processor_seconds{0};  ///< that the worker took for it
  std::vector<std::string> networks{};
};
struct InteractRequest {
  static constexpr std::string_view type = "interact";
  job::InteractionRecipe recipe;
  job::ExecutionOptions options;
  std::vector<std::string> plugin_directories;
  PackedPorts inputs;
};
struct Ready {
  static constexpr std::string_view type = "ready";
};
struct AnswerRequest {
  static constexpr std::string_view type = "answer";
  std::vector<plugin::Mark> marks;
  std::string parameters_json{"{}"};
  std::int64_t budget_ms{0};
};
struct StopAnswer {
  static constexpr std::string_view type = "stop";
};
struct AnswerReply {
  static constexpr std::string_view type = "answer_reply";
  PackedPorts outputs;
  double fraction{0};
  std::map<std::string, job::Figure> figures;
  std::vector<std::string> warnings;
};
struct ErrorReply {
  static constexpr std::string_view type = "error";
  Errc code{Errc::internal};
  std::string message, hint;
  ErrorReply() = default;
  explicit ErrorReply(const Error& error) : code{error.code()}, message{error.what()}, hint{error.hint()} {}
  [[nodiscard]] Error error() const { return {code, message, hint}; }
};

/// The JSON of a message, with its type. For every struct above.
template <class T>
[[nodiscard]] nlohmann::json to_message(const T& message);
/// The way back. Throws plugin_incompatible, naming the type, for a message of that type with other members than it has.
template <class T>
[[nodiscard]] T from_message(const nlohmann::json& body);
[[nodiscard]] std::string_view to_type(const Message& message) noexcept;
template <class T>
[[nodiscard]] bool is(const Message& message) noexcept {
  return to_type(message) == T::type;
}

}  // namespace iso::host
