#include "iso/evaluation/metrics.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace iso::evaluation {
namespace {

using nlohmann::json;

json finite_or_null(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }
json value_or_null(const std::optional<double>& value) { return value ? finite_or_null(*value) : json(nullptr); }

json to_json_object(const ImageMetrics& m) {
  return {{"psnr_db", finite_or_null(m.psnr_db)},
          {"ssim", value_or_null(m.ssim)},
          {"nrmse", finite_or_null(m.nrmse)},
          {"hfen", value_or_null(m.hfen)},
          {"rmse", finite_or_null(m.rmse)},
          {"mean_absolute", finite_or_null(m.mean_absolute)},
          {"max_absolute", finite_or_null(m.max_absolute)},
          {"bias", finite_or_null(m.bias)},
          {"data_range", finite_or_null(m.data_range)},
          {"elements", m.elements}};
}

}  // namespace

std::string to_json(const ImageMetrics& metrics) { return to_json_object(metrics).dump(); }

std::string to_json(const WindowMetrics& metrics) {
  json out = to_json_object(metrics.mapped);
  out["rmse_hu"] = finite_or_null(metrics.rmse_hu);
  return out.dump();
}

}  // namespace iso::evaluation
