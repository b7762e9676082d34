#include "label_layers.h"

#include "gui/model/session.h"

#include "iso/io/registry.h"

#include <utility>

namespace iso::gui {
namespace {

constexpr std::size_t most_name_letters = 40;

/// "layer 2 of 3: tumour, vessel".
std::string layer_words(const LabelMap& layer) {
  const auto which = layer.meta.find("layer");
  std::string words = which == layer.meta.end() ? "layer" : "layer " + which->second, names;
  for (const std::string& name : layer.names)
    if (!name.empty() && names.size() < most_name_letters) names += (names.empty() ? ": " : ", ") + name;
  return words + names;
}

/// Of "2 of 3".
std::size_t layers_in_all(const LabelMap& layer) {
  const auto which = layer.meta.find("layer");
  const auto of = which == layer.meta.end() ? std::string::npos : which->second.rfind(' ');
  return of == std::string::npos ? 1 : static_cast<std::size_t>(std::stoul(which->second.substr(of)));
}

}  // namespace

std::vector<Item> read_label_layers(const std::filesystem::path& file, const Hints& hints) {
  std::vector<Item> layers;
  for (std::size_t count = 1; layers.size() < count;) {
    Hints said = hints;
    said["layer"] = std::to_string(layers.size() + 1);
    DatasetPtr data = io::read(file, read_options(said));
    const auto& map = get<LabelMap>(data);
    count = layers_in_all(map);
    const std::string name = file.filename().string() + ", " + layer_words(map);
    Item item = make_item(std::move(data), file, std::move(said));
    item.name = name;
    layers.push_back(std::move(item));
  }
  return layers;
}

}  // namespace iso::gui
