#pragma once

#include "iso/params/field.h"
#include "iso/plugin/task.h"

namespace iso::plugin {

/// An input by its port, or its description in a plan. Throws no_input if it is not there, type_mismatch if it is of
/// another kind.
template <class T>
[[nodiscard]] const T& input(const Datasets& inputs, std::string_view port) {
  return iso::get<T>(require_port(inputs, port).one());
}
template <class T>
[[nodiscard]] const T& input(const Descriptions& inputs, std::string_view port) {
  return iso::get<T>(require_port(inputs, port).one());
}

/// Likewise, where it may be missing: null then.
template <class T, class Inputs>
[[nodiscard]] const T* optional_input(const Inputs& inputs, std::string_view port) {
  return inputs.find(port) == inputs.end() ? nullptr : &input<T>(inputs, port);
}

/// Inputs that are missing or of another kind than their port, each a reason.
void refuse_wrong_inputs(const Task& task, const Descriptions& inputs, Plan& plan);

template <params::Describable P>
class TypedParameters final : public ParsedParameters {
 public:
  explicit TypedParameters(P parsed) : values{std::move(parsed)} {}
  [[nodiscard]] std::string json() const override { return params::to_json(values); }
  [[nodiscard]] static const P& in(const ParsedParameters& parameters) {
    return static_cast<const TypedParameters&>(parameters).values;
  }
  P values;
};

/// An interaction with its parameters typed.
template <params::Describable P>
class TypedInteraction : public Interaction {
 public:
  [[nodiscard]] Datasets answer(std::span<const Mark> marks, const ParsedParameters& parameters,
                                std::chrono::milliseconds budget, RunContext& context) final {
    return answer(marks, TypedParameters<P>::in(parameters), budget, context);
  }

 protected:
  [[nodiscard]] virtual Datasets answer(std::span<const Mark> marks, const P& parameters,
                                        std::chrono::milliseconds budget, RunContext& context) = 0;
};

/// What plugins derive from: the same task with its parameters typed.
template <params::Describable P>
class TypedTask : public Task {
 public:
  [[nodiscard]] std::string schema_json() const final { return params::to_json(params::make_schema<P>()); }
  [[nodiscard]] ParametersPtr parse(const std::string& parameters_json) const final {
    return std::make_shared<TypedParameters<P>>(params::from_json<P>(parameters_json));
  }
  [[nodiscard]] Plan plan(const Descriptions& inputs, const ParsedParameters& parameters) const final {
    Plan made;
    refuse_wrong_inputs(*this, inputs, made);
    if (!made.possible()) return made;
    try {
      return plan(inputs, TypedParameters<P>::in(parameters));
    } catch (const Error& error) {
      made.refuse(error.what(), error.code());
      return made;
    }
  }
  [[nodiscard]] Datasets run(const Datasets& inputs, const ParsedParameters& parameters, RunContext& context) final {
    return run(inputs, TypedParameters<P>::in(parameters), context);
  }

 protected:
  /// Every required input is there and of its kind. An Error that is thrown becomes a reason.
  [[nodiscard]] virtual Plan plan(const Descriptions& inputs, const P& parameters) const = 0;
  [[nodiscard]] virtual Datasets run(const Datasets& inputs, const P& parameters, RunContext& context) = 0;
};

}  // namespace iso::plugin
