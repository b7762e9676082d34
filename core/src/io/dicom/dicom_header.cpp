#include "io/dicom/dicom_impl.h"

#include "io/array_impl.h"

#include <algorithm>
#include <array>
#include <cmath>

/// What a DICOM file is, by its header: an image, another object of DICOM, something else, or unreadable.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

// Names of PS3.4, annex B, of objects without pixels; the end of a prefix is a dot.
std::string object_named(const std::string& uid) {
  struct Named {
    std::string_view uid, name;
  };
  static constexpr std::array<Named, 21> known{
      {{"1.2.840.10008.5.1.4.1.1.2", "the header of a CT image without its pixels"},
       {"1.2.840.10008.5.1.4.1.1.4", "the header of an MR image without its pixels"},
       {"1.2.840.10008.5.1.4.1.1.128", "the header of a PET image without its pixels"},
       {"1.2.840.10008.5.1.4.1.1.67", "a mapping to real-world values"},
       {"1.2.840.10008.1.3.10", "a DICOMDIR, the list of the files of a medium"},
       {"1.2.840.10008.5.1.4.1.1.481.3", "an RT structure set"},
       {"1.2.840.10008.5.1.4.1.1.481.5", "an RT plan"},
       {"1.2.840.10008.5.1.4.1.1.481.8", "an RT ion plan"},
       {"1.2.840.10008.5.1.4.1.1.481.", "a radiotherapy record"},
       {"1.2.840.10008.5.1.4.1.1.88.", "a structured report"},
       {"1.2.840.10008.5.1.4.1.1.11.", "a presentation state"},
       {"1.2.840.10008.5.1.4.1.1.9.", "a waveform"},
       {"1.2.840.10008.5.1.4.1.1.104.", "an encapsulated document"},
       {"1.2.840.10008.5.1.4.1.1.4.2", "MR spectroscopy"},
       {"1.2.840.10008.5.1.4.1.1.66.1", "a spatial registration"},
       {"1.2.840.10008.5.1.4.1.1.66.2", "a set of fiducials"},
       {"1.2.840.10008.5.1.4.1.1.66.3", "a deformable registration"},
       {"1.2.840.10008.5.1.4.1.1.66.5", "a surface segmentation"},
       {"1.2.840.10008.5.1.4.1.1.66", "raw data"},
       {"1.2.840.10008.5.1.4.1.1.91.1", "a set of bulk annotations"},
       {"1.2.840.10008.5.1.4.1.1.66.6", "a tractography result"}}};
  for (const auto& entry : known)
    if (uid == entry.uid || (entry.uid.ends_with('.') && uid.starts_with(entry.uid))) return std::string{entry.name};
  return uid.empty() ? "an object that does not say what it is" : "an object of the class " + uid;
}

bool is_image_class(const std::string& uid) { return object_named(uid).starts_with("the header of"); }

// DOE^JANE=... is shown as DOE, JANE: the first group of components that says anything.
std::string name_of_person(const std::string& text) {
  std::string name;
  for (const auto& group : split(text, '=')) {
    if (name = group; !name.empty()) break;
  }
  while (!name.empty() && (name.back() == '^' || name.back() == ' ')) name.pop_back();
  if (const auto at = name.find('^'); at != std::string::npos) name.replace(at, 1, ", ");
  std::ranges::replace(name, '^', ' ');
  return name;
}

void take_words(const DicomDataset& set, DicomHeader& header) {
  const std::string code = set.text(tag(0x0008, 0x0005));
  const auto words = [&](std::uint32_t t) { return dicom_utf8(set.text(t), code); };
  header.patient = name_of_person(words(tag(0x0010, 0x0010)));
  header.patient_id = words(tag(0x0010, 0x0020));
  header.study = words(tag(0x0008, 0x1030));
  header.description = words(tag(0x0008, 0x103e));
  header.study_date = set.text(tag(0x0008, 0x0020));
  if (const auto& d = header.study_date; d.size() == 8)
    header.study_date = d.substr(0, 4) + "-" + d.substr(4, 2) + "-" + d.substr(6);
  header.number = static_cast<std::int64_t>(std::clamp(set.decimal(tag(0x0020, 0x0011), 0), -1e9, 1e9));
}

