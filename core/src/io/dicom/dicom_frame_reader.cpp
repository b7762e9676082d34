#include "io/dicom/dicom_codec_impl.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

/// Where the frames of a file lie: in fragments, one after the other, or at any bit.
namespace iso::io::detail {

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
        throw_damaged("the file is incomplete: a frame has " + std::to_string(coded.size()) + " of " +
                      std::to_string(need) + " bytes");
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
