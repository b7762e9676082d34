#include "session.h"

#include "composite.h"
#include "known_files.h"
#include "labels.h"
#include "slice_turn.h"

#include "iso/base/error.h"
#include "iso/base/file_identity.h"
#include "iso/base/file_replacement.h"
#include "iso/base/json_text.h"
#include "iso/base/log.h"
#include "iso/base/text_file.h"
#include "iso/io/registry.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <set>

namespace iso::gui {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;
constexpr int session_version = 1;

Json to_json(const render::Display& d) {
  Json j{{"width", d.width},           {"centre", d.centre},          {"voi", static_cast<int>(d.voi)},
         {"colour_map", d.colour_map}, {"inverted", d.inverted},      {"opacity", d.opacity},
         {"visible", d.visible},       {"interpolate", d.interpolate}};
  if (d.shown_range) j["shown_range"] = *d.shown_range;
  return j;
}

render::Display display_from_json(const Json& j) {
  render::Display d;
  d.width = j.value("width", d.width);
  d.centre = j.value("centre", d.centre);
  d.voi = static_cast<render::VoiFunction>(std::clamp(j.value("voi", 0), 0, 3));
  d.colour_map = j.value("colour_map", d.colour_map);
  d.inverted = j.value("inverted", d.inverted);
  d.opacity = j.value("opacity", d.opacity);
  d.visible = j.value("visible", d.visible);
  d.interpolate = j.value("interpolate", d.interpolate);
  if (j.contains("shown_range")) d.shown_range = j.at("shown_range").get<std::array<double, 2>>();
  return d;
}

Json to_json(const Camera& c) {
  return {{"zoom", c.zoom}, {"pan_mm", c.pan_mm}, {"mirrored", c.mirrored}, {"upside_down", c.upside_down}};
}

Camera camera_from_json(const Json& j) {
  Camera c;
  c.zoom = j.value("zoom", c.zoom);
  c.pan_mm = j.value("pan_mm", c.pan_mm);
  c.mirrored = j.value("mirrored", c.mirrored);
  c.upside_down = j.value("upside_down", c.upside_down);
  return c;
}

Json to_json(const Look& l) {
  Json cameras = Json::array();
  for (const Camera& camera : l.cameras) cameras.push_back(to_json(camera));
  return {{"layout", static_cast<int>(l.layout.arrangement)},
          {"maximised", l.layout.maximised},
          {"base", l.layout.base},
          {"compared", l.layout.compared},
          {"time_profile", l.layout.time_profile},
          {"annotations", l.layout.annotations},
          {"crosshair_mm", l.crosshair.position_mm},
          {"crosshair_visible", l.crosshair.visible},
          {"frame", l.frame},
          {"turn", l.planes.turn},
          {"oblique_turn_rad", l.planes.oblique_turn_rad},
          {"oblique_tilt_rad", l.planes.oblique_tilt_rad},
          {"slab", static_cast<int>(l.planes.slab)},
          {"slab_mm", l.planes.slab_mm},
          {"cameras", std::move(cameras)},
          {"overlay", l.overlay.item},
          {"overlay_beneath", l.overlay.beneath},
          {"compared_together", l.pairing.position},
          {"compared_window", l.pairing.window},
          {"compared_offset_mm", l.pairing.offset_mm},
          {"overlay_shown", l.overlay.shown},
          {"overlay_opacity", l.overlay.opacity},
          {"reveal", l.overlay.curtain}};
}

/// Cameras of a session written before each view had its own: one zoom, and lists of the rest.
std::array<Camera, 4> cameras_of_old_session(const Json& j) {
  const auto pan_mm = j.value("pan_mm", std::array<Vec3, 4>{});
  const auto mirrored = j.value("mirrored", std::array<bool, 4>{});
  const auto upside_down = j.value("upside_down", std::array<bool, 4>{});
  std::array<Camera, 4> cameras;
  for (std::size_t view = 0; view < cameras.size(); ++view)
    cameras[view] = {j.value("zoom", 1.0), pan_mm[view], mirrored[view], upside_down[view]};
  return cameras;
}

Look look_from_json(const Json& j) {
  Look l;
  l.layout.arrangement = static_cast<Arrangement>(std::clamp(j.value("layout", 0), 0, 2));
  l.layout.maximised = j.value("maximised", l.layout.maximised);
  l.layout.base = j.value("base", l.layout.base);
  l.layout.compared = j.value("compared", l.layout.compared);
  l.layout.time_profile = j.value("time_profile", l.layout.time_profile);
  l.layout.annotations = j.value("annotations", l.layout.annotations);
  l.crosshair.position_mm = j.value("crosshair_mm", l.crosshair.position_mm);
  l.crosshair.visible = j.value("crosshair_visible", l.crosshair.visible);
  l.frame = j.value("frame", l.frame);
  l.planes.turn = near_rotation(j.value("turn", l.planes.turn));
  l.planes.oblique_turn_rad = j.value("oblique_turn_rad", l.planes.oblique_turn_rad);
  l.planes.oblique_tilt_rad = j.value("oblique_tilt_rad", l.planes.oblique_tilt_rad);
  l.planes.slab = static_cast<render::Slab>(std::clamp(j.value("slab", 0), 0, 3));
  l.planes.slab_mm = j.value("slab_mm", l.planes.slab_mm);
  if (!j.contains("cameras")) l.cameras = cameras_of_old_session(j);
  const Json cameras = j.value("cameras", Json::array());
  for (std::size_t view = 0; view < std::min(cameras.size(), l.cameras.size()); ++view)
    l.cameras[view] = camera_from_json(cameras[view]);
  l.overlay.item = j.value("overlay", l.overlay.item);
  l.overlay.beneath = j.value("overlay_beneath", l.overlay.beneath);
  l.pairing.position = j.value("compared_together", l.pairing.position);
  l.pairing.window = j.value("compared_window", l.pairing.window);
  l.pairing.offset_mm = j.value("compared_offset_mm", l.pairing.offset_mm);
  l.overlay.shown = j.value("overlay_shown", l.overlay.shown);
  l.overlay.opacity = j.value("overlay_opacity", l.overlay.opacity);
  l.overlay.curtain = j.value("reveal", l.overlay.curtain);
  return l;
}

Json to_json(const Measurement& m) {
  return {{"id", m.id},
          {"item", m.item},
          {"kind", static_cast<int>(m.kind)},
          {"name", m.name},
          {"centre_mm", m.plane.centre_mm},
          {"right", m.plane.right},
          {"up", m.plane.up},
          {"points_mm", m.points_mm},
          {"frame", m.frame}};
}

Measurement measurement_from_json(const Json& j) {
  Measurement m;
  m.id = j.at("id").get<std::uint64_t>();
  m.item = j.at("item").get<ItemId>();
  m.kind = static_cast<MeasureKind>(std::clamp(j.at("kind").get<int>(), 0, 5));
  m.name = j.value("name", "");
  m.plane.centre_mm = j.at("centre_mm").get<Vec3>();
  m.plane.right = j.at("right").get<Vec3>();
  m.plane.up = j.at("up").get<Vec3>();
  m.points_mm = j.at("points_mm").get<std::vector<Vec3>>();
  m.frame = j.value("frame", std::int64_t{0});
  return m;
}

Json to_json(const Item& item, const std::string& data_file) {
  Json j{{"id", item.id},
         {"name", item.name},
         {"file", item.file.string()},
         {"saved", item.saved},
         {"hints", item.hints},
         {"display", to_json(item.display)},
         {"part", static_cast<int>(item.part)},
         {"composite", item.composite},
         {"kind", std::string{to_string(to_kind(*item.data))}}};
  for (const auto& [label, style] : item.label_styles)
    j["labels"].push_back({{"label", label},
                           {"name", style.name},
                           {"colour", to_text(style.colour)},
                           {"shown", style.shown},
                           {"locked", style.locked}});
  if (!data_file.empty()) j["data_file"] = data_file;
  if (item.record) j["record"] = Json::parse(to_json(*item.record));
  return j;
}

StoredItem item_from_json(const Json& j) {
  StoredItem stored;
  Item& item = stored.item;
  item.id = j.at("id").get<ItemId>();
  item.name = j.at("name").get<std::string>();
  item.file = j.value("file", "");
  item.saved = j.value("saved", true);
  item.hints = j.value("hints", item.hints);
  item.display = display_from_json(j.at("display"));
  item.part = static_cast<render::Part>(std::clamp(j.value("part", 0), 0, 3));
  for (const Json& entry : j.value("labels", Json::array())) {
    const auto label = entry.at("label").get<std::uint16_t>();
    const auto colour = label_colour_from_text(entry.value("colour", ""));
    item.label_styles[label] = {entry.value("name", ""), colour.value_or(usual_label_colour(label)),
                                entry.value("shown", true), entry.value("locked", false)};
  }
  item.composite = j.value("composite", "");
  if (j.contains("record")) item.record = job::record_from_json(j["record"].dump());
  stored.data_file = j.value("data_file", "");
  stored.digest = j.value("digest", "");
  return stored;
}

DatasetPtr read_item(const StoredItem& stored, const fs::path& folder) {
  if (!stored.data_file.empty()) {
    if (fs::path{stored.data_file}.filename() != stored.data_file)
      throw Error{Errc::invalid_input, "the data file '" + stored.data_file + "' of '" + stored.item.name +
                                           "' lies outside the session's folder"};
    return io::read(folder / stored.data_file);
  }
  return io::read(stored.item.file, read_options(stored.item.hints));
}

}  // namespace

