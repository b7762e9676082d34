#include "io/dicom/dicom_dataset_impl.h"

#include "iso/base/error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

/// The bytes of a file by a window of some kilobytes, or unpacked as a whole.
namespace iso::io::detail {
namespace {

constexpr std::size_t window_bytes = 16384;

}  // namespace

DicomBytes::DicomBytes(const std::filesystem::path& file) : handle_{::open(file.c_str(), O_RDONLY | O_CLOEXEC)} {
  struct stat status {};
  if (handle_ < 0 || ::fstat(handle_, &status) != 0) {
    const std::string why = std::strerror(errno);
    if (handle_ >= 0) ::close(handle_);
    throw Error{Errc::cannot_read, "'" + file.filename().string() + "' cannot be opened: " + why,
                "check its permissions"};
  }
  size_ = static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
}

DicomBytes::~DicomBytes() { ::close(handle_); }

void DicomBytes::read_file(std::uint64_t at, std::uint64_t count, void* to) const {
  auto* target = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got = ::pread(handle_, target, count, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw Error{Errc::cannot_read, std::string{"the file cannot be read: "} + std::strerror(errno),
                  "check the disk that it is on"};
    if (got == 0) throw_cut_off("its data");
    target += got;
    at += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
}

void DicomBytes::read(std::uint64_t at, std::uint64_t count, void* to) {
  if (at > size_ || count > size_ - at) throw_cut_off("its data");
  if (!inflated_ && count > window_bytes / 2) return read_file(at, count, to);
  if (at < window_at_ || at + count > window_at_ + window_.size()) {
    window_at_ = at;
    window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(window_bytes, size_ - at)));
    read_file(at, window_.size(), window_.data());
  }
  if (count > 0) std::memcpy(to, window_.data() + (at - window_at_), count);
}

void DicomBytes::inflate_from(std::uint64_t at) {
  std::vector<char> packed(size_ - at);
  read_file(at, packed.size(), packed.data());
  std::vector<char> out(at, '\0');
  read_file(0, at, out.data());
  z_stream stream{};
  if (::inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc{};
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  std::size_t left = packed.size();
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t had = out.size();
    out.resize(had + std::max<std::size_t>(std::size_t{1} << 16, had));  // bounded by what deflate can give, 1032 : 1
    const std::size_t give = std::min<std::size_t>(left, 1U << 30),
                      room = std::min<std::size_t>(out.size() - had, 1U << 30);
    stream.avail_in = static_cast<uInt>(give);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + had);
    stream.avail_out = static_cast<uInt>(room);
    state = ::inflate(&stream, Z_NO_FLUSH);
    left -= give - stream.avail_in;
    out.resize(had + room - stream.avail_out);
    if (state == Z_BUF_ERROR || (state == Z_OK && left == 0 && stream.avail_out > 0)) break;
  }
  ::inflateEnd(&stream);
  if (state != Z_STREAM_END)
    throw Error{Errc::cannot_read,
                state == Z_DATA_ERROR ? "the file is damaged: its deflated data cannot be unpacked"
                                      : "the file is incomplete: its deflated data end too early",
                "check that the file is complete"};
  window_ = std::move(out);
  window_at_ = 0;
  size_ = window_.size();
  inflated_ = true;
}

}  // namespace iso::io::detail
