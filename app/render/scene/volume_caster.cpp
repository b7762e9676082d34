#include "volume_caster.h"

#include "iso/base/log.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace iso::render {
namespace {

constexpr double quick_ms = 50, piece_ms = 20;
constexpr std::int64_t coarse_voxels = std::int64_t{128} * 128 * 128, label_voxels = std::int64_t{256} * 256 * 256;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

VolumeCaster::VolumeCaster(Taker taker) : taker_{std::move(taker)} {
  thread_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

VolumeCaster::~VolumeCaster() {
  thread_.request_stop();
  thread_.join();
}

void VolumeCaster::ask(CastRequest request) {
  {
    const std::scoped_lock lock{mutex_};
    next_ = std::move(request);
  }
  wake_.notify_one();
}

int VolumeCaster::quick_stride(double ray_ms, int width_px, int height_px) noexcept {
  const double pixels = static_cast<double>(width_px) * height_px;
  return static_cast<int>(std::clamp(std::ceil(std::sqrt(pixels * ray_ms / quick_ms)), 2.0, 8.0));
}

bool VolumeCaster::overtaken() const {
  const std::scoped_lock lock{mutex_};
  return next_.has_value() || thread_.get_stop_token().stop_requested();
}

void VolumeCaster::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<CastRequest> request;
    {
      std::unique_lock lock{mutex_};
      if (!wake_.wait(lock, stop, [this] { return next_.has_value(); })) return;
      request.swap(next_);
    }
    try {
      make(*std::move(request));
    } catch (const std::exception& failure) {
      log::warning("app.render", "no 3-D picture: ", failure.what());
    }
  }
}

void VolumeCaster::prepare(const CastRequest& request) {
  const VolumePicture& picture = request.picture;
  const std::int64_t limit = request.limit_voxels > 0 ? request.limit_voxels : usual_cast_limit;
  if (picture.raster != raster_ || picture.frame != frame_ || limit != limit_) {
    volume_.reset(), coarse_.reset();  // first, so that both volumes are never there at once
    raster_ = picture.raster;
    frame_ = picture.frame;
    limit_ = limit;
    if (raster_ && !raster_->labels && has_depth(*raster_)) {
      volume_ = std::make_shared<const CastVolume>(make_cast_volume(*raster_, frame_, limit));
      const auto& size = volume_->grid.size;
      coarse_ = size[0] * size[1] * size[2] > coarse_voxels
                    ? std::make_shared<const CastVolume>(make_coarse(*volume_, coarse_voxels))
                    : volume_;
    }
  }
  if (picture.labels != label_raster_ || picture.palette != palette_) {
    labels_.reset();
    label_raster_ = picture.labels;
    palette_ = picture.palette;
    if (label_raster_ && has_depth(*label_raster_))
      labels_ = std::make_shared<const CastLabels>(make_cast_labels(*label_raster_, palette_, label_voxels));
  }
}

void VolumeCaster::make(CastRequest request) {
  began_ms_ = now_ms();
  prepare(request);
  request.label_data.reset();  // strokes may write in place again
  if (request.moving) return void(cast(request, quick_stride(ray_ms_, request.width_px, request.height_px), false));
  for (const int stride : {4, 2, 1})
    if (!cast(request, stride, stride == 1)) return;
}

/// False if a newer request came between two pieces.
bool VolumeCaster::cast(const CastRequest& request, int stride, bool last) {
  CastScene scene{request.moving || stride > 2 ? coarse_ : volume_, labels_, request.picture,
                  transfer_points(request.picture), request.eye};
  scene.picture.raster.reset();
  scene.picture.labels.reset();
  const RayCaster caster{std::move(scene), request.width_px, request.height_px, stride > 1 ? 1.0 : 0.6, stride <= 2};
  auto made = std::make_shared<CastPicture>();
  made->width = (request.width_px + stride - 1) / stride;
  made->height = (request.height_px + stride - 1) / stride;
  made->stride = stride;
  made->reduction = volume_ ? volume_->reduction : 1;
  made->moving = request.moving;
  made->finished = last;
  made->number = request.number;
  made->pixels.resize(static_cast<std::size_t>(made->width) * static_cast<std::size_t>(made->height));
  const double begin = now_ms();
  int rows = std::min(8, made->height);
  for (int first = 0; first < made->height;) {
    const int end = std::min(made->height, first + rows);
    const double before = now_ms();
    caster.cast_rows(first, end, stride, made->pixels.data());
    const double took = std::max(0.01, now_ms() - before);
    rows = std::clamp(static_cast<int>((end - first) * piece_ms / took), 1, 64);
    first = end;
    if (!request.moving && first < made->height && overtaken()) return false;
  }
  if (request.moving || stride == 4)
    ray_ms_ = (ray_ms_ + (now_ms() - begin) / static_cast<double>(made->pixels.size())) / 2;
  made->milliseconds = now_ms() - began_ms_;
  taker_(std::move(made));
  return true;
}

}  // namespace iso::render
