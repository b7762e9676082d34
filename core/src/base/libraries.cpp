#include "iso/base/libraries.h"

#include <bzlib.h>
#include <charls/version.h>
#include <dcmtk/config/osconfig.h>
#include <expat.h>
#include <hdf5.h>
#include <itkVersion.h>
#include <openjpeg-2.5/openjpeg.h>  // ITK brings an older one by the bare name
#include <png.h>
#include <spdlog/version.h>
#include <tiffio.h>
#include <zlib.h>
#include <nlohmann/json.hpp>

#include <cstdio>

#include <jpeglib.h>  // takes FILE for known

namespace iso {
namespace {

std::string dotted(unsigned a, unsigned b, unsigned c) {
  return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c);
}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  return H5get_libversion(&major, &minor, &release) < 0 ? H5_VERS_INFO : dotted(major, minor, release);
}

std::string expat_version() {
  const XML_Expat_Version version = XML_ExpatVersionInfo();
  return dotted(static_cast<unsigned>(version.major), static_cast<unsigned>(version.minor),
                static_cast<unsigned>(version.micro));
}

/// "LIBTIFF, Version 4.5.0" and more lines.
std::string tiff_version() {
  const std::string text = TIFFGetVersion();
  const auto first = text.find_first_of("0123456789");
  return first == std::string::npos ? text : text.substr(first, text.find_first_not_of("0123456789.", first) - first);
}

/// 2001005.
std::string jpeg_version() {
  constexpr unsigned version = LIBJPEG_TURBO_VERSION_NUMBER;
  return dotted(version / 1000000, version / 1000 % 1000, version % 1000);
}

/// "1.0.8, 13-Jul-2019".
std::string bzip2_version() {
  const std::string text = BZ2_bzlibVersion();
  return text.substr(0, text.find(','));
}

}  // namespace

std::vector<Library> core_libraries() {
  return {{"bzip2", bzip2_version(), "bzip2-1.0.6"},
          {"CharLS", charls_get_version_string(), "BSD-3-Clause"},
          {"DCMTK", PACKAGE_VERSION, "BSD-3-Clause"},
          {"expat", expat_version(), "MIT"},
          {"HDF5", hdf5_version(), "BSD-3-Clause"},
          {"ITK", itk::Version::GetITKVersion(), "Apache-2.0"},
          {"libjpeg-turbo", jpeg_version(), "IJG"},
          {"libpng", png_get_libpng_ver(nullptr), "libpng-2.0"},
          {"libtiff", tiff_version(), "libtiff"},
          {"nlohmann-json",
           dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH), "MIT"},
          {"OpenJPEG", opj_version(), "BSD-2-Clause"},
          {"spdlog", dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH), "MIT"},
          {"zlib", zlibVersion(), "Zlib"}};
}

}  // namespace iso
