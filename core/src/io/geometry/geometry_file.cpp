#include "iso/io/geometry_file.h"

#include "io/array_impl.h"
#include "io/geometry/geometry_impl.h"
#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/base/text_file.h"
#include "iso/io/registry.h"

namespace iso::io {
namespace fs = std::filesystem;
using namespace detail;
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;

std::string whole(const fs::path& file) {
  std::error_code problem;
  if (!fs::exists(file, problem))
    throw Error{Errc::cannot_read, "there is no geometry file '" + file.string() + "'",
                "check the name and the folder"};
  return read_text_file(file, most_bytes);
}

}  // namespace

ProjectionGeometry read_geometry(const fs::path& file, std::array<std::int64_t, 2> elements,
                                 std::array<double, 2> pitch_mm) {
  const std::string text = whole(file);
  const auto start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (start == std::string::npos) throw Error{Errc::no_input, "the geometry file '" + file.string() + "' is empty"};
  try {
    return text[start] == '<' ? geometry_from_rtk(text, elements, pitch_mm)
                              : detail::geometry_from_json(text.substr(start), elements, pitch_mm);
  } catch (const Error& error) {
    throw Error{error.code(), "'" + file.string() + "': " + error.what(), error.hint(), error.where()};
  }
}

void write_geometry(const fs::path& file, const ProjectionGeometry& geometry, bool overwrite) {
  const bool rtk = has_extension(file, ".xml");
  if (!rtk && !has_extension(file, ".json")) {
    throw Error{Errc::cannot_write, "'" + file.string() + "' has no extension that says its format",
                "write a geometry as .json or .xml"};
  }
  const std::string text = rtk ? to_rtk(geometry) : to_json(geometry) + "\n";
  replace_file(file, text, overwrite ? ExistingFile::replace : ExistingFile::refuse);
}

}  // namespace iso::io
