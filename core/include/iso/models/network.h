#pragma once

#include "iso/data/pixels.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace iso::models {

/// f32 arrays by the names of a network's inputs. Axes fastest first, batches last: an image batch [B, C, H, W] of the training
/// package is (W, H, C, B).
using Tensors = std::map<std::string, Pixels, std::less<>>;

struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> extents;  ///< fastest first; -1 where any extent is taken
};

/// A loaded network: named inputs, one output. The same inputs give the same bits in one process and in the next, on one machine, with any
/// number of threads. Thread safety: as many calls of `run` at once as it was loaded for; more wait for one another.
class Network {
 public:
  virtual ~Network();
  [[nodiscard]] virtual std::span<const TensorSpec> inputs() const noexcept = 0;
  [[nodiscard]] virtual const TensorSpec& output() const noexcept = 0;
  /// Throws no_input for a name that is missing, usage for one that is unknown, shape_mismatch, type_mismatch, cancelled once a
  /// stop was requested, invalid_result if the network fails.
  [[nodiscard]] Pixels run(const Tensors& inputs, const std::stop_token& stop = {}) const;

 private:
  /// With inputs of the right names, shapes and type.
  [[nodiscard]] virtual Pixels do_run(const Tensors& inputs) const = 0;
};
using NetworkPtr = std::shared_ptr<const Network>;

/// Whether a shape fits extents of which some are free.
[[nodiscard]] bool fits(const Shape& shape, std::span<const std::int64_t> extents) noexcept;
/// "any x any x 3 x any".
[[nodiscard]] std::string to_text(std::span<const std::int64_t> extents);

/// Parts of a batch, and tiles of an image, that a network is run on.
struct Tiling {
  std::int64_t batch{1};  ///< images at a time
  std::int64_t tile{0};   ///< edge of a tile without its halo; 0: whole images
  std::int64_t halo{0};   ///< pixels around a tile that its output depends on
  std::int64_t multiple{
      1};  ///< height and width of what the network sees are multiples of it; images are reflected up to them
};

/// Runs an image-to-image network of one input (W, H, C, B) -> (W, H, C', B) in parts: the same result as at once, within rounding,
/// where `halo` is at least half the receptive field. `progress` is called between the parts with what is done, 0 to 1.
/// Errors  as Network::run; invalid_input for a tiling without sense, or an image smaller than what is reflected.
[[nodiscard]] Pixels run_in_parts(const Network& network, std::string_view input, const Pixels& images,
                                  const Tiling& tiling, const std::stop_token& stop = {},
                                  const std::function<void(double)>& progress = {});

/// How to run a network on images of that size so that it takes at most `budget` bytes, `bytes_a_pixel` of them for each pixel of
/// the batch: as many images at a time as fit (16 at most), and tiles where one image does not fit. Throws out_of_memory where no
/// tile of 64 pixels fits, or the image does not and its network gives no halo (-1).
[[nodiscard]] Tiling tile_for(const Shape& images, std::int64_t multiple, std::int64_t halo, double bytes_a_pixel,
                              std::size_t budget);

}  // namespace iso::models
