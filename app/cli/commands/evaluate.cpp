#include "command.h"
#include "environment.h"
#include "evaluate_clicks.h"
#include "interrupt.h"
#include "settled_answer.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/temporary_folder.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "evaluate clicks FOLDER [options]";
constexpr auto summary =
    "Click as a simulated user on every object of a folder of images and masks, and count the clicks that it takes.";

struct EvaluateArguments {
  Environment environment;
  std::string what, folder, task{"gp_segmentation/clicks"}, device{"auto"}, report;
  std::vector<std::pair<std::string, std::string>> values;
  ClickProtocol protocol;
  int seed{0}, least_voxels{50};
  bool hundred{false}, json{false}, overwrite{false}, objects{false};
};

void declare(Options& options, EvaluateArguments& request) {
  options.add_argument("WHAT", "clicks: an interactive segmentation, by its clicks.", request.what);
  options.add_argument("FOLDER", "Pairs X_image.* and X_mask.* (or _label, _labels, _seg); each label is an object.",
                       request.folder);
  options.add("--task", "PLUGIN/TASK", "The interactive task; gp_segmentation/clicks if not said.", request.task);
  options.add_repeated(
      "--set", "NAME=VALUE", "A value of a parameter of the task, such as smoothing=0.",
      [&request](const std::string& text) { request.values.push_back(name_and_value("--set", text)); });
  options.start_group("Protocol");
  options.add("--most", "N", "Clicks on an object, at most; 20 if not said.", request.protocol.most_clicks, 1);
  options.add_flag("--hundred", "The same as --most 100.", request.hundred);
  options.add_flag("--volumes", "Click in three dimensions, not in slices.", request.protocol.volumes);
  options.add("--slices", "N", "Slices of each object of a volume, the largest first; 1 if not said.",
              request.protocol.slices, 1);
  options.add("--most-objects", "N", "Of an image, the largest first; all if not said.", request.protocol.most_objects,
              1);
  options.add("--least-voxels", "N", "Leave out smaller objects; 50 if not said.", request.least_voxels, 1);
  options.add_flag("--jitter", "Miss the deepest place by a Gaussian of a quarter of its depth, as hands do.",
                   request.protocol.jitter);
  options.add("--seed", "N", "Of the jitter.", request.seed, 0);
  options.start_group("Output");
  options.add_flag("--json", "Print one JSON object.", request.json);
  options.add_flag("--objects", "Print a line an object too.", request.objects);
  options.add("--report", "FILE", "Write the JSON with every object there.", request.report);
  options.add_flag("--overwrite", "Replace the report if it exists.", request.overwrite);
  add_device(options, request.device);
  request.environment.add_threads(options);
  request.environment.add_plugins(options);
  request.environment.add_logging(options);
  options.add_examples({"isocenter evaluate clicks cases/",
                        "isocenter evaluate clicks cases/ --jitter --report clicks.json",
                        "isocenter evaluate clicks cases/ --task example/region_growing --json"});
}

Json to_json(const ClickFigures& f) {
  return {{"objects", f.objects},  {"noc85", f.noc85},
          {"noc90", f.noc90},      {"nof85", f.failures85},
          {"nof90", f.failures90}, {"iou_1", f.iou1},
          {"iou_3", f.iou3},       {"iou_5", f.iou5},
          {"iou_10", f.iou10},     {"iou_20", f.iou20},
          {"dice", f.dice},        {"hausdorff95_mm", f.hausdorff95_mm},
          {"noic", f.disobeyed},   {"seconds_per_click", f.seconds_per_click}};
}

Json to_json(const ClickedObject& object) {
  Json json{{"object", object.name},    {"iou", object.iou},         {"dice", object.dice},
            {"noic", object.disobeyed}, {"seconds", object.seconds}, {"first_seconds", object.first_seconds}};
  if (object.hausdorff95_mm) json["hausdorff95_mm"] = *object.hausdorff95_mm;
  for (const plugin::Mark& mark : object.marks)
    json["marks"].push_back({{"id", mark.id}, {"label", mark.label}, {"voxels", mark.voxels}});
  return json;
}

