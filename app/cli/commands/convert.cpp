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
  std::vector<double> window;
  bool overwrite = false;
  Options options{"convert INPUT OUTPUT [options]",
                  "Read one format and write another, by extension; what the format cannot hold is refused."};
  options.add_argument("INPUT", "File or folder to read.", input);
  options.add_argument("OUTPUT", "File to write.", output);
  hints.add_to(options);
  options.add("--window", "W,C",
              "Show a picture in this window, width and centre in the unit of the values; else nearly all values.",
              window);
  options.add_flag("--overwrite", "Replace the output if it exists.", overwrite);
  setting.add_logging(options);
  options.add_examples({"isocenter convert dicom-folder/ volume.nii.gz",
                        "isocenter convert readings.npy scan.h5 -g scan.json --unattenuated 47047",
                        "isocenter convert rec.mha rec.png --window 0.02,0.01"});
  if (!options.parse(arguments)) return 0;
  setting.begin();
  std::error_code ignored;
  if (std::filesystem::equivalent(input, output, ignored))
    throw Error(Errc::cannot_write, "the output '" + output + "' is the input", "choose another name");
  if (!window.empty() && (window.size() != 2 || !(window[0] > 0)))
    throw Error(Errc::usage, "--window needs a width above 0 and a centre, such as 400,40");
  if (!window.empty() && !output.ends_with(".png"))
    throw Error(Errc::usage, "--window is for pictures, '" + output + "' is none", "leave it out, or name a .png file");
  const DatasetPtr data = io::read(input, hints.read);
  check_output(output, kind_of(*data), overwrite);
  if (window.empty()) {
    io::write(output, *data, {overwrite});
  } else {
    Dataset shown = *data;
    metadata(shown)["window"] = in_digits(window[0], 17) + "," + in_digits(window[1], 17);
    io::write(output, shown, {overwrite});
  }
  print("wrote " + output + ": " + std::string(to_string(kind_of(*data))) + ", " + shape_text(*data) + ", " +
        type_text(*data) + "\n");
  return 0;
}

}  // namespace iso::cli
