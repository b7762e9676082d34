#pragma once

#include "iso/base/channel.h"
#include "iso/data/description.h"
#include "iso/data/shared_pixels.h"

#include <vector>

namespace iso::wire {

/// Turns data sets into JSON descriptions, and their pixels into sealed shared memory whose descriptors travel with
/// the message; what is shared already is not copied. Keep it until the message is sent.
class Packer {
 public:
  [[nodiscard]] nlohmann::json pack(const Dataset& data);
  /// Kilobytes: arrays by shape and type only. Geometry and the like travel in shared memory as they do with a data set.
  [[nodiscard]] nlohmann::json pack(const Description& description);
  [[nodiscard]] nlohmann::json pack(const Pixels& block);
  [[nodiscard]] std::vector<int> descriptors() const;

 private:
  std::vector<SharedPixels> shared_;
};

/// The way back. Each descriptor of the message is used once; the pixels are mapped, not copied. Throws
/// plugin_incompatible for a description that does not hold together.
[[nodiscard]] DatasetPtr unpack(const nlohmann::json& description, Message& message);
/// Likewise with arrays that may be outlines (ReadOptions::headers_only).
[[nodiscard]] DatasetPtr unpack_outlines(const nlohmann::json& description, Message& message);
[[nodiscard]] Pixels unpack_pixels(const nlohmann::json& description, Message& message);
/// Likewise for what `pack(const Description&)` made.
[[nodiscard]] Description unpack_description(const nlohmann::json& description, Message& message);

}  // namespace iso::wire
