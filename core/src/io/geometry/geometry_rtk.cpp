#include "io/geometry/geometry_impl.h"

#include "io/array_impl.h"
#include "iso/base/error.h"

#include "iso/geometry/vec3.h"

#include <expat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <locale>
#include <map>
#include <numbers>
#include <set>
#include <sstream>

namespace iso::io::detail {
namespace {

constexpr double degree = std::numbers::pi / 180;

using Values = std::map<std::string, double>;

// What the parser collects: numbers for all projections, and those of each that differ.
struct Document {
  std::string root;
  double version{0};
  Values common;
  std::vector<Values> projections;
  std::map<std::size_t, std::vector<double>> matrices;  // of projections that have one
  std::set<std::string> unknown;
  std::string text, problem;
  int depth{0};
  bool inside{false};
};

void begin(void* user, const char* name, const char** attributes) {
  auto& doc = *static_cast<Document*>(user);
  if (doc.depth++ == 0) {
    doc.root = name;
    for (; *attributes; attributes += 2)
      if (std::string_view{attributes[0]} == "version") doc.version = to_number(attributes[1]).value_or(0);
  }
  if (std::string_view{name} == "Projection") {
    doc.inside = true;
    doc.projections.emplace_back();
  }
  doc.text.clear();
}

void characters(void* user, const char* text, int length) {
  auto& doc = *static_cast<Document*>(user);
  if (doc.text.size() < 10000) doc.text.append(text, static_cast<std::size_t>(length));
}

void take_matrix(Document& doc) {
  std::vector<double> numbers;
  std::istringstream words{doc.text};
  for (std::string word; words >> word;)
    if (const auto value = to_number(word); value && std::isfinite(*value)) numbers.push_back(*value);
  if (numbers.size() == 12)
    doc.matrices[doc.projections.size() - 1] = std::move(numbers);
  else if (doc.problem.empty())
    doc.problem = "the matrix of projection " + std::to_string(doc.projections.size() - 1) + " is not 12 numbers";
}

void end(void* user, const char* name_text) {
  auto& doc = *static_cast<Document*>(user);
  const std::string name{name_text};
  --doc.depth;
  if (name == "Projection") {
    doc.inside = false;
    return;
  }
  if (doc.depth == 0) return;
  if (name == "Matrix") {
    if (doc.inside) take_matrix(doc);
    return;
  }
  static const std::set<std::string> known{"GantryAngle",
                                           "OutOfPlaneAngle",
                                           "InPlaneAngle",
                                           "SourceToIsocenterDistance",
                                           "SourceToDetectorDistance",
                                           "SourceOffsetX",
                                           "SourceOffsetY",
                                           "ProjectionOffsetX",
                                           "ProjectionOffsetY",
                                           "RadiusCylindricalDetector"};
  if (!known.contains(name)) {
    doc.unknown.insert(name.substr(0, 40));
    return;
  }
  const auto value = to_number(doc.text);
  if (!value || !std::isfinite(*value)) {
    if (doc.problem.empty())
      doc.problem = "the element '" + name + "' is '" + doc.text.substr(0, 40) + "', a number was expected";
    return;
  }
  (doc.inside ? doc.projections.back() : doc.common)[name] = *value;
}

Document parse(std::string_view text) {
  Document doc;
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser{XML_ParserCreate(nullptr),
                                                                                             XML_ParserFree};
  if (!parser) throw std::bad_alloc{};
  XML_SetUserData(parser.get(), &doc);
  XML_SetElementHandler(parser.get(), begin, end);
  XML_SetCharacterDataHandler(parser.get(), characters);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) == XML_STATUS_ERROR) {
    throw Error{Errc::invalid_input,
                "the geometry is not sound XML: " + std::string{XML_ErrorString(XML_GetErrorCode(parser.get()))} +
                    " in line " + std::to_string(XML_GetCurrentLineNumber(parser.get())),
                "check that the file is complete"};
  }
  if (doc.root != "RTKThreeDCircularGeometry") {
    throw Error{Errc::invalid_input, "the XML is a '" + doc.root + "', an RTKThreeDCircularGeometry was expected"};
  }
  if (!doc.problem.empty()) throw Error{Errc::invalid_input, doc.problem};
  if (doc.version != 2 && doc.version != 3) {
    throw Error{Errc::invalid_input,
                "the RTK geometry has version " + short_number(doc.version) + ", 2 or 3 was expected"};
  }
  if (doc.projections.empty())
    throw Error{Errc::invalid_input, "the RTK geometry holds no projection: the scan has no views"};
  return doc;
}

// From the turned frame of the source and detector to ours.
Vec3 to_world(Vec3 p, double gantry, double out_of_plane, double in_plane) {
  p = rotate(p, {0, 0, 1}, in_plane);
  p = rotate(p, {1, 0, 0}, out_of_plane);
  p = rotate(p, {0, 1, 0}, gantry);
  return {p[0], -p[2], p[1]};
}

struct Projection {
  double gantry, out_of_plane, in_plane, sid, sdd, source_x, source_y, detector_x, detector_y, radius;
};

