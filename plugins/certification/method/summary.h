#pragma once

#include "method/cases.h"

#include <string>
#include <vector>

namespace certification {

/// A point of the curve: the share of images with the right class and R >= r, an abstention being wrong, with the exact 95 % interval over images.
/// Where no label is known: the share with R >= r.
struct CurvePoint {
  double radius{0}, share{0}, low{0}, high{0};
};

struct ClassSummary {
  std::int64_t label{0}, images{0}, right{0}, abstained{0};
  double mean_radius{0};  ///< wrong ones and abstentions as 0
};

struct Summary {
  std::int64_t images{0}, labelled{0}, abstained{0};
  double average_certified_radius{0};  ///< ACR: mean of R over all images, wrong ones as 0
  double plain_accuracy{0};            ///< of the networks without noise
  double smoothed_accuracy{0};         ///< of the answers of stage 1, abstentions not counted against them
  double evaluations{0};               ///< of networks, an image
  std::vector<CurvePoint> curve;       ///< from 0 on, never rising
  std::vector<CurvePoint>
      steps;  ///< the same without rounding: the share from the radius before to this one, which is that of an image
  std::vector<ClassSummary> classes;  ///< where labels are known
};

/// `spacing` of the radii of the curve, which ends where the share is 0.
[[nodiscard]] Summary summarise(const std::vector<CaseResult>& results, double spacing = 0.05);

[[nodiscard]] iso::Table curve_table(const Summary& summary);
[[nodiscard]] iso::Table class_table(const Summary& summary, const std::vector<std::string>& classes);
/// Everything as JSON, with how it was made.
[[nodiscard]] std::string to_json(const Summary& summary, const Rule& rule, const Making& making, const Draws& draws);
/// The curve as a drawing, SVG.
[[nodiscard]] std::string to_svg(const Summary& summary, const std::string& title);
/// And as values from 0 (ink) to 1 (paper), (640, 400, 1), f32: what a picture file is made of.
[[nodiscard]] iso::Pixels to_picture(const Summary& summary);

}  // namespace certification
