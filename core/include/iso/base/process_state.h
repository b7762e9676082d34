#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

/// What belongs to the whole process and is changed behind our back: by the shell that starts a program, by a toolkit, by the
/// code of a plugin.
namespace iso {

/// Opens /dev/null for those of the descriptors 0, 1 and 2 that are closed. Without it the next file that is opened takes
/// their number, and what is printed goes into that file. The first call of every program.
void open_standard_descriptors() noexcept;

/// From now on C functions and new streams write numbers as the C locale has them ("0.5", "1000000"); other categories of
/// the locale stay. A toolkit sets the locale of the user when it starts (QApplication): call this after it.
void use_c_numbers() noexcept;

/// The folder of the user: HOME if that is an absolute path, else what the system's list of users says; empty if neither.
[[nodiscard]] std::filesystem::path home_folder();

/// While one lives, code of others runs in this process: a task of a plugin, or the initialisation of a library. What that
/// code leaves changed is put back at the end: the locale, the rounding and the traps of floating-point arithmetic, the mask of
/// new files, the working folder. On several threads at once each puts back what it found, which may be what another had left
/// changed until then.
///
/// Code that ends the process instead of returning is told to the handler, where a program has set one.
class ForeignCode {
 public:
  explicit ForeignCode(
      std::string_view who);  ///< as it is spoken of: "task 'example/smoothing'"; at most 200 bytes are kept
  ForeignCode(const ForeignCode&) = delete;
  ForeignCode& operator=(const ForeignCode&) = delete;
  ~ForeignCode();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Foreign code ended this process: `signal` is 0 for an exit with `code`. Called from a signal handler, or while the process
/// exits; ends the process itself (`end_process`).
using ForeignEnd = void (*)(const char* who, int code, int signal);

/// Sets the handler. It is called for exit and quick_exit (and for _exit where the program hands that on, see
/// `foreign_code_exits`), and for the signals of a crash, but only while a ForeignCode lives.
void set_foreign_end(ForeignEnd handler) noexcept;

/// For a program that defines _exit: calls the handler if foreign code runs, and returns if none does.
void foreign_code_exits(int code) noexcept;

/// Ends this process at once, without destructors, and without being taken for foreign code. Safe in a signal handler.
[[noreturn]] void end_process(int code) noexcept;

}  // namespace iso
