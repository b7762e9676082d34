#include "iso/base/byte_text.h"

#include "utf8_impl.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace iso {
namespace {

constexpr char mark = '\x01';
constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t bytes = decode_utf8(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string utf8_from_bytes(std::string_view bytes) {
  if (!bytes.starts_with(mark) && is_utf8(bytes)) return std::string{bytes};
  std::string text{mark};
  for (const char byte : bytes) {
    text += digits[static_cast<unsigned char>(byte) >> 4U];
    text += digits[static_cast<unsigned char>(byte) & 0xfU];
  }
  return text;
}

std::string bytes_from_utf8(std::string_view text) {
  if (!text.starts_with(mark) || text.size() % 2 == 0) return std::string{text};
  std::string bytes;
  for (std::size_t i = 1; i < text.size(); i += 2) {
    unsigned int byte = 0;
    const auto [end, problem] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
    if (problem != std::errc{} || end != text.data() + i + 2) return std::string{text};
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

}  // namespace iso
