#include "command.h"
#include "data.h"
#include "environment.h"
#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/evaluation/metrics.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace iso::cli {
namespace {

using Json = nlohmann::json;
constexpr double same_place_mm = 1e-3;

constexpr auto usage = "compare IMAGE REFERENCE [options]";
constexpr auto summary = "Measure how far an image is from a reference: PSNR, SSIM, NRMSE, HFEN, largest difference.";

struct CompareArguments {
  Environment environment;
  std::string image, reference, mask, difference;
  std::optional<double> data_range, radius_mm;
  std::vector<double> window;
  std::vector<std::pair<std::string, double>> at_least, at_most;
  bool json{false}, ignore_grid{false}, overwrite{false}, pad{false};
};

void declare(Options& options, CompareArguments& request) {
  options.add_argument("IMAGE", "What is judged.", request.image);
  options.add_argument("REFERENCE", "What it should be.", request.reference);
  options.add("--mask", "FILE", "Count only the elements where this is above 0.", request.mask);
  options.add("--radius", "MM", "Count only what is so near to the z axis: the field of view of a scan.",
              request.radius_mm);
  options.add("--data-range", "R", "Range of PSNR and SSIM; the reference's maximum minus minimum if not said.",
              request.data_range);
  options.add("--window", "W,C", "Compare in this window of Hounsfield units, as sparse-view papers do.",
              request.window);
  options.add_flag("--zero-border", "Pad with zeros for SSIM instead of leaving the border out.", request.pad);
  options.add_flag("--ignore-grid", "Compare element by element although the grids differ.", request.ignore_grid);
  options.add("--difference", "FILE", "Write image minus reference there.", request.difference);
  const auto bar = [&options](const std::string& name, const std::string& help,
                              std::vector<std::pair<std::string, double>>& bars) {
    options.add_repeated(name, "METRIC=VALUE", help, [&bars, name](const std::string& text) {
      const auto [metric, value] = name_and_value(name, text);
      bars.emplace_back(metric, number(name, value));
    });
  };
  bar("--at-least", "Exit with 88 if the metric is below this, such as psnr=26.", request.at_least);
  bar("--at-most", "Exit with 88 if the metric is above this, such as nrmse=0.05.", request.at_most);
  options.add_flag("--overwrite", "Replace the difference image if it exists.", request.overwrite);
  options.add_flag("--json", "Print one JSON object.", request.json);
  request.environment.add_logging(options);
  options.add_examples({"isocenter compare rec.mha truth.mha",
                        "isocenter compare rec.mha truth.mha --json --difference diff.mha --at-least psnr=26",
                        "isocenter compare rec.mha ct.mha --window 400,40 --mask field_of_view.mha"});
}

void check_same_grid(const Dataset& image, const Dataset& reference, const CompareArguments& request) {
  const Shape& a = comparable(image, request.image).spec().shape;
  const Shape& b = comparable(reference, request.reference).spec().shape;
  if (a != b)
    throw Error(Errc::shape_mismatch, "'" + request.image + "' is " + a.text() + ", the reference '" +
                                          request.reference + "' is " + b.text());
  const VoxelGrid* const first = make_grid(image);
  const VoxelGrid* const second = make_grid(reference);
  if (request.ignore_grid || first == nullptr || second == nullptr) return;
  double away = 0;
  for (const double corner : {0.0, 1.0}) {
    const Vec3 index{corner * static_cast<double>(first->size[0] - 1), corner * static_cast<double>(first->size[1] - 1),
                     corner * static_cast<double>(first->size[2] - 1)};
    const Vec3 p = first->to_world(index), q = second->to_world(index);
    away = std::max(away, std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]));
  }
  if (away > same_place_mm)
    throw Error(Errc::shape_mismatch,
                "the grids of '" + request.image + "' and '" + request.reference + "' lie up to " + in_digits(away) +
                    " mm apart",
                "resample one of them, or compare by index with --ignore-grid");
}

