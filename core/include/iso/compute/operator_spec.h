#pragma once

#include "iso/base/shape.h"
#include "iso/compute/linear_operator.h"

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace iso::compute {

/// The element types that an operator has a meaning for.
enum class Values : std::uint8_t { real, complex, any };

/// A description of an operator, a plain struct that says
///   `name`         the name of the operator, its key in the tables of the back ends: "ray transform"
///   `values`       the element types that it has a meaning for
///   `domain()`, `range()`, `magnitude()`
///   `check()`      throws invalid_input or shape_mismatch if the members contradict each other
/// A new operator is a struct in a header of its own (iso/compute/operators), one file in each room of gpu/, and a line in
/// the table of each back end. Nothing that exists changes its layout.
template <class D>
concept OperatorDescription = std::copy_constructible<D> && requires(const D& d) {
  { D::name } -> std::convertible_to<std::string_view>;
  { D::values } -> std::convertible_to<Values>;
  { d.domain() } -> std::convertible_to<ArraySpec>;
  { d.range() } -> std::convertible_to<ArraySpec>;
  { d.magnitude() } -> std::convertible_to<Magnitude>;
  d.check();
};

/// What is asked of a backend: one description of any kind, held by value, constant, cheap to copy.
class OperatorSpec {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor,hicpp-explicit-conversions): a description is what is asked for
  template <OperatorDescription D>
  OperatorSpec(D description) : held_{std::make_shared<const Held<D>>(std::move(description))} {}

  [[nodiscard]] std::string_view name() const noexcept { return held_->name(); }
  [[nodiscard]] ArraySpec domain() const { return held_->domain(); }
  [[nodiscard]] ArraySpec range() const { return held_->range(); }
  /// Empty, or why the operator has no meaning for its element type.
  [[nodiscard]] std::string refused_type() const;
  /// Throws type_mismatch, invalid_input or shape_mismatch if the description contradicts itself.
  void check() const;

  /// The description, or null if it is that of another operator. Kinds are told apart by name, which holds between a
  /// plugin and the program too.
  template <OperatorDescription D>
  [[nodiscard]] const D* as() const noexcept {
    return name() == D::name ? static_cast<const D*>(held_->description()) : nullptr;
  }

 private:
  struct Holder {
    Holder() = default;
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    virtual ~Holder();
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    [[nodiscard]] virtual Values values() const noexcept = 0;
    [[nodiscard]] virtual ArraySpec domain() const = 0;
    [[nodiscard]] virtual ArraySpec range() const = 0;
    virtual void check() const = 0;
    [[nodiscard]] virtual const void* description() const noexcept = 0;
  };
  template <class D>
  struct Held final : Holder {
    explicit Held(D description) : held{std::move(description)} {}
    [[nodiscard]] std::string_view name() const noexcept override { return D::name; }
    [[nodiscard]] Values values() const noexcept override { return D::values; }
    [[nodiscard]] ArraySpec domain() const override { return held.domain(); }
    [[nodiscard]] ArraySpec range() const override { return held.range(); }
    void check() const override { held.check(); }
    [[nodiscard]] const void* description() const noexcept override { return &held; }
    D held;
  };
  std::shared_ptr<const Holder> held_;
};

}  // namespace iso::compute
