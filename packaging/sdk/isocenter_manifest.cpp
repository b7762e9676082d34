// Writes the manifest of a plugin: loads the finished library once and asks it. Run by iso_add_plugin.
//
//     isocenter-manifest LIBRARY MANIFEST [NEED...]
//
// A need is what the plugin cannot do without in a worker: network, processes. Refuses a plugin whose id is not the manifest's name, and one that says something wrong of itself.

#include "iso/base/file_replacement.h"
#include "iso/plugin/library.h"

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

namespace {

using iso::Errc;
using iso::Error;
namespace fs = std::filesystem;

constexpr std::string_view suffix = ".plugin.json";

void write_manifest(const fs::path& library, const fs::path& file, std::vector<std::string> needs) {
  if (!fs::exists(library)) throw Error{Errc::cannot_read, "there is no library '" + library.string() + "'"};
  auto manifest = iso::plugin::make_manifest(iso::plugin::open_plugin(library), library.filename().string());
  if (file.filename() != manifest.id + std::string{suffix})
    throw Error{Errc::usage,
                "the plugin's id is '" + manifest.id + "', the manifest is to be '" + file.filename().string() + "'",
                "give iso_add_plugin and ISO_PLUGIN one name"};
  manifest.needs = std::move(needs);
  std::string problems;
  for (const std::string& problem : iso::plugin::find_problems(manifest))
    problems += (problems.empty() ? "" : "; ") + problem;
  if (!problems.empty()) throw Error{Errc::invalid_input, problems};
  const std::string text = iso::plugin::to_json(manifest);
  (void)iso::plugin::manifest_from_json(text);  // it must be taken by the program
  iso::replace_file(file, text, iso::ExistingFile::replace);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: isocenter-manifest LIBRARY NAME" << suffix << " [NEED...]\n";
    return iso::exit_code(Errc::usage);
  }
  try {
    write_manifest(argv[1], argv[2], {argv + 3, argv + argc});
    return 0;
  } catch (...) {
    const Error error = iso::current_error();
    std::cerr << "isocenter-manifest: " << error.what() << '\n';
    if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
    return iso::exit_code(error.code());
  }
}
