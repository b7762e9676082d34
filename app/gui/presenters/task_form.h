#pragma once

#include "gui/model/document.h"
#include "gui/model/signals.h"

#include "iso/base/refusal.h"
#include "iso/plugin/manifest.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace iso::gui {

/// Whether a task can work on an item, by the kinds of its ports alone; no plugin code is loaded. Rules of the task itself ("the
/// orbit is not circular") come with the estimate of a worker when the form is open.
struct Offer {
  const plugin::TaskManifest* task{nullptr};
  std::optional<Refusal> refusal;  ///< "needs a sinogram; 'head' is a volume"
};
/// Those that can work first; by category, and in each those that take a network last: what is measured before what is
/// estimated.
[[nodiscard]] std::vector<Offer> offers_for(std::span<const plugin::TaskManifest* const> tasks,
                                            const Document& document, ItemId item);

/// The form of one task: its inputs chosen among the items, its parameters as text, and what is wrong with each. Without a
/// toolkit; widgets are made from `fields()`.
class TaskForm {
 public:
  TaskForm(plugin::TaskManifest task, const Document& document, ItemId selected);

  struct Input {
    plugin::Port port;
    std::vector<ItemId> candidates;  ///< items of the right kind
    ItemId chosen{0};
  };
  [[nodiscard]] std::span<const Input> inputs() const noexcept { return inputs_; }
  void choose(std::string_view port, ItemId item);

  /// An output of the run. An optional one is made only when the user asks, because each adds a row to the data tree.
  struct Output {
    plugin::Port port;
    bool wanted{false};
  };
  [[nodiscard]] std::span<const Output> outputs() const noexcept { return outputs_; }
  void want(std::string_view port, bool wanted);  ///< of an optional output; the others are always wanted

  struct FieldState {
    params::FieldInfo info;
    std::string text;     ///< as typed; the default at first
    std::string problem;  ///< empty when valid
    bool visible{true};   ///< by its condition
  };
  [[nodiscard]] std::span<const FieldState> fields() const noexcept { return fields_; }
  void set(std::string_view field, std::string text);
  void reset(std::string_view field);
  void reset_all();
  void set_all(const std::string& parameters_json);  ///< unknown names are left out
  /// A preset: what it names, and the defaults of everything else.
  void take_preset(const std::string& parameters_json);
  [[nodiscard]] bool holds_preset(const std::string& parameters_json) const;  ///< exactly that

  [[nodiscard]] bool valid() const noexcept;
  [[nodiscard]] std::string first_problem() const;
  [[nodiscard]] std::string parameters_json()
      const;  ///< of the valid fields; throws invalid_input naming the first problem
  [[nodiscard]] const plugin::TaskManifest& task() const noexcept { return task_; }

  Signal<> changed;

 private:
  void check();
  void take(const std::string& parameters_json);
  plugin::TaskManifest task_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<FieldState> fields_;
};

}  // namespace iso::gui
