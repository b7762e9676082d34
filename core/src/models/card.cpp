#include "iso/models/card.h"

#include "iso/base/digest.h"
#include "iso/base/json_text.h"
#include "iso/base/text_file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <sstream>
#include <utility>

namespace iso::models {
namespace {

using Json = nlohmann::json;  // members sorted by name, as the hash of a geometry wants them

constexpr int known_version = 1;

/// An object of a card and where it stands, for what is said of its members.
class Object {
 public:
  /// `schema`: of this kind of card, which is named where a member is wrong.
  Object(const Json& json, std::string where, std::string schema)
      : json_{json}, where_{std::move(where)}, schema_{std::move(schema)} {}

  template <class T>
  [[nodiscard]] T get(const char* member) const {
    const auto found = json_.find(member);
    if (found == json_.end()) throw Error{Errc::invalid_input, where_ + " has no member '" + member + "'", hint()};
    try {
      return found->get<T>();
    } catch (const Json::exception&) {
      throw wrong(member, std::string{"is a JSON "} + found->type_name() + " of another form than expected");
    }
  }
  template <class T>
  [[nodiscard]] T get(const char* member, T otherwise) const {
    return has(member) ? get<T>(member) : std::move(otherwise);
  }
  [[nodiscard]] double number(const char* member, double least) const {
    const auto value = get<double>(member);
    if (!std::isfinite(value) || value < least)
      throw wrong(member, "is " + std::to_string(value) + ", which is too small");
    return value;
  }
  [[nodiscard]] std::int64_t count(const char* member, std::int64_t least = 1) const {
    const double value = number(member, static_cast<double>(least));
    if (value != std::floor(value) || value > 1e15) throw wrong(member, "is no whole number");
    return static_cast<std::int64_t>(value);
  }
  [[nodiscard]] bool has(const char* member) const {
    const auto found = json_.find(member);
    return found != json_.end() && !found->is_null();
  }
  [[nodiscard]] Object object(const char* member) const {
    const auto found = json_.find(member);
    if (found == json_.end() || !found->is_object()) throw wrong(member, "is no object");
    return {*found, "'" + std::string{member} + "' of " + where_, schema_};
  }
  [[nodiscard]] std::vector<Object> objects(const char* member) const {
    const auto found = json_.find(member);
    if (found == json_.end() || !found->is_array() || found->empty()) throw wrong(member, "is no list of objects");
    std::vector<Object> all;
    for (const Json& item : *found) {
      if (!item.is_object()) throw wrong(member, "is no list of objects");
      all.emplace_back(item, "an entry of '" + std::string{member} + "' of " + where_, schema_);
    }
    return all;
  }
  [[nodiscard]] Error wrong(const char* member, const std::string& what) const {
    return Error{Errc::invalid_input, "member '" + std::string{member} + "' of " + where_ + " " + what, hint()};
  }
  [[nodiscard]] const Json& json() const noexcept { return json_; }

