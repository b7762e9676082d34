#include "iso/io/label_file.h"

#include "io/array_impl.h"
#include "iso/base/error.h"

#include <fstream>
#include <sstream>

namespace iso::io {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 24;

struct Line {
  std::uint16_t label{0};
  std::string name;
  LabelColour colour{};
};

std::vector<std::string> to_words(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ' || line[at] == '\t' || line[at] == '\r') {
      ++at;
    } else if (line[at] == '"') {
      const std::size_t end = std::min(line.find('"', at + 1), line.size());
      words.push_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
    } else {
      const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end;
    }
  }
  return words;
}

std::optional<std::uint16_t> whole(const std::string& word, double most) {
  const auto value = detail::to_number(word);
  if (!value || !(*value >= 0) || *value > most || *value != static_cast<double>(static_cast<std::int32_t>(*value)))
    return std::nullopt;
  return static_cast<std::uint16_t>(*value);
}

std::optional<LabelColour> colour_at(const std::vector<std::string>& words, std::size_t first) {
  LabelColour colour{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto part = first + i < words.size() ? whole(words[first + i], 255) : std::nullopt;
    if (!part) return std::nullopt;
    colour[i] = static_cast<std::uint8_t>(*part);
  }
  return colour;
}

std::optional<Line> to_line(const std::vector<std::string>& words) {
  const auto label = words.empty() ? std::nullopt : whole(words[0], 65535);
  if (!label) return std::nullopt;
  if (words.size() >= 8)  // ITK-SNAP
    if (const auto colour = colour_at(words, 1)) return Line{*label, words[7], *colour};
  if (words.size() >= 5)  // 3D Slicer, which writes _ for a blank
    if (const auto colour = colour_at(words, 2)) return Line{*label, words[1], *colour};
  return std::nullopt;
}

std::string plain(std::string name) {
  for (char& c : name)
    if (c == '"' || c == '\n' || c == '\r' || c == '\t') c = ' ';
  return name;
}

}  // namespace

LabelNames read_label_file(const fs::path& file) {
  std::error_code problem;
  if (!fs::is_regular_file(file, problem))
    throw Error{Errc::cannot_read, "there is no file '" + file.string() + "'", "check the name and the folder"};
  std::istringstream lines{detail::first_bytes(file, most_bytes)};
  LabelNames labels;
  int number = 0;
  for (std::string text; std::getline(lines, text);) {
    ++number;
    const auto words = to_words(text);
    if (words.empty() || words[0].starts_with('#')) continue;
    const auto line = to_line(words);
    if (!line)
      throw Error{Errc::invalid_input,
                  "line " + std::to_string(number) + " of '" + file.string() + "' is no label of ITK-SNAP or 3D Slicer",
                  "a line of ITK-SNAP is 1 255 0 0 1 1 1 \"liver\", of 3D Slicer 1 liver 255 0 0 255"};
    if (labels.names.size() <= line->label) labels.names.resize(line->label + std::size_t{1});
    labels.names[line->label] = line->name;
    if (line->label != 0) labels.colours[line->label] = line->colour;
  }
  return labels;
}

std::string label_file_text(const fs::path& file, const LabelNames& labels) {
  const bool slicer = detail::has_extension(file, ".ctbl");
  std::string text = slicer ? "# Color table file\n"
                            : "# ITK-SnAP Label Description File\n# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL\n";
  if (!slicer) text += "0 0 0 0 0 0 0 \"Clear Label\"\n";
  std::map<std::uint16_t, std::string> all;
  for (std::size_t label = 1; label < labels.names.size() && label < 65536; ++label)
    if (!labels.names[label].empty()) all[static_cast<std::uint16_t>(label)] = plain(labels.names[label]);
  for (const auto& [label, colour] : labels.colours)
    if (label != 0) all.try_emplace(label, "label " + std::to_string(label));
  for (auto& [label, name] : all) {
    const auto given = labels.colours.find(label);
    const LabelColour c = given == labels.colours.end() ? usual_label_colour(label) : given->second;
    std::string rgb;
    for (const std::uint8_t part : c) rgb += " " + std::to_string(part);
    if (slicer)
      for (char& letter : name)
        if (letter == ' ') letter = '_';
    text += std::to_string(label) + (slicer ? " " + name + rgb + " 255\n" : rgb + " 1 1 1 \"" + name + "\"\n");
  }
  return text;
}

fs::path label_file_beside(const fs::path& image) {
  std::string name = image.filename().string();
  for (const std::string_view ending : {".gz", ".nii", ".nrrd", ".mha", ".hdr", ".img"})
    if (detail::lower(name).ends_with(ending)) name.resize(name.size() - ending.size());
  return image.parent_path() / (name + "_labels.txt");
}

}  // namespace iso::io
