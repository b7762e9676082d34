#include "io/formats/payload_impl.h"
#include "io/formats/tiff_impl.h"

#include "iso/base/error.h"

#include <expat.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
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

/// An element of XML: its name without a prefix, and its attributes as they are meant.
struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  [[nodiscard]] std::string attribute(const std::string& which) const {
    const auto found = attributes.find(which);
    return found == attributes.end() ? std::string{} : found->second;
  }
};
struct Elements {
  std::vector<Element> all;  ///< in the order of their start tags, up to what is no sound XML
  std::string problem;       ///< of the XML
};

void add_element(void* to, const char* name, const char** attributes) {
  const std::string_view whole{name};
  Element one{std::string{whole.substr(whole.find(':') + 1)}, {}};  // 0 where there is no prefix
  for (; *attributes != nullptr; attributes += 2) one.attributes.try_emplace(attributes[0], attributes[1]);
  static_cast<std::vector<Element>*>(to)->push_back(std::move(one));
}

Elements to_elements(std::string_view text, const char* encoding = nullptr) {
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser{XML_ParserCreate(encoding),
                                                                                             XML_ParserFree};
  if (!parser) throw std::bad_alloc{};
  Elements found;
  XML_SetUserData(parser.get(), &found.all);
  XML_SetStartElementHandler(parser.get(), add_element);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) == XML_STATUS_ERROR) {
    const XML_Error error = XML_GetErrorCode(parser.get());
    // Bytes that are no UTF-8 are most often those of Latin-1, whatever is declared.
    const bool bytes = error == XML_ERROR_INVALID_TOKEN || error == XML_ERROR_PARTIAL_CHAR ||
                       error == XML_ERROR_UNKNOWN_ENCODING || error == XML_ERROR_INCORRECT_ENCODING;
    if (bytes && encoding == nullptr) return to_elements(text, "ISO-8859-1");
    found.problem = XML_ErrorString(error);
  }
  return found;
}

/// What OME says; nothing where the root is another element.
std::optional<Elements> to_ome_elements(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (!text.starts_with('<') || text.size() > (std::size_t{1} << 30)) return std::nullopt;
  Elements found = to_elements(text);
  if (found.all.empty() || found.all.front().name != "OME") return std::nullopt;
  return found;
}

// Which directory holds which plane, where TiffData says so (OME-TIFF, "the TiffData element"). Throws cannot_read for planes
// that are in no directory, invalid_input for other files.
std::vector<std::int64_t> directories_of_planes(const std::vector<Element>& elements, const TiffStack& a,
                                                const TiffPage& page) {
  std::vector<std::int64_t> directories(static_cast<std::size_t>(a.pages), -1);
  std::set<std::string> files;
  bool any = false;
  for (const Element& element : elements) {
    if (const std::string name = element.attribute("FileName"); element.name == "UUID" && !name.empty())
      files.insert(name);
    if (element.name != "TiffData") continue;
    const auto whole = [&](const char* name) -> std::optional<std::int64_t> {
      const auto number = to_number(element.attribute(name));
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

TiffStack ome(const Elements& elements, const TiffPage& page) {
  TiffStack a;
  a.by = "OME";
  const auto named = [&](const char* name) { return [name](const Element& element) { return element.name == name; }; };
  const auto found = std::ranges::find_if(elements.all, named("Pixels"));
  if (found == elements.all.end()) {
    const auto elsewhere = std::ranges::find_if(elements.all, named("BinaryOnly"));
    if (elsewhere != elements.all.end())
      a.remark = "pages in the order of the file, as what they are is said in another one alone ('" +
                 elsewhere->attribute("MetadataFile").substr(0, 80) + "')";
    else if (!elements.problem.empty())
      a.remark = "pages in the order of the file, as its description is no sound XML (" + elements.problem + ")";
    return a;
  }
  if (std::any_of(found + 1, elements.all.end(), named("Pixels")))
    not_supported("the file holds several images of OME", "save one of them alone");
  const Element& pixels = *found;
  if (!elements.problem.empty())
    a.remark = "what the description of OME says, though it is no sound XML (" + elements.problem + ")";
  const auto size = [&](const char* name) {
    const auto number = to_number(pixels.attribute(name));
    return number && *number >= 1 && *number <= 1e9 ? static_cast<std::int64_t>(*number) : 1;
  };
  if (const std::int64_t x = size("SizeX"), y = size("SizeY"); x != page.width || y != page.height)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: OME says " + std::to_string(x) + " x " + std::to_string(y) +
                    " pixels, its pages have " + std::to_string(page.width) + " x " + std::to_string(page.height),
                "check where the file came from"};
  const std::string order = pixels.attribute("DimensionOrder");
  a.pages = 1;
  for (const char axis : order.size() == 5 ? order.substr(2) : std::string{"ZCT"}) {
    std::int64_t extent = size(axis == 'Z' ? "SizeZ" : axis == 'C' ? "SizeC" : "SizeT");
    if (axis == 'C' && page.samples > 1 && extent % page.samples == 0) extent /= page.samples;
    a.axes.emplace_back(static_cast<char>(std::tolower(static_cast<unsigned char>(axis))), extent);
    a.pages *= extent;
  }
  if (a.pages > 1 && a.pages < 1000000) a.directories = directories_of_planes(elements.all, a, page);
  const auto length = [&](const std::string& name) -> std::optional<double> {
    const auto number = to_number(pixels.attribute(name));
    const std::string unit = pixels.attribute(name + "Unit");
    const auto mm = millimetres_in(unit.empty() ? "um" : unit);  // OME's own default
    if (number && !mm && a.remark.empty())
      a.remark = "no spacing, as the unit '" + unit.substr(0, 20) + "' of OME is no length that is known";
    if (!number || !(*number > 0) || !mm) return std::nullopt;
    return *number * *mm;
  };
  a.spacing_x = length("PhysicalSizeX");
  a.spacing_y = length("PhysicalSizeY");
  a.spacing_z = length("PhysicalSizeZ");
  const std::string unit = pixels.attribute("TimeIncrementUnit");
  if (const auto step = to_number(pixels.attribute("TimeIncrement")); step && *step > 0)
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
  if (const auto elements = to_ome_elements(text)) return ome(*elements, page);
  if (text.starts_with('{')) return tifffile(text, page);
  return {};
}

}  // namespace iso::io::detail
