#include "targets.h"

#include "desktop_targets.h"
#include "mutate.h"
#include "small_scan.h"

#include "support/shared_data.h"

#include "cli/commands/case_table.h"
#include "host/protocol/messages.h"

#include "iso/base/error.h"
#include "iso/data/dataset.h"
#include "iso/data/dataset_message.h"
#include "iso/evaluation/phantoms.h"
#include "iso/io/checkpoint_file.h"
#include "iso/io/geometry_file.h"
#include "iso/io/registry.h"
#include "iso/job/click_log.h"
#include "iso/job/record.h"
#include "iso/params/schema.h"
#include "iso/plugin/manifest.h"

#include <sys/socket.h>

#include <fstream>
#include <thread>

namespace iso::test {
namespace {

namespace fs = std::filesystem;
const fs::path stored_mrc = fs::path{ISO_SOURCE_DIR} / "tests" / "data" / "mrc";

std::string byte_count(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
void put(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

template <class T>
Pixels counting(const Shape& shape) {
  PixelBuffer block = PixelBuffer::allocate({shape, scalar_type_of<T>});
  int next = 1;
  for (auto& value : block.values<T>()) value = static_cast<T>(next++ % 120);
  return block;
}

Dataset small_volume(const std::string& extension) {
  VoxelGrid grid = VoxelGrid::centred({5, 4, 3}, {0.5, 0.75, 2});
  grid.direction = {0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1};
  const bool tiff = extension == ".tif";
  return Volume{tiff ? counting<std::uint16_t>(Shape{5, 4, 3}) : counting<std::int16_t>(Shape{5, 4, 3}),
                grid,
                Quantity::hounsfield,
                {}};
}

Target reader(const std::string& extension, std::function<std::string(const fs::path&)> seed, int variants = 300) {
  return {"file" + extension,
          [extension](std::string_view bytes, const fs::path& folder) {
            put(folder / ("a" + extension), bytes);
            (void)io::read(folder / ("a" + extension));
          },
          std::move(seed), variants};
}

Target written(const std::string& extension, int variants = 300) {
  return reader(
      extension,
      [extension](const fs::path& folder) {
        io::write(folder / ("seed" + extension), small_volume(extension));
        return byte_count(folder / ("seed" + extension));
      },
      variants);
}

/// One of BART's two files; the other is sound.
Target bart(const std::string& changes) {
  const auto write = [](const fs::path& folder) {
    KSpace k;
    k.samples = PixelBuffer::allocate({Shape{4, 3, 1, 2, 1}, ScalarType::c64});
    io::write(folder / "a.cfl", Dataset{k}, {true});
  };
  return {"file" + changes,
          [=](std::string_view bytes, const fs::path& folder) {
            write(folder);
            put(folder / ("a" + changes), bytes);
            (void)io::read(folder / "a.cfl");
          },
          [=](const fs::path& folder) {
            write(folder);
            return byte_count(folder / ("a" + changes));
          }};
}

Target geometry(const std::string& extension) {
  return {"geometry" + extension,
          [extension](std::string_view bytes, const fs::path& folder) {
            put(folder / ("a" + extension), bytes);
            (void)io::read_geometry(folder / ("a" + extension), {5, 4}, {1, 1});
          },
          [extension](const fs::path& folder) {
            io::write_geometry(folder / ("seed" + extension), small_scan(), true);
            return byte_count(folder / ("seed" + extension));
          }};
}

job::Recipe small_recipe() {
  job::Recipe recipe;
  recipe.task = "sparse_view_ct/tv";
  recipe.inputs["sinogram"] = "scan.h5";
  recipe.hints["sinogram"] = {{"geometry", "scan.json"}, {"unattenuated", "47047"}};
  recipe.outputs["volume"] = "rec.mha";
  recipe.parameters_json = R"({"iterations": 150, "box": [0, 0.05], "mask": true})";
  recipe.accepted_geometry = {Finding::gap};
  return recipe;
}

std::string small_record() {
  job::Record record;
  record.recipe = small_recipe();
  record.backend = "cpu";
  record.output_digests["volume"] = std::string(64, 'a');
  record.geometry["sinogram"] = {Finding::gap, 2, "views", "views are missing"};
  record.error = Errc::cancelled;
  return to_json(record);
}

std::string small_schema() {
  params::Schema schema;
  params::FieldInfo field;
  field.name = "iterations";
  field.kind = params::FieldKind::integer;
  field.default_value = std::int64_t{3};
  schema.fields.push_back(field);
  return to_json(schema);
}

plugin::Manifest example_manifest() {
  plugin::Manifest manifest;
  manifest.id = "example", manifest.title = "Example", manifest.version = "1.0.0";
  manifest.build_tag = plugin::build_tag();
  manifest.library = "example.so";
  plugin::TaskManifest task;
  task.id = "example/pass";
  task.about = {"Pass", "Hands on what it gets.", "", "Filtering", {}};
  task.inputs = {{"volume", Kind::volume, false, "Anything."}};
  task.outputs = task.inputs;
  task.parameters = params::schema_from_json(small_schema());
  manifest.tasks = {task};
  return manifest;
}

std::string small_manifest() { return to_json(example_manifest()); }

void take_cases(std::string_view bytes, const fs::path& folder) {
  plugin::TaskManifest task = example_manifest().tasks.front();
  task.outputs.front().name = "smoothed";
  (void)cli::cases_of_table(folder / "cases.csv", std::string{bytes}, "example/pass", {task, true});
}

std::string small_clicks() {
  job::ClickLog clicks;
  clicks.recipe = small_recipe();
  clicks.recipe.outputs.clear();
  clicks.marks = {{1, 2, {3, 4, 5}, {{6, 7, 8}}}, {2, 1, {0.5, 0, -1}, {{0, 0, 1}, {0, 0, 2}}}};
  return to_json(clicks);
}

/// Damaged ones are left alone, which is no error.
Target checkpoint() {
  const auto write = [](const fs::path& file) {
    Checkpoint state;
    state.numbers["done"] = 7;
    state.arrays["image"] = counting<float>(Shape{4, 3});
    io::write_checkpoint(file, "key", state);
  };
  return {"checkpoint",
          [](std::string_view bytes, const fs::path& folder) {
            put(folder / "a.checkpoint.h5", bytes);
            if (!io::read_checkpoint(folder / "a.checkpoint.h5", "key"))
              throw Error{Errc::invalid_input, "the checkpoint is not used"};
          },
          [=](const fs::path& folder) {
            write(folder / "seed.checkpoint.h5");
            return byte_count(folder / "seed.checkpoint.h5");
          }};
}

/// Reads a message as the program and the worker do, by its type.
void take_message(host::Message& message) {
  using namespace host;
  if (is<Hello>(message)) (void)from_message<Hello>(message.body);
  if (is<JobEvent>(message)) {
    const auto [event, data] = from_message<JobEvent>(message.body);
    if (!data.is_null()) (void)unpack(data, message);
  }
  if (is<RunRequest>(message)) (void)unpack_ports(from_message<RunRequest>(message.body).datasets, message);
  if (is<RunReply>(message)) (void)unpack_ports(from_message<RunReply>(message.body).outputs, message);
  if (is<PlanRequest>(message)) (void)unpack_descriptions(from_message<PlanRequest>(message.body).inputs, message);
  if (is<PlanReply>(message)) (void)unpack_descriptions(from_message<PlanReply>(message.body).outputs, message);
  if (is<InteractRequest>(message)) (void)unpack_ports(from_message<InteractRequest>(message.body).inputs, message);
  if (is<AnswerRequest>(message)) (void)from_message<AnswerRequest>(message.body);
  if (is<AnswerReply>(message)) (void)unpack_ports(from_message<AnswerReply>(message.body).outputs, message);
  if (is<ErrorReply>(message)) (void)from_message<ErrorReply>(message.body);
}

/// The program's end of the job socket, fed by a worker that may send anything.
void take_messages(std::string_view bytes) {
  auto [worker, program] = host::socket_pair();
  std::jthread sender{[&bytes, socket = std::move(worker)] {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t count = ::send(socket.get(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
      if (count <= 0) return;
      done += static_cast<std::size_t>(count);
    }
  }};
  host::Channel channel{std::move(program)};
  for (host::Message message; channel.receive(message, std::chrono::seconds{5}) == host::Channel::Got::message;) {
    try {
      take_message(message);
    } catch (const nlohmann::json::exception&) {
      // What drives the socket turns these into a crashed plugin; the conversation is over.
      throw Error{Errc::plugin_incompatible, "a message of another form"};
    }
  }
}

std::string small_conversation() {
  job::Event event;
  event.kind = job::EventKind::preview;
  event.stage = "iterations";
  event.remaining_seconds = 4;
  const auto table =
      host::Packer{}.pack(Table{{"a", "b"}, {}, {{"from", "a test"}}});  // nothing that needs a descriptor
  const host::PackedPorts ports{{"table", table}};
  job::Recipe recipe;
  recipe.task = "a/b";
  std::string text;
  const auto add = [&](const auto& message) { text += host::to_message(message).dump() + "\n"; };
  add(host::Hello{});
  add(host::Heartbeat{});
  add(host::JobEvent{event, table});
  add(host::RunRequest{recipe, {}, {"plugins"}, 0, ports});
  add(host::RunReply{job::record_from_json(small_record()), ports, {}});
  add(host::PlanRequest{recipe, {}, {"plugins"}, ports});
  add(host::PlanReply{recipe, {}, 1, "cpu", "a processor", ports, 0.1});
  add(host::InteractRequest{{"a/b"}, {}, {"plugins"}, ports});
  add(host::AnswerRequest{{{1, 2, {3, 4, 5}, {{6, 7, 8}}}}, "{}", 60});
  add(host::AnswerReply{ports, 0.5, {{"noise", {1, "mm"}}}, {"careful"}});
  add(host::ErrorReply{Error{Errc::usage, "no", "yes"}});
  return text;
}

Target text(const std::string& name, std::function<void(std::string_view)> take, std::function<std::string()> seed) {
  return {name, [take = std::move(take)](std::string_view bytes, const fs::path&) { take(bytes); },
          [seed = std::move(seed)](const fs::path&) { return seed(); }};
}

std::vector<Target> all() {
  const auto shared = [](const char* file) {
    return [=](const fs::path&) { return byte_count(shared_data() / file); };
  };
  return {
      written(".nii"),
      written(".nii.gz"),
      written(".nrrd"),
      written(".mha"),
      written(".tif"),
      written(".h5"),
      written(".npy"),
      reader(".npz", shared("projections/htc2022_ta_merged.npz"), 100),
      reader(".mrc", [](const fs::path&) { return byte_count(stored_mrc / "mode1.mrc"); }),
      reader(".mat", shared("projections/mirt-pet-transmission/phan_trans.mat"), 100),
      reader(".dcm", shared("dicom/pydicom-test_files/MR_small_RLE.dcm"), 60),
      reader(".csv",
             [](const fs::path& folder) {
               io::write(folder / "seed.csv", Dataset{Table{{"a", "b"}, {{1, 2}, {3, 4.5}}, {}}});
               return byte_count(folder / "seed.csv");
             }),
      bart(".cfl"),
      bart(".hdr"),
      geometry(".xml"),
      geometry(".json"),
      text(
          "recipe", [](std::string_view bytes) { (void)job::recipe_from_json(bytes); },
          [] { return to_json(small_recipe()); }),
      text(
          "record", [](std::string_view bytes) { (void)to_json(job::record_from_json(bytes)); }, small_record),
      text(
          "schema", [](std::string_view bytes) { (void)to_json(params::schema_from_json(bytes)); }, small_schema),
      text(
          "parameters",
          [](std::string_view bytes) {
            (void)params::complete(params::schema_from_json(small_schema()), std::string{bytes});
          },
          [] { return std::string{R"({"iterations": 4})"}; }),
      text(
          "manifest", [](std::string_view bytes) { (void)plugin::manifest_from_json(bytes); }, small_manifest),
      text(
          "phantom", [](std::string_view bytes) { (void)evaluation::phantom_from_json(bytes); },
          [] {
            return std::string{
                R"({"name": "x", "solids": [{"form": "ellipsoid", "centre_mm": [0,0,0], "half_mm": [1,1,1], "value": 1}]})"};
          }),
      text("protocol", take_messages, small_conversation),
      text(
          "clicks", [](std::string_view bytes) { (void)to_json(job::click_log_from_json(bytes)); }, small_clicks),
      {"cases", take_cases,
       [](const fs::path&) {
         return std::string{"case,volume,iterations,smoothed\nfirst,a.mha,3,o.mha\n\"second, too\",b.mha,,p.mha\n"};
       }},
      checkpoint(),
      session_target(),
      journal_target(),
  };
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> list = all();
  return list;
}

std::string changed(const std::string& seed, unsigned number) { return Mutator{number}(seed, {}); }

}  // namespace iso::test
