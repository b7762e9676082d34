#include "targets.h"

#include "support/shared_data.h"

#include "host/protocol/dataset_message.h"
#include "host/protocol/messages.h"

#include "iso/base/error.h"
#include "iso/data/dataset.h"
#include "iso/evaluation/phantoms.h"
#include "iso/io/geometry_file.h"
#include "iso/io/registry.h"
#include "iso/job/record.h"
#include "iso/params/schema.h"
#include "iso/plugin/manifest.h"

#include <sys/socket.h>

#include <fstream>
#include <random>
#include <thread>

namespace iso::test {
namespace {

namespace fs = std::filesystem;
const fs::path samples = fs::path{ISO_SOURCE_DIR} / "resources" / "samples";

std::string bytes_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
void put(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

template <class T>
PixelBlock counting(const Shape& shape) {
  PixelBlock block = PixelBlock::allocate({shape, scalar_type_of<T>});
  int next = 1;
  for (auto& value : block.mutable_values<T>()) value = static_cast<T>(next++ % 120);
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

ProjectionGeometry small_scan() {
  const std::vector<double> angles{0, 0.1, 0.2};
  CircularScan scan;
  scan.source_to_axis_mm = 100;
  scan.source_to_detector_mm = 200;
  scan.elements = {5, 4};
  return ProjectionGeometry::circular(angles, scan);
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
        return bytes_of(folder / ("seed" + extension));
      },
      variants);
}

/// One of BART's two files; the other is sound.
Target bart(const std::string& changes) {
  const auto write = [](const fs::path& folder) {
    KSpace k;
    k.samples = PixelBlock::allocate({Shape{4, 3, 1, 2, 1}, ScalarType::c64});
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
            return bytes_of(folder / ("a" + changes));
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
            return bytes_of(folder / ("seed" + extension));
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

std::string small_manifest() {
  plugin::Manifest manifest;
  manifest.id = "example", manifest.title = "Example", manifest.version = "1.0.0";
  manifest.build_tag = plugin::build_tag();
  manifest.library = "example.so";
  plugin::TaskManifest task;
  task.id = "example/pass";
  task.about = {"Pass", "Hands on what it gets.", "", "Filtering", {}};
  task.inputs = {{"volume", Kind::volume, false, "Anything.", "slices", ""}};
  task.outputs = task.inputs;
  task.parameters = params::schema_from_json(small_schema());
  manifest.tasks = {task};
  return to_json(manifest);
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
      (void)host::event_from(message.body);
      (void)host::options_from(message.body);
      if (message.body.contains("record")) (void)job::record_from_json(message.body.at("record").dump());
      if (message.body.contains("data")) (void)host::unpack(message.body["data"], message);
    } catch (const nlohmann::json::exception&) {
      // What drives the socket turns these into a crashed plugin; the conversation is over.
      throw Error{Errc::plugin_incompatible, "a message of another form"};
    }
  }
}

std::string small_conversation() {
  job::Event event;
  event.tells = job::Tells::preview;
  event.stage = "iterations";
  event.remaining_seconds = 4;
  nlohmann::json preview = host::event_message(event);
  preview["data"] =
      host::Packer{}.pack(Table{{"a", "b"}, {}, {{"from", "a test"}}});  // nothing that needs a descriptor
  const nlohmann::json result{{"type", "result"}, {"record", nlohmann::json::parse(small_record())}};
  return nlohmann::json{{"type", "heartbeat"}, {"descriptors", 0}}.dump() + "\n" + preview.dump() + "\n" +
         result.dump() + "\n";
}

Target text(const std::string& name, std::function<void(std::string_view)> take, std::function<std::string()> seed) {
  return {name, [take = std::move(take)](std::string_view bytes, const fs::path&) { take(bytes); },
          [seed = std::move(seed)](const fs::path&) { return seed(); }};
}

std::vector<Target> all() {
  const auto shared = [](const char* file) { return [=](const fs::path&) { return bytes_of(shared_data() / file); }; };
  return {
      written(".nii"),
      written(".nii.gz"),
      written(".nrrd"),
      written(".mha"),
      written(".tif"),
      written(".h5"),
      written(".npy"),
      reader(
          ".npz", [](const fs::path&) { return bytes_of(samples / "htc2022_ta_fan_121x560.npz"); }, 100),
      reader(".mat", shared("projections/mirt-pet-transmission/phan_trans.mat"), 100),
      reader(".dcm", shared("dicom/pydicom-test_files/MR_small_RLE.dcm"), 60),
      reader(".csv",
             [](const fs::path& folder) {
               io::write(folder / "seed.csv", Dataset{Table{{"a", "b"}, {{1, 2}, {3, 4.5}}, {}}});
               return bytes_of(folder / "seed.csv");
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
  };
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> list = all();
  return list;
}

std::string changed(const std::string& seed, unsigned number) {
  std::mt19937 random{number};
  std::string bytes = seed;
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % std::max<std::size_t>(n, 1)); };
  // Headers are where the meaning is: half of the changes fall into the first 512 bytes.
  const auto place = [&] { return pick(random() % 2 ? bytes.size() : std::min<std::size_t>(bytes.size(), 512)); };
  if (random() % 4 == 0) bytes.resize(pick(bytes.size()) + 1);
  const std::size_t changes = pick(6);
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = place();
    switch (random() % 4) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(8))); break;
      case 1: bytes[at] = static_cast<char>(random() % 2 ? 0xff : 0x7f); break;
      case 2: bytes[at] = static_cast<char>(random()); break;
      default:
        for (std::size_t k = 0; k < 4 && at + k < bytes.size(); ++k)
          bytes[at + k] = static_cast<char>(random() % 2 ? 0xff : random());
    }
  }
  return bytes;
}

}  // namespace iso::test
