#include "keys.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace iso::gui {
namespace {

using Json = nlohmann::ordered_json;
constexpr int keys_version = 1;

bool has(const KeyAction& action, std::string_view key) {
  return std::ranges::find(action.keys, key) != action.keys.end();
}

}  // namespace

void KeyTable::add(std::string id, std::string text, std::string group, std::vector<std::string> defaults) {
  KeyAction action{std::move(id), std::move(text), std::move(group), defaults, std::move(defaults)};
  if (const auto kept = kept_.find(action.id); kept != kept_.end()) {
    action.keys = kept->second;
    kept_.erase(kept);
  }
  std::erase_if(action.keys, [&](const std::string& key) { return find_by_key(key) != nullptr; });
  actions_.push_back(std::move(action));
}

const KeyAction* KeyTable::find(std::string_view id) const noexcept {
  const auto found = std::ranges::find(actions_, id, &KeyAction::id);
  return found == actions_.end() ? nullptr : &*found;
}

const KeyAction* KeyTable::find_by_key(std::string_view key) const noexcept {
  const auto found = std::ranges::find_if(actions_, [&](const KeyAction& action) { return has(action, key); });
  return found == actions_.end() ? nullptr : &*found;
}

KeyAction* KeyTable::editable(std::string_view id) {
  const auto found = std::ranges::find(actions_, id, &KeyAction::id);
  if (found == actions_.end()) throw Error{Errc::invalid_input, "there is no action '" + std::string{id} + "'"};
  return &*found;
}

void KeyTable::set(KeyAction& action, std::vector<std::string> keys) {
  if (action.keys == keys) return;
  action.keys = std::move(keys);
  changed(action);
}

void KeyTable::assign(std::string_view id, std::vector<std::string> keys) {
  KeyAction& action = *editable(id);
  for (const std::string& key : keys)
    if (const KeyAction* const user = find_by_key(key); user != nullptr && user != &action)
      throw Error{Errc::invalid_input, "the key " + key + " is used by '" + user->text + "'",
                  "take it over, or choose another key"};
  set(action, std::move(keys));
}

void KeyTable::take_over(std::string_view id, std::vector<std::string> keys) {
  KeyAction& action = *editable(id);
  for (KeyAction& other : actions_) {
    if (&other == &action) continue;
    std::vector<std::string> rest = other.keys;
    std::erase_if(rest, [&](const std::string& key) { return std::ranges::find(keys, key) != keys.end(); });
    set(other, std::move(rest));
  }
  set(action, std::move(keys));
}

void KeyTable::reset(std::string_view id) { take_over(id, editable(id)->defaults); }

void KeyTable::reset_all() {
  kept_.clear();
  for (KeyAction& action : actions_) set(action, action.defaults);
}

std::map<std::string, std::vector<std::string>> KeyTable::changes() const {
  auto changes = kept_;
  for (const KeyAction& action : actions_)
    if (action.keys != action.defaults) changes[action.id] = action.keys;
  return changes;
}

void KeyTable::set_changes(std::map<std::string, std::vector<std::string>> kept) {
  kept_ = std::move(kept);
  for (KeyAction& action : actions_) {
    const auto found = kept_.find(action.id);
    if (found == kept_.end()) continue;
    const std::vector<std::string> keys = std::move(found->second);
    kept_.erase(found);
    take_over(action.id, keys);
  }
}

std::string KeyTable::to_json() const {
  Json keys = Json::object();
  for (const KeyAction& action : actions_) keys[action.id] = action.keys;
  return Json{{"keys_version", keys_version}, {"keys", std::move(keys)}}.dump(2) + "\n";
}

void KeyTable::from_json(std::string_view text) {
  std::map<std::string, std::vector<std::string>> read;
  std::map<std::string, std::string> users;
  try {
    const Json json = Json::parse(text.begin(), text.end());
    if (json.at("keys_version").get<int>() != keys_version)
      throw Error{Errc::invalid_input, "the table of keys has another version than " + std::to_string(keys_version)};
    for (const auto& [id, keys] : json.at("keys").items()) {
      if (find(id) == nullptr)
        throw Error{Errc::invalid_input, "the table of keys names an action '" + id + "', which there is not"};
      read[id] = keys.get<std::vector<std::string>>();
      for (const std::string& key : read[id])
        if (const auto [user, fresh] = users.emplace(key, id); !fresh)
          throw Error{Errc::invalid_input,
                      "the key " + key + " is said twice, for '" + user->second + "' and '" + id + "'"};
    }
  } catch (const Json::exception&) {
    throw Error{Errc::invalid_input, "the file holds no table of keys", "export one to see its form"};
  }
  for (const auto& [id, keys] : read) take_over(id, keys);
}

}  // namespace iso::gui
