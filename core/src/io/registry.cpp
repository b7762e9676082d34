#include "iso/io/registry.h"

#include "io/array_impl.h"
#include "io/atomic_write_impl.h"
#include "io/formats/estimate_impl.h"
#include "io/formats/hdf5_impl.h"
#include "io/handlers_impl.h"
#include "io/losses_impl.h"
#include "io/reading/reading_impl.h"
#include "iso/base/begun_replacement.h"
#include "iso/base/error.h"
#include "iso/base/log.h"
#include "iso/base/process_state.h"
#include "iso/geometry/verdict.h"

#include <itkMacro.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

namespace iso::io {
namespace fs = std::filesystem;
using namespace detail;
namespace {

const Handlers& all() {
  static const Handlers made = [] {
    Handlers list;
    add_nifti(list);
    add_envi(list);
    add_nrrd(list);
    add_metaimage(list);
    add_tiff(list);
    add_container(list);
    add_numpy(list);
    add_matlab(list);
    add_bart(list);
    add_csv(list);
    add_spectrum_text(list);
    add_picture(list);
    add_mrc(list);
    add_ismrmrd(list);
    add_data_exchange(list);
    add_any_hdf5(list);  // after the layouts that say more
    add_dicom(list);
    return list;
  }();
  return made;
}

bool by_extension(const Handler& handler, const fs::path& file) {
  return std::ranges::any_of(handler.format().extensions, [&](const std::string& e) { return has_extension(file, e); });
}

std::string known_extensions() {
  std::string list;
  for (const auto& handler : all()) {
    for (const auto& extension : handler->format().extensions) {
      if (list.find(extension + ",") == std::string::npos) list += (list.empty() ? "" : " ") + extension + ",";
    }
  }
  if (!list.empty()) list.pop_back();
  return list;
}

std::string quoted(const fs::path& file) { return "'" + file.string() + "'"; }

/// A file that does not say so would pass for a measurement. Named by its format: the file has a name for the time being.
void warn_of_lost_estimate(const Dataset& data, const Handler& chosen) {
  const auto says = [](const Handler& handler) { return dynamic_cast<const SaysEstimate*>(&handler) != nullptr; };
  const auto said = metadata(data).find(estimate_key);
  if (said == metadata(data).end() || says(chosen)) return;
  const Kind kind = to_kind(data);
  std::string able;
  for (const auto& handler : all())
    if (says(*handler) && std::ranges::find(handler->format().writes, kind) != handler->format().writes.end())
      able += (able.empty() ? "" : ", ") + handler->format().extensions.front();
  warn("a " + chosen.format().name + " file cannot say that the " + std::string{to_string(kind)} + " is " +
       said->second + "; " + able + (able.find(',') == std::string::npos ? " does" : " do"));
}

/// What the files of a format hold beside values.
Holds held_by(const std::string& format) {
  if (format == "Isocenter") return Holds::all;
  if (format == "MetaImage") return Holds::image;
  if (format == "NIfTI" || format == "NRRD" || format == "DICOM") return Holds::labels;
  if (format == "ENVI") return Holds::cube;
  const bool bare = format == "NumPy array" || format == "TIFF" || format == "BART";
  return bare ? Holds::values : Holds::all;  // pictures to look at, tables
}

void warn_of_losses(const Dataset& data, const Handler& chosen) {
  const std::string& format = chosen.format().name;
  if (const std::string lost = losses(data, held_by(format)); !lost.empty())
    warn("a file of the format " + format + " has no place for " + lost + "; .h5 has");
}

// The handler whose extension and content fit; else whose content fits; else whose extension fits.
const Handler& handler_for_reading(const fs::path& file) {
  const Handler* named = nullptr;
  // DICOM leaves its first 128 bytes to other formats (TIFF puts its header there): what stands at byte 128 decides first.
  if (const std::string start = first_bytes(file, 132); start.size() == 132 && start.ends_with("DICM")) {
    for (const auto& handler : all())
      if (handler->format().name == "DICOM") return *handler;
  }
  for (const auto& handler : all()) {
    if (!by_extension(*handler, file)) continue;
    if (handler->recognises(file)) return *handler;
    if (!named) named = handler.get();
  }
  for (const auto& handler : all()) {
    if (!handler->recognises(file)) continue;
    if (named) {
      warn(quoted(file) + " is named like " + named->format().name + ", its content is " + handler->format().name);
    }
    return *handler;
  }
  if (named) {
    throw Error{Errc::invalid_input, quoted(file) + " is named like " + named->format().name + ", its content is not",
                "check that the file is complete and has the right name"};
  }
  throw Error{Errc::invalid_input, quoted(file) + " is in no format that is known here",
              "formats are known for " + known_extensions()};
}

void check_there(const fs::path& file) {
  std::error_code problem;
  auto status = fs::status(file, problem);
  // A writer of several files may have been killed between taking the old ones away and bringing the new ones.
  if (!fs::exists(status) && settle_folder(file.parent_path())) status = fs::status(file, problem);
  if (!fs::exists(status)) {
    throw Error{Errc::cannot_read, "there is no file " + quoted(file), "check the name and the folder"};
  }
  if (::access(file.c_str(), R_OK) != 0) {
    throw Error{Errc::cannot_read, quoted(file) + " cannot be opened: " + std::strerror(errno),
                "check its permissions"};
  }
  if (fs::is_directory(status)) {
    if (fs::is_empty(file, problem))
      throw Error{Errc::no_input, "the folder " + quoted(file) + " is empty", "give a folder with a DICOM series"};
    return;
  }
  if (!fs::is_regular_file(status))
    throw Error{Errc::cannot_read, quoted(file) + " is not a file", "give the name of a file or a folder"};
  if (fs::file_size(file, problem) == 0)
    throw Error{Errc::no_input, quoted(file) + " is empty", "check where it came from"};
}

// The hint is said with a file (in a session, a recipe), the member by a program; they mean the same.
ReadOptions with_accepted(ReadOptions options) {
  if (const auto kind = options.hints.find("kind"); kind != options.hints.end()) {
    const Kind said = kind_from_string(kind->second);
    if (options.expected && *options.expected != said)
      throw Error{Errc::type_mismatch, "the hint 'kind' says " + kind->second + ", a " +
                                           std::string{to_string(*options.expected)} + " was expected"};
    options.expected = said;
    options.hints.erase(kind);
  }
  const auto hint = options.hints.find("accept_geometry");
  if (hint == options.hints.end()) return options;
  std::istringstream names{hint->second};
  for (std::string name; std::getline(names, name, ',');) options.accepted.push_back(finding_from_string(name));
  options.hints.erase(hint);
  return options;
}

void check_hint(const fs::path& file, const Format& format, const std::string& name, const std::string& value) {
  const params::FieldInfo* const field = format.hints.find(name);
  if (field == nullptr) {
    std::string known;
    for (const auto& hint : format.hints.fields) known += (known.empty() ? "" : ", ") + hint.name;
    throw Error{Errc::invalid_input, quoted(file) + ": " + format.name + " files take no hint '" + name + "'",
                known.empty() ? "leave it out" : "hints of this format are " + known};
  }
  try {
    (void)params::value_from_text(*field, value);
  } catch (const Error& error) {
    std::string sentence = error.what();
    if (const auto at = sentence.find("parameter '"); at != std::string::npos) sentence.replace(at, 9, "the hint");
    throw Error{Errc::invalid_input, quoted(file) + ": " + sentence, field->help};
  }
}

void check_options(const fs::path& file, const Handler& handler, const ReadOptions& options) {
  const Format& format = handler.format();
  if (format.reads.empty()) return;  // reading says so
  for (const auto& [name, value] : options.hints) check_hint(file, format, name, value);
  if (options.expected && std::ranges::find(format.reads, *options.expected) == format.reads.end()) {
    throw Error{Errc::type_mismatch,
                quoted(file) + " is a " + format.name + " file, which cannot be read as a " +
                    std::string{to_string(*options.expected)},
                format.help};
  }
}

void check_values(const fs::path& file, const Dataset& data) {
  switch (soundness(data)) {
    case Soundness::sound: break;
    case Soundness::empty: throw Error{Errc::no_input, quoted(file) + " holds no values"};
    case Soundness::not_finite:
      throw Error{Errc::invalid_input, quoted(file) + " holds values that are NaN or infinite",
                  "mask or repair them first"};
  }
}

void check_result(const fs::path& file, const Dataset& data, const ReadOptions& options) {
  if (options.expected && to_kind(data) != *options.expected) {
    throw Error{Errc::type_mismatch, quoted(file) + " holds a " + std::string{to_string(to_kind(data))} + ", a " +
                                         std::string{to_string(*options.expected)} + " was expected"};
  }
  // The values that this process reads for another are looked at there, where they are needed.
  if (const Pixels* pixels = to_pixels(data);
      pixels != nullptr && ((pixels->is_outline() && options.headers_only) || is_reading_child())) {
    if (pixels->spec().shape.count() == 0) throw Error{Errc::no_input, quoted(file) + " holds no values"};
  } else {
    check_values(file, data);
  }
  check_members(data);
  if (const auto* scan = std::get_if<Sinogram>(&data)) {
    auto verdict = check_sinogram(scan->readings.spec().shape, scan->geometry);
    verdict.sentence = quoted(file) + ": " + verdict.sentence;
    refuse_unless_accepted(verdict, options.accepted);
  }
}

// Names the file once, whatever the handler said.
[[noreturn]] void rethrow_naming(const fs::path& file, const Error& error) {
  const std::string text = error.what();
  const bool named = text.find(file.filename().string()) != std::string::npos;
  const std::string sentence = named ? text : quoted(file) + ": " + text;
  if (const auto* const missing = dynamic_cast<const FactMissing*>(&error))
    throw FactMissing{missing->fact(), error.code(), sentence, error.hint(), error.where()};
  throw Error{error.code(), sentence, error.hint(), error.where()};
}

template <class Work>
void guarded(const fs::path& file, Errc otherwise, const std::string& failure, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    rethrow_naming(file, error);
  } catch (const std::bad_alloc&) {
    throw Error{Errc::out_of_memory, quoted(file) + " needs more memory than there is",
                "close other programs, or take a smaller file"};
  } catch (const std::length_error&) {
    throw Error{Errc::out_of_memory, quoted(file) + " asks for an impossible amount of memory",
                "check that it is complete"};
  } catch (const itk::ExceptionObject& error) {
    log::debug("core.io", error.GetDescription());
    throw Error{otherwise, quoted(file) + failure, "check that the file is complete"};
  } catch (const std::exception& error) {
    log::debug("core.io", error.what());
    throw Error{otherwise, quoted(file) + failure, "check that the file is complete"};
  }
}

}  // namespace

