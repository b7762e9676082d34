#include "io/dicom/dicom_impl.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>
#include <dcmtk/oflog/oflog.h>

#include <charls/charls.h>
#include <openjpeg-2.5/openjpeg.h>  // ITK brings an older one by the bare name
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <mutex>

/// One coded frame becomes samples. The size that the coded data announce is held against the header before they are decoded, so
/// that no decoder is asked for more memory than the header's frame has.
namespace iso::io::detail {
namespace {

using Bytes = std::vector<unsigned char>;

[[noreturn]] void damaged(const std::string& what) {
  throw Error{Errc::cannot_read, what, "check where the file came from"};
}

struct Announced {
  std::int64_t columns{0}, rows{0}, samples{0};
  int bits{0};
};

void hold_against(const DicomHeader& header, const Announced& coded, const char* coder) {
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

// Bits that follow each other from the lowest bit of a byte.
DicomSamples unpacked_bits(const Bytes& packed, std::size_t first_bit, std::size_t count) {
  DicomSamples out;
  out.bits = 1;
  out.bytes.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = first_bit + i;
    out.bytes[i] = packed[bit / 8] >> (bit % 8) & 1U;
  }
  return out;
}

// Bytes of a frame that is not compressed: planes apart become samples side by side, 4:2:2 is filled up, the order of bytes is
// turned to that of the machine.
DicomSamples plain_frame(const DicomHeader& header, Bytes bytes, bool big_endian) {
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

// RLE (PS3.5, annex G): a segment for each byte of each sample, the highest byte first.
void unpack_run_lengths(std::span<const unsigned char> from, unsigned char* to, std::size_t step, std::size_t count) {
  std::size_t at = 0, done = 0;
  while (done < count) {
    if (at >= from.size()) damaged("its run lengths are damaged or end too early");
    const int code = static_cast<signed char>(from[at++]);
    if (code == -128) continue;
    const std::size_t run = std::min(static_cast<std::size_t>(code >= 0 ? code + 1 : 1 - code), count - done);
    if (at + (code >= 0 ? run : 1) > from.size()) damaged("its run lengths are damaged or end too early");
    for (std::size_t i = 0; i < run; ++i) to[(done + i) * step] = from[code >= 0 ? at + i : at];
    at += code >= 0 ? run : 1;
    done += run;
  }
}

DicomSamples decode_rle(const DicomHeader& header, const Bytes& coded) {
  const DicomStorage& s = header.storage;
  const bool bits = s.bits_allocated == 1;
  const std::size_t each = bits ? 1 : static_cast<std::size_t>(s.bits_allocated) / 8,
                    samples = static_cast<std::size_t>(s.samples), pixels = pixels_of_frame(header),
                    count = bits ? (pixels + 7) / 8 : pixels;
  if (coded.size() < 64) damaged("its run lengths are damaged: they have no header");
  std::array<std::uint32_t, 16> head{};
  std::memcpy(head.data(), coded.data(), 64);
  if (head[0] != samples * each)
    damaged("its run lengths have " + std::to_string(head[0]) + " segments, " + std::to_string(samples * each) +
            " were expected");
  DicomSamples out;
  out.bytes_each = each;
  out.bits = s.bits_allocated;
  out.bytes.resize(count * samples * each);
  for (std::size_t segment = 0; segment < head[0]; ++segment) {
    const std::size_t from = head[segment + 1], to = segment + 1 < head[0] ? head[segment + 2] : coded.size();
    if (from < 64 || from > to || to > coded.size()) damaged("the segments of its run lengths overlap");
    const std::size_t sample = segment / each, byte = each - 1 - segment % each;
    unpack_run_lengths({coded.data() + from, to - from}, out.bytes.data() + sample * each + byte, samples * each,
                       count);
  }
  return bits ? unpacked_bits(out.bytes, 0, pixels) : out;
}

DicomSamples decode_deflated(const DicomHeader& header, Bytes coded) {
  const DicomStorage& s = header.storage;
  const std::size_t bits =
      pixels_of_frame(header) * static_cast<std::size_t>(s.samples) * static_cast<std::size_t>(s.bits_allocated);
  Bytes bytes((bits + 7) / 8);
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  stream.next_in = coded.data();
  stream.avail_in = static_cast<uInt>(coded.size());
  stream.next_out = bytes.data();
  stream.avail_out = static_cast<uInt>(bytes.size());
  (void)::inflate(&stream, Z_FINISH);
  const bool whole = stream.avail_out == 0;
  ::inflateEnd(&stream);
  if (!whole) damaged("its deflated pixels are damaged or end too early");
  return plain_frame(header, std::move(bytes), false);
}

/// What the markers of a JPEG stream say (ISO 10918-1, annex B).
struct JpegMarkers {
  Announced size;
  int frame_marker{0}, adobe_transform{-1};
  std::size_t spectrum_at{0};        ///< of the first scan, where its spectral selection stands; 0: not found
  bool jfif{false}, letters{false};  ///< components are called R, G, B
  [[nodiscard]] bool lossless() const noexcept { return (frame_marker & 3) == 3; }
};

JpegMarkers jpeg_markers(const Bytes& b) {
  JpegMarkers found;
  std::size_t at = 2;
  while (at + 4 <= b.size()) {
    if (b[at] != 0xff) damaged("its JPEG data are damaged before the first scan");
    const int marker = b[at + 1];
    if (marker == 0xff) {
      ++at;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {
      at += 2;
      continue;
    }
    const std::size_t length = std::size_t{b[at + 2]} << 8 | b[at + 3];
    if (length < 2 || at + 2 + length > b.size()) damaged("its JPEG data are damaged before the first scan");
    const unsigned char* p = b.data() + at + 4;
    if (marker == 0xe0 && length >= 7 && std::memcmp(p, "JFIF", 4) == 0) found.jfif = true;
    if (marker == 0xee && length >= 14 && std::memcmp(p, "Adobe", 5) == 0) found.adobe_transform = p[11];
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame && length >= 8) {
      found.frame_marker = marker;
      found.size = {p[3] << 8 | p[4], p[1] << 8 | p[2], p[5], p[0]};
      found.letters = length >= 17 && p[6] == 'R' && p[9] == 'G' && p[12] == 'B';
    }
    if (marker == 0xda) {
      if (length == 6 + 2 * std::size_t{p[0]}) found.spectrum_at = at + 5 + 2 * std::size_t{p[0]};
      break;
    }
    at += 2 + length;
  }
  if (found.frame_marker == 0) damaged("its JPEG data hold no frame");
  return found;
}

/// A decoder that does not go on after a warning: the library fills up what it cannot decode and only warns of it.
template <class Decoder>
class StrictJpeg final : public Decoder {
 public:
  using Decoder::Decoder;
  void emitMessage(int level) const override { warned_ = warned_ || level < 0; }
  [[nodiscard]] bool warned() const noexcept { return warned_; }

 private:
  mutable bool warned_{false};
};

template <class Decoder>
bool run_jpeg(Bytes& coded, Bytes& out, bool chroma) {
  const DJCodecParameter as_they_are{ECC_lossyYCbCr, EDC_never, EUC_never, EPC_default};
  StrictJpeg<Decoder> decoder{as_they_are, chroma};
  if (decoder.init().bad()) return false;
  const OFCondition end = decoder.decode(coded.data(), static_cast<Uint32>(coded.size()), out.data(),
                                         static_cast<Uint32>(out.size()), OFFalse);
  return end == EC_Normal && !decoder.warned();
}

DicomSamples decode_jpeg(const DicomHeader& header, Bytes coded) {
  static std::once_flag silent;  // DCMTK's log writes to standard error
  std::call_once(silent, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
  if (coded.size() < 4 || coded[0] != 0xff || coded[1] != 0xd8)
    damaged("its JPEG data are damaged: they do not begin like JPEG");
  const JpegMarkers markers = jpeg_markers(coded);
  hold_against(header, markers.size, "JPEG");
  if (markers.frame_marker >= 0xc9)
    throw Error{Errc::invalid_input, "its JPEG data use arithmetic coding, which is not supported"};
  // A sequential scan has the whole spectrum (ISO 10918-1, B.2.3); some encoders write zeros there, of which nothing depends.
  if (markers.frame_marker <= 0xc1 && markers.spectrum_at > 0) {
    coded[markers.spectrum_at] = 0;
    coded[markers.spectrum_at + 1] = 63;
    coded[markers.spectrum_at + 2] = 0;
  }
  DicomSamples out;
  out.coded = true;
  out.bits = markers.size.bits;
  out.bytes_each = out.bits > 8 ? 2 : 1;
  if (out.bits > 16) throw Error{Errc::invalid_input, "JPEG data of more than 16 bits are not supported"};
  const bool colour = markers.size.samples == 3;
  if (colour && !markers.lossless()) {
    if (markers.adobe_transform >= 0)
      out.luma_and_chroma = markers.adobe_transform != 0;
    else if (markers.letters)
      out.luma_and_chroma = false;
    else if (markers.jfif)
      out.luma_and_chroma = true;
  }
  out.bytes.resize(pixels_of_frame(header) * static_cast<std::size_t>(markers.size.samples) * out.bytes_each);
  const bool chroma = header.photometric.starts_with("YBR");
  const bool fine = out.bits <= 8    ? run_jpeg<DJDecompressIJG8Bit>(coded, out.bytes, chroma)
                    : out.bits <= 12 ? run_jpeg<DJDecompressIJG12Bit>(coded, out.bytes, chroma)
                                     : run_jpeg<DJDecompressIJG16Bit>(coded, out.bytes, chroma);
  if (!fine) damaged("its JPEG data are damaged or end too early");
  return out;
}

DicomSamples decode_jpeg_ls(const DicomHeader& header, const Bytes& coded) {
  try {
    charls::jpegls_decoder decoder{coded, true};
    const auto& info = decoder.frame_info();
    hold_against(header, {info.width, info.height, info.component_count, info.bits_per_sample}, "JPEG-LS");
    DicomSamples out;
    out.coded = true;
    out.bits = info.bits_per_sample;
    out.bytes_each = out.bits > 8 ? 2 : 1;
    out.bytes.resize(pixels_of_frame(header) * static_cast<std::size_t>(info.component_count) * out.bytes_each);
    if (decoder.destination_size() != out.bytes.size()) damaged("its JPEG-LS data are damaged");
    // A row takes a bit at least (ISO 14495-1, A.7: a run that ends with its line).
    if (8.0 * static_cast<double>(coded.size()) < static_cast<double>(header.rows) * info.component_count)
      damaged("its JPEG-LS data are damaged or end too early");
    decoder.decode(out.bytes);
    if (info.component_count == 3 && decoder.interleave_mode() == charls::interleave_mode::none) {
      DicomHeader apart = header;
      apart.storage.planar = true;
      apart.storage.bits_allocated = static_cast<int>(8 * out.bytes_each);
      apart.photometric = "RGB";
      out.bytes = plain_frame(apart, std::move(out.bytes), false).bytes;
    }
    return out;
  } catch (const charls::jpegls_error& error) {
    damaged(std::string{"its JPEG-LS data are damaged or end too early ("} + error.what() + ")");
  }
}

/// A stream over memory, as OpenJPEG reads it.
struct MemoryStream {
  const Bytes* bytes;
  std::size_t at{0};

  static OPJ_SIZE_T read(void* to, OPJ_SIZE_T count, void* self) {
    auto& s = *static_cast<MemoryStream*>(self);
    const std::size_t got = std::min<std::size_t>(count, s.bytes->size() - s.at);
    if (got == 0) return static_cast<OPJ_SIZE_T>(-1);
    std::memcpy(to, s.bytes->data() + s.at, got);
    s.at += got;
    return got;
  }
  static OPJ_OFF_T skip(OPJ_OFF_T count, void* self) {
    auto& s = *static_cast<MemoryStream*>(self);
    if (count < 0 || static_cast<std::size_t>(count) > s.bytes->size() - s.at) {
      s.at = s.bytes->size();
      return -1;
    }
    s.at += static_cast<std::size_t>(count);
    return count;
  }
  static OPJ_BOOL seek(OPJ_OFF_T to, void* self) {
    auto& s = *static_cast<MemoryStream*>(self);
    if (to < 0 || static_cast<std::size_t>(to) > s.bytes->size()) return OPJ_FALSE;
    s.at = static_cast<std::size_t>(to);
    return OPJ_TRUE;
  }
};

struct CodecEnd {
  void operator()(opj_codec_t* codec) const noexcept { opj_destroy_codec(codec); }
};
struct StreamEnd {
  void operator()(opj_stream_t* stream) const noexcept { opj_stream_destroy(stream); }
};
struct ImageEnd {
  void operator()(opj_image_t* image) const noexcept { opj_image_destroy(image); }
};
using CodecOwner = std::unique_ptr<opj_codec_t, CodecEnd>;
using StreamOwner = std::unique_ptr<opj_stream_t, StreamEnd>;
using ImageOwner = std::unique_ptr<opj_image_t, ImageEnd>;

// Whether a code stream turns RGB to YCbCr by itself: the byte of the COD marker (ISO 15444-1, A.6.1).
bool has_colour_transform(const Bytes& b) {
  static constexpr std::array<unsigned char, 4> start{0xff, 0x4f, 0xff, 0x51};
  const auto begin = std::search(b.begin(), b.end(), start.begin(), start.end());
  for (auto at = static_cast<std::size_t>(begin - b.begin()) + 2; at + 9 <= b.size();) {
    if (b[at] != 0xff) return false;
    if (b[at + 1] == 0x52) return b[at + 8] == 1;
    at += 2 + (std::size_t{b[at + 2]} << 8 | b[at + 3]);
  }
  return false;
}

Announced announced_by(const opj_image_t& image) {
  Announced size{image.x1 - image.x0, image.y1 - image.y0, image.numcomps, 0};
  for (OPJ_UINT32 c = 0; c < image.numcomps; ++c) {
    const auto& component = image.comps[c];
    if (c == 0) size.bits = static_cast<int>(component.prec);
    if (component.dx != 1 || component.dy != 1 || component.prec != image.comps[0].prec)
      throw Error{Errc::invalid_input, "its JPEG 2000 data hold samples of different sizes, which is not supported"};
  }
  return size;
}

template <class T>
void gather(const opj_image_t& image, Bytes& to) {
  const std::size_t pixels = std::size_t{image.comps[0].w} * image.comps[0].h, samples = image.numcomps;
  const std::uint32_t mask = image.comps[0].prec >= 32 ? ~0U : (1U << image.comps[0].prec) - 1;
  for (std::size_t c = 0; c < samples; ++c) {
    const OPJ_INT32* from = image.comps[c].data;
    for (std::size_t i = 0; i < pixels; ++i) {
      const auto value = static_cast<T>(static_cast<std::uint32_t>(from[i]) & mask);
      std::memcpy(to.data() + (i * samples + c) * sizeof(T), &value, sizeof(T));
    }
  }
}

DicomSamples decode_jpeg_2000(const DicomHeader& header, const Bytes& coded) {
  const bool boxed = coded.size() > 12 && std::memcmp(coded.data() + 4, "jP  ", 4) == 0;
  if (!boxed && (coded.size() < 4 || coded[0] != 0xff || coded[1] != 0x4f))
    damaged("its JPEG 2000 data are damaged: they do not begin like JPEG 2000");
  const CodecOwner codec{opj_create_decompress(boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K)};
  const StreamOwner stream{opj_stream_create(std::size_t{1} << 16, OPJ_TRUE)};
  if (!codec || !stream) throw std::bad_alloc{};
  MemoryStream memory{&coded};
  opj_stream_set_user_data(stream.get(), &memory, nullptr);
  opj_stream_set_user_data_length(stream.get(), coded.size());
  opj_stream_set_read_function(stream.get(), MemoryStream::read);
  opj_stream_set_skip_function(stream.get(), MemoryStream::skip);
  opj_stream_set_seek_function(stream.get(), MemoryStream::seek);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* raw = nullptr;
  if (!opj_setup_decoder(codec.get(), &parameters) || !opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE) ||
      !opj_read_header(stream.get(), codec.get(), &raw)) {
    const ImageOwner begun{raw};
    damaged("its JPEG 2000 data are damaged");
  }
  const ImageOwner image{raw};
  const Announced size = announced_by(*image);
  hold_against(header, size, "JPEG 2000");
  if (!opj_decode(codec.get(), stream.get(), image.get())) damaged("its JPEG 2000 data are damaged or end too early");
  for (OPJ_UINT32 c = 0; c < image->numcomps; ++c)
    if (!image->comps[c].data || image->comps[c].w != size.columns || image->comps[c].h != size.rows)
      damaged("its JPEG 2000 data are damaged or end too early");
  DicomSamples out;
  out.coded = true;
  out.bits = size.bits;
  out.bytes_each = out.bits > 16 ? 4 : out.bits > 8 ? 2 : 1;
  out.bytes.resize(pixels_of_frame(header) * static_cast<std::size_t>(size.samples) * out.bytes_each);
  if (out.bytes_each == 1)
    gather<std::uint8_t>(*image, out.bytes);
  else if (out.bytes_each == 2)
    gather<std::uint16_t>(*image, out.bytes);
  else
    gather<std::uint32_t>(*image, out.bytes);
  if (has_colour_transform(coded) || header.photometric == "YBR_ICT" || header.photometric == "YBR_RCT")
    out.luma_and_chroma = false;  // the decoder has turned it back
  return out;
}

}  // namespace

namespace {

// A blank row takes a bit in JPEG-LS, a blank frame a few bytes in JPEG 2000: what the header and the coded data announce alike
// says nothing of the time and memory that decoding takes. Blank frames of 64 MiB are taken; larger ones must be packed less
// than deflated bytes can be.
void refuse_hollow(const DicomHeader& header, std::size_t coded) {
  constexpr std::size_t always = std::size_t{1} << 26, most_packed = 1032;
  const DicomStorage& s = header.storage;
  const std::size_t frame = pixels_of_frame(header) * static_cast<std::size_t>(s.samples) *
                            (static_cast<std::size_t>(s.bits_allocated) + 7) / 8;
  if (frame <= always + most_packed * coded) return;
  damaged("its header announces frames of " + std::to_string(header.columns) + " x " + std::to_string(header.rows) +
          " pixels, which " + std::to_string(coded) + " coded bytes cannot hold");
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

struct DicomFrameReader::State {
  explicit State(const DicomHeader& of) : header{of}, bytes{of.file} {
    if (of.pixels.deflated > 0) bytes.inflate_from(of.pixels.deflated);
  }
  const DicomHeader& header;
  DicomBytes bytes;
  std::vector<std::vector<DicomFragments::Part>> frames;  ///< fragments of each frame
  std::size_t frame_bits{0};                              ///< of a frame that is not compressed
};

namespace {

bool begins_image(DicomBytes& bytes, const DicomFragments::Part& part) {
  std::array<unsigned char, 8> b{};
  if (part.length < b.size()) return false;
  bytes.read(part.offset, b.size(), b.data());
  return (b[0] == 0xff && (b[1] == 0xd8 || b[1] == 0x4f)) || std::memcmp(b.data() + 4, "jP  ", 4) == 0;
}

// Which fragments belong to which frame (PS3.5, A.4): one each, as the offset table says, or by how they begin.
std::vector<std::vector<DicomFragments::Part>> by_frame(const DicomFragments& found, std::size_t frames,
                                                        DicomBytes& bytes) {
  std::vector<std::vector<DicomFragments::Part>> sorted;
  const auto& parts = found.parts;
  std::size_t images = 0;
  for (const auto& part : parts) images += begins_image(bytes, part) ? 1 : 0;
  if (images > frames && parts.size() > frames)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: it announces " + std::to_string(frames) +
                    (frames == 1 ? " frame" : " frames") + " and holds " + std::to_string(images),
                "check where the file came from"};
  if (frames == 1) {
    sorted.push_back(parts);
    return sorted;
  }
  if (parts.size() == frames) {
    for (const auto& part : parts) sorted.push_back({part});
    return sorted;
  }
  for (const bool by_table : {true, false}) {
    if (sorted.size() == frames || (by_table && found.table.size() != frames)) continue;
    sorted.clear();
    for (const auto& part : parts) {
      const std::uint64_t offset = part.offset - parts.front().offset;
      const bool first =
          by_table ? std::ranges::find(found.table, offset) != found.table.end() : begins_image(bytes, part);
      if (first) sorted.emplace_back();
      if (!sorted.empty()) sorted.back().push_back(part);
    }
  }
  if (sorted.size() != frames)
    throw Error{Errc::cannot_read,
                "the file is incomplete: it announces " + std::to_string(frames) + " frames, " +
                    std::to_string(std::min(frames, sorted.size())) + " are found in it",
                "check that the file is complete"};
  return sorted;
}

}  // namespace

DicomFrameReader::DicomFrameReader(const DicomHeader& header) : state_{std::make_unique<State>(header)} {
  if (!header.refusal.empty()) throw Error{Errc::invalid_input, header.refusal};
  const auto frames = static_cast<std::size_t>(header.frames);
  if (header.pixels.encapsulated) {
    const DicomFragments found = dicom_fragments(state_->bytes, header.pixels);
    if (found.cut_off || found.parts.size() < (header.syntax.coding == DicomSyntax::Coding::native ? 1 : frames)) {
      throw Error{Errc::cannot_read,
                  "the file is incomplete: it announces " + std::to_string(frames) +
                      (frames == 1 ? " frame and " : " frames and ") +
                      (found.cut_off ? "ends before its pixels do, after " : "holds ") +
                      std::to_string(found.parts.size()) + (found.parts.size() == 1 ? " fragment" : " fragments"),
                  "check that the file is complete"};
    }
    state_->frames = by_frame(found, frames, state_->bytes);
    return;
  }
  const DicomStorage& s = header.storage;
  const bool halved = header.photometric == "YBR_FULL_422" && s.samples == 3;
  state_->frame_bits = pixels_of_frame(header) * static_cast<std::size_t>(halved ? 2 : s.samples) *
                       static_cast<std::size_t>(s.bits_allocated);
  const std::uint64_t need = (state_->frame_bits * frames + 7) / 8, each = state_->frame_bits / 8;
  if (halved && header.columns % 2 != 0)
    throw Error{Errc::invalid_input, "pairs of colours over an odd number of columns are not supported"};
  if (each > 0 && header.pixels.length >= need + each && (header.pixels.length - need) % each <= 1)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: it announces " + std::to_string(frames) +
                    (frames == 1 ? " frame" : " frames") + " and holds pixels for " +
                    std::to_string(header.pixels.length / each),
                "check where the file came from"};
}

DicomFrameReader::~DicomFrameReader() = default;

DicomSamples DicomFrameReader::read(std::int64_t frame) {
  State& s = *state_;
  std::vector<unsigned char> coded;
  if (s.header.pixels.encapsulated) {
    for (const auto& part : s.frames[static_cast<std::size_t>(frame)]) {
      const std::size_t had = coded.size();
      coded.resize(had + static_cast<std::size_t>(part.length));
      s.bytes.read(part.offset, part.length, coded.data() + had);
    }
    if (s.header.syntax.coding == DicomSyntax::Coding::native) {
      const std::size_t need = pixels_of_frame(s.header) * static_cast<std::size_t>(s.header.storage.samples) *
                               static_cast<std::size_t>(s.header.storage.bits_allocated) / 8;
      if (coded.size() < need)
        damaged("the file is incomplete: a frame has " + std::to_string(coded.size()) + " of " + std::to_string(need) +
                " bytes");
    }
    return decode_dicom_frame(s.header, std::move(coded));
  }
  const std::uint64_t first_bit = s.frame_bits * static_cast<std::uint64_t>(frame);
  std::uint64_t first = first_bit / 8, last = (first_bit + s.frame_bits + 7) / 8;
  const bool swapped =
      s.header.syntax.big_endian_pixels && s.header.pixels.words && s.header.storage.bits_allocated <= 8;
  if (swapped) {  // words hold two pixels of 8 bits, the first one in the lower byte (PS3.5, 8.1.1)
    const std::uint64_t odd = first % 2;
    first -= odd;
    last = std::min(last + last % 2, s.header.pixels.length);
    coded.resize(static_cast<std::size_t>(last - first));
    s.bytes.read(s.header.pixels.offset + first, coded.size(), coded.data());
    for (std::size_t i = 0; i + 1 < coded.size(); i += 2) std::swap(coded[i], coded[i + 1]);
    coded.erase(coded.begin(), coded.begin() + static_cast<std::ptrdiff_t>(odd));
    coded.resize(static_cast<std::size_t>((first_bit + s.frame_bits + 7) / 8 - first_bit / 8));
  } else {
    coded.resize(static_cast<std::size_t>(last - first));
    s.bytes.read(s.header.pixels.offset + first, coded.size(), coded.data());
  }
  if (s.header.storage.bits_allocated == 1)  // frames follow each other without a gap, whatever bit they begin at
    return unpacked_bits(coded, first_bit % 8, pixels_of_frame(s.header));
  return decode_dicom_frame(s.header, std::move(coded));
}

}  // namespace iso::io::detail
