#include "command.h"
#include "environment.h"

#include "../output/terminal.h"

#include "host/startup/modules.h"
#include "host/startup/resources.h"

#include "iso/base/error.h"
#include "iso/models/classifier.h"
#include "iso/models/denoiser.h"
#include "iso/models/library.h"
#include "iso/models/runtime.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "models [list|check|show] [NAME|CARD.json] [options]";
constexpr auto summary = "List the networks, check their files, or show their cards.";

struct ModelsArguments {
  Environment environment;
  std::string verb{"list"}, name, as;
  bool json{false};
};

void declare(Options& options, ModelsArguments& request) {
  options.add_optional_argument("WHAT", "list (if nothing is said), check or show.", request.verb);
  options.add_optional_argument("NETWORK", "Its name, or its card; all if none is named.", request.name);
  options.add("--as", "ROLE",
              "With check: whether an ONNX file without a card can be a `classifier`, and what it lacks.", request.as);
  options.add_flag("--json", "As one JSON object.", request.json);
  request.environment.add_logging(options);
  options.add_examples({"isocenter models", "isocenter models show unet", "isocenter models check my/unet.card.json",
                        "isocenter models check mine.onnx --as classifier"});
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

std::string figure_text(const models::HeldOut& figure) {
  return number(figure.mean) + " HU (" + number(figure.low) + " to " + number(figure.high) + ", " +
         std::to_string(figure.patients) + " patients, " + std::to_string(figure.cases) + " slices)";
}

/// The part of the split that says most: test, else validation.
std::string figures_line(const models::Card& card) {
  if (card.classifier) {
    const auto found = card.classifier->held_out.find("validation");
    return found == card.classifier->held_out.end()
               ? ""
               : "validation: " + number(100 * found->second.smoothed_accuracy) + " % right, smoothed";
  }
  const std::string part = card.rmse_hu.contains("test") ? "test" : "validation";
  const auto& figures = card.rmse_hu.at(part);
  std::string line = part + ": RMSE " + number(figures.at("network").mean) + " HU";
  for (const auto& [method, figure] : figures)
    if (method != "network") line += ", " + method + " " + number(figure.mean);
  return line;
}

Json to_json(const models::Listed& one) {
  Json object{{"name", one.name}, {"file", one.file.string()}, {"problem", one.problem}};
  if (one.card.name.empty()) return object;
  const models::Card& card = one.card;
  object["says"] = card.says;
  object["sha256"] = card.sha256;
  object["parameters"] = card.parameters;
  object["bytes"] = card.bytes();
  if (card.classifier) {
    const models::CardClassifier& c = *card.classifier;
    object["kind"] = "classifier";
    object["smoothing"] = {{"mode", c.mode}, {"sigma", c.sigma}, {"split", c.split}};
    object["inputs"] = {{"width", c.width}, {"height", c.height}, {"low", c.low}, {"high", c.high}};
    object["classes"] = c.classes;
    for (const auto& [part, figures] : c.held_out)
      object["held_out"][part] = {{"plain_accuracy", figures.plain_accuracy},
                                  {"smoothed_accuracy", figures.smoothed_accuracy},
                                  {"images", figures.images}};
    object["domain"] = card.domain;
    object["known_failures"] = card.known_failures;
    return object;
  }
  if (models::is_denoiser(card)) {
    object["kind"] = "denoiser";
    object["size"] = card.scan.size;
  } else {
    object["start"] = card.start;
    object["views"] = card.scan.views;
    object["geometry_hash"] = card.geometry_hash;
  }
  object["domain"] = card.domain;
  for (const auto& [part, methods] : card.rmse_hu)
    for (const auto& [method, figure] : methods)
      object["rmse_hu"][part][method] = {{"mean", figure.mean},
                                         {"low", figure.low},
                                         {"high", figure.high},
                                         {"patients", figure.patients},
                                         {"cases", figure.cases}};
  object["known_failures"] = card.known_failures;
  return object;
}

/// What only the card of a classifier says.
std::string classifier_text(const models::CardClassifier& c) {
  std::string text = "  smoothing    " + c.mode + ", sigma " + number(c.sigma) +
                     (c.mode == "drs" ? ", halves by " + c.split : "") +
                     (c.loss.empty() ? "" : ", trained with " + c.loss + " loss") + "\n  images       " +
                     std::to_string(c.width) + " x " + std::to_string(c.height) + ", values from " + number(c.low) +
                     " to " + number(c.high) + "\n  classes      ";
  for (std::size_t i = 0; i < c.classes.size(); ++i) text += (i > 0 ? ", " : "") + c.classes[i];
  text += '\n';
  for (const auto& [part, figures] : c.held_out)
    text += "  accuracy     " + part + ": " + number(100 * figures.plain_accuracy) + " % without noise, " +
            number(100 * figures.smoothed_accuracy) + " % smoothed (" + std::to_string(figures.images) + " images)\n";
  return text;
}

/// And only that of a reconstruction.
std::string scan_text(const models::Card& card) {
  const models::CardScan& scan = card.scan;
  const std::string across = std::to_string(scan.size) + " x " + std::to_string(scan.size);
  if (models::is_denoiser(card)) return "  scan         any; images of " + across + "\n";
  return "  scan         " + std::to_string(scan.views) + (scan.beam == Beam::fan ? " fan" : " parallel") +
         " views over " + number(scan.span_deg) + " degrees, " + std::to_string(scan.elements) + " elements of " +
         number(scan.pitch_mm) + " mm, image " + across + " of " + number(scan.spacing_mm) + " mm\n  start        " +
         card.start +
         (card.start == "tv"
              ? ", strength " + number(card.tv_strength) + ", " + std::to_string(card.tv_iterations) + " iterations"
              : "") +
         "\n";
}

std::string card_text(const models::Listed& one) {
  const models::Card& card = one.card;
  std::string text = one.name + "\n  " + one.file.string() + "\n";
  if (!one.problem.empty()) text += "  PROBLEM: " + one.problem + "\n";
  if (card.name.empty()) return text;
  text += "  " + card.says + "\n  domain       " + card.domain + "\n";
  text += card.classifier ? classifier_text(*card.classifier) : scan_text(card);
  text +=
      "  size         " + std::to_string(card.parameters) + " parameters, " + std::to_string(card.bytes()) + " bytes\n";
  for (const models::TrainingData& data : card.training)
    text += "  trained on   " + data.collection + ": " +
            (card.classifier ? "" : std::to_string(data.patients) + " patients, ") + std::to_string(data.slices) +
            (card.classifier ? " images, " : " slices, ") + data.licence + "\n";
  text += "  training     " + card.trained_at + ", " + number(card.hours) + " h, " + card.trained_on +
          "\n               " + card.trained_with + "\n";
  for (const auto& [part, methods] : card.rmse_hu)
    for (const auto& [method, figure] : methods)
      text += "  RMSE         " + part + ", " + method + ": " + figure_text(figure) + "\n";
  if (card.out_of_domain)
    text += "  warns        beyond an out-of-domain score of " + number(card.out_of_domain->threshold) + "\n";
  if (card.residual_warning)
    text += "  warns        beyond a relative data residual of " + number(*card.residual_warning) + "\n";
  for (const std::string& failure : card.known_failures) text += "  fails        " + failure + "\n";
  return text;
}

/// The network that was named, by its name or its card; or all.
std::vector<models::Listed> wanted(const std::string& name) {
  const auto installed = host::model_directories();
  if (name.empty()) return models::list_cards(installed);
  if (std::filesystem::is_regular_file(name)) {
    const std::array<std::filesystem::path, 1> place{name};
    return models::list_cards(place);
  }
  for (models::Listed& one : models::list_cards(installed))
    if (one.name == name) return {std::move(one)};
  (void)models::find_card(name, installed);  // throws, saying what to do
  return {};
}

/// That the graphs can be loaded: what `check` adds to what a list looks at.
void check(models::Listed& one) {
  if (!one.problem.empty()) return;
  try {
    (void)models::load(one.card);
  } catch (const Error& problem) {
    one.problem = problem.what();
  }
}

/// Whether a graph without a card may be a classifier; what it and its card need, in words.
int check_graph(const ModelsArguments& request) {
  if (request.as != "classifier")
    throw Error(Errc::usage, "isocenter models knows no role '" + request.as + "'", "say --as classifier");
  if (request.verb != "check" || request.name.empty())
    throw Error(Errc::usage, "--as belongs to a check of one ONNX file",
                "say: isocenter models check FILE.onnx --as classifier");
  const models::NetworkPtr network = models::runtime()->load(request.name, 1);
  const auto lacks = models::what_classifier_lacks(*network);
  const std::string file = std::filesystem::path{request.name}.filename().string();
  if (request.json) {
    const models::TensorSpec& in = network->inputs().front();
    print(Json{{"file", request.name},
               {"as", "classifier"},
               {"input", in.extents},
               {"output", network->output().extents},
               {"lacks", lacks}}
              .dump() +
          "\n");
    return lacks.empty() ? 0 : exit_code(Errc::invalid_input);
  }
  std::string text;
  for (const std::string& sentence : lacks) text += file + ": " + sentence + "\n";
  if (lacks.empty()) {
    const auto& in = network->inputs().front().extents;
    const auto size = [](std::int64_t extent) { return extent < 0 ? std::string{"any"} : std::to_string(extent); };
    text = file + " can be a classifier: images of " + size(in[0]) + " x " + size(in[1]) + " with " + size(in[2]) +
           (in[2] == 1 ? " channel, " : " channels, ") + std::to_string(network->output().extents.front()) +
           " classes.\n";
  }
  text +=
      "A card beside it still has to say: smoothing.mode (rs, or drs with a second graph for the right half), "
      "smoothing.sigma of the "
      "training, inputs.low and inputs.high\n(values that become 0 and 1), classes, training and held_out; "
      "resources/models/classifier_card.schema.json. `train.py rs` and `train.py drs` write it.\n";
  print(text);
  return lacks.empty() ? 0 : exit_code(Errc::invalid_input);
}

std::string table_text(const std::vector<models::Listed>& found) {
  if (found.empty()) return "No network is installed.\n";
  TextTable table{{"NETWORK", "VIEWS", "START", "HELD OUT", "STATE"}};
  for (const models::Listed& one : found) {
    const bool read = !one.card.name.empty();
    const bool of_a_scan = read && !one.card.classifier && !models::is_denoiser(one.card);
    table.add({one.name, of_a_scan ? std::to_string(one.card.scan.views) : "", of_a_scan ? one.card.start : "",
               read ? figures_line(one.card) : "", one.problem.empty() ? "ok" : one.problem});
  }
  return table.text();
}

}  // namespace

int models_command(Arguments arguments) {
  ModelsArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  if (request.verb != "list" && request.verb != "check" && request.verb != "show")
    throw Error(Errc::usage, "isocenter models does not know '" + request.verb + "'", "say list, check or show");
  request.environment.begin();
  host::use_runtime_module();
  if (!request.as.empty()) return check_graph(request);
  auto found = wanted(request.name);
  std::string runtime = "not looked for";
  if (request.verb == "check") {
    runtime = "OpenVINO " + models::runtime()->version();
    for (models::Listed& one : found) check(one);
  }
  Json all{{"networks", Json::array()}, {"runtime", runtime}};
  std::string text = request.verb == "show" ? "" : table_text(found);
  for (const models::Listed& one : found) {
    all["networks"].push_back(to_json(one));
    if (request.verb == "show") text += card_text(one);
  }
  print(request.json ? all.dump() + "\n" : text);
  const bool wrong =
      request.verb == "check" && std::ranges::any_of(found, [](const auto& one) { return !one.problem.empty(); });
  return wrong ? exit_code(Errc::invalid_input) : 0;
}

}  // namespace iso::cli
