#include "io/formats/payload_impl.h"
#include "io/formats/tiff_impl.h"
#include "io/formats/xml_impl.h"

#include "iso/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

/// What ImageJ, OME and tifffile say in the description of the first page: which slices, channels and times the pages are, the
/// spacing, and what the values mean.
namespace iso::io::detail {
namespace {

std::map<std::string, std::string> to_lines(const std::string& text) {
  std::map<std::string, std::string> found;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (const auto at = line.find('='); at != std::string::npos)
      found.try_emplace(line.substr(0, at), line.substr(at + 1));
  }
  return found;
}

std::int64_t to_count(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  const auto number = found == values.end() ? std::nullopt : to_number(found->second);
  return number && *number >= 1 && *number <= 1e9 ? static_cast<std::int64_t>(*number) : 1;
}

TiffStack imagej(const TiffFile& tiff, const std::string& text) {
  const auto values = to_lines(text);
  TiffStack a;
  a.by = "ImageJ";
  const auto number = [&](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : to_number(found->second);
  };
  // Function 0 is a straight line: ImageJ keeps pixels with a sign so, 32768 higher. 20 is none.
  if (const auto function = number("cf"), c0 = number("c0"), c1 = number("c1");
      function && *function == 0 && c0 && c1) {
    if (!std::isfinite(*c0) || !std::isfinite(*c1) || *c1 == 0)
      throw Error{Errc::invalid_input, "the calibration of ImageJ in the file holds no sound numbers"};
    a.line = {*c0, *c1};
  } else if (function && *function != 20) {
    a.remark = "values as stored; the calibration function " + short_number(*function) + " of ImageJ is not applied";
  }
  // The unit of x is that of y and z unless they have their own.
  const auto unit = [&](const char* own) -> std::optional<double> {
    for (const char* const name : {own, "unit"})
      if (const auto found = values.find(name); found != values.end()) {
        const auto mm = millimetres_in(found->second);
        if (!mm && a.remark.empty() && !lower(found->second).starts_with("pixel") &&
            found->second.find_first_not_of(" \t") != std::string::npos)
          a.remark =
              "no spacing, as the unit '" + found->second.substr(0, 20) + "' of ImageJ is no length that is known";
        return mm;
      }
    return std::nullopt;
  };
  const auto mm = unit("unit"), mm_y = unit("yunit"), mm_z = unit("zunit");
  float x = 0, y = 0;
  if (mm && TIFFGetField(tiff.handle(), TIFFTAG_XRESOLUTION, &x) == 1 && x > 0 && std::isfinite(x))
    a.spacing_x = *mm / static_cast<double>(x);
  if (mm_y && TIFFGetField(tiff.handle(), TIFFTAG_YRESOLUTION, &y) == 1 && y > 0 && std::isfinite(y))
    a.spacing_y = *mm_y / static_cast<double>(y);
  if (const auto spacing = number("spacing"); mm_z && spacing && *spacing != 0 && std::isfinite(*spacing))
    a.spacing_z = std::abs(*spacing) * *mm_z;
  if (const auto step = number("finterval"); step && *step > 0) {
    const auto named = values.find("tunit");  // written where it is not "sec"
    const auto seconds = named == values.end() ? std::optional{1.0} : seconds_in(named->second);
    if (seconds)
      a.time_step_s = *step * *seconds;
    else
      a.remark += (a.remark.empty() ? "" : "; ") + ("no time step, as the unit '" + named->second.substr(0, 20)) +
                  "' of ImageJ is no time";
  }
  const std::int64_t c = to_count(values, "channels"), z = to_count(values, "slices"), t = to_count(values, "frames");
  a.pages = values.contains("images") ? to_count(values, "images") : c * z * t > 1 ? c * z * t : 0;
  a.in_one_page = true;
  if (a.pages == 0) return a;  // one page, which says nothing of a stack
  if (c * z * t == a.pages)
    a.axes = {{'c', c}, {'z', z}, {'t', t}};
  else
    a.axes = {{'z', a.pages}};
  return a;
}

// Which directory holds which plane, where TiffData says so (OME-TIFF, "the TiffData element"). Throws cannot_read for planes
// that are in no directory, invalid_input for other files.
std::vector<std::int64_t> directories_of_planes(const std::string& text, const TiffStack& a, const TiffPage& page) {
  std::vector<std::int64_t> directories(static_cast<std::size_t>(a.pages), -1);
  std::set<std::string> files;
  bool any = false;
  for (auto found = xml::find_tag(text, "TiffData"); found; found = xml::find_tag(text, "TiffData", found->end)) {
    const std::string tag = found->in(text);
    if (!tag.ends_with("/>")) {
      const auto inside_end = std::min(text.find("TiffData", found->end), text.size());
      const std::string inside = text.substr(found->end, inside_end - found->end);
      if (const std::string name = xml::attribute(inside, "FileName"); !name.empty()) files.insert(name);
    }
    const auto whole = [&](const char* name) -> std::optional<std::int64_t> {
      const auto number = to_number(xml::attribute(tag, name));
      return number && *number >= 0 && *number < 1e9 ? std::optional{static_cast<std::int64_t>(*number)} : std::nullopt;
    };
    const auto ifd = whole("IFD");
    const std::int64_t count = whole("PlaneCount").value_or(ifd ? 1 : a.pages);
    std::int64_t plane = 0, stride = 1;
    for (const auto& [axis, extent] : a.axes) {
      std::int64_t first = whole(axis == 'z' ? "FirstZ" : axis == 't' ? "FirstT" : "FirstC").value_or(0);
      if (axis == 'c' && page.samples > 1) first /= page.samples;
      plane += first * stride;
      stride *= extent;
    }
    any = true;
    for (std::int64_t i = 0; i < count && plane + i < a.pages; ++i)
      directories[static_cast<std::size_t>(plane + i)] = ifd.value_or(0) + i;
  }
  if (files.size() > 1)
    not_supported("the image of OME is in " + std::to_string(files.size()) + " files", "save it in one file");
  if (!any) return {};
  if (const auto lost = std::ranges::find(directories, -1); lost != directories.end())
    throw Error{Errc::cannot_read,
                "the file is incomplete: OME names no page for plane " +
                    std::to_string(lost - directories.begin() + 1) + " of " + std::to_string(a.pages),
                "check that the file is complete, and that its other files are not needed"};
  return directories;
}

TiffStack ome(const std::string& description, const TiffPage& page) {
  TiffStack a;
  a.by = "OME";
  const std::string text = xml::without_comments(description);
  const auto pixels = xml::find_tag(text, "Pixels");
  if (!pixels) {
    if (const auto elsewhere = xml::find_tag(text, "BinaryOnly"))
      a.remark = "pages in the order of the file, as what they are is said in another one alone ('" +
                 xml::attribute(elsewhere->in(text), "MetadataFile").substr(0, 80) + "')";
    return a;
  }
  if (xml::find_tag(text, "Pixels", pixels->end))
    not_supported("the file holds several images of OME", "save one of them alone");
  const std::string tag = pixels->in(text);
  const auto size = [&](const char* name) {
    const auto number = to_number(xml::attribute(tag, name));
    return number && *number >= 1 && *number <= 1e9 ? static_cast<std::int64_t>(*number) : 1;
  };
  if (const std::int64_t x = size("SizeX"), y = size("SizeY"); x != page.width || y != page.height)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: OME says " + std::to_string(x) + " x " + std::to_string(y) +
                    " pixels, its pages have " + std::to_string(page.width) + " x " + std::to_string(page.height),
                "check where the file came from"};
  const std::string order = xml::attribute(tag, "DimensionOrder");
  a.pages = 1;
  for (const char axis : order.size() == 5 ? order.substr(2) : std::string{"ZCT"}) {
    std::int64_t extent = size(axis == 'Z' ? "SizeZ" : axis == 'C' ? "SizeC" : "SizeT");
    if (axis == 'C' && page.samples > 1 && extent % page.samples == 0) extent /= page.samples;
    a.axes.emplace_back(static_cast<char>(std::tolower(static_cast<unsigned char>(axis))), extent);
    a.pages *= extent;
  }
  if (a.pages > 1 && a.pages < 1000000) a.directories = directories_of_planes(text, a, page);
  const auto length = [&](const std::string& name) -> std::optional<double> {
    const auto number = to_number(xml::attribute(tag, name));
    const std::string unit = xml::attribute(tag, name + "Unit");
    const auto mm = millimetres_in(unit.empty() ? "um" : unit);  // OME's own default
    if (number && !mm && a.remark.empty())
      a.remark = "no spacing, as the unit '" + unit.substr(0, 20) + "' of OME is no length that is known";
    if (!number || !(*number > 0) || !mm) return std::nullopt;
    return *number * *mm;
  };
  a.spacing_x = length("PhysicalSizeX");
  a.spacing_y = length("PhysicalSizeY");
  a.spacing_z = length("PhysicalSizeZ");
  const std::string unit = xml::attribute(tag, "TimeIncrementUnit");
  if (const auto step = to_number(xml::attribute(tag, "TimeIncrement")); step && *step > 0)
    if (const auto seconds = seconds_in(unit.empty() ? "s" : unit)) a.time_step_s = *step * *seconds;
  return a;
}

