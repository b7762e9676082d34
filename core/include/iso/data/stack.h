#pragma once

#include "iso/data/volume.h"

#include <cstdint>
#include <optional>
#include <string>

/// Volumes of one scene piled along z into one, such as what each layer of a method added to a series. The volume says so in its
/// metadata, wherever it comes from, and a program can offer to go from one to the next.
namespace iso {

struct Stack {
  std::string name;       ///< of one of them, in the singular: "layer"
  std::int64_t count{0};  ///< of them; each has grid.size[2] / count slices
  friend bool operator==(const Stack&, const Stack&) = default;
};

/// Throws invalid_input unless the volume's slices can be shared out evenly.
void set_stack(Volume& volume, const Stack& stack);
/// Nothing for a volume that is none, or whose slices no longer fit (it was cut since).
[[nodiscard]] std::optional<Stack> find_stack(const Volume& volume);

}  // namespace iso
