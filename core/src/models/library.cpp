#include "iso/models/library.h"

#include <algorithm>
#include <set>
#include <system_error>

namespace iso::models {
namespace {

namespace fs = std::filesystem;

thread_local std::span<const fs::path> current_places;

constexpr std::string_view card_end = ".card.json";

std::string to_name(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(card_end) ? name.substr(0, name.size() - card_end.size()) : name;
}

std::vector<fs::path> find_cards(const fs::path& place) {
  std::error_code problem;
  if (fs::is_regular_file(place, problem)) return {place};
  std::vector<fs::path> found;
  for (fs::directory_iterator entry{place, problem}, end; !problem && entry != end; entry.increment(problem))
    if (entry->path().filename().string().ends_with(card_end)) found.push_back(entry->path());
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::span<const fs::path> places() noexcept { return current_places; }

PlacesScope::PlacesScope(std::span<const fs::path> places) noexcept : before_{current_places} {
  current_places = places;
}
PlacesScope::~PlacesScope() { current_places = before_; }

Card find_card(std::string_view name, std::span<const fs::path> places) {
  for (const fs::path& place : places) {
    std::error_code ignored;
    const bool named = fs::is_regular_file(place, ignored);
    const fs::path file = named ? place : place / (std::string{name} + std::string{card_end});
    if (!named && !fs::is_regular_file(file, ignored)) continue;
    Card card = read_card(file);
    if (card.name == name) return card;
    if (!named)
      throw Error{Errc::invalid_input,
                  "'" + file.string() + "' is the card of '" + card.name + "', not of '" + std::string{name} + "'",
                  "give the file the name of its network"};
  }
  throw Error{Errc::no_input, "the network '" + std::string{name} + "' is not installed",
              "put " + std::string{name} +
                  ".card.json and its graphs into a folder that ISOCENTER_MODEL_PATH names, or name "
                  "the card by --model"};
}

std::vector<Listed> list_cards(std::span<const fs::path> places) {
  std::vector<Listed> all;
  std::set<std::string> seen;
  for (const fs::path& place : places) {
    for (const fs::path& file : find_cards(place)) {
      Listed one{file, to_name(file), {}, {}};
      try {
        one.card = read_card(file);
        if (!fs::is_regular_file(place) && one.card.name != one.name)
          one.problem = "the card is that of '" + one.card.name + "', its file has another name";
        one.name = one.card.name;
        check_graphs(one.card);
      } catch (const Error& problem) {
        one.problem = problem.what();
      }
      if (seen.insert(one.name).second) all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace iso::models