void take_storage(const DicomDataset& set, const DicomFile& file, DicomHeader& header) {
  DicomStorage& s = header.storage;
  s.samples = set.number(tag(0x0028, 0x0002), 1);
  s.bits_allocated = static_cast<int>(set.number(tag(0x0028, 0x0100), 0));
  s.bits_stored = static_cast<int>(set.number(tag(0x0028, 0x0101), s.bits_allocated));
  s.high_bit = static_cast<int>(set.number(tag(0x0028, 0x0102), s.bits_stored - 1));
  s.is_signed = set.number(tag(0x0028, 0x0103), 0) == 1;
  s.planar = set.number(tag(0x0028, 0x0006), 0) == 1;
  if (file.pixels.tag == tag(0x7fe0, 0x0008) || file.pixels.tag == tag(0x7fe0, 0x0009)) {
    s.floating = true;
    s.bits_allocated = s.bits_stored = file.pixels.tag == tag(0x7fe0, 0x0008) ? 32 : 64;
    s.high_bit = s.bits_stored - 1;
  }
}

void take_palette(const DicomDataset& set, DicomHeader& header);

// Why the pixels cannot be read, as far as the header says.
std::string make_refusal(const DicomHeader& h) {
  const DicomStorage& s = h.storage;
  if (h.syntax.coding == DicomSyntax::Coding::other)
    return "its pixels are coded as " + h.syntax.named + ", which is not supported";
  if (!s.sound())
    return "pixels of " + std::to_string(s.bits_stored) + " bits in " + std::to_string(s.bits_allocated) +
           " with the high bit " + std::to_string(s.high_bit) + " are not supported";
  if (s.samples != 1 && s.samples != 3)
    return "pixels of " + std::to_string(s.samples) + " samples (" + h.photometric + ") are not supported";
  if (s.samples == 3 && (s.floating || s.bits_allocated == 1))
    return "colours of " + std::to_string(s.bits_allocated) + " bits are not supported";
  if (h.pixels.encapsulated && h.syntax.coding == DicomSyntax::Coding::native &&
      h.syntax.uid != "1.2.840.10008.1.2.1.98")
    return "it contradicts itself: its pixels are in fragments, its transfer syntax (" + h.syntax.named +
           ") has none; it is damaged";
  if (!h.pixels.encapsulated && h.syntax.coding != DicomSyntax::Coding::native)
    return "it contradicts itself: its transfer syntax is " + h.syntax.named +
           ", its pixels are not in fragments; it is damaged";
  if (!h.planes.empty() && h.planes[0].image_type.find("MOSAIC") != std::string::npos && h.modality == "MR")
    return "its slices are the tiles of a mosaic, which is not supported";
  return {};
}

// Pixels that are not compressed are counted before anything is made for them.
void count_pixels(const DicomHeader& h, std::uint64_t file_bytes) {
  const std::uint64_t there = file_bytes - std::min(file_bytes, h.pixels.offset);
  const auto plane = static_cast<double>(h.rows) * static_cast<double>(h.columns);
  if (h.pixels.encapsulated) {
    if (static_cast<double>(h.frames) > static_cast<double>(there) / 8 + 1 ||
        plane * static_cast<double>(h.frames) > 20000.0 * static_cast<double>(there) + 1e6)
      throw Error{Errc::cannot_read,
                  "the file is incomplete: it announces " + std::to_string(h.frames) + " frames of " +
                      std::to_string(h.columns) + " x " + std::to_string(h.rows) + " pixels and has " +
                      std::to_string(there) + " bytes for them",
                  "check that the file is complete"};
    return;
  }
  const double samples = h.photometric == "YBR_FULL_422" ? 2 : static_cast<double>(h.storage.samples);
  const double need =
      std::ceil(plane * samples * static_cast<double>(h.frames) * static_cast<double>(h.storage.bits_allocated) / 8);
  const auto said = static_cast<double>(h.pixels.length);
  if (static_cast<double>(there) < std::min(need, said) || (said < need && static_cast<double>(there) <= said + 8))
    throw Error{Errc::cannot_read,
                "the file is incomplete: its pixels need " + short_number(need) + " bytes, " +
                    short_number(std::min(static_cast<double>(there), said)) + " are there",
                "check that the file is complete"};
  if (said < need)
    throw Error{Errc::invalid_input,
                "the file contradicts itself: its pixels need " + short_number(need) + " bytes, their element has " +
                    short_number(said),
                "check where the file came from"};
}

