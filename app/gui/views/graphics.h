#pragma once

#include <cstdint>
#include <string>

namespace iso::gui {

/// The OpenGL of this machine.
struct Graphics {
  std::string renderer, version;  ///< as the driver says them; empty without OpenGL
  bool card{false};               ///< a device draws, not a program that imitates one
};
/// The voxels that this machine draws in 3-D: 16 bit each in an eighth of the memory that is free at the first call, at least
/// 128^3 and at most 768^3.
[[nodiscard]] std::int64_t volume_limit_of_machine();
/// Asked once, when it is first needed, with a context of its own. On the desktop's thread.
[[nodiscard]] const Graphics& graphics();
/// Whether a renderer's name is that of a program: llvmpipe, softpipe, SwiftShader ...
[[nodiscard]] bool draws_by_processor(const std::string& renderer);

}  // namespace iso::gui