FactMissing::~FactMissing() = default;
Handler::~Handler() = default;
std::vector<ArrayInfo> Handler::arrays(const fs::path&) const { return {}; }
void Handler::write(const fs::path& file, const Dataset& data) const {
  throw Error{Errc::cannot_write, quoted(file) + " cannot be written: " + format().name +
                                      " is a format for reading a " + std::string{to_string(to_kind(data))} + " only"};
}
std::vector<fs::path> Handler::companions(const fs::path&) const { return {}; }
std::vector<fs::path> Handler::sources(const fs::path& file) const { return companions(file); }

std::span<const std::unique_ptr<Handler>> handlers() { return all(); }

namespace detail {

DatasetPtr read_here(const fs::path& file, const ReadOptions& options) {
  const h5::OneOpening once;
  const Handler& handler = handler_for_reading(file);
  check_options(file, handler, options);
  DatasetPtr out;
  guarded(file, Errc::cannot_read, " cannot be read as " + handler.format().name + ": it is damaged or incomplete",
          [&] {
            std::optional<HeadersOnly> headers;
            if (options.headers_only && options.expected != Kind::table && options.expected != Kind::label_map)
              headers.emplace();
            Dataset data = handler.read(file, options);
            check_result(file, data, options);
            metadata(data).try_emplace("source", file.filename().string());
            out = std::make_shared<const Dataset>(std::move(data));
          });
  return out;
}

std::vector<ArrayInfo> arrays_here(const fs::path& file) {
  const h5::OneOpening once;
  const Handler& handler = handler_for_reading(file);
  std::vector<ArrayInfo> found;
  guarded(file, Errc::cannot_read, " cannot be read as " + handler.format().name + ": it is damaged or incomplete",
          [&] { found = handler.arrays(file); });
  return found;
}

const Handler& handler_here(const fs::path& file) { return handler_for_reading(file); }

}  // namespace detail

