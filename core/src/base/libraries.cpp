#include "iso/base/libraries.h"

#include <expat.h>
#include <gdcmVersion.h>
#include <hdf5.h>
#include <itkVersion.h>
#include <matio.h>
#include <spdlog/version.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

namespace iso {
namespace {

std::string dotted(unsigned a, unsigned b, unsigned c) {
  return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c);
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  return H5get_libversion(&major, &minor, &release) < 0 ? H5_VERS_INFO : dotted(major, minor, release);
}

std::string matio_version() {
  int major = 0, minor = 0, release = 0;
  Mat_GetLibraryVersion(&major, &minor, &release);
  return dotted(static_cast<unsigned>(major), static_cast<unsigned>(minor), static_cast<unsigned>(release));
}

std::string expat_version() {
  const XML_Expat_Version version = XML_ExpatVersionInfo();
  return dotted(static_cast<unsigned>(version.major), static_cast<unsigned>(version.minor),
                static_cast<unsigned>(version.micro));
}

}  // namespace

std::vector<Library> core_libraries() {
  return {{"expat", expat_version(), "MIT"},
          {"GDCM", gdcm::Version::GetVersion(), "BSD-3-Clause"},
          {"HDF5", hdf5_version(), "BSD-3-Clause"},
          {"ITK", itk::Version::GetITKVersion(), "Apache-2.0"},
          {"matio", matio_version(), "BSD-2-Clause"},
          {"nlohmann-json",
           dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH), "MIT"},
          {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH), "MIT"},
          {"zlib", zlibVersion(), "Zlib"}};
}

}  // namespace iso
