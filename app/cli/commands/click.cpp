#include "click_picture.h"
#include "command.h"
#include "environment.h"
#include "interrupt.h"
#include "settled_answer.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/base/printable.h"
#include "iso/base/temporary_folder.h"
#include "iso/io/input_files.h"
#include "iso/job/click_log.h"
#include "iso/plugin/typed_task.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "click [IMAGE] --clicks FILE.json -o MASK [options]";
constexpr auto summary =
    "Segment an image from a log of clicks, as the desktop writes it, without a screen: the same mask bit for bit.";

struct ClickArguments {
  Environment environment;
  std::string image, clicks, output, mask, task, device, picture;
  std::map<std::string, std::string> outputs;
  std::vector<std::pair<std::string, std::string>> values;
  bool json{false}, overwrite{false};
};

void declare(Options& options, ClickArguments& request) {
  options.add_optional_argument("IMAGE", "What is clicked on; else the image that the log names.", request.image);
  options.add("--clicks", "FILE", "The log: marks with their labels, the task and its parameters.", request.clicks);
  options.add("-o,--output", "FILE", "Where the labels go.", request.output);
  options.add("--mask", "FILE", "Labels to start from; else those that the log names.", request.mask);
  options.add("--task", "PLUGIN/TASK", "Another interactive task than the log's.", request.task);
  const auto pairs = [&options](const std::string& name, const std::string& value, const std::string& help, auto take) {
    options.add_repeated(name, value, help, [name, take](const std::string& text) {
      const auto [key, of] = name_and_value(name, text);
      take(key, of);
    });
  };
  pairs("--set", "NAME=VALUE", "Another value of a parameter than the log's, such as smoothing=1.",
        [&request](const std::string& key, const std::string& of) { request.values.emplace_back(key, of); });
  pairs("--also", "OUTPUT=FILE", "Write another output of the task too, such as probability=p.nii.gz.",
        [&request](const std::string& key, const std::string& of) { request.outputs[key] = of; });
  options.add("--picture", "FILE", "Draw the slice of the last mark with outline and marks there, such as mask.png.",
              request.picture);
  add_device(options, request.device);
  request.environment.add_threads(options);
  options.add_flag("--overwrite", "Replace files that exist.", request.overwrite);
  options.add_flag("--json", "Print one JSON object.", request.json);
  request.environment.add_plugins(options);
  request.environment.add_logging(options);
  options.add_examples({"isocenter click ct.nii.gz --clicks tumour.clicks.json -o tumour.nii.gz",
                        "isocenter click --clicks session.clicks.json -o mask.nii.gz --set uncertainty=true --also "
                        "probability=p.nii.gz"});
}

const plugin::Port& find_port(const plugin::TaskManifest& task, const std::vector<plugin::Port>& ports, Kind kind,
                              const std::string& what) {
  const auto found = std::ranges::find(ports, kind, &plugin::Port::kind);
  if (found == ports.end()) throw Error(Errc::unsupported, "the task '" + task.id + "' takes or gives no " + what);
  return *found;
}

/// The recipe of the log with what the command line says instead.
job::Recipe recipe_from(const ClickArguments& request, const job::ClickLog& log, const plugin::TaskManifest& task) {
  job::Recipe recipe = log.recipe;
  recipe.task = task.id;
  if (!request.image.empty()) recipe.inputs[find_port(task, task.inputs, Kind::volume, "image").name] = request.image;
  if (!request.mask.empty()) recipe.inputs[find_port(task, task.inputs, Kind::label_map, "mask").name] = request.mask;
  if (!request.device.empty()) recipe.device = request.device;
  recipe.parameters_json = with_values(recipe.parameters_json, request.values, task);
  return recipe;
}

/// Marks say voxels: on another image they lie elsewhere, and nothing else would tell.
void warn_of_another_image(const ClickArguments& request, const job::ClickLog& log, const plugin::TaskManifest& task,
                           const plugin::Datasets& inputs) {
  const std::string& port = find_port(task, task.inputs, Kind::volume, "image").name;
  const auto named = log.recipe.inputs.find(port);
  const auto taken = inputs.find(port);
  if (request.image.empty() || named == log.recipe.inputs.end() || taken == inputs.end()) return;
  const std::string& place = named->second;
  if (job::in_workspace(place) || same_place(place, request.image)) return;
  const auto name_of = [](const std::string& file) { return std::filesystem::path{file}.filename(); };
  bool same = false;
  try {
    io::ReadOptions how;
    how.expected = Kind::volume;
    how.accepted = log.recipe.accepted_geometry;
    if (const auto hints = log.recipe.hints.find(port); hints != log.recipe.hints.end()) how.hints = hints->second;
    same = digest(*io::read(place, how)) == digest(*taken->second);
  } catch (const Error&) {
    same = name_of(place) == name_of(request.image);  // it is not there any more, so its name must do
  }
  if (!same)
    note("isocenter: warning: the log was made on '" + place + "', which is another image than '" + request.image +
         "'; its marks may lie elsewhere");
}