Projection make_projection(const Document& doc, std::size_t i) {
  const auto get = [&](const std::string& name, double otherwise) {
    const Values& own = doc.projections[i];
    if (const auto found = own.find(name); found != own.end()) return found->second;
    const auto found = doc.common.find(name);
    return found == doc.common.end() ? otherwise : found->second;
  };
  if (std::isnan(get("GantryAngle", std::nan("")))) {
    throw Error{Errc::invalid_input, "projection " + std::to_string(i) + " of the RTK geometry has no GantryAngle"};
  }
  return {get("GantryAngle", 0) * degree,
          get("OutOfPlaneAngle", 0) * degree,
          get("InPlaneAngle", 0) * degree,
          get("SourceToIsocenterDistance", 0),
          get("SourceToDetectorDistance", 0),
          get("SourceOffsetX", 0),
          get("SourceOffsetY", 0),
          get("ProjectionOffsetX", 0),
          get("ProjectionOffsetY", 0),
          get("RadiusCylindricalDetector", 0)};
}

// Where a point of RTK's frame is seen on the plane of the detector, mm, by the parameters.
std::array<double, 2> to_detector(const Projection& p, const Vec3& point) {
  Vec3 q = rotate(point, {0, 1, 0}, -p.gantry);
  q = rotate(q, {1, 0, 0}, -p.out_of_plane);
  q = rotate(q, {0, 0, 1}, -p.in_plane);
  if (p.sdd == 0) return {q[0] - p.detector_x, q[1] - p.detector_y};
  const double way = p.sdd / (p.sid - q[2]);
  return {p.source_x + way * (q[0] - p.source_x) - p.detector_x, p.source_y + way * (q[1] - p.source_y) - p.detector_y};
}

// How far the matrix, which says the same as the parameters once more, and these disagree: mm on the detector beyond what
// rounded numbers may; 0: they agree. Programs that know only one of the two write anything into the other.
double disagreement(const Projection& p, const std::vector<double>& m) {
  const double length = p.sid > 0 ? 0.1 * p.sid : 50;
  double worst = 0, size = 0;
  for (const Vec3& x : {Vec3{0, 0, 0}, Vec3{length, 0, 0}, Vec3{0, length, 0}, Vec3{0, 0, length}}) {
    const auto row = [&](std::size_t i) {
      return m[4 * i] * x[0] + m[4 * i + 1] * x[1] + m[4 * i + 2] * x[2] + m[4 * i + 3];
    };
    const auto by_parameters = to_detector(p, x);
    for (std::size_t i = 0; i < 2; ++i) {
      const double gap = std::abs(row(i) / row(2) - by_parameters[i]);
      worst = std::isfinite(gap) ? std::max(worst, gap) : std::numeric_limits<double>::infinity();
      size = std::max(size, std::abs(by_parameters[i]));
    }
  }
  return worst > 0.01 + 1e-4 * size ? worst : 0;
}

// Once a file: what of it is not used.
void warn_of_unknown(const Document& doc) {
  std::string names;
  for (const std::string& name : doc.unknown) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) warn("elements of the RTK geometry that are not used here: " + names);
}

std::string number(double value) {
  std::array<char, 40> text{};
  const auto [end, problem] = std::to_chars(text.data(), text.data() + text.size(),
                                            std::abs(value) < 1e-13 ? 0.0 : value, std::chars_format::general, 17);
  return {text.data(), end};
}

using Matrix = std::array<std::array<double, 4>, 3>;

// RTK's 3 x 4 matrix from world (its frame) to homogeneous detector millimetres; RTK checks it when reading.
Matrix rtk_matrix(const Projection& p) {
  const double c = std::cos(p.gantry), s = std::sin(p.gantry);
  const std::array<std::array<double, 3>, 3> turn{
      {{c, 0, -s}, {0, 1, 0}, {s, 0, c}}};  // about y by minus the gantry angle
  const double dx = p.source_x - p.detector_x, dy = p.source_y - p.detector_y;
  Matrix m{};
  for (std::size_t j = 0; j < 3; ++j) {
    if (p.sdd == 0) {
      m[0][j] = turn[0][j];
      m[1][j] = turn[1][j];
    } else {
      m[0][j] = -p.sdd * turn[0][j] + dx * turn[2][j];
      m[1][j] = -p.sdd * turn[1][j] + dy * turn[2][j];
      m[2][j] = turn[2][j];
    }
  }
  if (p.sdd == 0) {
    m[0][3] = -p.detector_x;
    m[1][3] = -p.detector_y;
    m[2][3] = 1;
  } else {
    m[0][3] = p.sdd * p.source_x - dx * p.sid;
    m[1][3] = p.sdd * p.source_y - dy * p.sid;
    m[2][3] = -p.sid;
  }
  return m;
}

}  // namespace

