#pragma once

#include "iso/params/field.h"
#include "iso/plugin/task.h"

namespace iso::plugin {

/// An input by its port. Throws no_input if it is not there, type_mismatch if it is of another kind.
template <class T>
[[nodiscard]] const T& input(const Datasets& inputs, std::string_view port) {
  const auto found = inputs.find(port);
  if (found == inputs.end() || !found->second)
    throw Error{Errc::no_input, "the input '" + std::string{port} + "' is missing"};
  return get<T>(found->second);
}

/// What plugins derive from: the same task with its parameters typed.
template <params::Describable P>
class TypedTask : public Task {
 public:
  [[nodiscard]] std::string schema_json() const final { return params::to_json(params::schema_of<P>()); }

  [[nodiscard]] Suitability suits(const Datasets& inputs, const std::string& parameters_json) const final {
    const P parameters = params::from_json<P>(parameters_json);
    if (const auto problems = check(parameters, inputs); !problems.empty()) return {false, problems.front().message};
    return suits(inputs, parameters);
  }
  [[nodiscard]] Needs needs(const Datasets& inputs, const std::string& parameters_json) const final {
    return needs(inputs, checked(inputs, parameters_json));
  }
  [[nodiscard]] Datasets run(const Datasets& inputs, const std::string& parameters_json, RunContext& context) final {
    return run(inputs, checked(inputs, parameters_json), context);
  }
  [[nodiscard]] std::unique_ptr<Interaction> begin(const Datasets& inputs, const std::string& parameters_json,
                                                   RunContext& context) final {
    return begin(inputs, checked(inputs, parameters_json), context);
  }

 protected:
  /// Rules between parameters, and between parameters and inputs ("subsets must divide the number of views").
  [[nodiscard]] virtual std::vector<params::Problem> check(const P&, const Datasets&) const { return {}; }
  [[nodiscard]] virtual Suitability suits(const Datasets&, const P&) const { return {}; }
  [[nodiscard]] virtual Needs needs(const Datasets& inputs, const P& parameters) const = 0;
  [[nodiscard]] virtual Datasets run(const Datasets& inputs, const P& parameters, RunContext& context) = 0;
  [[nodiscard]] virtual std::unique_ptr<Interaction> begin(const Datasets&, const P&, RunContext&) { return nullptr; }

 private:
  [[nodiscard]] P checked(const Datasets& inputs, const std::string& parameters_json) const {
    P parameters = params::from_json<P>(parameters_json);
    params::refuse(check(parameters, inputs));
    return parameters;
  }
};

}  // namespace iso::plugin