std::string to_json(const Document& document, const std::function<std::optional<std::string>(const Item&)>& data_file) {
  Json j{{"session_version", session_version},
         {"look", to_json(document.look())},
         {"selected", document.selected()},
         {"items", Json::array()},
         {"measurements", Json::array()}};
  for (const auto& item : document.items())
    if (const auto file = data_file(*item)) j["items"].push_back(to_json(*item, *file));
  for (const Measurement& m : document.measurements()) j["measurements"].push_back(to_json(m));
  return j.dump();
}

StoredSession session_from_json(std::string_view text) {
  StoredSession session;
  try {
    if (nests_deeper_than(text))
      throw Error{Errc::invalid_input, "the session is damaged: its lists are nested without end",
                  "open the data files themselves"};
    const Json j = Json::parse(text.begin(), text.end());
    refuse_doubled_members(text, "the session");
    if (const int version = j.at("session_version").get<int>(); version != session_version)
      throw Error{Errc::invalid_input, "the session has version " + std::to_string(version) +
                                           ", this program reads version " + std::to_string(session_version)};
    session.look = look_from_json(j.at("look"));
    session.selected = j.value("selected", ItemId{0});
    for (const Json& item : j.at("items")) session.items.push_back(item_from_json(item));
    for (const Json& m : j.at("measurements")) session.measurements.push_back(measurement_from_json(m));
  } catch (const Json::exception& problem) {
    throw Error{Errc::invalid_input, std::string{"the session is damaged: "} + problem.what(),
                "open the data files themselves"};
  }
  return session;
}