namespace {

DatasetPtr read_once(const fs::path& file, const ReadOptions& given) {
  Warnings warnings;
  const Beginnings beginnings;
  check_there(file);
  const ReadOptions options = with_accepted(given);
  const bool elsewhere = is_read_elsewhere(file);
  DatasetPtr data = elsewhere ? read_elsewhere(file, options) : read_here(file, options);
  if (const Pixels* pixels = to_pixels(*data); elsewhere && pixels != nullptr && !pixels->is_outline())
    check_values(file, *data);
  warnings.say();
  return data;
}

}  // namespace

DatasetPtr read(const fs::path& file, const ReadOptions& options) {
  try {
    return read_once(file, options);
  } catch (const Error& error) {
    // The file is there, one that belongs to it may have been taken away by a writer that was killed then.
    const bool incomplete = error.code() == Errc::cannot_read || error.code() == Errc::invalid_input;
    if (!incomplete || !settle_folder(file.parent_path())) throw;
  }
  return read_once(file, options);
}

ReadAllTheSame read_accepting_findings(const fs::path& file, ReadOptions options) {
  constexpr std::array findings{Finding::gap, Finding::tilt, Finding::variable, Finding::missing, Finding::mismatch};
  options = with_accepted(std::move(options));
  const std::size_t asked = options.accepted.size();
  const auto attempt = [&]() -> std::optional<ReadAllTheSame> {
    try {
      return ReadAllTheSame{read(file, options), options.accepted};
    } catch (const Error& error) {
      if (error.code() != Errc::geometry_refused) throw;
      return std::nullopt;
    }
  };
  for (const Finding finding : findings) {
    options.accepted.resize(asked);
    options.accepted.push_back(finding);
    if (auto done = attempt()) return *done;
  }
  options.accepted.resize(asked);
  options.accepted.insert(options.accepted.end(), findings.begin(), findings.end());
  return {read(file, options), options.accepted};
}

