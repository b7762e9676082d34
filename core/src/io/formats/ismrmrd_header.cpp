#include "io/array_impl.h"
#include "io/formats/ismrmrd_impl.h"

#include "iso/base/error.h"

#include <expat.h>

#include <cmath>
#include <map>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <vector>

/// The header of ISMRM raw data: XML, of which the first encoding space is used.
namespace iso::io::detail {
namespace {

// Texts of the header by the path of their element below the root; the first of each.
struct Texts {
  std::map<std::string, std::string> found;
  std::vector<std::string> path;
  std::string text;
};

std::map<std::string, std::string> parse(const std::string& xml) {
  Texts texts;
  const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser{XML_ParserCreate(nullptr),
                                                                                             XML_ParserFree};
  if (!parser) throw std::bad_alloc{};
  XML_SetUserData(parser.get(), &texts);
  XML_SetElementHandler(
      parser.get(),
      [](void* user, const char* name, const char**) {
        auto& t = *static_cast<Texts*>(user);
        const std::string_view full{name};
        t.path.emplace_back(full.substr(full.find(':') == std::string_view::npos ? 0 : full.find(':') + 1));
        t.text.clear();
      },
      [](void* user, const char*) {
        auto& t = *static_cast<Texts*>(user);
        std::string path;
        for (std::size_t i = 1; i < t.path.size(); ++i) path += (path.empty() ? "" : "/") + t.path[i];
        t.found.try_emplace(path, t.text);
        t.path.pop_back();
        t.text.clear();
      });
  XML_SetCharacterDataHandler(parser.get(), [](void* user, const char* text, int length) {
    auto& t = *static_cast<Texts*>(user);
    if (t.text.size() < 10000) t.text.append(text, static_cast<std::size_t>(length));
  });
  if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE) == XML_STATUS_ERROR) {
    throw Error{Errc::invalid_input,
                std::string{"the ISMRMRD header is not sound XML: "} + XML_ErrorString(XML_GetErrorCode(parser.get()))};
  }
  return texts.found;
}

}  // namespace

IsmrmrdEncoding ismrmrd_encoding(const std::string& xml) {
  const auto texts = parse(xml);
  const auto get = [&](const std::string& name) {
    const auto at = texts.find("encoding/" + name);
    return at == texts.end() ? std::string{} : at->second;
  };
  IsmrmrdEncoding e;
  constexpr std::array<const char*, 3> axes{"x", "y", "z"};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto size = to_number(get(std::string{"encodedSpace/matrixSize/"} + axes[i])),
               fov = to_number(get(std::string{"encodedSpace/fieldOfView_mm/"} + axes[i]));
    if (!size || !(*size >= 1) || *size > 65536 || *size != std::floor(*size) || !fov || !(*fov > 0) || !(*fov < 1e6)) {
      throw Error{Errc::invalid_input,
                  std::string{"the ISMRMRD header says no sound encoded matrix and field of view along "} + axes[i]};
    }
    e.matrix[i] = static_cast<std::int64_t>(*size);
    e.fov_mm[i] = *fov;
  }
  e.width = e.matrix[0];
  const auto width = to_number(get("reconSpace/matrixSize/x")), seen = to_number(get("reconSpace/fieldOfView_mm/x"));
  if (width && seen && *width >= 1 && *width < static_cast<double>(e.matrix[0]) && *seen > 0 && *seen < e.fov_mm[0]) {
    // As many voxels of the encoded size as the image is wide.
    e.width = std::max<std::int64_t>(1, std::llround(static_cast<double>(e.matrix[0]) * *seen / e.fov_mm[0]));
  }
  e.trajectory = lower(get("trajectory"));
  e.ramps = !get("trajectoryDescription/identifier").empty();
  e.calibration = lower(get("parallelImaging/calibrationMode"));
  for (std::size_t i = 0; i < 2; ++i) {
    const auto centre = to_number(get("encodingLimits/kspace_encoding_step_" + std::to_string(i + 1) + "/center"));
    if (centre) e.centre[i] = static_cast<std::int64_t>(*centre);
  }
  return e;
}

}  // namespace iso::io::detail