plugin::Datasets read_inputs(const job::Recipe& recipe, const plugin::TaskManifest& task) {
  plugin::Datasets inputs;
  for (const auto& [name, file] : recipe.inputs) {
    const auto port = std::ranges::find(task.inputs, name, &plugin::Port::name);
    if (port == task.inputs.end()) continue;
    if (job::in_workspace(file))
      throw Error(Errc::no_input, "the log was written on data that were in no file",
                  "name the image: isocenter click IMAGE");
    io::ReadOptions how;
    how.expected = port->kind;
    how.accepted = recipe.accepted_geometry;
    if (const auto hints = recipe.hints.find(name); hints != recipe.hints.end()) how.hints = hints->second;
    inputs[name] = io::read(file, how);
  }
  return inputs;
}

/// No output is an input, none stands in the way, none is written over another.
void check_outputs(const ClickArguments& request, const job::Recipe& recipe, const plugin::TaskManifest& task) {
  io::InputFiles files;
  files.add(request.clicks);
  for (const auto& [port, file] : recipe.inputs)
    if (!job::in_workspace(file)) files.add(file);
  std::vector<std::string> written{request.output, request.picture, request.environment.log_file()};
  for (const auto& [name, file] : request.outputs) written.push_back(file);
  check_apart(written);
  check_output(request.output, Kind::label_map, request.overwrite, files);
  if (!request.picture.empty()) check_output(request.picture, Kind::volume, request.overwrite, files);
  for (const auto& [name, file] : request.outputs) {
    const auto port = std::ranges::find(task.outputs, name, &plugin::Port::name);
    if (port == task.outputs.end()) throw Error(Errc::usage, "the task '" + task.id + "' has no output '" + name + "'");
    check_output(file, port->kind, request.overwrite, files);
  }
}

void write_results(const ClickArguments& request, const plugin::Datasets& outputs, const std::string& labels,
                   const Volume& image, const std::vector<plugin::Mark>& marks, const plugin::TaskManifest& task) {
  io::write(request.output, *outputs.at(labels), {request.overwrite});
  for (const auto& [name, file] : request.outputs) {
    const auto found = outputs.find(name);
    if (found == outputs.end())
      throw Error(Errc::no_input, "the task gave no output '" + name + "' for these clicks and parameters",
                  "its parameters say when it does: isocenter describe " + task.id);
    io::write(file, *found->second, {request.overwrite});
  }
  if (!request.picture.empty()) {
    const auto& found = get<LabelMap>(outputs.at(labels).one());
    io::write(request.picture, make_click_picture(image, found, marks), {request.overwrite});
  }
}

void print_answer(const ClickArguments& request, const SettledAnswer& given, const std::string& labels,
                  const plugin::TaskManifest& task, const std::vector<plugin::Mark>& marks) {
  const std::size_t disobeyed = count_disobeyed(get<LabelMap>(given.answer.outputs.at(labels).one()), marks);
  if (request.json)
    print(Json{{"task", task.id},
               {"marks", marks.size()},
               {"disobeyed", disobeyed},
               {"seconds", given.seconds},
               {"digest", digest(*given.answer.outputs.at(labels))},
               {"output", request.output}}
              .dump() +
          "\n");
  else
    print("wrote " + printable(request.output) + ": labels from " + std::to_string(marks.size()) + " marks, " +
          std::to_string(disobeyed) + " of them not obeyed, " + in_digits(given.seconds, 3) + " s\n");
}

}  // namespace

int click(Arguments arguments) {
  ClickArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  if (request.clicks.empty()) throw Error(Errc::usage, "no log of clicks is named", "add --clicks FILE.json");
  if (request.output.empty()) throw Error(Errc::usage, "no output is named", "add -o FILE");
  job::ClickLog log = job::click_log_from_json(text_of_file(request.clicks));
  if (request.clicks != "-")
    log.recipe = resolved(std::move(log.recipe), std::filesystem::absolute(request.clicks).parent_path().string());
  const plugin::TaskManifest& task = request.environment.manifest(
      request.environment.whole_name(request.task.empty() ? log.recipe.task : request.task));
  const plugin::Port& labels = find_port(task, task.outputs, Kind::label_map, "labels");
  const job::Recipe recipe = recipe_from(request, log, task);
  check_outputs(request, recipe, task);
  const plugin::Datasets inputs = read_inputs(recipe, task);
  warn_of_another_image(request, log, task, inputs);
  const TemporaryFolder scratch{"isocenter"};
  const Interrupt interrupt;
  job::ExecutionOptions execution;
  execution.scratch = scratch.path();
  job::InteractionSession session{{recipe.task, recipe.parameters_json, recipe.device, recipe.seed},
                                  inputs,
                                  request.environment.catalogue(),
                                  request.environment.registry(recipe.device),
                                  execution};
  const SettledAnswer given = settled_answer(session, log.marks, recipe.parameters_json, interrupt.token());
  const auto& image = plugin::input<Volume>(inputs, find_port(task, task.inputs, Kind::volume, "image").name);
  write_results(request, given.answer.outputs, labels.name, image, log.marks, task);
  for (const std::string& warning : given.answer.warnings) note("isocenter: warning: " + warning);
  print_answer(request, given, labels.name, task, log.marks);
  return 0;
}

}  // namespace iso::cli
