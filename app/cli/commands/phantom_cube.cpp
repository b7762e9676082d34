#include "command.h"
#include "environment.h"
#include "interrupt.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/printable.h"
#include "iso/evaluation/spectral_phantom.h"
#include "iso/io/registry.h"

#include <cmath>

namespace iso::cli {
namespace {

constexpr auto usage = "phantom-cube NAME -o FILE [options]";
constexpr auto summary = "Make a spectral cube whose spectra and abundances are known.";

struct CubeArguments {
  Environment environment;
  std::string name, output, endmembers, abundances;
  std::vector<double> size;
  int bands{200}, components{4}, bad_bands{0}, seed{0};
  std::optional<double> snr_db, purity;
  bool overwrite{false};
};

void declare(Options& options, CubeArguments& request) {
  options.add_argument("NAME", "minerals (reflectance, abundances of sum 1) or cells (Raman shifts, amounts).",
                       request.name);
  options.add("-o,--output", "FILE", "The cube to write.", request.output);
  options.add("--endmembers", "FILE", "Write the true spectra there, as a library.", request.endmembers);
  options.add("--abundances", "FILE", "Write the true abundances there, as a cube of maps.", request.abundances);
  options.add("--size", "X,Y", "Pixels; 100,100 if not said.", request.size);
  options.add("--bands", "N", "Bands.", request.bands, 1);
  options.add("--components", "N", "Materials.", request.components, 1);
  options.add("--snr", "DB", "Signal over noise in decibels; 30 if not said.", request.snr_db);
  options.add("--purity", "P", "No abundance is larger than this part; 1 if not said.", request.purity);
  options.add("--bad-bands", "N", "So many bands hold noise between 0 and 1 instead.", request.bad_bands, 0);
  options.add("--seed", "N", "Another seed is another scene.", request.seed, 0);
  options.add_flag("--overwrite", "Replace the outputs if they exist.", request.overwrite);
  request.environment.add_logging(options);
  options.add_examples({"isocenter phantom-cube minerals -o cube.h5 --endmembers truth.csv --abundances maps.h5",
                        "isocenter phantom-cube minerals -o cube.h5 --bad-bands 20 --snr 25 --seed 3",
                        "isocenter phantom-cube cells -o raman.h5 --size 64,64 --bands 500 --components 5"});
}

std::int64_t extent(const std::vector<double>& size, std::size_t axis) {
  const double value = size.empty() ? 100 : axis < size.size() ? size[axis] : size.front();
  if (!(value >= 1) || value > 1e5 || value != std::floor(value))
    throw Error(Errc::usage,
                "--size names " + in_digits(value) + " pixels along an axis, expected a whole number of 1 or more");
  return static_cast<std::int64_t>(value);
}

}  // namespace

int phantom_cube(Arguments arguments) {
  CubeArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  const Interrupt interrupt{Interrupt::First::ends};
  if (request.output.empty()) throw Error(Errc::usage, "no output is named", "add -o FILE");
  const io::InputFiles inputs;
  check_apart({request.output, request.endmembers, request.abundances, request.environment.log_file()});
  check_output(request.output, Kind::spectral_cube, request.overwrite, inputs);
  if (!request.endmembers.empty()) check_output(request.endmembers, Kind::table, request.overwrite, inputs);
  if (!request.abundances.empty()) check_output(request.abundances, Kind::spectral_cube, request.overwrite, inputs);
  evaluation::SpectralPhantom phantom;
  phantom.width = extent(request.size, 0);
  phantom.height = extent(request.size, 1);
  phantom.bands = request.bands;
  phantom.components = request.components;
  phantom.snr_db = request.snr_db.value_or(30);
  phantom.purity = request.purity.value_or(1);
  phantom.bad_bands = request.bad_bands;
  phantom.seed = static_cast<std::uint64_t>(request.seed);
  auto scene = evaluation::make_spectral_scene(request.name, phantom);
  const std::string shape = scene.cube.pixels.spec().shape.text();
  io::write(request.output, std::move(scene.cube), {request.overwrite});
  print("wrote " + printable(request.output) + ": spectral_cube, " + shape + ", f32\n");
  if (!request.endmembers.empty()) {
    io::write(request.endmembers, std::move(scene.endmembers), {request.overwrite});
    print("wrote " + printable(request.endmembers) + ": table\n");
  }
  if (!request.abundances.empty()) {
    io::write(request.abundances, std::move(scene.abundances), {request.overwrite});
    print("wrote " + printable(request.abundances) + ": spectral_cube\n");
  }
  return 0;
}

}  // namespace iso::cli