// tifffile writes {"shape": [slices, rows, columns]}; the shape of one page may be left in one page.
TiffStack tifffile(const std::string& text, const TiffPage& page) {
  TiffStack a;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array()) return a;
  std::vector<std::int64_t> shape;
  for (const auto& extent : json["shape"])
    if (extent.is_number_integer() && extent.get<std::int64_t>() >= 1 && extent.get<std::int64_t>() < (1 << 30))
      shape.push_back(extent.get<std::int64_t>());
    else
      return a;
  // The samples of a pixel are the last axis, or stand before rows and columns where their planes are apart.
  const bool apart = page.planar == PLANARCONFIG_SEPARATE;
  if (page.samples > 1 && !apart && !shape.empty() && shape.back() == page.samples) shape.pop_back();
  if (page.samples > 1 && apart && shape.size() > 2 && shape[shape.size() - 3] == page.samples)
    shape.erase(shape.end() - 3);
  if (shape.size() < 2 || shape.back() != page.width || shape[shape.size() - 2] != page.height) return a;
  a.by = "its description";
  a.pages = 1;
  a.in_one_page = true;
  for (std::size_t axis = shape.size() - 2; axis-- > 0;) {
    if (a.pages > (std::int64_t{1} << 40) / shape[axis]) return TiffStack{};
    a.pages *= shape[axis];
    a.axes.emplace_back(a.axes.empty() ? 'z' : a.axes.size() == 1 ? 't' : '?', shape[axis]);
  }
  return a;
}

}  // namespace

TiffStack announced_by(const TiffFile& tiff, const TiffPage& page) {
  const std::string text = tiff.description();
  if (text.starts_with("ImageJ=")) return imagej(tiff, text);
  if (xml::find_tag(text, "OME")) return ome(text, page);
  if (text.starts_with('{')) return tifffile(text, page);
  return {};
}

}  // namespace iso::io::detail