// Entries of one of the three tables: as they stand, or in segments (PS3.3, C.7.9.2).
std::vector<double> expanded(const std::vector<std::uint16_t>& data, std::size_t most) {
  std::vector<double> out;
  const auto run = [&](auto&& self, std::size_t at, std::size_t segments, int depth) -> void {
    for (std::size_t done = 0; at + 1 < data.size() && done < segments && out.size() <= most; ++done) {
      const std::uint16_t code = data[at];
      const std::size_t count = data[at + 1];
      if (code == 0) {
        for (std::size_t i = 0; i < count && at + 2 + i < data.size(); ++i) out.push_back(data[at + 2 + i]);
        at += 2 + count;
      } else if (code == 1 && at + 2 < data.size() && !out.empty()) {
        const double from = out.back(), to = data[at + 2];
        for (std::size_t i = 1; i <= count; ++i)
          out.push_back(std::round(from + (to - from) * static_cast<double>(i) / static_cast<double>(count)));
        at += 3;
      } else if (code == 2 && at + 3 < data.size() && depth == 0) {
        self(self, (std::size_t{data[at + 3]} << 16 | data[at + 2]) / 2, count, 1);
        at += 4;
      } else {
        throw Error{Errc::invalid_input,
                    "its palette is damaged: a segment of the kind " + std::to_string(code) + " cannot stand there"};
      }
    }
  };
  run(run, 0, data.size(), 0);
  return out;
}

void take_palette(const DicomDataset& set, DicomHeader& header) {
  for (std::uint32_t colour = 0; colour < 3; ++colour) {
    const auto descriptor = set.shorts(tag(0x0028, 0x1101 + colour));
    DicomTable& table = header.palette[colour];
    const auto* plain = set.find(tag(0x0028, 0x1201 + colour));
    if (descriptor.size() < 3 || (!plain && !set.has(tag(0x0028, 0x1221 + colour))))
      throw Error{Errc::invalid_input, "its colours are said to be those of a palette, and it has none"};
    const std::size_t entries = descriptor[0] == 0 ? 65536 : descriptor[0];
    table.first = header.storage.is_signed ? static_cast<std::int16_t>(descriptor[1]) : descriptor[1];
    if (!plain) {
      table.values = expanded(set.shorts(tag(0x0028, 0x1221 + colour)), entries);
    } else if (descriptor[2] == 8 && plain->value.size() < 2 * entries) {  // one byte an entry
      for (const char c : plain->value) table.values.push_back(static_cast<unsigned char>(c));
    } else {
      for (const std::uint16_t v : set.shorts(tag(0x0028, 0x1201 + colour))) table.values.push_back(v);
    }
    if (table.values.size() < entries)
      throw Error{Errc::invalid_input, "its palette is incomplete: " + std::to_string(table.values.size()) + " of " +
                                           std::to_string(entries) + " entries are there"};
    table.values.resize(entries);
  }
}

