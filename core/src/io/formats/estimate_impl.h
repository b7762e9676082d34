#pragma once

#include <string_view>

namespace iso::io::detail {

/// In the metadata of what a network made: "estimated from 24 views by unet".
inline constexpr const char* estimate_key = "estimate";
/// How that begins, where a format has it among other texts.
inline constexpr std::string_view estimate_start = "estimated ";

/// What a handler is whose files say it, too. The registry warns where a file of another cannot.
class SaysEstimate {
 public:
  virtual ~SaysEstimate() = default;
};

}  // namespace iso::io::detail
