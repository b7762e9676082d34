#pragma once

#include <filesystem>
#include <functional>

/// libhdf5 ends the process over some damaged files. What is to be done with a file is done by a forked child first; if that
/// breaks down, the file is refused by a sentence (decision 0057).
namespace iso::io::detail::h5 {

/// `reading` is never remembered, as files beside may have changed; that the others went well is, for as long as the file is the same.
enum class Rehearsal { recognising, listing, reading };

/// Does `work` in a child: all of it for files up to 8 MiB, the headers (HeadersOnly) of larger ones; its exceptions are dropped. The
/// child has 1 GiB and four times the file beside what this process has, 2 s of processor time and 1 s for each 32 MiB. Throws
/// cannot_read if it dies of a signal, ends otherwise, or comes to no end. Does nothing where `file` is no HDF5, within a child,
/// and where there is no process to be had (a confined worker, which ends alone).
void rehearse(const std::filesystem::path& file, Rehearsal what, const std::function<void()>& work);

[[nodiscard]] bool is_rehearsal() noexcept;  ///< whether this process is such a child

}  // namespace iso::io::detail::h5
