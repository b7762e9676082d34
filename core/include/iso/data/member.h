#pragma once

#include <cstdint>
#include <string_view>

namespace iso {

/// How a member of a data set takes part in its digest. Records find their inputs by digest, so that what was written
/// once stays: a member that comes later is `when_set`.
enum class Identity : std::uint8_t {
  always,    ///< with its shape and type, whether it is set or not
  values,    ///< its values alone
  unnamed,   ///< where it is set, without its name
  when_set,  ///< where it is set, with its name
  none       ///< not part of it: text for people
};

/// What is said of a member of a kind of data, once: its digest, its place in a container (HDF5) and in a message to a
/// worker, its description and its size follow from it. Each kind lists its members in a static function
///
///     template <class Self, class Visit>
///     static void members(Self& data, Visit&& visit) { visit(Member{"pixels", Identity::always, "x,y"}, data.pixels); }
///
/// in the order in which the digest takes them; the first array holds the values. A member is an array (Pixels), a
/// VoxelGrid, a ProjectionGeometry, a Quantity, an Axis, a number (int), a list of texts, or rows of numbers.
struct Member {
  std::string_view name;  ///< also its path in a container: "pixels", "trajectory/mask"
  Identity identity{Identity::when_set};
  std::string_view axes{};  ///< of an array, fastest first: "u,v,view"; those of a mask are axes of the first array
  std::string_view unit{};
  bool mask{false};  ///< u8; the first array has no value where it is 0
  int layout{1};     ///< of containers, from which on it is there
};

}  // namespace iso