 private:
  [[nodiscard]] std::string hint() const { return "resources/models/" + schema_ + " says what such a card holds"; }
  const Json& json_;
  std::string where_, schema_;
};

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Json parse(std::string_view text, const std::string& what) {
  Json json = nests_deeper_than(text) ? Json{} : Json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object()) throw Error{Errc::invalid_input, what + " is no JSON object", "export the network again"};
  refuse_doubled_members(text, what);
  return json;
}

std::string make_hash(const Json& geometry) {
  Json written = Json::object();
  for (const auto& [name, value] : geometry.items()) {
    if (!value.is_number_float()) {
      written[name] = value;
      continue;
    }
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.9g", value.get<double>());
    written[name] = text.data();
  }
  std::string all = "{";
  for (const auto& [name, value] : written.items())
    all += (all.size() > 1 ? ", " : "") + Json(name).dump() + ": " + value.dump();
  return Sha256{}.update(all + "}").hex();
}

CardScan read_scan(const Object& from) {
  CardScan scan;
  const auto beam = from.get<std::string>("beam");
  if (beam != "fan" && beam != "parallel") throw from.wrong("beam", "is '" + beam + "', neither fan nor parallel");
  scan.beam = beam == "fan" ? Beam::fan : Beam::parallel;
  scan.views = from.count("views");
  scan.elements = from.count("elements");
  scan.pitch_mm = from.number("pitch_mm", 1e-9);
  scan.span_deg = from.number("span_deg", 1e-3);
  scan.source_to_axis_mm = from.number("source_to_axis_mm", 0);
  scan.source_to_detector_mm = from.number("source_to_detector_mm", 0);
  scan.size = from.count("size");
  scan.spacing_mm = from.number("spacing_mm", 1e-9);
  return scan;
}

std::vector<GraphFile> read_graphs(const Object& card, const std::filesystem::path& folder) {
  std::vector<GraphFile> graphs;
  for (const Object& one : card.objects("files")) {
    const auto name = one.get<std::string>("file");
    if (name.find_first_of("/\\") != std::string::npos || !name.ends_with(".onnx") || name.size() < 6)
      throw one.wrong("file", "is '" + name + "', which is no name of an ONNX file beside the card");
    GraphFile graph{folder / name, one.get<std::string>("sha256"), static_cast<std::uintmax_t>(one.count("bytes")),
                    one.number("parity", 0)};
    if (!is_digest(graph.sha256)) throw one.wrong("sha256", "is no SHA-256 in hexadecimal digits");
    graphs.push_back(std::move(graph));
  }
  return graphs;
}

void read_training(const Object& from, Card& card) {
  for (const Object& one : from.objects("data"))
    card.training.push_back({one.get<std::string>("collection"), one.get<std::string>("licence"),
                             static_cast<int>(one.get<std::vector<std::string>>("patients").size()),
                             static_cast<int>(one.count("slices"))});
  const Object pool = from.object("pool");
  card.tv_strength = pool.get<double>("tv_strength", 1);
  card.tv_iterations = pool.get<int>("tv_iterations", 150);
  if (!(card.tv_strength > 0) || card.tv_iterations < 1)
    throw from.wrong("pool", "holds a total variation of no strength or without iterations");
}

void read_held_out(const Object& from, Card& card) {
  for (const auto& [part, ignored] : from.json().items()) {
    const Object figures = from.object(part.c_str()).object("figures");
    for (const auto& [method, also_ignored] : figures.json().items()) {
      const Object one = figures.object(method.c_str()).object("rmse_hu");
      card.rmse_hu[part][method] = {one.number("mean", 0), one.number("low", 0), one.number("high", 0),
                                    static_cast<int>(one.count("patients")), static_cast<int>(one.count("cases"))};
    }
  }
  if (!card.rmse_hu.contains("validation") || !card.rmse_hu["validation"].contains("network"))
    throw from.wrong("validation", "has no figures of the network");
}

OutOfDomain read_domain(const Object& from) {
  OutOfDomain domain{from.get<std::vector<std::string>>("features"), from.get<std::vector<double>>("mean"),
                     from.get<std::vector<double>>("deviation"), from.number("threshold", 0)};
  if (domain.features.empty() || domain.mean.size() != domain.features.size() ||
      domain.deviation.size() != domain.features.size() ||
      std::ranges::any_of(domain.deviation, [](double d) { return !(d > 0); }))
    throw from.wrong("deviation", "does not give each feature a positive number");
  return domain;
}

/// The members that cards of every kind have.
Card read_common(const Object& from, const std::filesystem::path& folder) {
  if (const std::int64_t version = from.count("card_version"); version > known_version)
    throw from.wrong("card_version", "is " + std::to_string(version) + ", this program reads up to 1");
  Card card;
  card.name = from.get<std::string>("name");
  if (card.name.empty() || card.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
    throw from.wrong("name", "is '" + card.name + "', expected small letters, digits and _");
  card.says = from.get<std::string>("says");
  card.graphs = read_graphs(from, folder);
  card.channels = from.object("inputs").get<std::vector<std::string>>("channels");
  card.parameters = from.count("parameters");
  card.domain = from.get<std::string>("domain");
  const Object training = from.object("training");
  card.trained_on = training.get<std::string>("machine");
  card.trained_with = training.get<std::string>("command");
  card.trained_at = training.get<std::string>("date");
  card.hours = training.number("hours", 0);
  card.known_failures = from.get<std::vector<std::string>>("known_failures");
  return card;
}

CardClassifier read_classifier(const Object& from, const Card& card) {
  CardClassifier found;
  const Object inputs = from.object("inputs"), smoothing = from.object("smoothing");
  found.width = inputs.count("width");
  found.height = inputs.count("height");
  found.low = inputs.get<double>("low");
  found.high = inputs.get<double>("high");
  if (!(found.high > found.low)) throw inputs.wrong("high", "is not above 'low'");
  found.classes = from.get<std::vector<std::string>>("classes");
  if (found.classes.size() < 2) throw from.wrong("classes", "names fewer than two classes");
  found.mode = smoothing.get<std::string>("mode");
  if (found.mode != "rs" && found.mode != "drs")
    throw smoothing.wrong("mode", "is '" + found.mode + "', neither rs nor drs");
  found.sigma = smoothing.number("sigma", 1e-6);
  found.split = smoothing.get<std::string>("split");
  constexpr std::array<std::string_view, 3> splits{"checkerboard", "rows", "columns"};
  if (found.mode == "rs" ? found.split != "none" : std::ranges::find(splits, found.split) == splits.end())
    throw smoothing.wrong(
        "split", "is '" + found.split + "'; a drs network has checkerboard, rows or columns, an rs network none");
  if (const auto feed = smoothing.get<std::string>("feed"); feed != (found.mode == "rs" ? "whole" : "fill"))
    throw smoothing.wrong("feed", "is '" + feed + "', expected " + (found.mode == "rs" ? "whole" : "fill"));
  found.loss = smoothing.get<std::string>("loss", "");
  if (const std::size_t wanted = found.mode == "rs" ? 1 : 2; card.graphs.size() != wanted)
    throw from.wrong(
        "files", "names " + std::to_string(card.graphs.size()) + " graphs, " +
                     (wanted == 1 ? "an rs network is one" : "a drs network is two, the left half and the right one"));
  const Object held_out = from.object("held_out");
  for (const auto& [part, ignored] : held_out.json().items()) {
    const Object figures = held_out.object(part.c_str());
    found.held_out[part] = {figures.number("plain_accuracy", 0), figures.number("smoothed_accuracy", 0),
                            static_cast<int>(figures.count("images"))};
  }
  return found;
}

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

bool alike(double a, double b) { return std::abs(a - b) <= 1e-5 * std::max(std::abs(a), std::abs(b)) + 1e-9; }

}  // namespace

VoxelGrid CardScan::grid(std::int64_t slices) const {
  return VoxelGrid::centred({size, size, slices}, {spacing_mm, spacing_mm, 1});
}

std::string CardScan::difference(const ProjectionGeometry& given) const {
  const auto differs = [](const std::string& what, double has, double wants) {
    return "the scan has " + what + " " + text(has) + ", the network was trained for " + text(wants);
  };
  if (views < 1) return "the network is none for scans";
  if (given.beam() != beam)
    return std::string{"the network was trained for a "} + (beam == Beam::fan ? "fan" : "parallel") +
           " beam, the scan has another";
  if (given.detector_shape() != DetectorShape::flat) return "the network was trained for a flat detector";
  if (static_cast<std::int64_t>(given.views().size()) != views)
    return differs("this number of views:", static_cast<double>(given.views().size()), static_cast<double>(views));
  if (given.elements()[0] != elements)
    return differs("this number of elements:", static_cast<double>(given.elements()[0]), static_cast<double>(elements));
  if (!alike(given.pitch_u_mm(), pitch_mm)) return differs("a pitch in mm of", given.pitch_u_mm(), pitch_mm);
  const ProjectionGeometry::Orbit orbit = given.orbit();
  if (!orbit.circular) return "the network was trained for a circular orbit: " + orbit.why_not;
  if (beam == Beam::fan && !alike(orbit.source_to_axis_mm, source_to_axis_mm))
    return differs("a distance in mm from source to axis of", orbit.source_to_axis_mm, source_to_axis_mm);
  if (beam == Beam::fan && !alike(orbit.source_to_detector_mm, source_to_detector_mm))
    return differs("a distance in mm from source to detector of", orbit.source_to_detector_mm, source_to_detector_mm);
  if (std::abs(orbit.u_offset_mm) > 1e-4 * pitch_mm || std::abs(orbit.source_offset_u_mm) > 1e-4 * pitch_mm)
    return "the network was trained for a centred detector, that of the scan is displaced";
  for (std::size_t i = 0; i < orbit.angles_rad.size(); ++i) {
    const double wanted = span_deg / static_cast<double>(views) * static_cast<double>(i);
    const double found = orbit.angles_rad[i] * 180 / std::numbers::pi;
    if (std::abs(std::remainder(found - wanted, 360.0)) > 1e-3)
      return differs("view " + std::to_string(i) + " at an angle in degrees of", found, wanted);
  }
  return {};
}

double OutOfDomain::score(const std::vector<double>& found) const {
  if (found.size() != mean.size())
    throw Error{Errc::shape_mismatch, "an out-of-domain score of " + std::to_string(mean.size()) +
                                          " features was asked of " + std::to_string(found.size())};
  double sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i) sum += std::pow((found[i] - mean[i]) / deviation[i], 2);
  return std::sqrt(sum / static_cast<double>(found.size()));
}

