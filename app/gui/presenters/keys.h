#pragma once

#include "gui/model/signals.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The table of keyboard shortcuts. It holds every action of the window and of the views with its default keys; a key belongs
/// to one action. Keys are text in Qt's portable form ("Ctrl+Shift+Z"), which the shell makes; here they are only compared.
namespace iso::gui {

struct KeyAction {
  std::string id;     ///< "file.open"
  std::string text;   ///< "Open ..."
  std::string group;  ///< "File"
  std::vector<std::string> defaults, keys;
};

class KeyTable {
 public:
  /// Takes an action up with its keys as kept, else its defaults; kept keys that another action has are left out.
  void add(std::string id, std::string text, std::string group, std::vector<std::string> defaults);
  [[nodiscard]] std::span<const KeyAction> actions() const noexcept { return actions_; }
  [[nodiscard]] const KeyAction* find(std::string_view id) const noexcept;
  [[nodiscard]] const KeyAction* find_by_key(std::string_view key) const noexcept;  ///< null: free

  /// Throws invalid_input naming the action that has one of the keys; nothing is changed then.
  void assign(std::string_view id, std::vector<std::string> keys);
  void take_over(std::string_view id, std::vector<std::string> keys);  ///< removes them from the action that had them
  void reset(std::string_view id);                                     ///< to its defaults, taken over
  void reset_all();

  /// What differs from the defaults, by action; for the settings. May hold actions that are not in the table (of a newer version).
  [[nodiscard]] std::map<std::string, std::vector<std::string>> changes() const;
  void set_changes(std::map<std::string, std::vector<std::string>> kept);  ///< before or after `add`

  [[nodiscard]] std::string to_json() const;  ///< all actions: {"keys_version": 1, "keys": {"file.open": ["Ctrl+O"]}}
  /// Throws invalid_input, naming what is wrong: no table of keys, an unknown action, a key said twice; nothing is changed then.
  void from_json(std::string_view text);

  Signal<const KeyAction&> changed;

 private:
  KeyAction* editable(std::string_view id);
  void set(KeyAction& action, std::vector<std::string> keys);
  std::vector<KeyAction> actions_;
  std::map<std::string, std::vector<std::string>> kept_;  ///< of actions that are not in the table (yet)
};

}  // namespace iso::gui
