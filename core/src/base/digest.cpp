#include "iso/base/digest.h"

#include "iso/base/error.h"

#include <array>
#include <fstream>
#include <vector>

extern "C" {
#include <sha2.h>
}

namespace iso {

struct Sha256::Impl {
  SHA2_CTX context;
};

Sha256::Sha256() : impl_{std::make_unique<Impl>()} { SHA256Init(&impl_->context); }
Sha256::~Sha256() = default;

Sha256& Sha256::update(std::span<const std::byte> bytes) {
  SHA256Update(&impl_->context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return *this;
}
Sha256& Sha256::update(std::string_view text) { return update(std::as_bytes(std::span{text.data(), text.size()})); }

std::string Sha256::hex() {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256Final(digest.data(), &impl_->context);
  std::string text;
  for (const auto byte : digest) {
    constexpr const char* digits = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string sha256_of_file(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) throw Error{Errc::cannot_read, "cannot open '" + file.string() + "' for reading"};
  Sha256 digest;
  std::vector<char> buffer(1 << 20);
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    digest.update(std::as_bytes(std::span{buffer.data(), static_cast<std::size_t>(in.gcount())}));
  }
  return digest.hex();
}

}  // namespace iso
