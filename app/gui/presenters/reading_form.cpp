#include "reading_form.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace iso::gui {
namespace {

struct Meaning {
  const char* name;
  Kind kind;
};
constexpr std::array<Meaning, 7> meanings{{{"image", Kind::volume},
                                           {"series", Kind::volume},
                                           {"labels", Kind::label_map},
                                           {"scan", Kind::sinogram},
                                           {"k_space", Kind::k_space},
                                           {"spectral_cube", Kind::spectral_cube},
                                           {"table", Kind::table}}};
constexpr const char* automatic = "automatic";
constexpr std::int64_t most_coils = 64;

params::FieldInfo field(const char* name, const char* label, params::FieldKind kind, const char* help) {
  params::FieldInfo info;
  info.name = name;
  info.label = label;
  info.help = help;
  info.kind = kind;
  info.default_value = std::string{};
  return info;
}

params::FieldInfo choice(const char* name, const char* label, std::vector<std::string> choices, const char* help) {
  params::FieldInfo info = field(name, label, params::FieldKind::choice, help);
  info.default_value = choices.front();
  info.choices = std::move(choices);
  return info;
}

/// Which meanings a hint belongs to; all for one that is not listed.
std::vector<std::string> meanings_for(const std::string& hint) {
  if (hint == "geometry" || hint == "unattenuated" || hint == "dark" || hint == "rotation_axis" ||
      hint.starts_with("tilt"))
    return {automatic, "scan"};
  if (hint == "spacing_mm") return {automatic, "image", "series", "labels", "scan", "k_space"};
  if (hint == "quantity") return {automatic, "image", "series"};
  if (hint.starts_with("sampling_") || hint.starts_with("trajectory") || hint == "matrix") return {"k_space"};
  constexpr std::array<std::string_view, 7> of_cubes{"wavelengths", "wavelength_unit", "scale", "saturation", "storage",
                                                     "dims",        "pixel_order"};
  if (std::ranges::find(of_cubes, hint) != of_cubes.end()) return {automatic, "spectral_cube"};
  return {};
}

plugin::TaskManifest questions(const FileFacts& facts) {
  plugin::TaskManifest form;
  form.id = "open";
  std::vector<std::string> known{automatic};
  for (const Meaning& meaning : meanings)
    if (std::ranges::find(facts.kinds, meaning.kind) != facts.kinds.end()) known.emplace_back(meaning.name);
  auto& fields = form.parameters.fields;
  if (known.size() > 2) fields.push_back(choice("meaning", "what it is", known, "What the numbers in the file are."));
  std::vector<std::string> names;
  for (const io::ArrayInfo& array : facts.arrays)
    if (!array.name.empty()) names.push_back(array.name);
  if (names.size() > 1) fields.push_back(choice("dataset", "array", names, "Which of the arrays in the file."));
  if (std::ranges::find(facts.kinds, Kind::sinogram) != facts.kinds.end())
    fields.push_back(field("geometry", "geometry", params::FieldKind::path,
                           "How the scanner stood: our JSON, or the XML of RTK. It may stand beside the file."));
  for (const params::FieldInfo& hint : facts.hints.fields) {
    if (hint.name == "dataset" && facts.arrays.size() < 2 && !facts.arrays.empty()) continue;
    if (form.parameters.find(hint.name) != nullptr || (hint.name == "axes" && !facts.arrays.empty())) continue;
    fields.push_back(hint);
    if (hint.kind != params::FieldKind::real) continue;
    fields.back().kind = params::FieldKind::text;  // a number that nobody said is no zero
    fields.back().default_value = std::string{};
  }
  if (known.size() > 2)
    for (params::FieldInfo& each : fields)
      if (auto which = meanings_for(each.name); !which.empty())
        each.visible_when = params::Condition{"meaning", std::move(which)};
  return form;
}

/// The array that a reader would take by itself, or else the largest.
std::string first_array(const std::vector<io::ArrayInfo>& arrays) {
  const auto count = [](const io::ArrayInfo& array) {
    double elements = 1;
    for (const std::int64_t n : array.extents) elements *= static_cast<double>(n);
    return elements;
  };
  const auto largest = std::ranges::max_element(arrays, {}, count);
  return largest == arrays.end() ? std::string{} : largest->name;
}

bool is_number(const std::string& role) {
  return !role.empty() && role.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

std::optional<Kind> kind_of_meaning(std::string_view meaning) {
  for (const Meaning& each : meanings)
    if (meaning == each.name) return each.kind;
  return std::nullopt;
}

ReadingForm::ReadingForm(std::filesystem::path file, FileFacts facts, const Hints& known)
    : file_{std::move(file)},
      facts_{std::move(facts)},
      form_{std::make_unique<TaskForm>(questions(facts_), none_, ItemId{0})} {
  for (const TaskForm::FieldState& state : form_->fields()) untouched_[state.info.name] = state.text;
  const bool several = form_->task().parameters.find("dataset") != nullptr && facts_.arrays.size() > 1;
  if (several) form_->set("dataset", first_array(facts_.arrays));
  if (!facts_.geometry.empty()) form_->set("geometry", facts_.geometry.string());
  for (const auto& [name, text] : known) {
    form_->set(name, text);
    if (name != "kind" && name != "axes" && form_->task().parameters.find(name) == nullptr) carried_[name] = text;
  }
  if (const auto kind = known.find("kind"); kind != known.end())
    for (const Meaning& meaning : meanings)
      if (kind->second == to_string(meaning.kind)) {
        form_->set("meaning", meaning.name);
        break;  // an image before a series
      }
  connection_ = form_->changed.connect([this] { follow(); });
  follow();
  if (const auto axes = known.find("axes"); axes != known.end()) take_axes(axes->second);
}

std::string ReadingForm::find_text(std::string_view name) const {
  for (const TaskForm::FieldState& state : form_->fields())
    if (state.info.name == name) return state.text;
  return {};
}

void ReadingForm::follow() {
  const std::string meaning = find_text("meaning"), array = find_text("dataset");
  if (meaning != meaning_ || array != array_ || axes_.empty()) {
    meaning_ = meaning;
    array_ = array;
    axes_.clear();
    for (const io::ArrayInfo& each : facts_.arrays)
      if (facts_.arrays.size() == 1 || each.name == array) {
        for (const std::int64_t extent : each.extents) axes_.push_back({extent, {}});
        break;
      }
    guess_roles();
  }
  changed();
}

std::vector<std::string> ReadingForm::roles() const {
  const auto kind = kind_of_meaning(meaning_);
  if (!kind || *kind == Kind::table || axes_.size() < 2) return {};
  return axis_names(*kind);
}

/// The usual order; of a scan its geometry tells the order better.
void ReadingForm::guess_roles() {
  std::vector<std::string> names = roles();
  if (names.empty() || meaning_ == "scan") return;
  if (meaning_ == "spectral_cube" && axes_.size() < 3)
    return;  // a matrix of bands and pixels: rows and columns are asked
  if (meaning_ == "series" && axes_.size() == 3) names = {"x", "y", names.back()};
  if (meaning_ == "k_space" && axes_.size() == 3 && axes_[2].extent <= most_coils) names = {"readout", "phase", "coil"};
  if (meaning_ == "k_space" && axes_.size() == 4 && axes_[3].extent > most_coils)
    names = {"readout", "phase", "partition", "frame"};
  if (meaning_ == "image" && names.size() > 3) names.resize(3);
  std::size_t next = 0;
  for (Axis& axis : axes_) axis.role = next < names.size() ? names[next++] : "0";
}

void ReadingForm::take_axes(const std::string& text) {
  std::vector<std::string> names{{}};
  for (const char c : text) {
    if (c == ',')
      names.emplace_back();
    else if (c != ' ')
      names.back() += c;
  }
  if (names.size() != axes_.size()) return;
  for (std::size_t i = 0; i < names.size(); ++i) axes_[i].role = names[i];
  changed();
}

void ReadingForm::set_role(std::size_t axis, const std::string& role) {
  if (axis >= axes_.size() || axes_[axis].role == role) return;
  const std::string before = std::exchange(axes_[axis].role, role);
  if (!is_number(role) && !role.empty())
    for (std::size_t i = 0; i < axes_.size(); ++i)
      if (i != axis && axes_[i].role == role) axes_[i].role = before;
  changed();
}

Hints ReadingForm::hints() const {
  Hints told = carried_;
  for (const TaskForm::FieldState& state : form_->fields()) {
    const std::string& name = state.info.name;
    if (name == "meaning" || !state.visible) continue;
    if (name == "dataset" ? !state.text.empty() : state.text != untouched_.at(name)) told[name] = state.text;
  }
  if (const auto kind = kind_of_meaning(meaning_)) told["kind"] = std::string{to_string(*kind)};
  if (!told.contains("dims") && !roles().empty() &&
      std::ranges::none_of(axes_, [](const Axis& axis) { return axis.role.empty(); })) {
    std::string text;
    for (const Axis& axis : axes_) text += (text.empty() ? "" : ",") + axis.role;
    told["axes"] = std::move(text);
  }
  return told;
}

}  // namespace iso::gui
