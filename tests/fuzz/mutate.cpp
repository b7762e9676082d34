#include "mutate.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>

namespace iso::test {

std::size_t Mutator::pick(std::size_t count) { return count == 0 ? 0 : static_cast<std::size_t>(random_() % count); }

std::string Mutator::operator()(std::string bytes, const std::vector<const std::string*>& others) {
  for (std::size_t i = 0, count = 1 + pick(6); i < count && !bytes.empty(); ++i) change(bytes, others);
  return bytes;
}

void Mutator::change(std::string& bytes, const std::vector<const std::string*>& others) {
  const std::size_t at = pick(pick(2) == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 512));
  switch (pick(9)) {
    case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << pick(8))); break;
    case 1: bytes[at] = static_cast<char>(random_()); break;
    case 2: bytes[at] = static_cast<char>(std::array{0x00, 0x01, 0x7f, 0x80, 0xff, 0x20, 0x30}[pick(7)]); break;
    case 3:
    case 4: put_number(bytes, at); break;
    case 5:
    case 6: change_text_number(bytes, at); break;
    case 7: move_piece(bytes, at, others); break;
    default:
      if (pick(4) == 0) bytes.resize(at);
  }
}

// A whole or real number of any width and order of bytes: limits, zero, small ones, or the one there moved a little.
void Mutator::put_number(std::string& bytes, std::size_t at) {
  const std::size_t width = std::array<std::size_t, 4>{1, 2, 4, 8}[pick(4)];
  if (at + width > bytes.size()) return;
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, width);
  constexpr std::array<std::uint64_t, 12> limits{0,          1,          0x7f,       0x80,        0x7fff,      0x8000,
                                                 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 62U, 1ULL << 63U, ~0ULL};
  constexpr std::array<double, 6> reals{0, -1, 1e300, -1e-300, 1e9, 0.5};
  switch (pick(4)) {
    case 0: value = limits[pick(limits.size())]; break;
    case 1: value = pick(1000); break;
    case 2: value += pick(9) - 4; break;
    default:
      if (const double real = reals[pick(reals.size())]; width == 8) {
        std::memcpy(&value, &real, 8);
      } else if (const auto narrow = static_cast<float>(real); width == 4) {
        std::memcpy(&value, &narrow, 4);
      }
  }
  std::array<char, 8> raw{};
  std::memcpy(raw.data(), &value, width);
  if (pick(4) == 0) std::reverse(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(width));
  std::memcpy(bytes.data() + at, raw.data(), width);
}

// The next number that is written as text becomes another one.
void Mutator::change_text_number(std::string& bytes, std::size_t at) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto begin = std::find_if(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end(), is_digit);
  if (begin == bytes.end() || begin - bytes.begin() > static_cast<std::ptrdiff_t>(at) + 200) return;
  const auto end = std::find_if_not(begin, bytes.end(), is_digit);
  static const std::array<std::string, 16> numbers{"0",   "1",   "2",          "-1",   "65536",  "4294967296",
                                                   "1e9", "nan", "inf",        "1e-9", "999999", "99999999999999999999",
                                                   "",    "3.5", "2147483648", "10"};
  bytes.replace(begin, end, numbers[pick(numbers.size())]);
}

void Mutator::move_piece(std::string& bytes, std::size_t at, const std::vector<const std::string*>& others) {
  const std::size_t count = std::min(bytes.size() - at, 1 + pick(pick(2) == 0 ? 16 : 256));
  switch (pick(4)) {
    case 0: bytes.erase(at, count); break;
    case 1: bytes.insert(pick(bytes.size()), bytes.substr(at, count)); break;
    case 2: bytes.replace(at, count, count, static_cast<char>(pick(3) == 0 ? 0xff : 0)); break;
    default:
      if (others.empty()) return;
      const std::string& other = *others[pick(others.size())];
      if (!other.empty()) bytes.replace(at, count, other.substr(pick(other.size()), count));
  }
}

}  // namespace iso::test
