#include "io/formats/payload_impl.h"

#include "iso/base/error.h"

#include <bzlib.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <array>
#include <utility>

/// Deflated bytes by ISA-L (decision 0038) and those of bzip2, unpacked as they are read.
namespace iso::io::detail {
namespace {

constexpr std::size_t piece = std::size_t{1} << 20;

[[noreturn]] void damaged(const std::string& name, const std::string& what) {
  throw Error{Errc::cannot_read, "'" + name + "' is damaged: " + what, "check that the file is complete"};
}

// What unpackers share: packed bytes come in pieces.
class PackedBytes : public ByteReader {
 public:
  std::size_t finish() override {
    std::vector<std::byte> rest(std::size_t{1} << 16U);  // most often there is none
    std::size_t left = 0;
    for (std::size_t got = 0; (got = read(rest.data(), rest.size())) > 0;) left += got;
    return left;
  }

 protected:
  explicit PackedBytes(Bytes packed)
      : ByteReader{packed->name()}, packed_{std::move(packed)}, in_(std::min(piece, packed_->most() + 1)) {}
  // Zeros fill up a block of the medium; anything else behind the packed bytes is said.
  void look_at_rest(const std::uint8_t* held, std::size_t count) {
    std::size_t left = count;
    bool zeros = std::all_of(held, held + count, [](std::uint8_t byte) { return byte == 0; });
    while (more()) {
      left += held_;
      zeros = zeros && std::all_of(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(held_),
                                   [](std::byte byte) { return byte == std::byte{}; });
    }
    held_ = 0;
    if (!zeros)
      warn("the last " + std::to_string(left) + " bytes of '" + name_ + "' are no packed ones; they are left out");
  }
  // False at the end of the file.
  bool more() {
    held_ = packed_->read(in_.data(), in_.size());
    return held_ > 0;
  }
  [[noreturn]] void cut_off() const {
    throw Error{Errc::cannot_read, "'" + name_ + "' is incomplete: its packed bytes end in the middle",
                "check that the file is complete"};
  }
  Bytes packed_;
  std::vector<std::byte> in_;
  std::size_t held_{0};
};

// gzip (RFC 1952, any number of members) or zlib (RFC 1950). ISA-L compares checksum and length of each member.
class DeflatedBytes final : public PackedBytes {
 public:
  explicit DeflatedBytes(Bytes packed) : PackedBytes{std::move(packed)}, most_{packed_->most() * 1032 + 4096} {}
  std::size_t most() const override { return most_; }
  std::size_t read(std::byte* to, std::size_t count) override {
    std::size_t done = 0;
    if (!begun_) begin();
    while (done < count && !ended_) {
      inflate_state& s = *state_;
      // Bits that were taken from the last piece may hold all that is missing, so more bytes are not asked for first.
      const auto room = static_cast<std::uint32_t>(std::min<std::size_t>(count - done, std::size_t{1} << 30));
      s.next_out = reinterpret_cast<std::uint8_t*>(to + done);
      s.avail_out = room;
      const std::uint32_t had = s.avail_in;
      const int result = isal_inflate(&s);
      const std::uint32_t got = room - s.avail_out;
      done += got;
      if (result < 0 || result == ISAL_NEED_DICT)
        damaged(name_, result == ISAL_INCORRECT_CHECKSUM ? "the checksum of its packed bytes is wrong"
                                                         : "its packed bytes cannot be unpacked");
      if (s.block_state == ISAL_BLOCK_FINISH)
        next_member();
      else if (got == 0 && s.avail_in == had && !refill())
        cut_off();
    }
    return done;
  }

