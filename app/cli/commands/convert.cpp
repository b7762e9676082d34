#include "command.h"
#include "data.h"
#include "setting.h"

#include "../output/terminal.h"

#include "iso/base/error.h"

namespace iso::cli {

int convert(Arguments arguments) {
  Setting setting;
  FileHints hints;
  std::string input, output;
  bool overwrite = false;
  Options options{"convert INPUT OUTPUT [options]", "Read one format and write another, by extension; what the format cannot hold is refused."};
  options.add_argument("INPUT", "File or folder to read.", input);
  options.add_argument("OUTPUT", "File to write.", output);
  hints.add_to(options);
  options.add_flag("--overwrite", "Replace the output if it exists.", overwrite);
  setting.add_logging(options);
  options.add_examples({"isocenter convert dicom-folder/ volume.nii.gz", "isocenter convert readings.npy scan.h5 -g scan.json --unattenuated 47047"});
  if (!options.parse(arguments)) return 0;
  setting.begin();
  std::error_code ignored;
  if (std::filesystem::equivalent(input, output, ignored))
    throw Error(Errc::cannot_write, "the output '" + output + "' is the input", "choose another name");
  const DatasetPtr data = io::read(input, hints.read);
  check_output(output, kind_of(*data), overwrite);
  io::write(output, *data, {overwrite});
  print("wrote " + output + ": " + std::string(to_string(kind_of(*data))) + ", " + shape_text(*data) + ", " + type_text(*data) + "\n");
  return 0;
}

}  // namespace iso::cli