std::uintmax_t Card::bytes() const noexcept {
  std::uintmax_t all = 0;
  for (const GraphFile& graph : graphs) all += graph.bytes;
  return all;
}

std::string geometry_hash(std::string_view geometry_json) { return make_hash(parse(geometry_json, "the geometry")); }

Card parse_card(std::string_view json, const std::filesystem::path& folder) {
  const Json parsed = parse(json, "the card");
  const auto named = parsed.find("kind");
  const bool classifies = named != parsed.end() && *named == "classifier";
  const Object from{parsed, "the card", classifies ? "classifier_card.schema.json" : "model_card.schema.json"};
  Card card = read_common(from, folder);
  card.sha256 = Sha256{}.update(json).hex();
  if (const auto kind = from.get<std::string>("kind", "reconstruction"); kind == "classifier") {
    card.classifier = read_classifier(from, card);
    for (const Object& one : from.object("training").objects("data"))
      card.training.push_back({one.get<std::string>("collection"), one.get<std::string>("licence"), 0,
                               static_cast<int>(one.count("images"))});
    return card;
  } else if (kind != "reconstruction") {
    throw from.wrong("kind", "is '" + kind + "', neither reconstruction nor classifier");
  }
  const Object inputs = from.object("inputs");
  card.start = inputs.get<std::string>("start");
  if (card.start != "tv" && card.start != "fbp" && card.start != "none")
    throw inputs.wrong("start", "is '" + card.start + "', none of tv, fbp and none");
  card.unit = inputs.get<std::string>("unit");
  card.multiple = inputs.count("multiple");
  card.halo = inputs.has("halo") ? inputs.count("halo", 0) : -1;
  const Object output = from.object("output");
  card.output_unit = output.get<std::string>("unit");
  if (output.has("lower_bound")) card.lower_bound = output.get<double>("lower_bound");
  const Object geometry = from.object("geometry");
  card.scan = read_scan(geometry);
  card.geometry_hash = from.get<std::string>("geometry_hash");
  if (card.geometry_hash != make_hash(geometry.json()))
    throw from.wrong("geometry_hash", "is not that of its geometry, which was changed after the training");
  card.water_per_mm = from.number("water_per_mm", 1e-9);
  read_training(from.object("training"), card);
  read_held_out(from.object("held_out"), card);
  if (from.has("out_of_domain")) card.out_of_domain = read_domain(from.object("out_of_domain"));
  if (from.has("residual_warning")) card.residual_warning = from.number("residual_warning", 0);
  return card;
}

Card read_card(const std::filesystem::path& file) {
  const std::string text = read_text_file(file);
  try {
    Card card = parse_card(text, file.parent_path());
    card.file = file;
    return card;
  } catch (const Error& problem) {
    throw Error{problem.code(), "'" + file.string() + "' is no card of a network: " + problem.what(), problem.hint()};
  }
}

void check_graphs(const Card& card) {
  for (const GraphFile& graph : card.graphs)
    if (const std::string found = sha256_of_file(graph.file); found != graph.sha256)
      throw Error{Errc::invalid_input,
                  "'" + graph.file.string() + "' is not the file that the card of '" + card.name +
                      "' describes: its SHA-256 is " + found.substr(0, 12) + "..., the card says " +
                      graph.sha256.substr(0, 12) + "...",
                  "put the card and its graphs of one training side by side"};
}

}  // namespace iso::models
