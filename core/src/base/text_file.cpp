#include "iso/base/text_file.h"

#include "staging_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace iso {

std::string read_text_file(const std::filesystem::path& file, std::size_t most_bytes) {
  const auto fail = [&](const std::string& why) {
    throw Error{Errc::cannot_read, "'" + file.string() + "' " + why, "check the name and the permissions"};
  };
  // Without waiting for the other end of a pipe.
  const detail::Descriptor opened{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!opened) fail(std::string{"cannot be read: "} + std::strerror(errno));
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) fail("is not a file");
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t count = ::read(opened.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(std::string{"cannot be read: "} + std::strerror(errno));
    if (count == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(count));
    if (text.size() > most_bytes)
      throw Error{Errc::invalid_input,
                  "'" + file.string() + "' is longer than " + std::to_string(most_bytes >> 20U) +
                      " MiB, which no text of its kind is",
                  "check that it is the file that was meant"};
  }
}

}  // namespace iso
