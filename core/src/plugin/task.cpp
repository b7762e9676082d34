#include "iso/plugin/task.h"

#include "iso/plugin/descriptor.h"
#include "iso/plugin/typed_task.h"

namespace iso::plugin {

RunContext::~RunContext() = default;
Interaction::~Interaction() = default;
ParsedParameters::~ParsedParameters() = default;
Task::~Task() = default;

bool Task::interactive() const noexcept { return false; }

std::unique_ptr<Interaction> Task::begin(const Datasets&, RunContext&) { return nullptr; }

void throw_several(std::size_t count) {
  throw Error{Errc::type_mismatch, "there are " + std::to_string(count) + " data sets where one is expected"};
}

Descriptions describe(const Datasets& data) {
  Descriptions described;
  for (const auto& [port, items] : data) {
    std::vector<Description> all;
    for (const DatasetPtr& item : items.all()) all.push_back(item ? iso::describe(*item) : Description{});
    described.emplace(port, PortItems<Description>{std::move(all)});
  }
  return described;
}

namespace {

template <class Items>
const auto& required(const Items& data, std::string_view port) {
  const auto found = data.find(port);
  if (found == data.end() || found->second.empty())
    throw Error{Errc::no_input, "the input '" + std::string{port} + "' is missing"};
  return found->second;
}

/// What is wrong with one item of a port; empty if nothing is.
std::string complaint(const Port& port, const Description& item) {
  if (!item.empty() && item.kind() == port.kind) return {};
  return "the input '" + port.name + "' is " + (item.empty() ? "empty" : "a " + std::string{to_string(item.kind())}) +
         ", expected a " + std::string{to_string(port.kind)};
}

}  // namespace

const PortItems<DatasetPtr>& require_port(const Datasets& data, std::string_view port) { return required(data, port); }
const PortItems<Description>& require_port(const Descriptions& data, std::string_view port) {
  return required(data, port);
}

void refuse_wrong_inputs(const Task& task, const Descriptions& inputs, Plan& plan) {
  for (const Port& port : task.inputs()) {
    const auto found = inputs.find(port.name);
    if (found == inputs.end() || found->second.empty()) {
      if (!port.optional) plan.refuse("the input '" + port.name + "' is missing", Errc::no_input);
      continue;
    }
    const auto all = found->second.all();
    if (all.size() > 1 && !port.collection)
      plan.refuse("the input '" + port.name + "' takes one data set, " + std::to_string(all.size()) + " are given",
                  Errc::usage);
    for (const Description& item : all) {
      std::string what = complaint(port, item);
      if (what.empty()) continue;
      plan.refuse(std::move(what), Errc::type_mismatch);
      break;
    }
  }
}

const char* build_tag() noexcept {
  static constexpr auto tag = make_build_tag();
  return tag.data();
}

}  // namespace iso::plugin
