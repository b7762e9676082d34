#include "iso/data/dataset.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>

namespace iso {
namespace {

template <std::size_t... I>
constexpr auto make_names(std::index_sequence<I...>) {
  return std::array{std::variant_alternative_t<I, Dataset>::kind_name...};
}
constexpr auto names = make_names(std::make_index_sequence<std::variant_size_v<Dataset>>{});

template <std::size_t... I>
Dataset made(std::size_t index, std::index_sequence<I...>) {
  Dataset data;
  ((I == index ? static_cast<void>(data.emplace<I>()) : static_cast<void>(0)), ...);
  return data;
}

constexpr auto kinds = [] {
  std::array<Kind, names.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<Kind>(i);
  return all;
}();

template <class T>
constexpr std::string_view to_name = T::kind_name;

std::vector<std::string> split_axes(std::string_view text) {
  std::vector<std::string> axes(1);
  for (const char c : text) {
    if (c == ',')
      axes.emplace_back();
    else
      axes.back() += c;
  }
  return axes;
}

}  // namespace

std::string_view to_string(Kind kind) noexcept { return names[static_cast<std::size_t>(kind)]; }
Kind to_kind(const Dataset& data) noexcept { return static_cast<Kind>(data.index()); }
std::span<const Kind> all_kinds() noexcept { return kinds; }
Dataset make_dataset(Kind kind) {
  return made(static_cast<std::size_t>(kind), std::make_index_sequence<names.size()>{});
}

Kind kind_from_string(std::string_view name) {
  const auto at = std::ranges::find(names, name);
  if (at != names.end()) return static_cast<Kind>(at - names.begin());
  std::string known;
  for (const std::string_view each : names) known += (known.empty() ? "" : ", ") + std::string{each};
  throw Error{Errc::usage, "there is no kind of data '" + std::string{name} + "'", "use one of " + known};
}

template <class T>
const T& get(const DatasetPtr& data) {
  if (data) {
    if (const auto* found = std::get_if<T>(data.get())) return *found;
  }
  throw Error{Errc::type_mismatch, "a " + std::string{to_name<T>} + " is needed, " +
                                       (data ? "the data are a " + std::string{to_string(to_kind(*data))}
                                             : std::string{"no data were given"})};
}
template const Volume& get<Volume>(const DatasetPtr&);
template const LabelMap& get<LabelMap>(const DatasetPtr&);
template const Sinogram& get<Sinogram>(const DatasetPtr&);
template const KSpace& get<KSpace>(const DatasetPtr&);
template const SpectralCube& get<SpectralCube>(const DatasetPtr&);
template const Table& get<Table>(const DatasetPtr&);

const Pixels* to_pixels(const Dataset& data) noexcept {
  const Pixels* first = nullptr;
  visit_members(data, [&]<class T>(const Member&, const T& value) {
    if constexpr (std::is_same_v<T, Pixels>)
      if (first == nullptr) first = &value;
  });
  return first;
}

const std::vector<std::string>& axis_names(Kind kind) {
  static const auto all = [] {
    std::array<std::vector<std::string>, names.size()> lists;
    for (const Kind each : kinds) {
      auto& list = lists[static_cast<std::size_t>(each)];
      const Dataset empty = make_dataset(each);
      visit_members(empty, [&](const Member& member, const auto&) {
        if (list.empty() && !member.axes.empty()) list = split_axes(member.axes);
      });
    }
    return lists;
  }();
  return all[static_cast<std::size_t>(kind)];
}

Metadata& metadata(Dataset& data) noexcept {
  return std::visit([](auto& d) -> Metadata& { return d.meta; }, data);
}
const Metadata& metadata(const Dataset& data) noexcept {
  return std::visit([](const auto& d) -> const Metadata& { return d.meta; }, data);
}

void check_members(const Dataset& data) {
  visit_members(data, [&]<class T>(const Member& member, const T& value) {
    if constexpr (std::is_same_v<T, Pixels>) {
      const std::size_t most = member.axes.empty() ? Shape::max_rank : split_axes(member.axes).size();
      if (!value.empty() && value.spec().shape.rank() > most)
        throw Error{Errc::invalid_input,
                    "the array '" + std::string{member.name} + "' of the " + std::string{to_string(to_kind(data))} +
                        " has " + std::to_string(value.spec().shape.rank()) + " axes, at most " + std::to_string(most) +
                        " were expected",
                    "the data are damaged, or were put together wrongly"};
    }
  });
  std::visit([](const auto& d) { d.check(); }, data);
}

}  // namespace iso
