#include "method/summary.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace certification {
namespace {

constexpr double interval = 0.025;  ///< of probability beyond each end

bool counts(const CaseResult& one, bool labelled) { return labelled ? one.right() : !one.certificate.abstains; }

CurvePoint point(double radius, std::int64_t good, std::int64_t all) {
  return {radius, static_cast<double>(good) / static_cast<double>(all), lower_bound(good, all, interval).p,
          upper_bound(good, all, interval).p};
}

/// The share only falls at the radius of an image; behind the largest, to the end of the curve, it is 0.
std::vector<CurvePoint> make_steps(const std::vector<CaseResult>& results, bool labelled, double end) {
  std::vector<double> radii;
  for (const CaseResult& one : results)
    if (counts(one, labelled)) radii.push_back(one.certificate.radius);
  std::ranges::sort(radii);
  const auto all = static_cast<std::int64_t>(results.size());
  std::vector<CurvePoint> steps;
  for (std::size_t i = 0; i < radii.size(); ++i)
    if (i == 0 || radii[i] > radii[i - 1])
      steps.push_back(point(radii[i], static_cast<std::int64_t>(radii.size() - i), all));
  steps.push_back(point(std::max(end, radii.empty() ? 0 : radii.back()), 0, all));
  return steps;
}

std::vector<ClassSummary> by_class(const std::vector<CaseResult>& results) {
  std::vector<ClassSummary> out;
  for (const CaseResult& one : results) {
    if (one.label < 0) continue;
    auto at = std::ranges::find(out, one.label, &ClassSummary::label);
    if (at == out.end()) {
      out.push_back({one.label, 0, 0, 0, 0});
      at = out.end() - 1;
    }
    ++at->images;
    at->right += one.right() ? 1 : 0;
    at->abstained += one.certificate.abstains ? 1 : 0;
    at->mean_radius += one.right() ? one.certificate.radius : 0;
  }
  for (ClassSummary& one : out) one.mean_radius /= static_cast<double>(one.images);
  std::ranges::sort(out, {}, &ClassSummary::label);
  return out;
}

std::string text(double value) {
  std::ostringstream out;
  out.precision(12);
  out << value;
  return out.str();
}

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

Summary summarise(const std::vector<CaseResult>& results, double spacing) {
  Summary out;
  out.images = static_cast<std::int64_t>(results.size());
  out.labelled = std::ranges::count_if(results, [](const CaseResult& one) { return one.label >= 0; });
  const bool labelled = out.labelled == out.images;
  std::int64_t plain = 0, smooth = 0;
  double largest = 0;
  for (const CaseResult& one : results) {
    out.abstained += one.certificate.abstains ? 1 : 0;
    plain += one.plain == one.label ? 1 : 0;
    smooth += one.certificate.answer == one.label ? 1 : 0;
    if (counts(one, labelled)) {
      out.average_certified_radius += one.certificate.radius;
      largest = std::max(largest, one.certificate.radius);
    }
    out.evaluations +=
        static_cast<double>(one.estimate.count.size()) * static_cast<double>(one.select.draws + one.estimate.draws);
  }
  const auto all = static_cast<double>(std::max<std::int64_t>(out.images, 1));
  out.average_certified_radius /= all;
  out.evaluations /= all;
  if (labelled)
    out.plain_accuracy = static_cast<double>(plain) / all, out.smoothed_accuracy = static_cast<double>(smooth) / all;
  for (std::int64_t i = 0;; ++i) {
    const double radius = static_cast<double>(i) * spacing;
    const auto good = std::ranges::count_if(
        results, [&](const CaseResult& one) { return counts(one, labelled) && one.certificate.radius >= radius; });
    out.curve.push_back(point(radius, good, out.images));
    if (good == 0 || radius > largest) break;
  }
  out.steps = make_steps(results, labelled, out.curve.back().radius);
  if (labelled) out.classes = by_class(results);
  return out;
}

iso::Table curve_table(const Summary& summary) {
  iso::Table table;
  table.columns = {"radius", summary.labelled == summary.images ? "certified_accuracy" : "certified_share", "low_95",
                   "high_95"};
  for (const CurvePoint& p : summary.curve) table.values.push_back({p.radius, p.share, p.low, p.high});
  return table;
}

iso::Table class_table(const Summary& summary, const std::vector<std::string>& classes) {
  iso::Table table;
  table.columns = {"label", "images", "certified", "abstained", "mean_radius"};
  table.texts.push_back({"class", {}});
  const auto add = [&](const std::string& name, double label, std::int64_t images, std::int64_t right,
                       std::int64_t abstained, double radius) {
    table.texts.front().values.push_back(name);
    table.values.push_back(
        {label, static_cast<double>(images), static_cast<double>(right), static_cast<double>(abstained), radius});
  };
  std::int64_t right = 0;
  for (const ClassSummary& one : summary.classes) {
    const auto at = static_cast<std::size_t>(one.label);
    add(at < classes.size() ? classes[at] : "class " + std::to_string(one.label), static_cast<double>(one.label),
        one.images, one.right, one.abstained, one.mean_radius);
    right += one.right;
  }
  if (summary.classes.empty()) right = summary.images - summary.abstained;
  add("all", -1, summary.images, right, summary.abstained, summary.average_certified_radius);
  return table;
}

std::string to_json(const Summary& summary, const Rule& rule, const Making& making, const Draws& draws) {
  std::ostringstream out;
  out << "{\n \"mode\": " << quoted(making.mode) << ",\n \"network\": " << quoted(making.network)
      << ",\n \"form\": " << quoted(std::string{to_string(rule.form)})
      << ",\n \"bound\": " << quoted(std::string{to_string(rule.bound)}) << ",\n \"alpha\": " << text(rule.alpha)
      << ",\n \"sigma\": [";
  for (std::size_t i = 0; i < rule.sigma.size(); ++i) out << (i > 0 ? ", " : "") << text(rule.sigma[i]);
  out << "],\n \"seed\": " << (making.seed ? std::to_string(*making.seed) : "null") << ",\n \"window\": ";
  if (std::isfinite(making.low) && std::isfinite(making.high))
    out << "[" << text(making.low) << ", " << text(making.high) << "]";
  else
    out << "null";
  out << ",\n \"n0\": " << draws.n0 << ",\n \"n\": " << draws.n << ",\n \"values\": " << making.values
      << ",\n \"formula_version\": 1,\n \"images\": " << summary.images << ",\n \"labelled\": " << summary.labelled
      << ",\n \"abstained\": " << summary.abstained
      << ",\n \"average_certified_radius\": " << text(summary.average_certified_radius);
  if (summary.labelled == summary.images)
    out << ",\n \"plain_accuracy\": " << text(summary.plain_accuracy)
        << ",\n \"smoothed_accuracy\": " << text(summary.smoothed_accuracy);
  out << ",\n \"evaluations_an_image\": " << text(summary.evaluations) << ",\n \"curve\": [";
  for (std::size_t i = 0; i < summary.curve.size(); ++i) {
    const CurvePoint& p = summary.curve[i];
    out << (i > 0 ? "," : "") << "\n  {\"radius\": " << text(p.radius) << ", \"share\": " << text(p.share)
        << ", \"low_95\": " << text(p.low) << ", \"high_95\": " << text(p.high) << "}";
  }
  out << "\n ],\n \"classes\": [";
  for (std::size_t i = 0; i < summary.classes.size(); ++i) {
    const ClassSummary& c = summary.classes[i];
    out << (i > 0 ? "," : "") << "\n  {\"label\": " << c.label << ", \"images\": " << c.images
        << ", \"certified\": " << c.right << ", \"abstained\": " << c.abstained
        << ", \"mean_radius\": " << text(c.mean_radius) << "}";
  }
  out << "\n ]\n}\n";
  return out.str();
}

}  // namespace certification
