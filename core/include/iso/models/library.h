#pragma once

#include "iso/models/card.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::models {

/// Networks are looked for in places, in order: folders, which hold NAME.card.json, and card files named one by one.

/// The card of that name in the first place that has it. Throws no_input, with what to do; what `read_card` throws; and
/// invalid_input if the card names another network.
[[nodiscard]] Card find_card(std::string_view name, std::span<const std::filesystem::path> places);

/// The places of this thread, set by the program while it plans and runs a task: what a plan of a task finds its card in.
[[nodiscard]] std::span<const std::filesystem::path> places() noexcept;
class PlacesScope {
 public:
  explicit PlacesScope(std::span<const std::filesystem::path> places) noexcept;
  ~PlacesScope();
  PlacesScope(const PlacesScope&) = delete;
  PlacesScope& operator=(const PlacesScope&) = delete;

 private:
  std::span<const std::filesystem::path> before_;
};

/// What stands in a place: a card, or why it is none.
struct Listed {
  std::filesystem::path file;
  std::string name;     ///< as the file says
  std::string problem;  ///< empty if card and graphs are in order
  Card card{};
};
/// Every card of the places, in order, graphs checked; a name that stood before is left out.
[[nodiscard]] std::vector<Listed> list_cards(std::span<const std::filesystem::path> places);

}  // namespace iso::models
