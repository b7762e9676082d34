#include "evaluate_clicks.h"

#include "settled_answer.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace iso::cli {
namespace {

namespace fs = std::filesystem;

/// A plane or a volume with its truth.
struct Scene {
  std::string name;
  DatasetPtr image;
  std::vector<std::uint16_t> truth;
  evaluation::MaskGrid grid;
};

std::vector<std::uint16_t> to_u16(const Pixels& labels) {
  std::vector<std::uint16_t> all;
  const auto copy = [&all](auto values) { all.assign(values.begin(), values.end()); };
  labels.spec().type == ScalarType::u16 ? copy(labels.values<std::uint16_t>()) : copy(labels.values<std::uint8_t>());
  return all;
}

/// Slice z of an image, with all its channels.
DatasetPtr make_slice(const Volume& volume, std::int64_t z) {
  const Shape& shape = volume.pixels.spec().shape;
  const std::int64_t plane = volume.grid.size[0] * volume.grid.size[1];
  const std::int64_t channels = shape.count() / (plane * volume.grid.size[2]);
  const Pixels values = volume.pixels.converted(ScalarType::f32);
  PixelBuffer part = PixelBuffer::allocate(
      {channels > 1 ? Shape{shape[0], shape[1], 1, channels} : Shape{shape[0], shape[1], 1}, ScalarType::f32});
  for (std::int64_t c = 0; c < channels; ++c)
    std::copy_n(values.values<float>().data() + (c * volume.grid.size[2] + z) * plane, plane,
                part.values<float>().data() + c * plane);
  Volume slice;
  slice.pixels = std::move(part), slice.quantity = volume.quantity, slice.grid = volume.grid;
  slice.grid.size[2] = 1;
  return freeze(std::move(slice));
}

/// Slices in which an object is looked at: the one with the most of it first, others spread over its extent.
std::vector<std::int64_t> find_slices(const std::vector<std::uint16_t>& truth, std::uint16_t label,
                                      const std::array<std::int64_t, 3>& size, int wanted, std::int64_t least) {
  std::vector<std::int64_t> voxels(static_cast<std::size_t>(size[2]), 0);
  const std::int64_t plane = size[0] * size[1];
  for (std::size_t i = 0; i < truth.size(); ++i)
    if (truth[i] == label) ++voxels[i / static_cast<std::size_t>(plane)];
  std::vector<std::int64_t> there;
  for (std::int64_t z = 0; z < size[2]; ++z)
    if (voxels[static_cast<std::size_t>(z)] >= least) there.push_back(z);
  if (there.empty()) return {};
  std::vector<std::int64_t> chosen{
      *std::ranges::max_element(there, {}, [&](std::int64_t z) { return voxels[static_cast<std::size_t>(z)]; })};
  for (int k = 1; k < wanted; ++k) {
    const auto at = static_cast<std::size_t>(k * static_cast<int>(there.size()) / wanted);
    if (std::ranges::find(chosen, there[at]) == chosen.end()) chosen.push_back(there[at]);
  }
  return chosen;
}

std::vector<std::uint16_t> labels_by_size(const std::vector<std::uint16_t>& truth, const ClickProtocol& protocol) {
  std::map<std::uint16_t, std::int64_t> voxels;
  for (const std::uint16_t label : truth) ++voxels[label];
  voxels.erase(0);
  std::erase_if(voxels, [&](const auto& entry) { return entry.second < protocol.least_voxels; });
  std::vector<std::uint16_t> labels;
  labels.reserve(voxels.size());
  for (const auto& [label, count] : voxels) labels.push_back(label);
  std::ranges::stable_sort(labels, std::greater{}, [&](std::uint16_t label) { return voxels[label]; });
  if (protocol.most_objects > 0 && labels.size() > static_cast<std::size_t>(protocol.most_objects))
    labels.resize(static_cast<std::size_t>(protocol.most_objects));
  return labels;
}

ClickedObject click_object(const Scene& scene, std::uint16_t label, const ClickProtocol& protocol,
                           job::InteractionSession& session, const std::string& parameters_json,
                           const std::string& label_port, const std::stop_token& stop) {
  ClickedObject object;
  object.name = scene.name + ", label " + std::to_string(label);
  std::vector<std::uint8_t> truth(scene.truth.size()), mask(truth.size(), 0), clicked(truth.size(), 0);
  for (std::size_t i = 0; i < truth.size(); ++i) truth[i] = scene.truth[i] == label ? 1 : 0;
  std::vector<plugin::Mark> marks;
  const VoxelGrid& grid = get<Volume>(scene.image).grid;
  while (static_cast<int>(marks.size()) < protocol.most_clicks) {
    auto next = evaluation::next_click(mask, truth, clicked, scene.grid);
    if (!next) break;
    if (protocol.jitter)
      next = evaluation::jitter(*next, mask, truth, clicked, scene.grid, protocol.seed, 1000 * label + marks.size());
    const auto& at = next->voxel;
    clicked[static_cast<std::size_t>(at[0] + scene.grid.size[0] * (at[1] + scene.grid.size[1] * at[2]))] = 1;
    marks.push_back(
        {marks.size() + 1,
         next->positive ? std::uint16_t{1} : std::uint16_t{0},
         grid.to_world({static_cast<double>(at[0]), static_cast<double>(at[1]), static_cast<double>(at[2])}),
         {at}});
    const SettledAnswer given = settled_answer(session, marks, parameters_json, stop);
    const auto& labels = get<LabelMap>(given.answer.outputs.at(label_port).one());
    const std::vector<std::uint16_t> found = to_u16(labels.labels);
    for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = found[i] == 1 ? 1 : 0;
    object.disobeyed += count_disobeyed(labels, marks);
    ++object.answers;
    object.seconds += given.seconds, object.first_seconds += given.first_seconds;
    object.iou.push_back(evaluation::overlap(mask, truth).iou);
  }
  object.marks = marks;
  object.dice = evaluation::overlap(mask, truth).dice;
  object.hausdorff95_mm = evaluation::hausdorff95_mm(mask, truth, scene.grid);
  return object;
}

std::vector<Scene> make_scenes(const ClickCase& one, const Volume& image, const DatasetPtr& whole,
                               const std::vector<std::uint16_t>& truth, const ClickProtocol& protocol,
                               std::uint16_t label) {
  const evaluation::MaskGrid grid{image.grid.size, image.grid.spacing_mm};
  if (protocol.volumes || image.grid.size[2] == 1) return {{one.name, whole, truth, grid}};
  std::vector<Scene> scenes;
  const std::int64_t plane = image.grid.size[0] * image.grid.size[1];
  for (const std::int64_t z : find_slices(truth, label, image.grid.size, protocol.slices, protocol.least_voxels)) {
    Scene scene{one.name + ", slice " + std::to_string(z), make_slice(image, z), {}, grid};
    scene.grid.size[2] = 1;
    scene.truth.assign(truth.begin() + z * plane, truth.begin() + (z + 1) * plane);
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

}  // namespace

std::vector<ClickCase> find_click_cases(const fs::path& folder) {
  std::error_code problem;
  if (!fs::is_directory(folder, problem))
    throw Error(Errc::input_directory, "'" + folder.string() + "' is no folder that can be read");
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.insert(entry.path());
  std::vector<ClickCase> cases;
  for (const fs::path& file : files) {
    const std::string name = file.filename().string();
    const std::size_t at = name.rfind("_image.");
    if (at == std::string::npos) continue;
    const std::string stem = name.substr(0, at);
    for (const char* const what : {"_mask.", "_label.", "_labels.", "_seg."}) {
      const auto mask = std::ranges::find_if(
          files, [&](const fs::path& other) { return other.filename().string().starts_with(stem + what); });
      if (mask == files.end()) continue;
      cases.push_back({stem, file, *mask});
      break;
    }
  }
  if (cases.empty())
    throw Error(Errc::no_input,
                "'" + folder.string() + "' holds no pair X_image.* and X_mask.* (or _label, _labels, _seg)",
                "name the files so, such as patient1_image.nii.gz and patient1_mask.nii.gz");
  return cases;
}

std::vector<ClickedObject> click_on(
    const ClickCase& one, const ClickProtocol& protocol,
    const std::function<std::unique_ptr<job::InteractionSession>(const DatasetPtr& image)>& begin,
    const std::string& parameters_json, const std::string& label_port, const std::stop_token& stop) {
  io::ReadOptions as_image, as_labels;
  as_image.expected = Kind::volume, as_labels.expected = Kind::label_map;
  const DatasetPtr whole = io::read(one.image, as_image), mask = io::read(one.mask, as_labels);
  const auto& image = get<Volume>(whole);
  const std::vector<std::uint16_t> truth = to_u16(get<LabelMap>(mask).labels);
  if (static_cast<std::int64_t>(truth.size()) != image.grid.size[0] * image.grid.size[1] * image.grid.size[2])
    throw Error(Errc::shape_mismatch,
                "'" + one.mask.string() + "' has " + get<LabelMap>(mask).labels.spec().shape.text() +
                    " voxels, the image '" + one.image.string() + "' " + image.pixels.spec().shape.text(),
                "resample the mask on the grid of the image");
  std::vector<ClickedObject> objects;
  std::unique_ptr<job::InteractionSession> session;
  DatasetPtr begun;
  for (const std::uint16_t label : labels_by_size(truth, protocol))
    for (const Scene& scene : make_scenes(one, image, whole, truth, protocol, label)) {
      if (begun != scene.image) session = begin(scene.image);
      begun = scene.image;
      objects.push_back(click_object(scene, label, protocol, *session, parameters_json, label_port, stop));
    }
  return objects;
}

ClickFigures make_figures(const std::vector<ClickedObject>& objects, int most_clicks) {
  ClickFigures f;
  f.objects = objects.size();
  if (objects.empty()) return f;
  const auto n = static_cast<double>(objects.size());
  std::vector<double> seconds;
  double distances = 0;
  for (const ClickedObject& object : objects) {
    const auto clicks_to = [&](double wanted, std::size_t& failures) {
      const auto at = std::ranges::find_if(object.iou, [wanted](double iou) { return iou >= wanted; });
      if (at != object.iou.end()) return static_cast<double>(at - object.iou.begin() + 1);
      ++failures;
      return static_cast<double>(most_clicks);
    };
    // Nothing was left to click on before the k-th click: the mask was right.
    const auto after = [&](std::size_t k) {
      return object.iou.empty() ? 0.0 : object.iou[std::min(k, object.iou.size()) - 1];
    };
    f.noc85 += clicks_to(0.85, f.failures85) / n;
    f.noc90 += clicks_to(0.90, f.failures90) / n;
    f.iou1 += after(1) / n, f.iou3 += after(3) / n, f.iou5 += after(5) / n, f.iou10 += after(10) / n;
    f.iou20 += after(20) / n, f.dice += object.dice / n;
    if (object.hausdorff95_mm) f.hausdorff95_mm += *object.hausdorff95_mm, ++distances;
    f.disobeyed += object.disobeyed;
    if (object.answers > 0) seconds.push_back(object.seconds / static_cast<double>(object.answers));
  }
  if (distances > 0) f.hausdorff95_mm /= distances;
  if (!seconds.empty()) {
    std::ranges::nth_element(seconds, seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2));
    f.seconds_per_click = seconds[seconds.size() / 2];
  }
  return f;
}

}  // namespace iso::cli
