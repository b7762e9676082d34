#include "io/formats/payload_impl.h"
#include "io/formats/picture_impl.h"
#include "io/formats/samples_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

/// JPEG (ISO 10918-1) of 8 bits: pixels are unpacked by libjpeg, whose remarks about damaged data are errors here.
namespace iso::io::detail {
namespace {

constexpr std::size_t most_scans = 200;
// Of a block of 64 samples at least its first bit stands in the file, eight blocks a byte.
constexpr std::size_t most_samples_a_byte = 512;
constexpr int exif_marker = JPEG_APP0 + 1;
constexpr unsigned longest_marker = 0xffff;

/// What libjpeg comes back to, and the first that it had to say.
struct Remarks {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  std::array<char, JMSG_LENGTH_MAX> problem;
};

Remarks& to_remarks(j_common_ptr jpeg) { return *reinterpret_cast<Remarks*>(jpeg->err); }

void keep_remark(j_common_ptr jpeg) {
  Remarks& remarks = to_remarks(jpeg);
  if (remarks.problem[0] == '\0') jpeg->err->format_message(jpeg, remarks.problem.data());
}
[[noreturn]] void give_up(j_common_ptr jpeg) {
  keep_remark(jpeg);
  std::longjmp(to_remarks(jpeg).back, 1);  // NOLINT(cert-err52-cpp): the way of libjpeg
}
// Level -1 is damaged data, which the library would fill with grey.
void take_remark(j_common_ptr jpeg, int level) {
  if (level < 0) give_up(jpeg);
}
void say_nothing(j_common_ptr) {}

void count_scans(j_common_ptr jpeg) {
  const auto* const decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (decompress->input_scan_number <= static_cast<int>(most_scans)) return;
  Remarks& remarks = to_remarks(jpeg);
  std::snprintf(remarks.problem.data(), remarks.problem.size(), "it has more than %zu scans", most_scans);
  give_up(jpeg);
}

void prepare(jpeg_decompress_struct& jpeg, Remarks& remarks) {
  jpeg.err = jpeg_std_error(&remarks.manager);
  remarks.problem[0] = '\0';
  remarks.manager.error_exit = give_up;
  remarks.manager.emit_message = take_remark;
  remarks.manager.output_message = say_nothing;
}

/// The functions below set the mark to which libjpeg comes back; in between there is nothing that would have to be destroyed.
bool read_header(jpeg_decompress_struct& jpeg, Remarks& remarks, const std::vector<std::byte>& bytes) {
  if (setjmp(remarks.back) != 0) return false;  // NOLINT(cert-err52-cpp)
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_save_markers(&jpeg, exif_marker, longest_marker);
  return jpeg_read_header(&jpeg, TRUE) == JPEG_HEADER_OK;
}

bool read_rows(jpeg_decompress_struct& jpeg, Remarks& remarks, jpeg_progress_mgr& progress, std::byte* to,
               std::size_t row_bytes) {
  if (setjmp(remarks.back) != 0) return false;  // NOLINT(cert-err52-cpp)
  progress.progress_monitor = count_scans;
  jpeg.progress = &progress;
  jpeg.out_color_space = jpeg.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    auto* row = reinterpret_cast<JSAMPROW>(to + static_cast<std::size_t>(jpeg.output_scanline) * row_bytes);
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

/// The tag Orientation of Exif; 1 where there is none. Its numbers stand in the order of bytes that its header says.
std::uint16_t find_orientation(const jpeg_decompress_struct& jpeg) {
  for (const jpeg_marker_struct* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const JOCTET* const exif = marker->data;
    const std::size_t count = marker->data_length;
    if (marker->marker != exif_marker || count < 14 || std::memcmp(exif, "Exif\0\0", 6) != 0) continue;
    const JOCTET* const tiff = exif + 6;
    const std::size_t room = count - 6;
    const bool big = tiff[0] == 'M';
    const auto number = [&](std::size_t at, std::size_t width) {
      std::uint32_t value = 0;
      for (std::size_t i = 0; i < width; ++i) value = value << 8 | tiff[at + (big ? i : width - 1 - i)];
      return value;
    };
    const std::size_t directory = number(4, 4);
    if (directory > room || room - directory < 2) continue;
    const std::size_t entries = number(directory, 2);
    for (std::size_t i = 0; i < entries && room - directory - 2 >= 12 * (i + 1); ++i)
      if (const std::size_t at = directory + 2 + 12 * i; number(at, 2) == 0x0112)
        return static_cast<std::uint16_t>(number(at + 8, 2));
  }
  return 1;
}

void check_supported(const jpeg_decompress_struct& jpeg, std::size_t file_bytes) {
  const auto refuse = [](const std::string& what) {
    not_supported("the file has " + what, "save it as PNG, or as JPEG of 8 bits in grey or RGB");
  };
  if (jpeg.data_precision != 8) refuse("samples of " + std::to_string(jpeg.data_precision) + " bits");
  if (jpeg.arith_code != 0) refuse("arithmetic coding");
  if (jpeg.jpeg_color_space == JCS_CMYK || jpeg.jpeg_color_space == JCS_YCCK) refuse("colours as inks (CMYK)");
  if (jpeg.num_components != 1 && jpeg.num_components != 3) refuse(std::to_string(jpeg.num_components) + " components");
  std::size_t samples = 0;
  for (int i = 0; i < jpeg.num_components; ++i) {
    const jpeg_component_info& c = jpeg.comp_info[i];
    samples += std::size_t{jpeg.image_width} * static_cast<std::size_t>(c.h_samp_factor) /
               static_cast<std::size_t>(jpeg.max_h_samp_factor) *
               (std::size_t{jpeg.image_height} * static_cast<std::size_t>(c.v_samp_factor) /
                static_cast<std::size_t>(jpeg.max_v_samp_factor));
  }
  if (samples / most_samples_a_byte > file_bytes)
    throw_damaged_picture(std::to_string(jpeg.image_width) + " x " + std::to_string(jpeg.image_height) +
                          " pixels are announced, it has " + std::to_string(file_bytes) + " bytes in all");
}

/// libjpeg's memory, whatever happens.
class Jpeg {
 public:
  Jpeg() { prepare(jpeg_, remarks_); }
  ~Jpeg() { jpeg_destroy_decompress(&jpeg_); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  StoredPicture read(const std::vector<std::byte>& bytes) {
    if (!read_header(jpeg_, remarks_, bytes)) throw_problem("header");
    check_supported(jpeg_, bytes.size());
    StoredPicture picture;
    picture.colour = jpeg_.num_components == 3;
    const ArraySpec spec{Shape{jpeg_.num_components, jpeg_.image_width, jpeg_.image_height, 1}, ScalarType::u8};
    const std::uint16_t orientation = find_orientation(jpeg_);
    if (HeadersOnly::active()) {
      check_end(bytes);
      picture.block = Pixels::outline(spec);
    } else {
      PixelBuffer block = PixelBuffer::allocate(spec);
      jpeg_progress_mgr progress{};
      if (!read_rows(jpeg_, remarks_, progress, block.data(), spec.bytes() / jpeg_.image_height))
        throw_problem("pixels");
      picture.block = std::move(block);
    }
    assume(picture.meta, "values of a lossy picture (JPEG)");
    if (orientation > 1 && orientation <= 8) {
      picture.block = turned(picture.block, orientation);
      assume(picture.meta, "rows and columns turned as the tag Orientation says (" + std::to_string(orientation) + ")");
    }
    return picture;
  }

 private:
  [[noreturn]] void throw_problem(const std::string& of) const {
    throw_damaged_picture("its " + of + " cannot be read: " + remarks_.problem.data());
  }
  static void check_end(const std::vector<std::byte>& bytes) {
    constexpr std::array end{std::byte{0xff}, std::byte{JPEG_EOI}};
    if (std::ranges::find_end(bytes, end).empty()) throw_damaged_picture("its end is not in it");
  }

  jpeg_decompress_struct jpeg_{};
  Remarks remarks_{};
};

}  // namespace

StoredPicture read_jpeg(const std::vector<std::byte>& bytes) { return Jpeg{}.read(bytes); }

}  // namespace iso::io::detail
