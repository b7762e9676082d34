#include "io/formats/hdf5_impl.h"

#include "iso/base/error.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>

/// Arrays that are stored in pieces (chunks), unpacked here and not by the library: libhdf5 1.10 takes what a filter gives for a
/// whole piece and reads behind it where it is shorter (decision 0045). Filters: deflate, shuffle, Fletcher's checksum.
namespace iso::io::detail::h5 {
namespace {

using Buffer = std::vector<unsigned char>;

struct Filter {
  H5Z_filter_t id;
  unsigned first_value;  ///< of a shuffle: bytes an element
};

/// How an array lies in the file. Axes in the order of the file, the fastest last.
struct Layout {
  std::vector<hsize_t> extents, chunk;
  std::vector<Filter> filters;  ///< in the order of writing
  std::size_t element{0};       ///< bytes in the file
  std::size_t chunk_count{0};   ///< elements of a piece
  std::size_t file_bytes{0};
  std::string path;
  [[nodiscard]] std::size_t chunk_bytes() const noexcept { return chunk_count * element; }
  [[nodiscard]] std::size_t rank() const noexcept { return extents.size(); }
};

[[noreturn]] void damaged(const Layout& layout, const std::string& what) {
  throw Error{Errc::cannot_read, "the array '" + layout.path + "' is damaged: " + what,
              "check that the file is complete"};
}

/// Nothing if the array is not stored in pieces, or by a filter that is left to the library.
std::optional<Layout> find_layout(hid_t data, const std::string& path) {
  const Id made{H5Dget_create_plist(data), H5Pclose, path};
  if (H5Pget_layout(made) != H5D_CHUNKED) return std::nullopt;
  Layout layout;
  layout.path = path;
  for (int i = 0; i < H5Pget_nfilters(made); ++i) {
    unsigned flags = 0, unused = 0;
    std::array<unsigned, 8> values{};
    std::size_t count = values.size();
    const H5Z_filter_t id =
        H5Pget_filter2(made, static_cast<unsigned>(i), &flags, &count, values.data(), 0, nullptr, &unused);
    const bool once = std::ranges::none_of(layout.filters, [&](const Filter& f) { return f.id == id; });
    if (!once || (id != H5Z_FILTER_DEFLATE && id != H5Z_FILTER_SHUFFLE && id != H5Z_FILTER_FLETCHER32))
      return std::nullopt;
    layout.filters.push_back({id, count > 0 ? values[0] : 0});
  }
  const Id space{H5Dget_space(data), H5Sclose, path}, type{H5Dget_type(data), H5Tclose, path};
  std::array<hsize_t, H5S_MAX_RANK> extents{}, chunk{};
  const int rank = H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  if (rank < 1 || H5Pget_chunk(made, rank, chunk.data()) != rank) damaged(layout, "its pieces have other axes than it");
  const auto axes = static_cast<std::size_t>(rank);
  layout.extents.assign(extents.begin(), extents.begin() + rank);
  layout.chunk.assign(chunk.begin(), chunk.begin() + rank);
  layout.element = H5Tget_size(type);
  layout.chunk_count = 1;
  for (std::size_t i = 0; i < axes; ++i) {
    const std::size_t most = std::numeric_limits<std::uint32_t>::max() / std::max<std::size_t>(layout.element, 1);
    if (chunk[i] == 0 || chunk[i] > most / layout.chunk_count) damaged(layout, "its pieces have an impossible size");
    layout.chunk_count *= static_cast<std::size_t>(chunk[i]);
  }
  const Id file{H5Iget_file_id(data), H5Fclose, path};
  hsize_t bytes = 0;
  if (layout.element == 0 || H5Fget_filesize(file, &bytes) < 0) damaged(layout, "its elements have no size");
  layout.file_bytes = static_cast<std::size_t>(bytes);
  return layout;
}

/// H5_checksum_fletcher32: sums of words of 16 bits, the higher byte first.
std::uint32_t fletcher(std::span<const unsigned char> bytes) {
  std::uint32_t first = 0, second = 0;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffffU) + (sum >> 16U); };
  std::size_t at = 0;
  for (std::size_t words = bytes.size() / 2; words > 0;) {
    std::size_t some = std::min<std::size_t>(words, 360);
    words -= some;
    for (; some > 0; --some, at += 2) {
      first += static_cast<std::uint32_t>(bytes[at]) << 8U | bytes[at + 1];
      second += first;
    }
    first = fold(first);
    second = fold(second);
  }
  if (at < bytes.size()) {
    first += static_cast<std::uint32_t>(bytes[at]) << 8U;
    second += first;
    first = fold(first);
    second = fold(second);
  }
  return fold(second) << 16U | fold(first);
}