DicomHeader make_header(const DicomFile& opened, const fs::path& file) {
  const DicomDataset& set = opened.set;
  DicomHeader header;
  header.file = file;
  header.syntax = opened.syntax;
  header.pixels = opened.pixels;
  header.sop_class = set.text(tag(0x0008, 0x0016));
  header.instance_uid = set.text(tag(0x0008, 0x0018));
  header.series = set.text(tag(0x0020, 0x000e));
  header.modality = set.text(tag(0x0008, 0x0060));
  header.photometric = set.text(tag(0x0028, 0x0004));
  header.frame_of_reference = set.text(tag(0x0020, 0x0052));
  header.kernel = set.text(tag(0x0018, 0x1210));
  header.concatenation = set.text(tag(0x0020, 0x9161));
  header.parts = set.number(tag(0x0020, 0x9163), 1);
  take_words(set, header);
  header.rows = set.number(tag(0x0028, 0x0010), 0);
  header.columns = set.number(tag(0x0028, 0x0011), 0);
  const double count = set.decimal(tag(0x0028, 0x0008), 1);
  if (const auto said = set.text(tag(0x0028, 0x0008)); !said.empty() && set.decimals(tag(0x0028, 0x0008)).empty())
    throw Error{Errc::invalid_input, "the file is damaged: its number of frames is '" + said + "'",
                "check where the file came from"};
  header.frames = count >= 1 && count < 1e9 ? static_cast<std::int64_t>(count) : 1;
  take_storage(set, opened, header);
  if (header.photometric.empty()) header.photometric = header.storage.samples == 3 ? "RGB" : "MONOCHROME2";
  count_pixels(header, opened.bytes->size());
  if (header.photometric == "PALETTE COLOR" && is_dicom_segmentation(header)) header.photometric = "MONOCHROME2";
  if (header.photometric == "PALETTE COLOR") take_palette(set, header);
  take_dicom_frames(set, header);
  header.refusal = make_refusal(header);
  return header;
}

DicomLook unreadable(Errc code, std::string sentence) {
  DicomLook look;
  look.found = DicomLook::Found::unreadable;
  look.code = code;
  look.what = std::move(sentence);
  return look;
}

}  // namespace

bool DicomStorage::sound() const noexcept {
  if (floating) return true;
  const bool known = bits_allocated == 1 || bits_allocated == 8 || bits_allocated == 16 || bits_allocated == 32;
  return known && bits_stored >= 1 && bits_stored <= bits_allocated && high_bit >= bits_stored - 1 &&
         high_bit < bits_allocated;
}

DicomLook look_at_dicom(const fs::path& file) {
  DicomLook look;
  try {
    std::error_code problem;
    if (fs::file_size(file, problem) == 0 && !problem) return unreadable(Errc::no_input, "the file is empty");
    const DicomFile opened = open_dicom(file);
    const DicomDataset& set = opened.set;
    const std::string sop_class =
        set.text(tag(0x0008, 0x0016)).empty() ? opened.meta.text(tag(0x0002, 0x0002)) : set.text(tag(0x0008, 0x0016));
    const bool sized = set.number(tag(0x0028, 0x0010), 0) > 0 && set.number(tag(0x0028, 0x0011), 0) > 0;
    if (!sized && opened.pixels.tag != 0)
      return unreadable(Errc::invalid_input,
                        "the file holds pixels and does not say how many rows and columns they are");
    look.header.series = set.text(tag(0x0020, 0x000e));
    look.says_series = opened.pixels.tag != 0 ||
                       std::ranges::any_of(set.elements, [](const DicomElement& e) { return e.tag >> 16 > 0x20; });
    if (!sized && (sop_class.empty() || is_image_class(sop_class))) {
      look.found = DicomLook::Found::unreadable;
      look.what = "the file is incomplete: it holds " + object_named(sop_class);
      return look;
    }
    if (!sized) {
      look.found = DicomLook::Found::no_image;
      look.what = object_named(sop_class);
      return look;
    }
    if (opened.pixels.tag == 0) {
      look.found = DicomLook::Found::unreadable;
      look.what = set.has(tag(0x0028, 0x7fe0)) ? "the pixels of the file are on a server, which is not supported"
                                               : "the file is incomplete: it announces an image and holds no pixels";
      return look;
    }
    look.header = make_header(opened, file);
    look.found = DicomLook::Found::image;
  } catch (const Error& error) {
    const bool foreign = error.code() == Errc::invalid_input && std::string{error.what()} == "the file is not DICOM";
    if (foreign) return look;
    look.found = DicomLook::Found::unreadable;
    look.code = error.code();
    look.what = error.what();
  }
  return look;
}

}  // namespace iso::io::detail
