#include "io/dicom/dicom_codec_impl.h"

#include <openjpeg-2.5/openjpeg.h>  // ITK brings an older one by the bare name

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <new>

/// Frames coded as JPEG 2000 (OpenJPEG).
namespace iso::io::detail {
namespace {

/// A stream over memory, as OpenJPEG reads it.
struct MemoryStream {
  const DicomCoded* bytes;
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
bool has_colour_transform(const DicomCoded& b) {
  static constexpr std::array<unsigned char, 4> start{0xff, 0x4f, 0xff, 0x51};
  const auto begin = std::search(b.begin(), b.end(), start.begin(), start.end());
  for (auto at = static_cast<std::size_t>(begin - b.begin()) + 2; at + 9 <= b.size();) {
    if (b[at] != 0xff) return false;
    if (b[at + 1] == 0x52) return b[at + 8] == 1;
    at += 2 + (std::size_t{b[at + 2]} << 8 | b[at + 3]);
  }
  return false;
}

DicomAnnounced announced_by(const opj_image_t& image) {
  DicomAnnounced size{image.x1 - image.x0, image.y1 - image.y0, image.numcomps, 0};
  for (OPJ_UINT32 c = 0; c < image.numcomps; ++c) {
    const auto& component = image.comps[c];
    if (c == 0) size.bits = static_cast<int>(component.prec);
    if (component.dx != 1 || component.dy != 1 || component.prec != image.comps[0].prec)
      throw Error{Errc::invalid_input, "its JPEG 2000 data hold samples of different sizes, which is not supported"};
  }
  return size;
}

template <class T>
void gather(const opj_image_t& image, DicomCoded& to) {
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

}  // namespace

DicomSamples decode_jpeg_2000(const DicomHeader& header, const DicomCoded& coded) {
  const bool boxed = coded.size() > 12 && std::memcmp(coded.data() + 4, "jP  ", 4) == 0;
  if (!boxed && (coded.size() < 4 || coded[0] != 0xff || coded[1] != 0x4f))
    throw_damaged("its JPEG 2000 data are damaged: they do not begin like JPEG 2000");
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
    throw_damaged("its JPEG 2000 data are damaged");
  }
  const ImageOwner image{raw};
  const DicomAnnounced size = announced_by(*image);
  hold_against(header, size, "JPEG 2000");
  if (!opj_decode(codec.get(), stream.get(), image.get()))
    throw_damaged("its JPEG 2000 data are damaged or end too early");
  for (OPJ_UINT32 c = 0; c < image->numcomps; ++c)
    if (!image->comps[c].data || image->comps[c].w != size.columns || image->comps[c].h != size.rows)
      throw_damaged("its JPEG 2000 data are damaged or end too early");
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

}  // namespace iso::io::detail
