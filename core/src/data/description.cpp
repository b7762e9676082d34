#include "iso/data/description.h"

namespace iso {

Description describe(const Dataset& data) {
  Description out;
  Dataset copy = data;
  visit_members(copy, [&]<class T>(const Member&, T& value) {
    if constexpr (std::is_same_v<T, Pixels>) {
      if (value.empty()) return;
      out.bytes_ += value.spec().bytes();
      value = Pixels::outline(value.spec());
    } else if constexpr (std::is_same_v<T, std::vector<std::vector<double>>>) {
      for (const auto& row : value) out.bytes_ += row.size() * sizeof(double);
      value.clear();
    } else if constexpr (std::is_same_v<T, std::vector<TextColumn>>) {
      for (TextColumn& column : value) column.values.clear();
    }
  });
  out.outline_ = std::make_shared<const Dataset>(std::move(copy));
  return out;
}

const Dataset& Description::outline() const {
  if (!outline_) throw Error{Errc::internal, "a description of nothing was asked for its kind of data"};
  return *outline_;
}

Kind Description::kind() const { return to_kind(outline()); }

template <class T>
const T& get(const Description& description) {
  if (!description.empty()) {
    if (const auto* found = std::get_if<T>(&description.outline())) return *found;
  }
  throw Error{Errc::type_mismatch,
              "a " + std::string{T::kind_name} + " is needed, " +
                  (description.empty() ? std::string{"no data were given"}
                                       : "the data are a " + std::string{to_string(description.kind())})};
}
template const Volume& get<Volume>(const Description&);
template const LabelMap& get<LabelMap>(const Description&);
template const Sinogram& get<Sinogram>(const Description&);
template const KSpace& get<KSpace>(const Description&);
template const SpectralCube& get<SpectralCube>(const Description&);
template const Table& get<Table>(const Description&);

}  // namespace iso
