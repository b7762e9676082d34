#include "commands/command.h"
#include "commands/options.h"
#include "output/terminal.h"

#include "host/startup/foreign_end.h"
#include "host/startup/startup.h"

#include "iso/base/error.h"
#include "iso/base/log_file.h"
#include "iso/base/names.h"

#include <array>
#include <string>
#include <vector>

namespace iso::cli {
namespace {

constexpr auto all_commands = std::to_array<Command>({
    {"run", "run a task of a plugin, or a recipe", run},
    {"batch", "run a cohort, one process a case", batch},
    {"list", "list the tasks of all plugins", list},
    {"describe", "describe a task: ports, parameters, references", describe},
    {"estimate", "say what memory and time a run would take", estimate},
    {"check", "say what a file holds and whether its geometry can be trusted", check},
    {"series", "list the DICOM series of a folder, each with the verdict on its geometry", series},
    {"convert", "read one format, write another", convert},
    {"compare", "measure how far an image is from a reference", compare},
    {"click", "segment an image from a log of clicks", click},
    {"evaluate", "count the clicks that a segmentation takes, with a simulated user", evaluate},
    {"phantom", "draw an analytic phantom", phantom},
    {"phantom-cube", "make a spectral cube of known mixtures", phantom_cube},
    {"project", "measure a volume or phantom along a scan", project},
    {"replay", "run again what a record tells of, and compare the bits", replay},
    {"devices", "list what tasks can compute on", devices},
    {"models", "list, check or show the networks", models_command},
    {"gui", "open the desktop, with files if any are named", gui},
});

std::string help() {
  std::string text =
      "Isocenter " ISO_VERSION
      ": reconstruct, compare and repeat, with methods as plugins.\n\nUsage: isocenter COMMAND [options]\n"
      "       isocenter PLUGIN/TASK [options]     (short for isocenter run PLUGIN/TASK)\n\n";
  TextTable table{{"COMMAND", "WHAT IT DOES"}};
  for (const Command& command : all_commands) table.add({std::string(command.name), std::string(command.summary)});
  return text + table.text() +
         "\nOptions: --help, --version. `isocenter COMMAND --help` lists the options of a command, with examples.\n\n"
         "Examples:\n"
         "  isocenter project shepp-logan -g scan.json -o scan.h5 --factor 0.02 --photons 100000\n"
         "  isocenter sparse_view_ct/tv --sinogram scan.h5 --volume rec.mha\n"
         "  isocenter compare rec.mha truth.mha\n"
         "  isocenter replay rec.mha.record.json\n";
}

int unknown(const std::string& word) {
  std::vector<std::string> names{"--help", "--version"};
  for (const Command& command : all_commands) names.emplace_back(command.name);
  const std::string meant = nearest_name(word, names);
  throw Error(Errc::usage, "isocenter has no command '" + word + "'",
              meant.empty() ? "`isocenter --help` lists the commands" : "did you mean " + meant + "?");
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) throw Error(Errc::usage, "isocenter needs a command", "`isocenter --help` lists the commands");
  const std::string& first = arguments.front();
  const Arguments rest = Arguments{arguments}.subspan(1);
  if (first == "--version") return print("isocenter " ISO_VERSION "\n"), 0;
  if (first == "--help" || first == "-h" || first == "help") return print(help()), 0;
  if (first != "gui") reserve_stdout();  // the desktop takes this process over with its own output
  for (const Command& command : all_commands)
    if (command.name == first) return command.run(rest);
  if (first.find('/') == std::string::npos || first.starts_with('-')) return unknown(first);
  if (rest.size() == 1 && rest.front() == "--xml") {  // what Slicer and MITK ask a module
    const std::vector<std::string> asked{first, "--xml"};
    return describe(asked);
  }
  return run(arguments);
}

}  // namespace

std::span<const Command> commands() noexcept { return all_commands; }

/// The edge: every error ends here, as one sentence, a hint and an exit code.
int run_main(int argc, char** argv) {
  host::begin_process();
  host::report_foreign_end();
  try {
    const int code = dispatch({argv + 1, argv + argc});
    return code == 0 && !log::is_file_whole() ? exit_code(Errc::cannot_write) : code;
  } catch (...) {
    const Error problem = current_error();
    draw_bar("");
    note("isocenter: " + std::string(problem.what()));
    if (!problem.hint().empty()) note("hint: " + problem.hint());
    return exit_code(problem.code());
  }
}

}  // namespace iso::cli

int main(int argc, char** argv) { return iso::cli::run_main(argc, argv); }
