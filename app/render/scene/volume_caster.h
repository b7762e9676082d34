#pragma once

#include "ray_caster.h"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace iso::render {

/// A 3-D picture that somebody wants.
struct CastRequest {
  VolumePicture picture;
  DatasetPtr label_data;  ///< of `picture.labels`: held while its voxels are read, so that no stroke writes into them
  VolumeEye eye;
  int width_px{1}, height_px{1};
  bool moving{false};            ///< one quick picture; else finer and finer ones, the last of every pixel
  std::int64_t limit_voxels{0};  ///< 0: usual_cast_limit
  std::uint64_t number{0};       ///< comes back with the picture
};

/// One of its pictures: every `stride`-th pixel, (width + stride - 1) / stride wide; 0xffRRGGBB.
struct CastPicture {
  std::vector<std::uint32_t> pixels;
  int width{0}, height{0}, stride{1};
  int reduction{1};  ///< of the volume; 1: none
  bool moving{false}, finished{false};
  std::uint64_t number{0};
  double milliseconds{0};  ///< since its request was begun
};

/// Casts rays on a thread of its own, so that nobody waits for them: the newest request counts, and fine pictures are cast in
/// pieces of at most some 20 ms, after each of which a newer request takes over. Quick pictures are always finished, and are
/// as coarse as the last ones' speed asks for 50 ms.
class VolumeCaster {
 public:
  using Taker = std::function<void(std::shared_ptr<const CastPicture>)>;
  /// `taker` is called on the caster's thread.
  explicit VolumeCaster(Taker taker);
  ~VolumeCaster();  ///< waits for the piece in work
  VolumeCaster(const VolumeCaster&) = delete;
  VolumeCaster& operator=(const VolumeCaster&) = delete;
  void ask(CastRequest request);
  /// Quick pictures: every so many pixels, from the milliseconds that a ray took; 2 to 8.
  [[nodiscard]] static int quick_stride(double ray_ms, int width_px, int height_px) noexcept;

 private:
  void work(const std::stop_token& stop);
  void make(CastRequest request);
  void prepare(const CastRequest& request);
  bool cast(const CastRequest& request, int stride, bool last);
  [[nodiscard]] bool overtaken() const;
  Taker taker_;
  mutable std::mutex mutex_;  ///< of `next_`
  std::condition_variable_any wake_;
  std::optional<CastRequest> next_;
  // Of the caster's thread alone:
  std::shared_ptr<const Raster> raster_, label_raster_;
  std::int64_t frame_{-1}, limit_{0};
  Palette palette_;
  std::shared_ptr<const CastVolume> volume_, coarse_;
  std::shared_ptr<const CastLabels> labels_;
  double ray_ms_{2e-4};
  double began_ms_{0};
  std::jthread thread_;  ///< last, so that it ends before what it uses
};

}  // namespace iso::render