namespace {

const Handler& handler_for_looking(const fs::path& file) {
  const Beginnings beginnings;
  check_there(file);
  return is_read_elsewhere(file) ? handler_elsewhere(file) : handler_here(file);
}

}  // namespace

const params::Schema& known_hints() {
  static const params::Schema all = [] {
    params::Schema schema;
    for (const auto& handler : handlers()) {
      for (const auto& field : handler->format().hints.fields)
        if (schema.find(field.name) == nullptr) schema.fields.push_back(field);
    }
    return schema;
  }();
  return all;
}

const params::Schema& hints_for(const fs::path& file) { return handler_for_looking(file).format().hints; }

const std::vector<Kind>& kinds_for(const fs::path& file) { return handler_for_looking(file).format().reads; }

std::vector<ArrayInfo> arrays_in(const fs::path& file) {
  Warnings unsaid;
  const Beginnings beginnings;
  check_there(file);
  return is_read_elsewhere(file) ? arrays_elsewhere(file) : arrays_here(file);
}

const Handler* handler_for_writing(const fs::path& file) noexcept {
  for (const auto& handler : all()) {
    if (!handler->format().writes.empty() && by_extension(*handler, file)) return handler.get();
  }
  return nullptr;
}

void write(const fs::path& file, const Dataset& data, const WriteOptions& options) {
  const Kind kind = to_kind(data);
  const Handler* chosen = nullptr;
  bool named = false;
  for (const auto& handler : all()) {
    if (!by_extension(*handler, file)) continue;
    named = true;
    if (std::ranges::find(handler->format().writes, kind) == handler->format().writes.end()) continue;
    chosen = handler.get();
    break;
  }
  if (!chosen) {
    std::string able;
    for (const auto& handler : all()) {
      if (std::ranges::find(handler->format().writes, kind) != handler->format().writes.end()) {
        able += (able.empty() ? "" : ", ") + handler->format().extensions.front();
      }
    }
    throw Error{Errc::cannot_write,
                named ? quoted(file) + " cannot hold a " + std::string{to_string(kind)}
                      : quoted(file) + " has no extension that says its format",
                "a " + std::string{to_string(kind)} + " can be written to " + able};
  }
  use_c_numbers();  // a toolkit or a plugin may have set others since the start
  if (soundness(data) == Soundness::empty) {
    throw Error{Errc::invalid_result,
                quoted(file) + " is not written: the " + std::string{to_string(kind)} + " is empty"};
  }
  warn_of_lost_estimate(data, *chosen);
  warn_of_losses(data, *chosen);
  guarded(file, Errc::cannot_write, " cannot be written", [&] {
    write_all_atomically(
        file, options.overwrite,
        [&](const fs::path& temporary) {
          guarded(temporary, Errc::cannot_write, " cannot be written", [&] { chosen->write(temporary, data); });
        },
        [&](const fs::path& name) { return chosen->companions(name); });
  });
}

}  // namespace iso::io
