#include "command.h"
#include "data.h"
#include "environment.h"
#include "interrupt.h"
#include "k_space_source.h"
#include "phantom_source.h"

#include "../output/terminal.h"

#include "iso/base/checked.h"
#include "iso/base/error.h"
#include "iso/base/printable.h"
#include "iso/evaluation/metrics.h"
#include "iso/evaluation/noise.h"
#include "iso/io/geometry_file.h"
#include "iso/params/schema.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace iso::cli {
namespace {

constexpr auto usage =
    "project OBJECT -g GEOMETRY -o SINOGRAM [options], project SERIES --mask KIND -o K_SPACE [options]";
constexpr auto summary =
    "Measure an object along a scan: phantoms exactly, volumes by the ray transform (Hounsfield units "
    "become attenuation). With --mask, measure lines of the k-space of a series of images.";

struct ProjectArguments {
  Environment environment;
  PhantomSource source;
  std::string geometry, output, device{"auto"};
  std::vector<double> elements, pitch;
  std::optional<double> photons, electronic;
  io::ReadOptions read;  ///< of OBJECT, as far as its file does not say it
  std::uint64_t seed{0};
  int rays{2};
  bool overwrite{false};
  KSpaceSource k_space;  ///< with a mask k-space is made, without one a sinogram
};

/// The hints of all formats that speak of an image.
void add_hints(Options& options, io::ReadOptions& read) {
  for (const char* const name : {"dataset", "series", "axes", "spacing_mm", "quantity"}) {
    const params::FieldInfo& hint = *io::known_hints().find(name);
    options.add("--" + params::kebab_case(hint.name), hint.kind == params::FieldKind::numbers ? "N,N,..." : "TEXT",
                hint.help, [&read, name](const std::string& text) { read.hints[name] = text; });
  }
}

void declare(Options& options, ProjectArguments& request) {
  options.add_argument("OBJECT", "A volume, a phantom's name, or a JSON table of solids.", request.source.name);
  options.add("-g,--geometry", "FILE", "Geometry of the scan: JSON, RTK's XML, or a scan that has one.",
              request.geometry);
  options.add("-o,--output", "FILE", "Sinogram to write.", request.output);
  options.add("--elements", "U,V", "Detector elements, which RTK's XML does not hold.", request.elements);
  options.add("--pitch", "U,V", "Their pitch in mm, likewise.", request.pitch);
  request.source.add_to(options);
  add_hints(options, request.read);
  options.add("--rays", "N", "Rays along each axis of a detector element, for phantoms.", request.rays, 1);
  options.add("--photons", "I0", "Add noise: photons a reading without object.", request.photons);
  options.add("--electronic", "COUNTS", "Standard deviation of electronic noise; needs --photons.", request.electronic);
  request.k_space.add_to(options);
  options.add("--seed", "N", "Start of the random numbers.", [&request](const std::string& text) {
    request.seed = static_cast<std::uint64_t>(whole_number("--seed", text, 0));
  });
  options.add_flag("--overwrite", "Replace the output if it exists.", request.overwrite);
  add_device(options, request.device);
  request.environment.add_threads(options);
  request.environment.add_logging(options);
  options.add_examples(
      {"isocenter project shepp-logan -g scan.json -o scan.h5 --factor 0.02 --photons 100000 --seed 1",
       "isocenter project ct.nii.gz -g geometry.xml --elements 512,64 --pitch 0.8 -o scan.h5 --device cpu",
       "isocenter project rec.mha -g left_out.h5 -o foretold.h5",
       "isocenter project heart --mask random --acceleration 8 --coils 8 --noise 0.002 --seed 1 -o scan.h5",
       "isocenter project heart --mask radial --spokes 13 --angle tiny-golden --coils 8 --seed 1 -o scan.h5",
       "isocenter project head.nii.gz --slice 40 --motion 3,2 --phase 2 --mask random --coils 8 --truth t.h5 -o s.h5",
       "isocenter project heart --size 192 --frames 18 --mask vista.mat --mask-axes frame,phase,readout -o scan.h5"});
}

bool names_a_scan(const std::string& file) {
  return std::ranges::any_of(io::handlers(), [&](const auto& handler) {
    const io::Format& format = handler->format();
    return std::ranges::find(format.reads, Kind::sinogram) != format.reads.end() &&
           std::ranges::any_of(format.extensions, [&](const std::string& end) { return file.ends_with(end); });
  });
}

std::int64_t whole_elements(double number) {
  const auto whole = to_whole<std::int64_t>(number);
  if (!whole || *whole < 1)
    throw Error(Errc::usage, "--elements is " + in_digits(number) + ", expected whole numbers of 1 or more");
  return *whole;
}

/// From a geometry file, or of a scan: what an image says of views that it was not made from.
ProjectionGeometry make_geometry(const ProjectArguments& request) {
  if (names_a_scan(request.geometry)) {
    const DatasetPtr scan =
        io::read(request.geometry, {.expected = Kind::sinogram, .geometry = {}, .hints = {}, .accepted = {}});
    return get<Sinogram>(scan).geometry;
  }
  std::array<std::int64_t, 2> elements{0, 0};
  std::array<double, 2> pitch{0, 0};
  for (std::size_t axis = 0; axis < 2; ++axis) {
    if (!request.elements.empty())
      elements[axis] = whole_elements(axis < request.elements.size() ? request.elements[axis] : 1);
    if (!request.pitch.empty()) pitch[axis] = request.pitch[std::min(axis, request.pitch.size() - 1)];
  }
  return io::read_geometry(request.geometry, elements, pitch);
}

/// Line integrals are made of attenuation; anything else is turned into it, or taken for it with a warning.
Pixels make_attenuation(const Volume& volume, const std::string& file) {
  Pixels pixels = volume.pixels.converted(ScalarType::f32);
  if (volume.quantity == Quantity::hounsfield) return evaluation::to_attenuation(pixels);
  if (volume.quantity != Quantity::attenuation_per_mm)
    note("isocenter: warning: '" + file + "' does not say what its values are; they are taken for attenuation in 1/mm");
  return pixels;
}

void refuse_mixed(const ProjectArguments& request) {
  const bool lines = !request.k_space.mask.empty();
  if (!request.read.hints.empty() && (request.source.is_phantom() || request.source.name == "heart"))
    throw Error(Errc::usage,
                "--" + params::kebab_case(request.read.hints.begin()->first) + " is of a file, '" +
                    request.source.name + "' is a phantom",
                "leave it out");
  if (lines && (!request.geometry.empty() || request.photons))
    throw Error(Errc::usage, "--mask makes k-space, which has no geometry and no photons",
                "leave -g and --photons out");
  request.k_space.refuse_mixed(request.source.name);
}

DatasetPtr read_object(const ProjectArguments& request) {
  io::ReadOptions options = request.read;
  options.expected = Kind::volume;
  return io::read(request.source.name, options);
}

Sinogram project_volume(ProjectArguments& request, const ProjectionGeometry& geometry, const std::stop_token& stop) {
  const DatasetPtr data = read_object(request);
  const auto& volume = get<Volume>(data);
  if (volume.pixels.spec().shape.rank() > 3 && volume.pixels.spec().shape[3] > 1)
    throw Error(Errc::unsupported, "'" + request.source.name + "' is " + volume.pixels.spec().shape.text() +
                                       ", expected one volume of three axes");
  const compute::OperatorSpec spec = compute::RayTransform{geometry, volume.grid};
  const std::size_t bytes = spec.domain().bytes() + spec.range().bytes();
  const compute::Backend& backend =
      request.environment.registry(request.device).choose({&spec, 1}, bytes, request.device);
  const auto stream = backend.make_stream(stop);
  const auto transform = backend.make(spec);
  Pixels pixels = make_attenuation(volume, request.source.name).reshaped(volume.grid.shape());
  if (request.source.factor) {
    PixelBuffer scaled = PixelBuffer::allocate(pixels.spec());
    const auto from = pixels.values<float>();
    const auto to = scaled.values<float>();
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = static_cast<float>(*request.source.factor * from[i]);
    pixels = std::move(scaled);
  }
  const compute::Array x = backend.upload(pixels, *stream);
  compute::Array y = backend.allocate(transform->range(), *stream);
  transform->forward(x, y, *stream);
  stream->synchronize();
  Sinogram scan{backend.download(y, *stream), geometry, {}};
  // The scan of a volume that lies in a patient has the axes of the patient, and so has what is reconstructed from it.
  const auto said = volume.meta.find("orientation");
  if (said == volume.meta.end() || said->second != "unknown") scan.meta["orientation"] = "patient";
  return scan;
}

/// Half the width that the detector sees at the axis: the radius a phantom is given to fit the field of view.
double field_radius_mm(const ProjectionGeometry& geometry) {
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t view = 0; view < geometry.views().size(); ++view) {
    for (const double u : {0.0, static_cast<double>(geometry.elements()[0] - 1)}) {
      const Ray ray = geometry.ray(view, u, 0.5 * static_cast<double>(geometry.elements()[1] - 1));
      const double cross = ray.origin_mm[0] * ray.direction[1] - ray.origin_mm[1] * ray.direction[0];
      nearest = std::min(nearest, std::abs(cross) / std::hypot(ray.direction[0], ray.direction[1]));
    }
  }
  return nearest;
}