 private:
  void begin() {
    begun_ = true;
    if (!refill()) cut_off();
    isal_inflate_init(state_.get());
    const auto* start = reinterpret_cast<const unsigned char*>(in_.data());
    if (held_ < 2) cut_off();
    state_->crc_flag = start[0] == 0x1f && start[1] == 0x8b ? ISAL_GZIP : ISAL_ZLIB;
    state_->next_in = reinterpret_cast<std::uint8_t*>(in_.data());
    state_->avail_in = static_cast<std::uint32_t>(held_);
  }
  // Only once all bytes of the last piece are taken.
  bool refill() {
    if (state_->avail_in > 0) damaged(name_, "its packed bytes cannot be unpacked");
    if (!more()) return false;
    state_->next_in = reinterpret_cast<std::uint8_t*>(in_.data());
    state_->avail_in = static_cast<std::uint32_t>(held_);
    return true;
  }
  // Another member may follow; zeros that fill up a block of the medium, or anything else, are no part of the data.
  void next_member() {
    ended_ = true;
    inflate_state& s = *state_;
    if (s.crc_flag != ISAL_GZIP) return;
    std::array<std::uint8_t, 2> start{};  // of the next member; it may lie in two pieces
    std::size_t found = 0;
    for (; found < start.size() && (s.avail_in > 0 || refill()); ++found) {
      start[found] = *s.next_in++;
      --s.avail_in;
    }
    if (start != std::array<std::uint8_t, 2>{0x1f, 0x8b}) {
      std::vector<std::uint8_t> rest(start.begin(), start.begin() + static_cast<std::ptrdiff_t>(found));
      rest.insert(rest.end(), s.next_in, s.next_in + s.avail_in);
      return look_at_rest(rest.data(), rest.size());
    }
    const auto* const next = s.next_in;
    const std::uint32_t left = s.avail_in;
    isal_inflate_reset(&s);
    s.crc_flag = ISAL_GZIP;
    s.avail_out = 0;
    s.next_in = start.data();
    s.avail_in = 2;
    if (isal_inflate(&s) < 0) damaged(name_, "its packed bytes cannot be unpacked");
    s.next_in = const_cast<std::uint8_t*>(next);
    s.avail_in = left;
    ended_ = false;
  }
  std::unique_ptr<inflate_state> state_{std::make_unique<inflate_state>()};
  std::size_t most_{0};
  bool begun_{false}, ended_{false};
};

class Bzip2Bytes final : public PackedBytes {
 public:
  explicit Bzip2Bytes(Bytes packed) : PackedBytes{std::move(packed)} {
    most_ = packed_->most() * 46000 + 47000000;  // runs of one value; a block of a few bytes holds 46 MB of them
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc{};
  }
  Bzip2Bytes(const Bzip2Bytes&) = delete;
  Bzip2Bytes& operator=(const Bzip2Bytes&) = delete;
  ~Bzip2Bytes() override { BZ2_bzDecompressEnd(&stream_); }
  std::size_t most() const override { return most_; }
  std::size_t read(std::byte* to, std::size_t count) override {
    std::size_t done = 0;
    while (done < count && !ended_) {
      if (stream_.avail_in == 0 && !refill()) cut_off();
      const auto room = static_cast<unsigned>(std::min<std::size_t>(count - done, std::size_t{1} << 30));
      stream_.next_out = reinterpret_cast<char*>(to + done);
      stream_.avail_out = room;
      const int state = BZ2_bzDecompress(&stream_);
      done += room - stream_.avail_out;
      if (state == BZ_STREAM_END)
        next_stream();
      else if (state == BZ_MEM_ERROR)
        throw std::bad_alloc{};
      else if (state != BZ_OK)
        damaged(name_, state == BZ_DATA_ERROR ? "the checksum of its packed bytes is wrong"
                                              : "its packed bytes cannot be unpacked");
    }
    return done;
  }

 private:
  bool refill() {
    if (!more()) return false;
    stream_.next_in = reinterpret_cast<char*>(in_.data());
    stream_.avail_in = static_cast<unsigned>(held_);
    return true;
  }
  // Programs that pack on several cores write one stream after the other; each begins with BZh.
  void next_stream() {
    std::vector<std::uint8_t> start;
    while (start.size() < 3 && (stream_.avail_in > 0 || refill())) {
      start.push_back(static_cast<std::uint8_t>(*stream_.next_in++));
      --stream_.avail_in;
    }
    char* const next = stream_.next_in;
    const unsigned left = stream_.avail_in;
    ended_ = !std::ranges::equal(start, std::array<std::uint8_t, 3>{'B', 'Z', 'h'});
    if (ended_) {
      start.insert(start.end(), next, next + left);
      return look_at_rest(start.data(), start.size());
    }
    BZ2_bzDecompressEnd(&stream_);
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc{};
    stream_.next_in = reinterpret_cast<char*>(start.data());
    stream_.avail_in = static_cast<unsigned>(start.size());
    if (BZ2_bzDecompress(&stream_) != BZ_OK) damaged(name_, "its packed bytes cannot be unpacked");
    stream_.next_in = next;
    stream_.avail_in = left;
  }
  bz_stream stream_{};
  std::size_t most_{0};
  bool ended_{false};
};

}  // namespace

Bytes unpacked(Bytes packed, Packing packing) {
  if (packing == Packing::bzip2) return std::make_unique<Bzip2Bytes>(std::move(packed));
  return std::make_unique<DeflatedBytes>(std::move(packed));
}

}  // namespace iso::io::detail