/// Takes out of the mask what is further than `radius_mm` from the z axis, which a scanner turns about.
void keep_circle(PixelBuffer& mask, const VoxelGrid& grid, double radius_mm) {
  const auto inside = mask.values<std::uint8_t>();
  std::size_t at = 0;
  for (std::int64_t k = 0; k < grid.size[2]; ++k)
    for (std::int64_t j = 0; j < grid.size[1]; ++j)
      for (std::int64_t i = 0; i < grid.size[0]; ++i, ++at) {
        const Vec3 place = grid.to_world({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        if (std::hypot(place[0], place[1]) > radius_mm) inside[at] = 0;
      }
}

evaluation::CompareOptions make_options(const CompareArguments& request, const Dataset& reference) {
  evaluation::CompareOptions options;
  options.data_range = request.data_range;
  options.border = request.pad ? evaluation::SsimBorder::zero : evaluation::SsimBorder::valid;
  if (request.mask.empty() && !request.radius_mm) return options;
  if (request.radius_mm) {
    const VoxelGrid* const grid = make_grid(reference);
    if (grid == nullptr ||
        comparable(reference, request.reference).spec().shape.count() != grid->size[0] * grid->size[1] * grid->size[2])
      throw Error(Errc::type_mismatch, "--radius needs images in space, '" + request.reference + "' is none",
                  "leave --radius out, or give a --mask");
    PixelBuffer inside = PixelBuffer::allocate({comparable(reference, request.reference).spec().shape, ScalarType::u8});
    std::ranges::fill(inside.values<std::uint8_t>(), std::uint8_t{1});
    keep_circle(inside, *grid, *request.radius_mm);
    options.mask = std::move(inside);
    return options;
  }
  const DatasetPtr mask = io::read(request.mask);
  const Pixels values = comparable(*mask, request.mask).converted(ScalarType::f64);
  PixelBuffer inside = PixelBuffer::allocate({values.spec().shape, ScalarType::u8});
  const auto from = values.values<double>();
  const auto to = inside.values<std::uint8_t>();
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] > 0 ? 1 : 0;
  options.mask = std::move(inside);
  return options;
}

Pixels in_hounsfield(const DatasetPtr& data, const std::string& file) {
  const auto& volume = get<Volume>(data);
  if (volume.quantity == Quantity::attenuation_per_mm)
    return evaluation::to_hounsfield(volume.pixels.converted(ScalarType::f32));
  if (volume.quantity == Quantity::hounsfield) return volume.pixels.converted(ScalarType::f32);
  throw Error(Errc::invalid_input,
              "'" + file + "' does not say that its values are Hounsfield units or attenuation, which --window needs",
              "convert it with --quantity hounsfield");
}

Json measure(const DatasetPtr& image, const DatasetPtr& reference, const CompareArguments& request) {
  if (request.window.empty())
    return Json::parse(
        to_json(evaluation::compare(comparable(*image, request.image), comparable(*reference, request.reference),
                                    make_options(request, *reference))));
  if (request.window.size() != 2 || !(request.window[0] > 0))
    throw Error(Errc::usage, "--window needs a width above 0 and a centre, such as 400,40");
  return Json::parse(to_json(evaluation::compare_hounsfield(in_hounsfield(image, request.image),
                                                            in_hounsfield(reference, request.reference),
                                                            {request.window[0], request.window[1]})));
}

void write_difference(const DatasetPtr& image, const DatasetPtr& reference, const CompareArguments& request) {
  PixelBuffer pixels = PixelBuffer::allocate({comparable(*image, request.image).spec().shape, ScalarType::f32});
  const Pixels a = comparable(*image, request.image).converted(ScalarType::f64),
               b = comparable(*reference, request.reference).converted(ScalarType::f64);
  const auto x = a.values<double>(), r = b.values<double>();
  const auto out = pixels.values<float>();
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(x[i] - r[i]);
  Dataset result = *image;
  if (auto* const volume = std::get_if<Volume>(&result))
    volume->pixels = std::move(pixels);
  else if (auto* const scan = std::get_if<Sinogram>(&result))
    scan->readings = std::move(pixels);
  else
    throw Error(Errc::unsupported,
                "the difference of a " + std::string(to_string(to_kind(*image))) + " cannot be written",
                "--difference works on volumes and sinograms");
  metadata(result)["difference"] = "image minus reference";
  io::write(request.difference, result, {request.overwrite});
}

/// The bars of --at-least and --at-most: all that are missed, in one sentence.
void check_bars(const Json& metrics, const CompareArguments& request) {
  std::string missed;
  const auto look = [&](const std::pair<std::string, double>& bar, bool least) {
    const std::string name = bar.first == "psnr" ? "psnr_db" : bar.first;
    if (!metrics.contains(name))
      throw Error(Errc::usage, "there is no metric '" + bar.first + "'",
                  "the metrics are the names that --json prints");
    const Json& value = metrics.at(name);
    const bool infinite = value.is_null() && name == "psnr_db";  // equal images
    const bool met =
        infinite ? least
                 : value.is_number() && (least ? value.get<double>() >= bar.second : value.get<double>() <= bar.second);
    if (!met)
      missed += (missed.empty() ? "" : ", ") + bar.first + " is " +
                (value.is_number() ? in_digits(value.get<double>(), 6) : value.dump()) + ", expected at " +
                (least ? "least " : "most ") + in_digits(bar.second);
  };
  for (const auto& bar : request.at_least) look(bar, true);
  for (const auto& bar : request.at_most) look(bar, false);
  if (!missed.empty()) throw Error(Errc::quality_gate, "'" + request.image + "' misses the bar: " + missed);
}

std::string to_text(const Json& metrics) {
  TextTable table{{"METRIC", "VALUE"}};
  for (const char* const name : {"psnr_db", "ssim", "nrmse", "hfen", "rmse", "rmse_hu", "mean_absolute", "max_absolute",
                                 "bias", "data_range", "elements"}) {
    if (!metrics.contains(name)) continue;
    const Json& value = metrics.at(name);
    table.add({name, value.is_number_float() ? in_digits(value.get<double>(), 6)
                     : value.is_null()       ? (std::string(name) == "psnr_db" ? "infinite" : "-")
                                             : value.dump()});
  }
  return table.text();
}

}  // namespace

int compare(Arguments arguments) {
  CompareArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  const Interrupt interrupt{Interrupt::First::ends};
  if (request.radius_mm && !(*request.radius_mm > 0)) throw Error(Errc::usage, "--radius is not above 0");
  if (request.radius_mm && !(request.mask.empty() && request.window.empty()))
    throw Error(Errc::usage, "--radius goes with neither --mask nor --window", "leave one of them out");
  const DatasetPtr image = io::read(request.image), reference = io::read(request.reference);
  if (to_kind(*image) != to_kind(*reference))
    throw Error(Errc::type_mismatch, "'" + request.image + "' is a " + std::string(to_string(to_kind(*image))) +
                                         ", the reference is a " + std::string(to_string(to_kind(*reference))));
  check_same_grid(*image, *reference, request);
  if (!request.difference.empty()) {
    io::InputFiles inputs;
    for (const std::string& file : {request.image, request.reference, request.mask})
      if (!file.empty()) inputs.add(file);
    check_output(request.difference, to_kind(*image), request.overwrite, inputs);
  }
  const Json metrics = measure(image, reference, request);
  if (!request.difference.empty()) write_difference(image, reference, request);
  print(request.json ? metrics.dump() + "\n" : to_text(metrics));
  check_bars(metrics, request);
  return 0;
}

}  // namespace iso::cli
