#include "command.h"
#include "data.h"
#include "environment.h"
#include "interrupt.h"
#include "phantom_source.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/printable.h"

#include <algorithm>
#include <cmath>

namespace iso::cli {
namespace {

constexpr auto usage = "phantom NAME -o FILE [options]";
constexpr auto summary = "Draw an analytic phantom.";

struct PhantomArguments {
  Environment environment;
  PhantomSource source;
  std::string output, like;
  std::vector<double> size, spacing, origin;
  int supersampling{3};
  bool overwrite{false};
};

void declare(Options& options, PhantomArguments& request) {
  options.add_argument("NAME", "A phantom's name, or a JSON table of solids.", request.source.name);
  options.add("-o,--output", "FILE", "Volume to write; a .json file keeps the table of solids itself.", request.output);
  options.add("--size", "X,Y,Z", "Voxels; 256,256,1, or 128,128,128 for a phantom in 3-D, if not said.", request.size);
  options.add("--spacing", "X,Y,Z", "Voxel size in mm; one number for all axes.", request.spacing);
  options.add("--origin", "X,Y,Z", "Centre of the first voxel in mm; centred if not said.", request.origin);
  options.add("--like", "FILE", "Take the grid of this volume.", request.like);
  request.source.add_to(options);
  options.add("--supersampling", "N", "Points along each axis that a voxel is the mean of.", request.supersampling, 1);
  options.add_flag("--overwrite", "Replace the output if it exists.", request.overwrite);
  request.environment.add_threads(options);
  request.environment.add_logging(options);
  std::string names;
  for (const std::string_view name : evaluation::phantom_names())
    names += (names.empty() ? "" : ", ") + std::string(name);
  options.add_examples({"isocenter phantom shepp-logan -o truth.mha --size 256,256,1 --spacing 0.5",
                        std::string{"isocenter phantom shepp-logan-3d-original -o truth.mha --size 128,128,128 "} +
                            "--spacing 2 --origin -127,-127,-127 --scale 116",
                        "isocenter phantom discs -o discs.json --radius 100", "", "Phantoms: " + names});
}

double at(const std::vector<double>& values, std::size_t axis, double otherwise) {
  if (values.empty()) return otherwise;
  return axis < values.size() ? values[axis] : values.size() == 1 ? values.front() : otherwise;
}

VoxelGrid grid_from(const PhantomArguments& request) {
  if (!request.like.empty()) {
    const DatasetPtr data = io::read(request.like);
    if (const VoxelGrid* const grid = make_grid(*data); grid != nullptr) return *grid;
    throw Error(Errc::type_mismatch,
                "'" + request.like + "' is a " + std::string(to_string(to_kind(*data))) + ", expected one with a grid");
  }
  const bool solid = request.source.name.find("3d") != std::string::npos;
  std::array<std::int64_t, 3> size{};
  Vec3 spacing{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double extent = request.size.empty() ? (solid ? 128.0 : axis == 2 ? 1.0 : 256.0) : at(request.size, axis, 1);
    if (!(extent >= 1) || extent > 1e5 || extent != std::floor(extent))
      throw Error(Errc::usage,
                  "--size names " + in_digits(extent) + " voxels along an axis, expected a whole number of 1 or more");
    size[axis] = static_cast<std::int64_t>(extent);
    spacing[axis] = at(request.spacing, axis, 1);
    if (!(spacing[axis] > 0))
      throw Error(Errc::usage, "--spacing is " + in_digits(spacing[axis]) + " mm along an axis, expected more than 0");
  }
  VoxelGrid grid = VoxelGrid::centred(size, spacing);
  for (std::size_t axis = 0; axis < 3; ++axis) grid.origin_mm[axis] = at(request.origin, axis, grid.origin_mm[axis]);
  return grid;
}

}  // namespace

int phantom(Arguments arguments) {
  PhantomArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  const Interrupt interrupt{Interrupt::First::ends};
  if (request.output.empty()) throw Error(Errc::usage, "no output is named", "add -o FILE");
  io::InputFiles inputs;
  inputs.add(request.source.name);
  if (!request.like.empty()) inputs.add(request.like);
  if (request.output.ends_with(".json")) {
    check_text_output(request.output, "the table", request.overwrite, inputs);
    write_text(request.output, to_json(request.source.make(0.45 * 256)) + "\n", request.overwrite);
    print("wrote " + printable(request.output) + "\n");
    return 0;
  }
  check_output(request.output, Kind::volume, request.overwrite, inputs);
  const VoxelGrid grid = grid_from(request);
  const double width = std::min(static_cast<double>(grid.size[0]) * grid.spacing_mm[0],
                                static_cast<double>(grid.size[1]) * grid.spacing_mm[1]);
  const Volume volume =
      evaluation::sample(request.source.make(0.45 * width), grid, request.supersampling, request.source.factor_or_1());
  io::write(request.output, volume, {request.overwrite});
  print("wrote " + printable(request.output) + ": volume, " + volume.pixels.spec().shape.text() + ", f32\n");
  return 0;
}

}  // namespace iso::cli
