#include "io/label_layers_impl.h"

#include "iso/base/error.h"

#include <cmath>

namespace iso::io::detail {
namespace {

constexpr double most_layers = 65535;
constexpr std::size_t most_named = 6;

/// "1 (liver, left kidney), 2 (tumour)".
std::string to_text(const LayerNames& layers) {
  std::string text;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(i + 1) + " (";
    for (std::size_t k = 0; k < layers[i].size() && k < most_named; ++k) text += (k == 0 ? "" : ", ") + layers[i][k];
    text += layers[i].size() > most_named ? " and others)" : ")";
  }
  return text;
}

}  // namespace

params::FieldInfo layer_hint() {
  return number_hint("layer", "", "Which layer of labels, where segments overlap: 1, 2, ...");
}

std::optional<std::size_t> find_layer(const ReadOptions& options) {
  const std::string said = find_hint(options, "layer");
  if (said.empty()) return std::nullopt;
  const auto number = to_number(said);
  if (!number || *number != std::floor(*number) || !(*number >= 0) || *number > most_layers)
    throw Error{Errc::invalid_input, "the hint 'layer' is '" + said + "', a number from 1 on was expected"};
  if (*number == 0) return std::nullopt;
  return static_cast<std::size_t>(*number) - 1;
}

std::size_t choose_layer(std::optional<std::size_t> asked, const LayerNames& layers, Metadata& meta) {
  const std::string count = std::to_string(layers.size());
  if (!asked && layers.size() > 1)
    throw FactMissing{"layer", Errc::invalid_input,
                      "its segments overlap, and a label map holds one label a voxel: they make " + count +
                          " layers, " + to_text(layers),
                      "pass the hint layer=1 to layer=" + count + ", one after the other"};
  const std::size_t layer = asked.value_or(0);
  if (layer >= layers.size())
    throw Error{Errc::invalid_input,
                "the hint 'layer' is " + std::to_string(layer + 1) + ", the segments make " + count +
                    (layers.size() == 1 ? " layer" : " layers"),
                "pass 1 to " + count};
  if (layers.size() > 1) meta["layer"] = std::to_string(layer + 1) + " of " + count;
  return layer;
}

}  // namespace iso::io::detail
