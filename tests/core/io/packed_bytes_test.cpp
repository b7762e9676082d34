#include "io_fixture.h"

#include <zlib.h>

#include <random>

/// gzip files, sound and damaged, are unpacked by the readers exactly where zlib unpacks them.
namespace iso::test {
namespace {

std::string packed(const std::string& bytes, int window, int level) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string from = bytes, out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// What zlib makes of it: the bytes, or nothing if it finds them damaged or cut off.
std::optional<std::string> by_zlib(std::string in) {
  std::string out, piece(1 << 16, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 32 + MAX_WBITS), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  int state = Z_OK;
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
    const bool another = state == Z_STREAM_END && stream.avail_in >= 2 && stream.next_in[0] == 0x1f &&
                         stream.next_in[1] == 0x8b && in[0] == '\x1f';
    if (another) {
      inflateReset(&stream);
    } else if (state != Z_OK) {
      break;
    }
  }
  inflateEnd(&stream);
  return state == Z_STREAM_END ? std::optional{out} : std::nullopt;
}

class PackedBytes : public IoTest {
 protected:
  /// The bytes as a raw NRRD reader sees them.
  std::optional<std::string> by_us(const std::string& in, std::size_t size) {
    put(folder / "a.nrrd",
        "NRRD0004\ntype: uint8\ndimension: 1\nsizes: " + std::to_string(size) + "\nencoding: gzip\n\n" + in);
    try {
      const auto data = io::read(folder / "a.nrrd");
      const auto values = to_pixels(*data)->values<std::uint8_t>();
      return std::string{values.begin(), values.end()};
    } catch (const Error& error) {
      EXPECT_EQ(exit_code(error.code()), 20) << error.what();
      return std::nullopt;
    }
  }
};

TEST_F(PackedBytes, AreReadWhereZlibReadsThemAndRefusedWhereItRefuses) {
  std::mt19937 random{20261130};
  int sound = 0, damaged = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(1 + random() % 3000, '\0');
    const auto kind = random() % 3;
    for (std::size_t k = 0; k < bytes.size(); ++k)
      bytes[k] = static_cast<char>(kind == 0 ? random() : kind == 1 ? random() % 4 : k / 50);
    const bool gzip = random() % 2 == 0;
    std::string in = packed(bytes, gzip ? 31 : 15, static_cast<int>(random() % 10));
    std::string whole = bytes;
    if (gzip && random() % 3 == 0) {  // a second member
      in += packed(bytes.substr(0, bytes.size() / 2), 31, 6);
      whole += bytes.substr(0, bytes.size() / 2);
    }
    if (random() % 4 == 0) in += std::string(random() % 20, '\0');
    if (random() % 2 == 0) in[random() % in.size()] ^= static_cast<char>(1U << random() % 8);
    if (random() % 4 == 0) in.resize(2 + random() % (in.size() - 1));
    const auto wanted = by_zlib(in);
    const auto got = by_us(in, wanted ? std::max<std::size_t>(wanted->size(), 1) : whole.size());
    if (wanted && wanted->empty()) continue;
    if (wanted) {
      EXPECT_TRUE(got.has_value()) << i;
    }
    if (wanted && got) {
      EXPECT_EQ(*got, *wanted) << i;
    }
    // ISA-L does not mind reserved bits of a header: what it then reads has the right checksum.
    if (!wanted && got) {
      EXPECT_EQ(*got, whole) << i;
    }
    ++(wanted ? sound : damaged);
  }
  EXPECT_GT(sound, 250);
  EXPECT_GT(damaged, 250);
}

TEST_F(PackedBytes, OfManyPiecesAreReadWhole) {
  std::mt19937 random{7};
  std::string bytes(5'000'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random() % 64);
  EXPECT_EQ(by_us(packed(bytes, 31, 1), bytes.size()), bytes);
  EXPECT_EQ(by_us(packed(bytes.substr(0, 3'000'001), 31, 1) + packed(bytes.substr(3'000'001), 31, 9), bytes.size()),
            bytes);
}

TEST_F(PackedBytes, OfOtherKindsBehindAPackedFileAreSaidAndZerosAreNot) {
  const auto said = [&](const std::string& behind) {
    std::string lines;
    log::set_level(log::Level::warning);
    log::set_sink([&](log::Level, std::string_view, std::string_view text) { lines += std::string{text} + "\n"; });
    EXPECT_EQ(by_us(packed("isocentre", 31, 6) + behind, 9), "isocentre");
    log::set_sink({});
    log::set_level(log::Level::quiet);
    return lines;
  };
  EXPECT_NE(said("garbage").find("the last 7 bytes of 'a.nrrd' are no packed ones"), std::string::npos);
  EXPECT_NE(said("\x1f").find("the last 1 bytes"), std::string::npos);
  EXPECT_EQ(said(std::string(512, '\0')).find("packed"), std::string::npos);
  EXPECT_EQ(said("").find("packed"), std::string::npos);
}

// "isocente" and "rrr" by the bz2 module of Python, one behind the other as pbzip2 writes them.
TEST_F(PackedBytes, OfBzip2InSeveralStreamsAreReadWhole) {
  const std::string first{
      "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x3e\x3c\xfd\x9d\x00\x00\x01\x81\x80\x0a\x21\x8c\x00\x20\x00"
      "\x22\x1a\x63\x50\x86\x02\x1c\xf0\xa7\x8b\xb9\x22\x9c\x28\x48\x1f\x1e\x7e\xce\x80",
      45};
  const std::string second{
      "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x23\xee\xdb\x5e\x00\x00\x01\x00\x80\x10\x00\x20\x00\x30\x8c"
      "\x14\x18\xbb\x92\x29\xc2\x84\x81\x1f\x76\xda\xf0",
      37};
  const auto read = [&](const std::string& bytes, int size) {
    put(folder / "a.nrrd",
        "NRRD0004\ntype: uint8\ndimension: 1\nsizes: " + std::to_string(size) + "\nencoding: bzip2\n\n" + bytes);
    const auto data = io::read(folder / "a.nrrd");
    const auto values = to_pixels(*data)->values<std::uint8_t>();
    return std::string{values.begin(), values.end()};
  };
  EXPECT_EQ(read(first + second, 11), "isocenterrr");
  EXPECT_EQ(read(second + second + first, 14), "rrrrrrisocente");
  EXPECT_EQ(read(first + "BZ", 8), "isocente");
  EXPECT_EQ(catch_error([&] { (void)read(first + second.substr(0, 30), 11); }).code(), Errc::cannot_read);
}

}  // namespace
}  // namespace iso::test
