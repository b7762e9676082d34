#include "readers.h"

#include "iso/base/error.h"
#include "iso/io/geometry_file.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_seed_bytes = std::size_t{1} << 16;

bool has_extension(const fs::path& file, const std::vector<std::string>& extensions) {
  const std::string name = file.filename().string();
  return std::ranges::any_of(extensions, [&](const std::string& e) { return name.ends_with(e); });
}

std::string inflated(const std::string& packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 32 + MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  std::string out(most_seed_bytes * 16, '\0'), from = packed;
  stream.next_in = reinterpret_cast<Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  (void)inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc{};
  std::string from = bytes, out(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  (void)deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// PNG: pieces of length, name, data and checksum behind a signature.
constexpr std::size_t png_signature = 8;
std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
void put_number(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i) & 255);
}
std::uint32_t checksum(const std::string& bytes, std::size_t at, std::size_t count) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data() + at), static_cast<uInt>(count)));
}

/// Every checksum made right, as far as the lengths of the pieces lead.
std::string with_checksums(std::string bytes) {
  for (std::size_t at = png_signature; at + 12 <= bytes.size();) {
    const std::size_t count = number_at(bytes, at);
    if (count > bytes.size() - at - 12) break;
    put_number(bytes, at + 8 + count, checksum(bytes, at + 4, count + 4));
    at += 12 + count;
  }
  return bytes;
}

constexpr std::size_t png_header = png_signature + 25;

/// Signature and header as they are, then what the pixels unpack to.
std::string inflated_png(const std::string& png) {
  std::string packed;
  for (std::size_t at = png_signature; at + 12 <= png.size(); at += 12 + number_at(png, at))
    if (png.compare(at + 4, 4, "IDAT") == 0) packed += png.substr(at + 8, number_at(png, at));
  return png.substr(0, png_header) + inflated(packed);
}
/// The way back.
std::string packed_png(const std::string& bytes) {
  if (bytes.size() <= png_header) return bytes;
  uLongf count = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(count, '\0');
  compress2(reinterpret_cast<Bytef*>(packed.data()), &count, reinterpret_cast<const Bytef*>(bytes.data() + png_header),
            static_cast<uLong>(bytes.size() - png_header), 1);
  packed.resize(count);
  std::string png = bytes.substr(0, png_header) + std::string(4, '\0') + "IDAT" + packed + std::string(8, '\0') +
                    "IEND" + std::string(4, '\0');
  put_number(png, png_header, static_cast<std::uint32_t>(packed.size()));
  return with_checksums(std::move(png));
}

/// What is made of this one ends the library as it does, nearly always.
bool ends_libhdf5(const fs::path& file) { return file.filename() == "link_name.h5"; }

/// A file of a series, which has a folder of its own.
bool is_slice(const fs::path& file) { return file.extension() == ".dcm" && file.parent_path().filename() != "dicom"; }

/// Every seed gets a folder of its own with the files that its name begins like: what a header may name.
void add(const fs::path& file, const fs::path& folder, std::vector<Seed>& seeds) {
  std::error_code problem;
  if (fs::file_size(file, problem) > most_seed_bytes || problem) return;
  const fs::path own = folder / std::to_string(seeds.size());
  fs::create_directories(own);
  const std::string start = file.stem().string().substr(0, 6);
  for (const auto& entry : fs::directory_iterator{file.parent_path()}) {
    const fs::path& other = entry.path();
    if (entry.is_regular_file() && other.extension() != ".expected" &&
        (other.filename().string().starts_with(start) || is_slice(file)) && fs::file_size(other) <= most_seed_bytes)
      fs::copy_file(other, own / other.filename(), fs::copy_options::skip_existing);
  }
  fs::permissions(own / file.filename(), fs::perms::owner_write, fs::perm_options::add);
  if (!is_slice(file)) io::write_geometry(own / "scan.json", small_scan(), true);
  const std::string bytes = bytes_of_file(file);
  const bool png = file.extension() == ".png";
  seeds.push_back({own / file.filename(), bytes, Seal::none});
  if (png) seeds.push_back({own / file.filename(), bytes, Seal::png});
  if (png) seeds.push_back({own / file.filename(), inflated_png(bytes), Seal::png_pixels});
  if (file.extension() == ".gz") seeds.push_back({own / file.filename(), inflated(bytes), Seal::gzip});
}

}  // namespace

std::vector<Seed> make_seeds(const Reader& reader, const fs::path& folder) {
  std::vector<fs::path> places;
  for (const char* const name : {"readers", "odd", "differential", "dicom", "mrc", "containers", "pictures"})
    places.push_back(fs::path{ISO_SOURCE_DIR} / "tests" / "data" / name);
  if (reader.write) {
    places.push_back(folder / "written");
    fs::create_directories(places.back());
    reader.write(places.back());
  }
  std::vector<fs::path> files;
  std::error_code problem;
  for (const fs::path& place : places)
    for (const auto& entry : fs::recursive_directory_iterator{place, problem})
      if (entry.is_regular_file() && has_extension(entry.path(), reader.extensions) &&
          (reader.name != "dicom-folder" || is_slice(entry.path())) && !ends_libhdf5(entry.path()))
        files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Seed> seeds;
  for (const fs::path& file : files) add(file, folder, seeds);
  return seeds;
}

std::string sealed(const std::string& bytes, Seal seal) {
  switch (seal) {
    case Seal::none: break;
    case Seal::gzip: return gzipped(bytes);
    case Seal::png: return with_checksums(bytes);
    case Seal::png_pixels: return packed_png(bytes);
  }
  return bytes;
}

std::string bytes_of_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void put(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

}  // namespace iso::test
