#include "iso/job/record.h"

#include "iso/base/file_replacement.h"
#include "iso/base/text_file.h"
#include "recipe_json_impl.h"

#include <set>
#include <sstream>

namespace iso::job {
namespace {

constexpr int record_version = 1;

Json geometry_object(const std::map<std::string, GeometryVerdict>& geometry) {
  Json json = Json::object();
  for (const auto& [port, verdict] : geometry)
    json[port] = {{"finding", std::string(to_string(verdict.finding))},
                  {"deviation", verdict.deviation},
                  {"unit", verdict.unit},
                  {"sentence", verdict.sentence}};
  return json;
}

void read_geometry(const Json& json, std::map<std::string, GeometryVerdict>& geometry) {
  const auto found = json.find("geometry");
  if (found == json.end()) return;
  if (!found->is_object()) throw Error(Errc::invalid_input, "member 'geometry' is not a JSON object");
  for (const auto& [port, entry] : found->items()) {
    GeometryVerdict verdict;
    std::string finding = "uniform";
    read_member(entry, "finding", finding);
    verdict.finding = read_finding("geometry." + port + ".finding", finding);
    read_member(entry, "deviation", verdict.deviation);
    read_member(entry, "unit", verdict.unit);
    read_member(entry, "sentence", verdict.sentence);
    geometry.emplace(port, std::move(verdict));
  }
}

Json figures_object(const std::map<std::string, Figure>& figures) {
  Json json = Json::object();
  for (const auto& [name, figure] : figures) json[name] = {{"value", figure.value}, {"unit", figure.unit}};
  return json;
}

Json curves_object(const std::map<std::string, Curve>& curves) {
  Json json = Json::object();
  for (const auto& [name, curve] : curves) json[name] = {{"x", curve.x}, {"y", curve.y}};
  return json;
}

Json attachments_object(const std::map<std::string, Attachment>& attachments) {
  Json json = Json::object();
  for (const auto& [name, one] : attachments)
    json[name] = {{"file", one.file}, {"sha256", one.sha256}, {"bytes", one.bytes}};
  return json;
}

Json stamps_object(const std::map<std::string, io::FileStamp>& stamps) {
  Json json = Json::object();
  for (const auto& [port, stamp] : stamps) json[port] = {{"bytes", stamp.bytes}, {"sha256", stamp.sha256}};
  return json;
}

/// Calls `take(name, entry)` for every entry of an object that may be missing.
template <class Take>
void read_entries(const Json& json, const char* member, const Take& take) {
  const auto found = json.find(member);
  if (found == json.end() || found->is_null()) return;
  if (!found->is_object())
    throw Error(Errc::invalid_input, "member '" + std::string(member) + "' is not a JSON object");
  for (const auto& [name, entry] : found->items()) take(name, entry);
}

void read_stamps(const Json& json, const char* member, std::map<std::string, io::FileStamp>& stamps) {
  read_entries(json, member, [&](const std::string& port, const Json& entry) {
    io::FileStamp& stamp = stamps[port];
    read_member(entry, "bytes", stamp.bytes);
    read_member(entry, "sha256", stamp.sha256);
  });
}

void read_results(const Json& json, Record& record) {
  read_entries(json, "figures", [&](const std::string& name, const Json& entry) {
    Figure& figure = record.figures[name];
    read_member(entry, "value", figure.value);
    read_member(entry, "unit", figure.unit);
  });
  read_entries(json, "quality", [&](const std::string& name, const Json& entry) {  // of programs before 1.1
    if (entry.is_number()) record.figures.try_emplace(name, Figure{entry.get<double>(), {}});
  });
  read_entries(json, "curves", [&](const std::string& name, const Json& entry) {
    Curve& curve = record.curves[name];
    read_member(entry, "x", curve.x);
    read_member(entry, "y", curve.y);
  });
  read_entries(json, "attachments", [&](const std::string& name, const Json& entry) {
    Attachment& one = record.attachments[name];
    read_member(entry, "file", one.file);
    read_member(entry, "sha256", one.sha256);
    read_member(entry, "bytes", one.bytes);
  });
}

void read_error(const Json& json, Record& record) {
  const auto found = json.find("error");
  if (found == json.end() || found->is_null()) return;
  std::string code;
  read_member(*found, "code", code);
  record.error = errc_from_string(code);
  read_member(*found, "message", record.error_message);
  read_member(*found, "hint", record.error_hint);
}

std::string_view to_string(Isolation isolation) { return isolation == Isolation::worker ? "worker" : "in_process"; }

/// What differs between two named maps, as sentences "kind name: a, then b".
void compare_maps(const std::string& kind, const std::map<std::string, std::string>& before,
                  const std::map<std::string, std::string>& after, std::vector<std::string>& differences) {
  std::set<std::string> names;
  for (const auto& [name, value] : before) names.insert(name);
  for (const auto& [name, value] : after) names.insert(name);
  for (const std::string& name : names) {
    const auto a = before.find(name);
    const auto b = after.find(name);
    const std::string was = a == before.end() ? "absent" : a->second;
    const std::string is = b == after.end() ? "absent" : b->second;
    if (was != is) differences.push_back(kind + " " + name + ": was " + was + ", is " + is);
  }
}

void compare_text(const std::string& kind, const std::string& before, const std::string& after,
                  std::vector<std::string>& differences) {
  if (before != after) differences.push_back(kind + ": was " + before + ", is " + after);
}

}  // namespace

std::string to_json(const Record& record) {
  Json json{{"record_version", record_version},
            {"recipe", recipe_object(record.recipe)},
            {"program_version", record.program_version},
            {"plugin_version", record.plugin_version},
            {"plugin_sha256", record.plugin_sha256},
            {"backend", record.backend},
            {"device", record.device},
            {"cpu_level", record.cpu_level},
            {"threads", record.threads},
            {"isolation", std::string(to_string(record.isolation))},
            {"libraries", record.libraries},
            {"models", record.models},
            {"input_digests", record.input_digests},
            {"output_digests", record.output_digests},
            {"input_stamps", stamps_object(record.input_stamps)},
            {"output_stamps", stamps_object(record.output_stamps)},
            {"geometry", geometry_object(record.geometry)},
            {"started_utc", record.started_utc},
            {"seconds", record.seconds},
            {"timings", record.timings},
            {"peak_memory_bytes", record.peak_memory_bytes},
            {"estimated_memory_bytes", record.estimated_memory_bytes},
            {"estimated_seconds", record.estimated_seconds},
            {"figures", figures_object(record.figures)},
            {"curves", curves_object(record.curves)},
            {"attachments", attachments_object(record.attachments)},
            {"state", std::string(to_string(record.state))},
            {"warnings", record.warnings}};
  if (record.error)
    json["error"] = {{"code", std::string(iso::to_string(*record.error))},
                     {"message", record.error_message},
                     {"hint", record.error_hint}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Record record_from_json(std::string_view text) {
  const Json json = parse_object(text, "record");
  check_version(json, "record_version", record_version);
  Record record;
  const auto recipe = json.find("recipe");
  if (recipe == json.end() || !recipe->is_object())
    throw Error(Errc::invalid_input, "the record holds no recipe", "name the .record.json file beside an output");
  record.recipe = recipe_from_object(*recipe);
  read_member(json, "program_version", record.program_version);
  read_member(json, "plugin_version", record.plugin_version);
  read_member(json, "plugin_sha256", record.plugin_sha256);
  read_member(json, "backend", record.backend);
  read_member(json, "device", record.device);
  read_member(json, "cpu_level", record.cpu_level);
  read_member(json, "threads", record.threads);
  std::string isolation, state = "done";
  read_member(json, "isolation", isolation);
  record.isolation = isolation == "worker" ? Isolation::worker : Isolation::in_process;
  read_member(json, "libraries", record.libraries);
  read_member(json, "models", record.models);
  read_member(json, "input_digests", record.input_digests);
  read_member(json, "output_digests", record.output_digests);
  read_stamps(json, "input_stamps", record.input_stamps);
  read_stamps(json, "output_stamps", record.output_stamps);
  read_geometry(json, record.geometry);
  read_member(json, "started_utc", record.started_utc);
  read_member(json, "seconds", record.seconds);
  read_member(json, "timings", record.timings);
  read_member(json, "peak_memory_bytes", record.peak_memory_bytes);
  read_member(json, "estimated_memory_bytes", record.estimated_memory_bytes);
  read_member(json, "estimated_seconds", record.estimated_seconds);
  read_results(json, record);
  read_member(json, "state", state);
  record.state = state_from_string(state);
  read_member(json, "warnings", record.warnings);
  read_error(json, record);
  return record;
}

std::filesystem::path record_path(const std::filesystem::path& output) {
  return output.string() + std::string{record_suffix};
}

Record read_record(const std::filesystem::path& file) {
  const std::string text = read_text_file(file);
  if (text.empty()) throw Error(Errc::cannot_read, "record '" + file.string() + "' is empty");
  return record_from_json(text);
}

void write_record(const std::filesystem::path& file, const Record& record) {
  replace_file(file, to_json(record), ExistingFile::replace);
}

Comparison compare(const Record& before, const Record& after) {
  Comparison result;
  compare_maps("input", before.input_digests, after.input_digests, result.differences);
  compare_maps("output", before.output_digests, after.output_digests, result.differences);
  result.same_bits = !before.output_digests.empty() && before.output_digests == after.output_digests;
  compare_text("backend", before.backend, after.backend, result.differences);
  compare_text("device", before.device, after.device, result.differences);
  compare_text("x86-64 level", before.cpu_level, after.cpu_level, result.differences);
  compare_text("threads", std::to_string(before.threads), std::to_string(after.threads), result.differences);
  compare_text("program", before.program_version, after.program_version, result.differences);
  compare_text("plugin", before.plugin_version, after.plugin_version, result.differences);
  if (!before.plugin_sha256.empty())
    compare_text("plugin library", before.plugin_sha256, after.plugin_sha256, result.differences);
  compare_maps("library", before.libraries, after.libraries, result.differences);
  compare_maps("model", before.models, after.models, result.differences);
  return result;
}

}  // namespace iso::job
