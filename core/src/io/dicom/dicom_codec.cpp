#include "io/dicom/dicom_codec_impl.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <span>
#include <utility>

/// One coded frame becomes samples.
namespace iso::io::detail {

void throw_damaged(const std::string& what) { throw Error{Errc::cannot_read, what, "check where the file came from"}; }

void hold_against(const DicomHeader& header, const DicomAnnounced& coded, const char* coder) {
  if (coded.columns != header.columns || coded.rows != header.rows || coded.samples != header.storage.samples)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: its header says " + std::to_string(header.columns) + " x " +
                    std::to_string(header.rows) + " pixels of " + std::to_string(header.storage.samples) +
                    " samples, its " + coder + " data hold " + std::to_string(coded.columns) + " x " +
                    std::to_string(coded.rows) + " of " + std::to_string(coded.samples),
                "check where the file came from"};
  if (coded.bits < 1 || coded.bits > 32)
    throw Error{Errc::invalid_input,
                std::string{coder} + " data of " + std::to_string(coded.bits) + " bits are not supported"};
}

std::size_t pixels_of_frame(const DicomHeader& header) {
  return static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns);
}

DicomSamples unpacked_bits(const DicomCoded& packed, std::size_t first_bit, std::size_t count) {
  DicomSamples out;
  out.bits = 1;
  out.bytes.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = first_bit + i;
    out.bytes[i] = packed[bit / 8] >> (bit % 8) & 1U;
  }
  return out;
}

DicomSamples plain_frame(const DicomHeader& header, DicomCoded bytes, bool big_endian) {
  const DicomStorage& s = header.storage;
  DicomSamples out;
  out.bits = s.bits_allocated;
  out.bytes_each = static_cast<std::size_t>(s.bits_allocated) / 8;
  if (s.bits_allocated == 1) return unpacked_bits(bytes, 0, pixels_of_frame(header));
  if (big_endian && out.bytes_each > 1) {
    for (std::size_t i = 0; i + out.bytes_each <= bytes.size(); i += out.bytes_each)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                   bytes.begin() + static_cast<std::ptrdiff_t>(i + out.bytes_each));
  }
  const std::size_t each = out.bytes_each, pixels = pixels_of_frame(header);
  if (header.photometric == "YBR_FULL_422" && s.samples == 3 && bytes.size() < 3 * pixels * each) {
    out.bytes.resize(3 * pixels * each);
    for (std::size_t i = 0; i < pixels; ++i) {  // Y Y Cb Cr
      const std::size_t pair = i / 2 * 4;
      for (std::size_t k = 0; k < 3; ++k)
        std::memcpy(out.bytes.data() + (3 * i + k) * each, bytes.data() + (pair + (k == 0 ? i % 2 : k + 1)) * each,
                    each);
    }
    return out;
  }
  if (s.samples == 3 && s.planar) {
    out.bytes.resize(3 * pixels * each);
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t i = 0; i < pixels; ++i)
        std::memcpy(out.bytes.data() + (3 * i + k) * each, bytes.data() + (k * pixels + i) * each, each);
    return out;
  }
  out.bytes = std::move(bytes);
  return out;
}