void check_sum(const Layout& layout, Buffer& bytes) {
  if (bytes.size() < 4) damaged(layout, "a piece of it has no checksum");
  const std::size_t count = bytes.size() - 4;
  std::uint32_t said = 0;
  for (std::size_t i = 4; i > 0; --i) said = said << 8U | bytes[count + i - 1];
  const std::uint32_t sum = fletcher({bytes.data(), count});
  // Programs before HDF5 1.6.3 stored the bytes of each word turned.
  const std::uint32_t turned = (sum & 0x00ff00ffU) << 8U | (sum & 0xff00ff00U) >> 8U;
  if (said != sum && said != turned) damaged(layout, "the checksum of a piece of it is wrong");
  bytes.resize(count);
}

Buffer inflated(const Layout& layout, Buffer& packed, std::size_t size) {
  constexpr std::size_t most_packed = 1032;  // deflate cannot do more
  if (size > most_packed * packed.size() + 4096) damaged(layout, "a piece of it is shorter than its size says");
  Buffer out(size + 1);  // one more tells a piece that is too long
  const auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->crc_flag = ISAL_ZLIB;
  state->next_in = packed.data();
  state->avail_in = static_cast<std::uint32_t>(packed.size());
  state->next_out = out.data();
  state->avail_out = static_cast<std::uint32_t>(out.size());
  const int result = isal_inflate(state.get());
  if (result == ISAL_INCORRECT_CHECKSUM) damaged(layout, "the checksum of a packed piece is wrong");
  const std::size_t got = out.size() - state->avail_out;
  if (result != ISAL_DECOMP_OK || state->block_state != ISAL_BLOCK_FINISH || got != size)
    damaged(layout, "a piece of it is packed wrongly or has another size than it says");
  out.resize(size);
  return out;
}

Buffer unshuffled(const Buffer& bytes, std::size_t element) {
  const std::size_t count = element == 0 ? 0 : bytes.size() / element;
  if (element < 2 || count < 2) return bytes;
  Buffer out(bytes.size());
  for (std::size_t byte = 0; byte < element; ++byte)
    for (std::size_t i = 0; i < count; ++i) out[i * element + byte] = bytes[byte * count + i];
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(count * element), bytes.end(),
            out.begin() + static_cast<std::ptrdiff_t>(count * element));
  return out;
}

/// The bytes of a piece as they were before the filters; empty if it was never written.
Buffer read_piece(hid_t data, const Layout& layout, const std::vector<hsize_t>& at) {
  hsize_t stored = 0;
  if (H5Dget_chunk_storage_size(data, at.data(), &stored) < 0) damaged(layout, "its pieces cannot be found");
  if (stored == 0) return {};
  if (stored > layout.file_bytes) damaged(layout, "a piece of it is larger than the file");
  Buffer bytes(static_cast<std::size_t>(stored));
  std::uint32_t left_out = 0;
  const BoundedRead bound{bytes.data(), bytes.size()};
  if (H5Dread_chunk(data, H5P_DEFAULT, at.data(), &left_out, bytes.data()) < 0)
    damaged(layout, "a piece of it cannot be read");
  const auto used = [&](std::size_t i) { return (left_out >> i & 1U) == 0; };
  for (std::size_t i = layout.filters.size(); i > 0; --i) {
    if (!used(i - 1)) continue;
    const Filter& filter = layout.filters[i - 1];
    if (filter.id == H5Z_FILTER_FLETCHER32) check_sum(layout, bytes);
    if (filter.id == H5Z_FILTER_SHUFFLE) bytes = unshuffled(bytes, filter.first_value);
    if (filter.id != H5Z_FILTER_DEFLATE) continue;
    std::size_t size = layout.chunk_bytes();  // and the checksums that were put behind it before it was packed
    for (std::size_t before = 0; before + 1 < i; ++before)
      if (used(before) && layout.filters[before].id == H5Z_FILTER_FLETCHER32) size += 4;
    bytes = inflated(layout, bytes, size);
  }
  if (bytes.size() != layout.chunk_bytes())
    damaged(layout, "a piece of it has " + std::to_string(bytes.size()) + " bytes, " +
                        std::to_string(layout.chunk_bytes()) + " were expected");
  return bytes;
}

