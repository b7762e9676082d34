#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace iso {

/// What went wrong, in the classes a caller can act on. `exit_code` turns it into a program's answer.
enum class Errc : std::uint8_t {
  usage,
  cannot_read,
  no_input,
  invalid_input,
  shape_mismatch,
  type_mismatch,
  input_directory,
  cannot_write,
  output_directory,
  no_network,
  no_association,
  transfer_failed,
  internal,
  unsupported,
  device_failed,
  out_of_memory,
  out_of_device_memory,
  no_device,
  invalid_result,
  plugin_incompatible,
  plugin_crashed,
  cancelled,
  quality_gate,
  geometry_refused
};

/// The exit code of every program of ours, in DCMTK's ranges, and the only place that says so. 0 is success;
/// 128 and above are signals.
[[nodiscard]] constexpr int exit_code(Errc code) noexcept {
  switch (code) {
    using enum Errc;
    case usage: return 1;
    case cannot_read: return 20;
    case no_input: return 21;
    case invalid_input:
    case shape_mismatch:
    case type_mismatch: return 22;
    case input_directory: return 25;
    case cannot_write: return 40;
    case output_directory: return 45;
    case no_network: return 60;
    case no_association: return 61;
    case transfer_failed: return 62;
    case internal:
    case unsupported:
    case device_failed: return 80;
    case out_of_memory: return 81;
    case out_of_device_memory: return 82;
    case no_device: return 83;
    case invalid_result: return 84;
    case plugin_incompatible: return 85;
    case plugin_crashed: return 86;
    case cancelled: return 87;
    case quality_gate: return 88;
    case geometry_refused: return 89;
  }
  return 80;
}

/// The stable name of a code in JSON ("geometry_refused") and back; an unknown name gives `internal`.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;
[[nodiscard]] Errc errc_from_string(std::string_view name) noexcept;

/// Place in the source where an error was raised; filled in by default arguments.
struct Here {
  const char* file;
  int line;
  const char* function;
  static constexpr Here now(const char* file = __builtin_FILE(), int line = __builtin_LINE(),
                            const char* function = __builtin_FUNCTION()) noexcept {
    return {file, line, function};
  }
};

/// The only exception type our rooms throw. `what()` is one sentence for the user;
/// `hint()` says what the user can do next, and may be empty.
class Error : public std::runtime_error {
 public:
  Error(Errc code, const std::string& message, std::string hint = {}, Here where = Here::now())
      : std::runtime_error(message), code_{code}, hint_{std::move(hint)}, where_{where} {}
  ~Error() override;

  [[nodiscard]] Errc code() const noexcept { return code_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }
  [[nodiscard]] const Here& where() const noexcept { return where_; }

 private:
  Errc code_;
  std::string hint_;
  Here where_;
};

/// An exception of any type as one of ours: `Error` as it is, bad_alloc as out_of_memory, anything else as
/// internal with its text. Called in a catch block, at the four edges only.
[[nodiscard]] Error current_error() noexcept;

/// For our own mistakes, never for input. Throws `internal` naming the condition.
[[noreturn]] void assertion_failed(const char* condition, Here where);
#define ISO_ASSERT(condition) ((condition) ? void(0) : ::iso::assertion_failed(#condition, ::iso::Here::now()))

}  // namespace iso
