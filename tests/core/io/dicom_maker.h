#pragma once

#include "io_fixture.h"

#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iso::test {

/// Little-endian bytes of numbers.
template <class T>
std::string bytes_of_numbers(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

/// Writes DICOM files of explicit little endian, element by element; a file with wrong elements is as easy as a right one.
class DicomMaker {
 public:
  DicomMaker& text(std::uint32_t tag, const std::string& type, std::string value) {
    if (value.size() % 2 != 0) value += type == "UI" ? '\0' : ' ';
    return raw(tag, type, value);
  }
  DicomMaker& shorts(std::uint32_t tag, const std::vector<std::uint16_t>& values, const std::string& type = "US") {
    return raw(tag, type, bytes_of_numbers(values));
  }
  DicomMaker& longs(std::uint32_t tag, const std::vector<std::uint32_t>& values) {
    return raw(tag, "UL", bytes_of_numbers(values));
  }
  DicomMaker& doubles(std::uint32_t tag, const std::vector<double>& values) {
    return raw(tag, "FD", bytes_of_numbers(values));
  }
  DicomMaker& sequence(std::uint32_t tag, const std::vector<DicomMaker>& items) {
    std::string value;
    for (const DicomMaker& item : items) {
      const std::string inside = item.elements();
      value += std::string{"\xfe\xff\x00\xe0", 4} + number(inside.size(), 4) + inside;
    }
    return raw(tag, "SQ", value);
  }
  DicomMaker& raw(std::uint32_t tag, const std::string& type, const std::string& value) {
    static const std::string wide = "OB OW OF OD SQ UN UT";
    const bool is_wide = wide.find(type) != std::string::npos;
    elements_[tag] =
        head(tag) + type + (is_wide ? std::string(2, '\0') + number(value.size(), 4) : number(value.size(), 2)) + value;
    return *this;
  }
  template <class T>
  DicomMaker& pixels(const std::vector<T>& values) {
    std::string bytes = bytes_of_numbers(values);
    if (bytes.size() % 2 != 0) bytes += '\0';
    return raw(0x7fe00010, sizeof(T) == 1 ? "OB" : "OW", bytes);
  }
  /// Coded pixels with an empty offset table; `ended` false leaves out the end of the sequence.
  DicomMaker& fragments(const std::vector<std::string>& parts, bool ended = true) {
    std::string value = std::string{"\xfe\xff\x00\xe0\0\0\0\0", 8};
    for (std::string part : parts) {
      if (part.size() % 2 != 0) part += '\0';
      value += std::string{"\xfe\xff\x00\xe0", 4} + number(part.size(), 4) + part;
    }
    if (ended) value += std::string{"\xfe\xff\xdd\xe0\0\0\0\0", 8};
    elements_[0x7fe00010] = head(0x7fe00010) + std::string{"OB\0\0\xff\xff\xff\xff", 8} + value;
    return *this;
  }
  DicomMaker& without(std::uint32_t tag) {
    elements_.erase(tag);
    return *this;
  }
  [[nodiscard]] std::string elements() const {
    std::string all;
    for (const auto& [tag, bytes] : elements_) all += bytes;
    return all;
  }
  [[nodiscard]] std::string file(const std::string& syntax = "1.2.840.10008.1.2.1",
                                 const std::string& preamble = std::string(128, '\0')) const {
    DicomMaker meta;
    meta.text(0x00020010, "UI", syntax);
    return preamble + "DICM" + meta.elements() + elements();
  }

 private:
  static std::string number(std::size_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
    return text;
  }
  static std::string head(std::uint32_t tag) { return number(tag >> 16, 2) + number(tag & 0xffff, 2); }
  std::map<std::uint32_t, std::string> elements_;
};

/// 6 x 8 values of 16 bits, 0, 1, 2 ... plus `first`.
inline std::vector<std::uint16_t> counted(std::uint16_t first, std::size_t count = 48) {
  std::vector<std::uint16_t> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::uint16_t>(first + i);
  return values;
}

inline std::string in_decimal(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

/// A transverse CT slice of 6 x 8 pixels, 0.5 x 0.7 mm, at z; values 0, 1, 2 ... less 1024.
inline DicomMaker ct_slice(int number, double z) {
  DicomMaker slice;
  const std::string uid = "1.2.826.0.1.3680043.8.498.7.";
  slice.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2").text(0x00080018, "UI", uid + "1." + std::to_string(number));
  slice.text(0x00080060, "CS", "CT").text(0x00100020, "LO", "T1").text(0x0020000d, "UI", uid + "2");
  slice.text(0x0020000e, "UI", uid + "3")
      .text(0x00200052, "UI", uid + "4")
      .text(0x00200013, "IS", std::to_string(number));
  slice.text(0x00200032, "DS", "-10\\-20\\" + in_decimal(z)).text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
  slice.text(0x00280030, "DS", "0.7\\0.5").text(0x00180050, "DS", "2").text(0x00280004, "CS", "MONOCHROME2");
  slice.shorts(0x00280002, {1}).shorts(0x00280010, {8}).shorts(0x00280011, {6}).shorts(0x00280100, {16});
  slice.shorts(0x00280101, {16}).shorts(0x00280102, {15}).shorts(0x00280103, {0});
  slice.text(0x00281052, "DS", "-1024").text(0x00281053, "DS", "1").pixels(counted(0));
  return slice;
}

}  // namespace iso::test