void print_figures(const ClickFigures& f, int most) {
  TextTable table{{"FIGURE", "VALUE", ""}};
  const std::string limit = " at most " + std::to_string(most);
  table.add({"objects", std::to_string(f.objects), ""});
  table.add({"NoC@85", in_digits(f.noc85), "mean clicks to an overlap (IoU) of 0.85," + limit});
  table.add({"NoC@90", in_digits(f.noc90), "the same for 0.90"});
  table.add({"NoF@85, @90", std::to_string(f.failures85) + ", " + std::to_string(f.failures90),
             "objects that never got there"});
  table.add({"IoU&1, 3, 5, 10, 20",
             in_digits(f.iou1, 3) + ", " + in_digits(f.iou3, 3) + ", " + in_digits(f.iou5, 3) + ", " +
                 in_digits(f.iou10, 3) + ", " + in_digits(f.iou20, 3),
             "mean overlap after so many clicks"});
  table.add({"Dice", in_digits(f.dice), "at the end"});
  table.add({"95 % Hausdorff", in_digits(f.hausdorff95_mm, 3), "mm, at the end"});
  table.add({"NoIC", std::to_string(f.disobeyed), "clicks that were not obeyed, over all answers"});
  table.add({"seconds a click", in_digits(f.seconds_per_click, 3), "median over the objects"});
  print(table.text());
}

/// The ports of a task that answers clicks on an image with labels.
struct ClickPorts {
  std::string image, labels;
};
ClickPorts find_click_ports(const plugin::TaskManifest& task) {
  const auto labels = std::ranges::find(task.outputs, Kind::label_map, &plugin::Port::kind);
  const auto image = std::ranges::find(task.inputs, Kind::volume, &plugin::Port::kind);
  if (!task.interactive || labels == task.outputs.end() || image == task.inputs.end())
    throw Error(Errc::unsupported, "the task '" + task.id + "' does not answer clicks on an image with labels");
  return {image->name, labels->name};
}

std::string make_parameters(const EvaluateArguments& request, const plugin::TaskManifest& task) {
  const auto& fields = task.parameters.fields;
  const bool extent = std::ranges::find(fields, "extent", &params::FieldInfo::name) != fields.end();
  return with_values(request.protocol.volumes && extent ? R"({"extent": "volume"})" : "{}", request.values, task);
}

void print_report(const EvaluateArguments& request, const Json& report, const ClickFigures& figures,
                  const std::vector<ClickedObject>& objects) {
  if (request.json) {
    print(report.dump() + "\n");
  } else {
    if (request.objects)
      for (const ClickedObject& object : objects)
        print(object.name + ": " + in_digits(object.iou.empty() ? 0 : object.iou.back(), 3) + " after " +
              std::to_string(object.iou.size()) + " clicks\n");
    print_figures(figures, request.protocol.most_clicks);
  }
}

}  // namespace

int evaluate(Arguments arguments) {
  EvaluateArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  if (request.what != "clicks")
    throw Error(Errc::usage, "evaluate does not know '" + request.what + "'", "isocenter evaluate clicks FOLDER");
  if (request.folder.empty()) throw Error(Errc::usage, "no folder is named", "isocenter evaluate clicks FOLDER");
  if (request.hundred) request.protocol.most_clicks = 100;
  request.protocol.seed = static_cast<std::uint64_t>(request.seed);
  request.protocol.least_voxels = request.least_voxels;
  const plugin::TaskManifest& task = request.environment.manifest(request.environment.whole_name(request.task));
  const ClickPorts ports = find_click_ports(task);
  const std::string parameters = make_parameters(request, task);
  io::InputFiles inputs;
  inputs.add(request.folder);
  check_text_output(request.report, "the report", request.overwrite, inputs);
  const std::vector<ClickCase> cases = find_click_cases(request.folder);
  const TemporaryFolder scratch{"isocenter"};
  const Interrupt interrupt;
  job::ExecutionOptions execution;
  execution.scratch = scratch.path();
  const auto begin = [&](const DatasetPtr& data) {
    return std::make_unique<job::InteractionSession>(
        job::InteractionRecipe{task.id, parameters, request.device, 0}, plugin::Datasets{{ports.image, data}},
        request.environment.catalogue(), request.environment.registry(request.device), execution);
  };
  std::vector<ClickedObject> objects;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (stderr_is_terminal())
      draw_bar("case " + std::to_string(i + 1) + " of " + std::to_string(cases.size()) + ": " + cases[i].name);
    for (ClickedObject& object :
         click_on(cases[i], request.protocol, begin, parameters, ports.labels, interrupt.token()))
      objects.push_back(std::move(object));
  }
  draw_bar("");
  const ClickFigures figures = make_figures(objects, request.protocol.most_clicks);
  Json report{{"task", task.id},
              {"parameters", Json::parse(parameters)},
              {"most_clicks", request.protocol.most_clicks},
              {"jitter", request.protocol.jitter},
              {"figures", to_json(figures)}};
  print_report(request, report, figures, objects);
  if (request.report.empty()) return 0;
  report["objects"] = Json::array();
  for (const ClickedObject& object : objects) report["objects"].push_back(to_json(object));
  write_text(request.report, report.dump(1) + "\n", request.overwrite);
  return 0;
}

}  // namespace iso::cli
