#include "command.h"
#include "environment.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/printable.h"
#include "iso/io/dicom_series.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "series FOLDER... [options]";
constexpr auto summary =
    "List the DICOM series of folders by their headers: what they hold, and whether they are a grid.";

struct SeriesArguments {
  Environment environment;
  std::vector<std::string> folders;
  bool json{false};
};

void declare(Options& options, SeriesArguments& request) {
  options.add_arguments("FOLDERS", "Folders to look through, with those below them.", request.folders);
  options.add_flag("--json", "One JSON object a series and line.", request.json);
  request.environment.add_logging(options);
  options.add_examples({"isocenter series study/", "isocenter series study/ --json",
                        "isocenter convert study/ out.nii.gz --series 1.2.3.4"});
}

Json make_json(const std::string& folder, const io::DicomSeries& series) {
  Json json{{"folder", folder},
            {"uid", series.uid},
            {"modality", series.modality},
            {"patient", series.patient},
            {"patient_id", series.patient_id},
            {"study", series.study},
            {"study_date", series.study_date},
            {"number", series.number},
            {"description", series.description},
            {"files", series.files},
            {"size", series.size},
            {"slices", series.slices},
            {"times", series.times},
            {"spacing_mm", series.spacing_mm},
            {"geometry",
             {{"finding", to_string(series.verdict.finding)},
              {"deviation", series.verdict.deviation},
              {"unit", series.verdict.unit},
              {"sentence", series.verdict.sentence}}}};
  if (!series.refusal.empty()) json["refusal"] = series.refusal;
  return json;
}

void print_text(const std::string& place, const io::DicomFolder& folder) {
  std::string last;
  TextTable table{{"MODALITY", "SERIES", "SIZE", "SPACING", "GEOMETRY", "UID"}};
  std::string remarks;
  for (const io::DicomSeries& series : folder.series) {
    const std::string who = series.patient + (series.patient_id.empty() ? "" : " (" + series.patient_id + ")") + ", " +
                            series.study_date + " " + series.study;
    if (who != last) {
      if (!last.empty()) {
        print(table.text() + "\n");
        table = TextTable{{"MODALITY", "SERIES", "SIZE", "SPACING", "GEOMETRY", "UID"}};
      }
      print(who + "\n");
      last = who;
    }
    table.add({series.modality,
               (series.number != 0 ? std::to_string(series.number) + " " : std::string{}) + series.description,
               size_text(series), spacing_text(series), std::string{to_string(series.verdict.finding)}, series.uid});
    const std::string& why =
        series.refusal.empty() && series.verdict.finding != Finding::uniform ? series.verdict.sentence : series.refusal;
    if (!why.empty())
      remarks += "  " + (series.uid.empty() ? "(no UID)" : printable(series.uid)) + ": " + printable(why) + "\n";
  }
  print(table.text());
  if (!remarks.empty()) print("\nRefused unless accepted, or not readable:\n" + remarks);
  for (const auto& file : folder.damaged) print("left out: " + printable(file.file.string() + ": " + file.why) + "\n");
  if (folder.copies > 0)
    print(std::to_string(folder.copies) + (folder.copies == 1 ? " file is a copy" : " files are copies") +
          " of another one and left out\n");
  print("\n" + std::to_string(folder.series.size()) + " series in " + std::to_string(folder.files) + " files of '" +
        printable(place) + "'; `--series UID` takes one, `--accept-geometry FINDING` takes it as it is\n");
}

}  // namespace

int series(Arguments arguments) {
  SeriesArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  for (const std::string& place : request.folders) {
    const io::DicomFolder folder = io::list_dicom(place);
    if (!request.json) {
      print_text(place, folder);
      continue;
    }
    for (const io::DicomSeries& found : folder.series)
      print(make_json(place, found).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  return 0;
}

}  // namespace iso::cli
