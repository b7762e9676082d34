#include "command.h"
#include "data.h"
#include "environment.h"
#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/printable.h"
#include "iso/tomography/views.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <span>
#include <sstream>

namespace iso::cli {
namespace {

constexpr auto usage = "convert INPUT OUTPUT [options]";
constexpr auto summary = "Read one format and write another, by extension; what the format cannot hold is refused.";

struct ConvertArguments {
  Environment environment;
  FileHints hints;
  std::string input, output, views, part;
  std::optional<double> frame;
  std::vector<double> window;
  bool overwrite{false};
};

void declare(Options& options, ConvertArguments& request) {
  options.add_argument("INPUT", "File or folder to read.", request.input);
  options.add_argument("OUTPUT", "File to write.", request.output);
  request.hints.add_to(options);
  options.add("--views", "LIST",
              "Keep these views of a scan, counted from 0: FIRST:LAST[:STEP] or single ones, with commas.",
              request.views);
  options.add("--frame", "N", "Keep this frame of a series alone, counted from 0.", request.frame);
  options.add("--component", "NAME", "Of complex values: magnitude, phase (in radians), real or imaginary.",
              request.part);
  options.add("--window", "W,C",
              "Show a picture in this window, width and centre in the unit of the values; else nearly all values.",
              request.window);
  options.add_flag("--overwrite", "Replace the output if it exists.", request.overwrite);
  request.environment.add_logging(options);
  options.add_examples({"isocenter convert dicom-folder/ volume.nii.gz",
                        "isocenter convert readings.npy scan.h5 -g scan.json --unattenuated 47047",
                        "isocenter convert scan.h5 every_second.h5 --views 0:458:2",
                        "isocenter convert rec.mha rec.png --window 0.02,0.01",
                        "isocenter convert series.h5 frame.png --frame 6 --component magnitude"});
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, by);) parts.push_back(part);
  return parts;
}

/// The views of "FIRST:LAST[:STEP]" or "VIEW", several of them with commas; counted from 0, LAST included.
std::vector<std::int64_t> to_views(const std::string& text, std::int64_t count) {
  std::vector<std::int64_t> views;
  const std::string wanted = "views 0 to " + std::to_string(count - 1) +
                             " as FIRST:LAST[:STEP], such as 0:" + std::to_string(count - 1) + ":2";
  for (const auto& part : split(text, ',')) {
    std::vector<std::int64_t> numbers;
    for (const auto& word : split(part, ':')) numbers.push_back(whole_number("--views", word, 0));
    if (numbers.empty() || numbers.size() > 3)
      throw Error(Errc::usage, "--views is '" + text + "', which names no views", "give " + wanted);
    const auto first = numbers[0], last = numbers.size() > 1 ? numbers[1] : first,
               step = numbers.size() > 2 ? numbers[2] : 1;
    if (last < first || last >= count || step < 1)
      throw Error(Errc::usage, "--views has the part '" + part + "', the scan has " + std::to_string(count) + " views",
                  "give " + wanted);
    for (auto view = first; view <= last; view += step) views.push_back(view);
  }
  std::ranges::sort(views);
  if (std::ranges::adjacent_find(views) != views.end())
    throw Error(Errc::usage, "--views names a view twice", "name each once");
  return views;
}

/// A scan with these of its views only.
DatasetPtr with_views(const DatasetPtr& data, const std::string& text) {
  const auto* const scan = std::get_if<Sinogram>(data.get());
  if (scan == nullptr)
    throw Error(Errc::type_mismatch, "--views is for scans, this is a " + std::string(to_string(to_kind(*data))));
  const std::int64_t count = scan->readings.spec().shape[2];
  Sinogram part = tomography::keep_views(*scan, to_views(text, count));
  part.meta["views"] = text + " of " + std::to_string(count);
  return std::make_shared<const Dataset>(std::move(part));
}

const Volume& expect_volume(const DatasetPtr& data, const std::string& option) {
  const auto* const volume = std::get_if<Volume>(data.get());
  if (volume == nullptr)
    throw Error(Errc::type_mismatch,
                option + " is for volumes and series, this is a " + std::string(to_string(to_kind(*data))));
  return *volume;
}

Pixels take_frame(const Pixels& series, std::int64_t wanted) {
  const Shape& shape = series.spec().shape;
  PixelBuffer frame = PixelBuffer::allocate({Shape{shape[0], shape[1], shape[2]}, series.spec().type});
  const std::size_t bytes = frame.spec().bytes();
  std::copy_n(series.data() + static_cast<std::size_t>(wanted) * bytes, bytes, frame.data());
  return frame;
}

