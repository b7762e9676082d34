#include "iso/base/error.h"

#include <array>
#include <new>
#include <system_error>

namespace iso {
namespace {

constexpr std::array<std::string_view, 24> names{"usage",           "cannot_read",          "no_input",
                                                 "invalid_input",   "shape_mismatch",       "type_mismatch",
                                                 "input_directory", "cannot_write",         "output_directory",
                                                 "no_network",      "no_association",       "transfer_failed",
                                                 "internal",        "unsupported",          "device_failed",
                                                 "out_of_memory",   "out_of_device_memory", "no_device",
                                                 "invalid_result",  "plugin_incompatible",  "plugin_crashed",
                                                 "cancelled",       "quality_gate",         "geometry_refused"};

}  // namespace

Error::~Error() = default;

std::string_view to_string(Errc code) noexcept { return names[static_cast<std::size_t>(code)]; }

Errc errc_from_string(std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Errc>(i);
  }
  return Errc::internal;
}

Error current_error() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {Errc::out_of_memory, "the memory of this machine does not suffice", "use a smaller grid or fewer views"};
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      return {Errc::internal, "no further thread or process can be started: a limit is reached",
              "raise the limit of processes with ulimit -u, or end other programs"};
    return {Errc::internal, std::string{"an unexpected failure: "} + error.what()};
  } catch (const std::exception& error) {
    return {Errc::internal, std::string{"an unexpected failure: "} + error.what()};
  } catch (...) {
    return {Errc::internal, "an unexpected failure of unknown type"};
  }
}

void assertion_failed(const char* condition, Here where) {
  throw Error{Errc::internal, std::string{"a promise inside the program was broken: "} + condition,
              "please report this with the log", where};
}

}  // namespace iso
