// Writes the manifest of a plugin: loads the finished library once and asks it. Run by iso_add_plugin.
//
//     isocenter-manifest LIBRARY MANIFEST
//
// Refuses a plugin whose id is not the manifest's name, and one that says something wrong of itself.

#include "iso/plugin/library.h"

#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

using iso::Errc;
using iso::Error;
namespace fs = std::filesystem;

constexpr std::string_view suffix = ".plugin.json";

void write_whole(const fs::path& file, const std::string& text) {
  const fs::path part = file.string() + ".part";
  std::ofstream stream{part, std::ios::binary};
  stream << text;
  stream.close();
  std::error_code failure;
  if (stream) fs::rename(part, file, failure);
  if (!stream || failure) throw Error{Errc::cannot_write, "the manifest '" + file.string() + "' cannot be written"};
}

void write_manifest(const fs::path& library, const fs::path& file) {
  if (!fs::exists(library)) throw Error{Errc::cannot_read, "there is no library '" + library.string() + "'"};
  const auto manifest = iso::plugin::make_manifest(iso::plugin::open_plugin(library), library.filename().string());
  if (file.filename() != manifest.id + std::string{suffix})
    throw Error{Errc::usage,
                "the plugin's id is '" + manifest.id + "', the manifest is to be '" + file.filename().string() + "'",
                "give iso_add_plugin and ISO_PLUGIN one name"};
  std::string problems;
  for (const std::string& problem : iso::plugin::find_problems(manifest))
    problems += (problems.empty() ? "" : "; ") + problem;
  if (!problems.empty()) throw Error{Errc::invalid_input, problems};
  write_whole(file, iso::plugin::to_json(manifest));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: isocenter-manifest LIBRARY NAME" << suffix << '\n';
    return iso::exit_code(Errc::usage);
  }
  try {
    write_manifest(argv[1], argv[2]);
    return 0;
  } catch (...) {
    const Error error = iso::current_error();
    std::cerr << "isocenter-manifest: " << error.what() << '\n';
    if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
    return iso::exit_code(error.code());
  }
}