Sinogram make(ProjectArguments& request, const std::stop_token& stop) {
  const ProjectionGeometry geometry = make_geometry(request);
  if (geometry.views().empty()) throw Error(Errc::geometry_refused, "'" + request.geometry + "' has no views");
  if (!request.source.is_phantom()) return project_volume(request, geometry, stop);
  return evaluation::project(request.source.make(0.9 * field_radius_mm(geometry)), geometry, request.rays,
                             request.source.factor_or_1());
}

int project_lines(ProjectArguments& request) {
  io::InputFiles inputs;
  inputs.add(request.source.name);
  if (request.k_space.mask_is_file()) inputs.add(request.k_space.mask);
  check_apart({request.output, request.k_space.truth, request.environment.log_file()});
  check_output(request.output, Kind::k_space, request.overwrite, inputs);
  if (!request.k_space.truth.empty()) check_output(request.k_space.truth, Kind::volume, request.overwrite, inputs);
  const Interrupt interrupt;
  Volume series = request.k_space.series(request.source.name, [&request] { return read_object(request); });
  const auto choose = [&request](const compute::OperatorSpec& spec) -> const compute::Backend& {
    const std::size_t bytes = spec.domain().bytes() + 2 * spec.range().bytes();
    return request.environment.registry(request.device).choose({&spec, 1}, bytes, request.device);
  };
  KSpace scan = request.k_space.measure(series, request.seed, choose, interrupt.token());
  if (!request.k_space.truth.empty()) {
    io::write(request.k_space.truth, Dataset{std::move(series)}, {request.overwrite});
    print("wrote " + printable(request.k_space.truth) + "\n");
  }
  io::write(request.output, Dataset{std::move(scan)}, {request.overwrite});
  print("wrote " + printable(request.output) + "\n");
  return 0;
}

}  // namespace

int project(Arguments arguments) {
  ProjectArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  refuse_mixed(request);
  if (request.geometry.empty() && request.k_space.mask.empty())
    throw Error(Errc::usage, "no geometry is named", "add -g FILE, or --mask KIND for k-space");
  if (request.output.empty()) throw Error(Errc::usage, "no output is named", "add -o FILE");
  if (request.electronic && !request.photons)
    throw Error(Errc::usage, "--electronic is given without --photons", "say how many photons a reading has");
  if (!request.k_space.mask.empty()) return project_lines(request);
  io::InputFiles inputs;
  inputs.add(request.geometry);
  inputs.add(request.source.name);
  check_output(request.output, Kind::sinogram, request.overwrite, inputs);
  const Interrupt interrupt;
  Sinogram scan = make(request, interrupt.token());
  if (request.photons)
    scan = evaluation::add_noise(scan, {*request.photons, request.electronic.value_or(0), request.seed});
  if (interrupt.token().stop_requested()) throw Error(Errc::cancelled, "the projection was cancelled");
  io::write(request.output, Dataset{std::move(scan)}, {request.overwrite});
  print("wrote " + printable(request.output) + "\n");
  return 0;
}

}  // namespace iso::cli