namespace {

// RLE (PS3.5, annex G): a segment for each byte of each sample, the highest byte first.
void unpack_run_lengths(std::span<const unsigned char> from, unsigned char* to, std::size_t step, std::size_t count) {
  std::size_t at = 0, done = 0;
  while (done < count) {
    if (at >= from.size()) throw_damaged("its run lengths are damaged or end too early");
    const int byte = from[at++], code = byte < 128 ? byte : byte - 256;
    if (code == -128) continue;
    const std::size_t run = std::min(static_cast<std::size_t>(code >= 0 ? code + 1 : 1 - code), count - done);
    if (at + (code >= 0 ? run : 1) > from.size()) throw_damaged("its run lengths are damaged or end too early");
    for (std::size_t i = 0; i < run; ++i) to[(done + i) * step] = from[code >= 0 ? at + i : at];
    at += code >= 0 ? run : 1;
    done += run;
  }
}

DicomSamples decode_rle(const DicomHeader& header, const DicomCoded& coded) {
  const DicomStorage& s = header.storage;
  const bool bits = s.bits_allocated == 1;
  const std::size_t each = bits ? 1 : static_cast<std::size_t>(s.bits_allocated) / 8,
                    samples = static_cast<std::size_t>(s.samples), pixels = pixels_of_frame(header),
                    count = bits ? (pixels + 7) / 8 : pixels;
  if (coded.size() < 64) throw_damaged("its run lengths are damaged: they have no header");
  std::array<std::uint32_t, 16> head{};
  std::memcpy(head.data(), coded.data(), 64);
  if (head[0] != samples * each)
    throw_damaged("its run lengths have " + std::to_string(head[0]) + " segments, " + std::to_string(samples * each) +
                  " were expected");
  DicomSamples out;
  out.bytes_each = each;
  out.bits = s.bits_allocated;
  out.bytes.resize(count * samples * each);
  for (std::size_t segment = 0; segment < head[0]; ++segment) {
    const std::size_t from = head[segment + 1], to = segment + 1 < head[0] ? head[segment + 2] : coded.size();
    if (from < 64 || from > to || to > coded.size()) throw_damaged("the segments of its run lengths overlap");
    const std::size_t sample = segment / each, byte = each - 1 - segment % each;
    unpack_run_lengths({coded.data() + from, to - from}, out.bytes.data() + sample * each + byte, samples * each,
                       count);
  }
  return bits ? unpacked_bits(out.bytes, 0, pixels) : out;
}

DicomSamples decode_deflated(const DicomHeader& header, DicomCoded coded) {
  const DicomStorage& s = header.storage;
  const std::size_t bits =
      pixels_of_frame(header) * static_cast<std::size_t>(s.samples) * static_cast<std::size_t>(s.bits_allocated);
  DicomCoded bytes((bits + 7) / 8);
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  stream.next_in = coded.data();
  stream.avail_in = static_cast<uInt>(coded.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  (void)::inflate(&stream, Z_FINISH);
  const bool whole = stream.avail_out == 0;
  ::inflateEnd(&stream);
  if (!whole) throw_damaged("its deflated pixels are damaged or end too early");
  return plain_frame(header, std::move(bytes), false);
}

// A blank row takes a bit in JPEG-LS, a blank frame a few bytes in JPEG 2000: what the header and the coded data announce alike
// says nothing of the time and memory that decoding takes. Blank frames of 64 MiB are taken; larger ones must be packed less
// than deflated bytes can be.
void refuse_hollow(const DicomHeader& header, std::size_t coded) {
  constexpr std::size_t always = std::size_t{1} << 26, most_packed = 1032;
  const DicomStorage& s = header.storage;
  const std::size_t frame = pixels_of_frame(header) * static_cast<std::size_t>(s.samples) *
                            (static_cast<std::size_t>(s.bits_allocated) + 7) / 8;
  if (frame <= always + most_packed * coded) return;
  throw_damaged("its header announces frames of " + std::to_string(header.columns) + " x " +
                std::to_string(header.rows) + " pixels, which " + std::to_string(coded) + " coded bytes cannot hold");
}

}  // namespace

DicomSamples decode_dicom_frame(const DicomHeader& header, std::vector<unsigned char> coded) {
  if (header.syntax.coding != DicomSyntax::Coding::native) refuse_hollow(header, coded.size());
  switch (header.syntax.coding) {
    case DicomSyntax::Coding::rle: return decode_rle(header, coded);
    case DicomSyntax::Coding::jpeg: return decode_jpeg(header, std::move(coded));
    case DicomSyntax::Coding::jpeg_ls: return decode_jpeg_ls(header, coded);
    case DicomSyntax::Coding::jpeg_2000: return decode_jpeg_2000(header, coded);
    case DicomSyntax::Coding::deflated_frames: return decode_deflated(header, std::move(coded));
    case DicomSyntax::Coding::native: break;
    case DicomSyntax::Coding::other:
      throw Error{Errc::invalid_input, "its pixels are coded as " + header.syntax.named + ", which is not supported"};
  }
  return plain_frame(header, std::move(coded), header.syntax.big_endian_pixels);
}

}  // namespace iso::io::detail
