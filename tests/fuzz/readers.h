#pragma once

#include "small_scan.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The readers of files, each with the sound files that the search (search.cpp) changes.
namespace iso::test {

struct Reader {
  std::string name;
  std::vector<std::string> extensions;  ///< of the stored files that are its seeds
  /// `way`, 0 to 15: how the file is read (as it is, as a scan, as labels ...).
  std::function<void(const std::filesystem::path& file, std::size_t way)> read;
  std::function<void(const std::filesystem::path& folder)> write;  ///< more seeds; may be empty
  bool by_hdf5{false};  ///< the HDF5 library reads: it may end its process, which is a refusal of the program
};
/// What a program of the search knows: the readers of files (readers.cpp), or the parsers (parsers.cpp).
[[nodiscard]] const std::vector<Reader>& subjects();

/// What is made anew around changed bytes, so that they are reached behind sound checksums.
enum class Seal : std::uint8_t { none, gzip, png, png_pixels };

/// A sound file in a folder of its own, with the files beside it that it needs.
struct Seed {
  std::filesystem::path file;
  std::string bytes;  ///< unpacked, for gzip and png_pixels
  Seal seal{Seal::none};
};
[[nodiscard]] std::vector<Seed> make_seeds(const Reader& reader, const std::filesystem::path& folder);

[[nodiscard]] std::string sealed(const std::string& bytes, Seal seal);
[[nodiscard]] std::string bytes_of_file(const std::filesystem::path& file);
void put(const std::filesystem::path& file, std::string_view bytes);

}  // namespace iso::test
