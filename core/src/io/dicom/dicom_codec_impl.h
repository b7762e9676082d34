#pragma once

#include "io/dicom/dicom_impl.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What the decoders of coded frames share, and the decoders. The size that the coded data announce is held against the header
/// before they are decoded, so that no decoder is asked for more memory than the header's frame has.
namespace iso::io::detail {

using DicomCoded = std::vector<unsigned char>;

[[noreturn]] void throw_damaged(const std::string& what);  ///< cannot_read

/// What coded data say of their frame.
struct DicomAnnounced {
  std::int64_t columns{0}, rows{0}, samples{0};
  int bits{0};
};
/// Throws invalid_input where header and coded data contradict each other. `coder` is "JPEG".
void hold_against(const DicomHeader& header, const DicomAnnounced& coded, const char* coder);

[[nodiscard]] std::size_t pixels_of_frame(const DicomHeader& header);
/// Bits that follow each other from the lowest bit of a byte.
[[nodiscard]] DicomSamples unpacked_bits(const DicomCoded& packed, std::size_t first_bit, std::size_t count);
/// Bytes of a frame that is not compressed: planes apart become samples side by side, 4:2:2 is filled up, the order of bytes is
/// turned to that of the machine.
[[nodiscard]] DicomSamples plain_frame(const DicomHeader& header, DicomCoded bytes, bool big_endian);

[[nodiscard]] DicomSamples decode_jpeg(const DicomHeader& header, DicomCoded coded);
[[nodiscard]] DicomSamples decode_jpeg_ls(const DicomHeader& header, const DicomCoded& coded);
[[nodiscard]] DicomSamples decode_jpeg_2000(const DicomHeader& header, const DicomCoded& coded);

}  // namespace iso::io::detail