/// One frame of a series.
DatasetPtr with_frame(const DatasetPtr& data, double wanted) {
  Volume out = expect_volume(data, "--frame");
  const std::int64_t count = out.pixels.spec().shape[3];
  if (!(wanted >= 0) || wanted >= static_cast<double>(count) || wanted != std::floor(wanted))
    throw Error(Errc::usage, "--frame is " + in_digits(wanted) + ", the series has " + std::to_string(count) +
                                 " frames, counted from 0");
  const auto frame = static_cast<std::int64_t>(wanted);
  out.pixels = take_frame(out.pixels, frame);
  if (!out.mask.empty() && out.mask.spec().shape.rank() > 3 && out.mask.spec().shape[3] > 1)
    out.mask = take_frame(out.mask, frame);
  if (!out.frames.empty())
    out.meta["frame_at"] = in_digits(out.frames.at(static_cast<std::size_t>(frame))) + " " + out.frames.unit;
  out.frames = {};
  out.meta["frame"] = in_digits(wanted) + " of " + std::to_string(count);
  return std::make_shared<const Dataset>(std::move(out));
}

/// Real numbers of complex ones.
DatasetPtr with_part(const DatasetPtr& data, const std::string& part) {
  using Complex = std::complex<double>;
  Volume out = expect_volume(data, "--component");
  const std::array<std::pair<std::string_view, double (*)(Complex)>, 4> parts{
      {{"magnitude", [](Complex z) { return std::abs(z); }},
       {"phase", [](Complex z) { return std::arg(z); }},
       {"real", [](Complex z) { return z.real(); }},
       {"imaginary", [](Complex z) { return z.imag(); }}}};
  const auto* const wanted = std::ranges::find(parts, part, &std::pair<std::string_view, double (*)(Complex)>::first);
  if (wanted == parts.end())
    throw Error(Errc::usage, "--component is '" + part + "'", "take magnitude, phase, real or imaginary");
  if (!is_complex(out.pixels.spec().type))
    throw Error(Errc::type_mismatch, "--component is for complex values, these are real", "leave it out");
  const bool precise = out.pixels.spec().type == ScalarType::c128;
  PixelBuffer numbers = PixelBuffer::allocate({out.pixels.spec().shape, precise ? ScalarType::f64 : ScalarType::f32});
  const auto take = [&]<class T>(std::span<const std::complex<T>> values) {
    std::ranges::transform(values, numbers.values<T>().begin(),
                           [&](auto z) { return static_cast<T>(wanted->second(Complex{z})); });
  };
  if (precise)
    take(out.pixels.values<std::complex<double>>());
  else
    take(out.pixels.values<std::complex<float>>());
  out.pixels = std::move(numbers);
  out.meta["component"] = part;
  return std::make_shared<const Dataset>(std::move(out));
}

}  // namespace

int convert(Arguments arguments) {
  ConvertArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  const Interrupt interrupt{Interrupt::First::ends};
  io::InputFiles inputs;
  inputs.add(request.input);
  request.hints.add_to(inputs);
  if (!request.window.empty() && (request.window.size() != 2 || !(request.window[0] > 0)))
    throw Error(Errc::usage, "--window needs a width above 0 and a centre, such as 400,40");
  if (!request.window.empty() && !request.output.ends_with(".png"))
    throw Error(Errc::usage, "--window is for pictures, '" + request.output + "' is none",
                "leave it out, or name a .png file");
  DatasetPtr data = io::read(request.input, request.hints.read);
  if (!request.views.empty()) data = with_views(data, request.views);
  if (request.frame) data = with_frame(data, *request.frame);
  if (!request.part.empty()) data = with_part(data, request.part);
  check_output(request.output, to_kind(*data), request.overwrite, inputs);
  if (request.window.empty()) {
    io::write(request.output, *data, {request.overwrite});
  } else {
    Dataset shown = *data;
    metadata(shown)["window"] = in_digits(request.window[0], 17) + "," + in_digits(request.window[1], 17);
    io::write(request.output, shown, {request.overwrite});
  }
  print("wrote " + printable(request.output) + ": " + std::string(to_string(to_kind(*data))) + ", " +
        shape_text(*data) + ", " + type_text(*data) + "\n");
  return 0;
}

}  // namespace iso::cli