io::ReadOptions read_options(std::map<std::string, std::string> hints) {
  io::ReadOptions options;
  options.hints = std::move(hints);
  if (const auto geometry = options.hints.find("geometry"); geometry != options.hints.end()) {
    options.geometry = geometry->second;
    options.hints.erase(geometry);
  }
  return options;
}

LoadedSession load(StoredSession session, const fs::path& data_folder,
                   const std::function<DatasetPtr(ItemId, DatasetPtr)>& change) {
  LoadedSession loaded;
  for (StoredItem& stored : session.items) {
    try {
      DatasetPtr data = read_item(stored, data_folder);
      if (stored.data_file.empty() && !stored.digest.empty() && digest(*data) != stored.digest)
        loaded.problems.push_back("'" + stored.item.file.string() +
                                  "' is not what it was when the session was saved: '" + stored.item.name +
                                  "' shows what it holds now, and what was drawn or computed on it may not fit");
      if (change) data = change(stored.item.id, std::move(data));
      Item item = stored.item;
      const auto composites = composite_names(*data);
      if (std::ranges::find(composites, item.composite) == composites.end()) item.composite.clear();
      item.data = std::move(data);
      if (!std::holds_alternative<Table>(*item.data))
        item.raster = std::make_shared<const render::Raster>(make_raster(item.data, item.part));
      own_labels(item);
      loaded.items.push_back(std::move(item));
    } catch (...) {
      loaded.problems.push_back("'" + stored.item.name + "' was left out: " + current_error().what());
    }
  }
  loaded.session = std::move(session);
  return loaded;
}

void apply(Document& document, LoadedSession loaded) {
  std::set<ItemId> there;
  for (const Item& item : loaded.items) there.insert(item.id);
  std::erase_if(loaded.session.measurements, [&](const Measurement& m) { return !there.contains(m.item); });
  document.restore(std::move(loaded.items), std::move(loaded.session.measurements), loaded.session.look,
                   loaded.session.selected);
}

namespace {

constexpr std::size_t digest_digits = 16;

/// "item-7-0123456789abcdef.h5", as `write_session` calls them.
bool is_data_file(const std::string& name) {
  const std::size_t dash = name.rfind('-');
  return name.starts_with("item-") && name.ends_with(".h5") && name.size() == dash + 1 + digest_digits + 3 &&
         name.find_first_not_of("0123456789abcdef", dash + 1) == name.size() - 3;
}

}  // namespace

fs::path to_data_folder(const fs::path& session_file) {
  std::string name = session_file.filename().string();
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  return session_file.parent_path() / (name + ".data");
}

SessionWriting prepare_session(const Document& document, const fs::path& file) {
  SessionWriting writing;
  writing.file = file;
  const auto own_file = [](const Item& item) { return item.saved && !item.file.empty(); };
  const auto to_name = [&](const Item& item) -> std::string {
    return own_file(item) ? std::string{} : "item-" + std::to_string(item.id);
  };
  writing.text = to_json(document, to_name);
  for (const auto& item : document.items())
    writing.data.emplace_back(own_file(*item) ? fs::absolute(item->file).string() : to_name(*item), item->data);
  return writing;
}

