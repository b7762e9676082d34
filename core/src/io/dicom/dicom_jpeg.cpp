#include "io/dicom/dicom_codec_impl.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>
#include <dcmtk/oflog/oflog.h>

#include <charls/charls.h>

#include <cstring>
#include <mutex>
#include <utility>

/// Frames coded as JPEG (DCMTK) and JPEG-LS (CharLS).
namespace iso::io::detail {
namespace {

/// What the markers of a JPEG stream say (ISO 10918-1, annex B).
struct JpegMarkers {
  DicomAnnounced size;
  int frame_marker{0}, adobe_transform{-1};
  std::size_t spectrum_at{0};        ///< of the first scan, where its spectral selection stands; 0: not found
  bool jfif{false}, letters{false};  ///< components are called R, G, B
  [[nodiscard]] bool lossless() const noexcept { return (frame_marker & 3) == 3; }
};

JpegMarkers jpeg_markers(const DicomCoded& b) {
  JpegMarkers found;
  std::size_t at = 2;
  while (at + 4 <= b.size()) {
    if (b[at] != 0xff) throw_damaged("its JPEG data are damaged before the first scan");
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
    if (length < 2 || at + 2 + length > b.size()) throw_damaged("its JPEG data are damaged before the first scan");
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
  if (found.frame_marker == 0) throw_damaged("its JPEG data hold no frame");
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
bool run_jpeg(DicomCoded& coded, DicomCoded& out, bool chroma) {
  const DJCodecParameter as_they_are{ECC_lossyYCbCr, EDC_never, EUC_never, EPC_default};
  StrictJpeg<Decoder> decoder{as_they_are, chroma};
  if (decoder.init().bad()) return false;
  const OFCondition end = decoder.decode(coded.data(), static_cast<Uint32>(coded.size()), out.data(),
                                         static_cast<Uint32>(out.size()), OFFalse);
  return end == EC_Normal && !decoder.warned();
}

}  // namespace

DicomSamples decode_jpeg(const DicomHeader& header, DicomCoded coded) {
  static std::once_flag silent;  // DCMTK's log writes to standard error
  std::call_once(silent, [] { OFLog::configure(OFLogger::OFF_LOG_LEVEL); });
  if (coded.size() < 4 || coded[0] != 0xff || coded[1] != 0xd8)
    throw_damaged("its JPEG data are damaged: they do not begin like JPEG");
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
  if (!fine) throw_damaged("its JPEG data are damaged or end too early");
  return out;
}

DicomSamples decode_jpeg_ls(const DicomHeader& header, const DicomCoded& coded) {
  try {
    charls::jpegls_decoder decoder{coded, true};
    const auto& info = decoder.frame_info();
    hold_against(header, {info.width, info.height, info.component_count, info.bits_per_sample}, "JPEG-LS");
    DicomSamples out;
    out.coded = true;
    out.bits = info.bits_per_sample;
    out.bytes_each = out.bits > 8 ? 2 : 1;
    out.bytes.resize(pixels_of_frame(header) * static_cast<std::size_t>(info.component_count) * out.bytes_each);
    if (decoder.destination_size() != out.bytes.size()) throw_damaged("its JPEG-LS data are damaged");
    // A row takes a bit at least (ISO 14495-1, A.7: a run that ends with its line).
    if (8.0 * static_cast<double>(coded.size()) < static_cast<double>(header.rows) * info.component_count)
      throw_damaged("its JPEG-LS data are damaged or end too early");
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
    throw_damaged(std::string{"its JPEG-LS data are damaged or end too early ("} + error.what() + ")");
  }
}

}  // namespace iso::io::detail