ProjectionGeometry geometry_from_rtk(std::string_view text, std::array<std::int64_t, 2> elements,
                                     std::array<double, 2> pitch_mm) {
  const Document doc = parse(text);
  warn_of_unknown(doc);
  if (elements[0] < 1 || elements[1] < 1 || !(pitch_mm[0] > 0)) {
    throw Error{Errc::invalid_input,
                "an RTK geometry does not say how many detector elements there are and of which size",
                "take a format with pixel spacing, or pass the hint spacing_mm"};
  }
  if (!(pitch_mm[1] > 0)) pitch_mm[1] = pitch_mm[0];
  std::vector<View> views;
  bool arc = false, parallel = false;
  double worst = 0;  // of the first projection whose matrix disagrees
  for (std::size_t i = 0; i < doc.projections.size(); ++i) {
    const Projection p = make_projection(doc, i);
    const std::string which = "projection " + std::to_string(i) + " of the RTK geometry";
    if (const auto matrix = doc.matrices.find(i); matrix != doc.matrices.end() && p.radius == 0 && worst == 0) {
      worst = disagreement(p, matrix->second);
      if (worst > 0)
        warn(which + " says other places by its matrix than by its parameters" +
             (std::isfinite(worst) ? ", by up to " + short_number(worst) + " mm on the detector" : std::string{}) +
             "; the parameters are taken");
    }
    if (i == 0) parallel = p.sdd == 0;
    if ((p.sdd == 0) != parallel)
      throw Error{Errc::invalid_input, which + " changes between a parallel and a divergent beam"};
    if (p.sdd < 0 || (!parallel && !(p.sid > 0)))
      throw Error{Errc::invalid_input, which + " has source distances of " + short_number(p.sid) + " and " +
                                           short_number(p.sdd) + " mm, both must be positive"};
    if (p.radius != 0 && std::abs(p.radius - p.sdd) > 1e-6 * p.sdd) {
      throw Error{Errc::unsupported, which + " has a cylindrical detector of radius " + short_number(p.radius) +
                                         " mm, only one about the source is supported"};
    }
    arc = arc || p.radius != 0;
    const auto world = [&](const Vec3& point) { return to_world(point, p.gantry, p.out_of_plane, p.in_plane); };
    const Vec3 source = parallel ? world({0, 0, -1}) : world({p.source_x, p.source_y, p.sid});
    views.push_back({source, world({p.detector_x, p.detector_y, parallel ? 0 : p.sid - p.sdd}),
                     world({pitch_mm[0], 0, 0}), world({0, pitch_mm[1], 0})});
  }
  const Beam beam = parallel ? Beam::parallel : elements[1] == 1 ? Beam::fan : Beam::cone;
  return {beam, arc ? DetectorShape::arc : DetectorShape::flat, elements, std::move(views)};
}

std::string to_rtk(const ProjectionGeometry& geometry) {
  const auto orbit = geometry.orbit();
  if (!orbit.circular) {
    throw Error{Errc::unsupported, "RTK's geometry file holds circular scans, here " + orbit.why_not,
                "write the geometry as .json"};
  }
  const bool parallel = geometry.beam() == Beam::parallel;
  Projection p{0,
               0,
               0,
               parallel ? 0 : orbit.source_to_axis_mm,
               parallel ? 0 : orbit.source_to_detector_mm,
               orbit.source_offset_u_mm,
               parallel ? 0 : orbit.source_offset_v_mm,
               orbit.u_offset_mm,
               orbit.v_offset_mm + orbit.source_offset_v_mm,
               geometry.detector_shape() == DetectorShape::arc && !parallel ? orbit.source_to_detector_mm : 0};
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << "<?xml version=\"1.0\"?>\n<!DOCTYPE RTKGEOMETRY>\n<RTKThreeDCircularGeometry version=\"3\">\n";
  const auto line = [&](const char* name, double value) {
    out << "  <" << name << ">" << number(value) << "</" << name << ">\n";
  };
  line("SourceToIsocenterDistance", p.sid);
  line("SourceToDetectorDistance", p.sdd);
  line("SourceOffsetX", p.source_x);
  line("SourceOffsetY", p.source_y);
  line("ProjectionOffsetX", p.detector_x);
  line("ProjectionOffsetY", p.detector_y);
  if (p.radius != 0) line("RadiusCylindricalDetector", p.radius);
  for (const double angle : orbit.angles_rad) {
    p.gantry = angle;
    double turned = std::fmod(angle / degree, 360.0);
    if (turned < 0) turned += 360.0;
    out << "  <Projection>\n    <GantryAngle>" << number(turned) << "</GantryAngle>\n    <Matrix>\n";
    for (const auto& row : rtk_matrix(p)) {
      for (const double value : row) out << " " << number(value);
      out << "\n";
    }
    out << "    </Matrix>\n  </Projection>\n";
  }
  out << "</RTKThreeDCircularGeometry>\n";
  const auto again = geometry_from_rtk(out.str(), geometry.elements(), {geometry.pitch_u_mm(), geometry.pitch_v_mm()});
  if (!(distance(again, geometry) < 1e-6)) {
    throw Error{Errc::unsupported, "this scan cannot be written as RTK's geometry without loss",
                "write the geometry as .json"};
  }
  return out.str();
}

}  // namespace iso::io::detail
