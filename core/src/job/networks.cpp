#include "networks_impl.h"

#include "iso/base/error.h"
#include "iso/models/library.h"
#include "iso/models/runtime.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>

namespace iso::job {
namespace {

std::optional<double> figure(const Record& record, const char* name) {
  const auto found = record.figures.find(name);
  if (found == record.figures.end()) return {};
  return found->second.value;
}

std::string text(double value) {
  std::array<char, 32> written{};
  std::snprintf(written.data(), written.size(), "%.3g", value);
  return written.data();
}

/// Width, height and number of the images of a plan: those of its first volume.
void add_cost(const models::Card& card, plugin::Plan& plan) {
  std::int64_t pixels = card.scan.size * card.scan.size, images = 1;
  for (const auto& [port, items] : plan.outputs) {
    if (items.empty() || items.one().empty() || items.one().kind() != Kind::volume) continue;
    const Shape& shape = get<Volume>(items.one()).pixels.spec().shape;
    pixels = shape[0] * shape[1];
    images = std::max<std::int64_t>(1, shape[2] * shape[3]);
    break;
  }
  const models::NetworkCost needed = models::cost(card, pixels, images);
  plan.bytes += needed.bytes;
  plan.seconds += needed.seconds;
}

/// "unet: what it does. Made for: ... Error on patients kept apart (validation): 63 HU, start 72. Known to fail: ..."
std::string in_words(const models::Card& card) {
  if (card.classifier) {
    std::string words = card.name + ": " + card.says + ". Made for: " + card.domain + ".";
    if (const auto found = card.classifier->held_out.find("validation"); found != card.classifier->held_out.end())
      words += " Right on " + text(100 * found->second.smoothed_accuracy) + " % of " +
               std::to_string(found->second.images) + " images kept apart, smoothed with sigma " +
               text(card.classifier->sigma) + ".";
    words += " Known to fail:";
    for (const std::string& failure : card.known_failures) words += " " + failure;
    return words;
  }
  const bool tested = card.rmse_hu.contains("test");
  const auto& figures = card.rmse_hu.at(tested ? "test" : "validation");
  std::string words = card.name + ": " + card.says + " Made for: " + card.domain + ". Error on patients kept apart (" +
                      (tested ? "test" : "validation") + "): ";
  bool first = true;
  for (const auto& [method, figure] : figures) {
    words += (first ? "" : ", ") + method + " " + text(figure.mean) + " HU";
    first = false;
  }
  words += ". Known to fail:";
  for (const std::string& failure : card.known_failures) words += " " + failure;
  return words + " The result is an estimate by a network.";
}

void mark(DatasetPtr& data, const std::string& label) {
  Dataset copy = *data;  // pixels are shared
  std::visit(
      [&](auto& kind) {
        if constexpr (requires { kind.meta; }) kind.meta["estimate"] = label;
      },
      copy);
  data = freeze(std::move(copy));
}

void warn_beyond(const models::Card& card, const Record& record, std::vector<std::string>& warnings) {
  const auto residual = figure(record, "relative_residual"), score = figure(record, "out_of_domain_score");
  if (card.residual_warning && residual && *residual > *card.residual_warning)
    warnings.push_back("the result of '" + card.name + "' leaves " + text(100 * *residual) +
                       " % of the readings unexplained, more than the " + text(100 * *card.residual_warning) +
                       " % up to which it was validated");
  if (card.out_of_domain && score && *score > card.out_of_domain->threshold)
    warnings.push_back("the scan is unlike those that '" + card.name + "' was trained on: its out-of-domain score is " +
                       text(*score) + ", that of validation at most " + text(card.out_of_domain->threshold) +
                       "; trust the direct reconstruction instead");
}

/// Whether a parameter matters beside the others.
bool matters(const params::FieldInfo& field, const nlohmann::json& parameters) {
  if (!field.visible_when) return true;
  const auto other = parameters.find(field.visible_when->field);
  if (other == parameters.end()) return true;
  const std::string value = other->is_string() ? other->get<std::string>() : other->dump();
  return std::ranges::find(field.visible_when->values, value) != field.visible_when->values.end();
}

}  // namespace

void find_network_asked_for(const params::Schema& schema, const std::string& parameters_json,
                            const std::vector<std::filesystem::path>& places) {
  const params::FieldInfo* field = schema.find("network");
  const auto parameters = nlohmann::json::parse(parameters_json);
  if (field != nullptr && !matters(*field, parameters)) return;
  const auto asked = parameters.find("network");
  if (asked == parameters.end() || !asked->is_string() || asked->get_ref<const std::string&>().empty()) return;
  const models::Card card = models::find_card(asked->get_ref<const std::string&>(), places);
  if (!card.graphs.empty()) models::check_runtime();
}

std::vector<std::string> add_networks(const plugin::Task& task, plugin::Plan& plan,
                                      const std::vector<std::filesystem::path>& places) {
  std::vector<std::string> words;
  for (const std::string& id : plan.models) {
    const models::Card card = models::find_card(id, places);
    if (card.classifier) {  // its task says how often it asks, which decides the time
      plan.bytes += models::cost(card, card.classifier->width * card.classifier->height, 1).bytes;
      words.push_back(in_words(card));
      continue;
    }
    for (const auto& [port, items] : plan.outputs) {
      if (items.empty() || items.one().empty() || items.one().kind() != Kind::sinogram) continue;
      const bool of_the_scan = std::ranges::find(task.outputs(), port, &plugin::Port::residual) != task.outputs().end();
      if (!of_the_scan) continue;
      if (const std::string why = card.scan.difference(get<Sinogram>(items.one()).geometry); !why.empty())
        throw Error(Errc::geometry_refused, "the network '" + id + "' does not fit the scan: " + why,
                    "use total variation, or a network that was trained for this scan (`isocenter models`)");
    }
    add_cost(card, plan);
    words.push_back(in_words(card));
  }
  return words;
}

std::vector<std::string> mark_estimates(const plugin::Task& task, const std::vector<models::Card>& cards,
                                        RunResult& result) {
  if (cards.empty()) return {};
  Record& record = result.record;
  if (const auto runtime = models::loaded_runtime()) record.libraries["OpenVINO"] = runtime->version();
  // Answers of a classifier are no estimate of data: nothing of the data is left over.
  if (std::ranges::all_of(cards, [](const models::Card& card) { return card.classifier.has_value(); })) return {};
  std::string names, views;
  bool scored = true;
  for (const models::Card& card : cards) {
    names += (names.empty() ? "" : ", ") + card.name;
    scored = scored && (!card.out_of_domain || figure(record, "out_of_domain_score"));
  }
  if (const auto used = figure(record, "views_used")) views = " from " + text(*used) + " views";
  bool any = false;
  for (const plugin::Port& port : task.outputs()) {
    const auto found = result.outputs.find(port.name);
    if (port.residual.empty() || found == result.outputs.end()) continue;
    const auto residual = result.outputs.find(port.residual);
    any = residual != result.outputs.end() && residual->second;
    if (!any) break;
    DatasetPtr data = found->second.one();
    mark(data, "estimated" + views + " by " + names);
    found->second = plugin::PortItems<DatasetPtr>{data};
  }
  if (!any || !scored || !figure(record, "relative_residual"))
    throw Error(Errc::invalid_result,
                "task '" + record.recipe.task + "' uses the network " + names +
                    " and does not say with its result what that " +
                    (any && scored ? "leaves of the data as the figure relative_residual"
                     : any         ? "scores as the figure out_of_domain_score"
                                   : "does not explain of the data, as a residual"),
                "report this to the author of the plugin");
  std::vector<std::string> warnings;
  for (const models::Card& card : cards) warn_beyond(card, record, warnings);
  return warnings;
}

}  // namespace iso::job