namespace {

/// The digest of data, which takes seconds for a large cube, of each only once. Strokes change a label map in place.
std::string known_digest(const DatasetPtr& data) {
  if (to_kind(*data) == Kind::label_map) return digest(*data);
  static std::mutex mutex;
  static std::vector<std::pair<std::weak_ptr<const Dataset>, std::string>> known;
  const std::lock_guard lock{mutex};
  std::erase_if(known, [](const auto& each) { return each.first.expired(); });
  for (const auto& [of, digest] : known)
    if (of.lock() == data) return digest;
  return known.emplace_back(data, digest(*data)).second;
}

/// A name with the right digest tells what was written there once, not that it still is.
void keep_data(const fs::path& file, const Dataset& data, const std::string& sum) {
  std::error_code problem;
  if (fs::exists(file, problem) && find_known_digest(file).empty()) {
    try {
      remember_digest(file, digest(*io::read(file)));
    } catch (const Error& damaged) {
      log::warning("app.gui", damaged.what(), "; it is written again");
    }
  }
  if (find_known_digest(file) == sum) return;
  io::write(file, data, {.overwrite = true});
  remember_digest(file, sum);
}

/// A format may round what it holds, so that a file that was saved here is known by what it gives back.
std::string digest_of_reading(const fs::path& file, const DatasetPtr& data) {
  const std::string known = find_known_digest(file);
  return known.empty() ? known_digest(data) : known;
}

/// Whether an entry of `SessionWriting::data` is no begin of a name in the data folder, but the whole name of the file that an item
/// stays in.
bool is_own(const std::string& name) { return name.starts_with('/'); }

/// Data files that the session no longer names. One that an item was opened from is a file of the user.
void remove_others(const fs::path& folder, const std::set<std::string>& named, const SessionWriting& writing) {
  std::error_code problem;
  for (const auto& entry : fs::directory_iterator{folder, problem}) {
    const std::string name = entry.path().filename().string();
    const auto is_it = [&](const auto& each) { return is_own(each.first) && same_place(each.first, entry.path()); };
    if (is_data_file(name) && !named.contains(name) && std::ranges::none_of(writing.data, is_it))
      fs::remove(entry.path(), problem);
  }
}

}  // namespace

void write_session(const SessionWriting& writing) {
  const fs::path folder = to_data_folder(writing.file);
  std::error_code problem;
  std::set<std::string> named;
  // Not made here: where a disk was taken out, a folder of its name on another disk would hide the work.
  if (const fs::path parent = fs::absolute(writing.file).parent_path(); !fs::is_directory(parent, problem))
    throw Error{Errc::output_directory,
                "the folder '" + parent.string() + "' is not there, so the session was not saved",
                "bring the disk back, or save it elsewhere"};
  Json text = Json::parse(writing.text);
  if (std::ranges::any_of(writing.data, [](const auto& each) { return !is_own(each.first); })) {
    fs::create_directories(folder, problem);
    if (problem)
      throw Error{Errc::output_directory, "the folder '" + folder.string() + "' cannot be made: " + problem.message()};
  }
  for (const auto& [begin, data] : writing.data) {
    if (is_own(begin)) {
      for (Json& item : text["items"])
        if (item.value("data_file", "").empty() && fs::absolute(item.value("file", "")) == begin)
          item["digest"] = digest_of_reading(begin, data);
      continue;
    }
    // The digest in the name: pixels that did not change are not written again, and an older session keeps its own.
    const std::string sum = digest(*data), name = begin + "-" + sum.substr(0, digest_digits) + ".h5";
    for (Json& item : text["items"])
      if (item.value("data_file", "") == begin) item["data_file"] = name;
    named.insert(name);
    keep_data(folder / name, *data, sum);
  }
  replace_file(writing.file, text.dump(), ExistingFile::replace);
  remove_others(folder, named, writing);
}

LoadedSession read_session(const fs::path& file) {
  StoredSession session = session_from_json(read_text_file(file, std::size_t{1} << 30));
  std::map<ItemId, std::string> names;
  for (const StoredItem& stored : session.items)
    if (is_data_file(stored.data_file)) names[stored.item.id] = stored.data_file;
  return load(std::move(session), to_data_folder(file), [&](ItemId id, DatasetPtr data) {
    // The name tells the digest of what was saved.
    if (const auto name = names.find(id);
        name != names.end() && name->second.find("-" + digest(*data).substr(0, digest_digits)) == std::string::npos)
      throw Error{Errc::invalid_input, "its data file '" + name->second + "' is not what was saved"};
    return data;
  });
}

}  // namespace iso::gui