/// Elements of the file become those of memory, in place.
void convert(const Layout& layout, hid_t from, hid_t to, Buffer& bytes) {
  if (H5Tequal(from, to) > 0) return;
  const std::size_t size = H5Tget_size(to);
  Buffer behind(H5Tget_class(to) == H5T_COMPOUND ? layout.chunk_count * size : 0);
  bytes.resize(layout.chunk_count * std::max(size, layout.element));
  if (H5Tconvert(from, to, layout.chunk_count, bytes.data(), behind.empty() ? nullptr : behind.data(), H5P_DEFAULT) < 0)
    damaged(layout, "its elements cannot be converted");
}

/// Puts the part of a piece that lies within the array into its place.
void place(const Layout& layout, const std::vector<hsize_t>& at, const Buffer& bytes, std::size_t size,
           std::byte* array) {
  const std::size_t rank = layout.rank(), last = rank - 1;
  std::vector<hsize_t> within(rank, 0);
  const auto run = static_cast<std::size_t>(std::min(layout.chunk[last], layout.extents[last] - at[last]));
  for (;;) {
    std::size_t from = 0, to = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      from = from * static_cast<std::size_t>(layout.chunk[axis]) + static_cast<std::size_t>(within[axis]);
      to = to * static_cast<std::size_t>(layout.extents[axis]) + static_cast<std::size_t>(at[axis] + within[axis]);
    }
    std::memcpy(array + to * size, bytes.data() + from * size, run * size);
    std::size_t axis = last;
    for (; axis > 0; --axis) {
      if (++within[axis - 1] < std::min(layout.chunk[axis - 1], layout.extents[axis - 1] - at[axis - 1])) break;
      within[axis - 1] = 0;
    }
    if (axis == 0) return;
  }
}

template <class Work>
void for_each_piece(const Layout& layout, const Work& work) {
  if (std::ranges::find(layout.extents, hsize_t{0}) != layout.extents.end()) return;
  std::vector<hsize_t> at(layout.rank(), 0);
  for (;;) {
    work(at);
    std::size_t axis = layout.rank();
    for (; axis > 0; --axis) {
      at[axis - 1] += layout.chunk[axis - 1];
      if (at[axis - 1] < layout.extents[axis - 1]) break;
      at[axis - 1] = 0;
    }
    if (axis == 0) return;
  }
}

}  // namespace

bool read_pieces(hid_t data, hid_t in_memory, void* array, const std::string& path) {
  const std::optional<Layout> layout = find_layout(data, path);
  if (!layout) return false;
  const Id type{H5Dget_type(data), H5Tclose, path}, made{H5Dget_create_plist(data), H5Pclose, path};
  const std::size_t size = H5Tget_size(in_memory);
  for_each_piece(*layout, [&](const std::vector<hsize_t>& at) {
    Buffer bytes = read_piece(data, *layout, at);
    if (!bytes.empty()) {
      convert(*layout, type, in_memory, bytes);
    } else {
      Buffer fill(size);
      if (H5Pget_fill_value(made, in_memory, fill.data()) < 0) damaged(*layout, "a piece of it was never written");
      for (std::size_t i = 0; i < layout->chunk_count; ++i) bytes.insert(bytes.end(), fill.begin(), fill.end());
    }
    place(*layout, at, bytes, size, static_cast<std::byte*>(array));
  });
  return true;
}

void check_pieces(hid_t data, const std::string& path, const LookAtPiece& look) {
  const std::optional<Layout> layout = find_layout(data, path);
  if (!layout) return;
  for_each_piece(*layout, [&](const std::vector<hsize_t>& at) {
    const Buffer bytes = read_piece(data, *layout, at);
    if (look && layout->rank() == 1)
      look({bytes.data(), std::min<std::size_t>(bytes.size(), (layout->extents[0] - at[0]) * layout->element)});
  });
}

}  // namespace iso::io::detail::h5
