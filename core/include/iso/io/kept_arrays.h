#pragma once

#include <cstddef>

/// Reading one file several times, with other hints each time: a program that shows what comes of an answer.
namespace iso::io {

/// While one lives, the arrays that this process reads (NIfTI, NRRD, MetaImage, TIFF, NumPy, MATLAB, BART, MRC) stay in memory as they
/// came from the file, up to so many bytes, the newest first; another reading of an unchanged file gives them another
/// meaning without looking at its values again. Files of HDF5 are read by a process of their own, and anew. Any
/// thread; with several of them the largest limit counts.
class KeptArrays {
 public:
  explicit KeptArrays(std::size_t most_bytes);
  ~KeptArrays();
  KeptArrays(const KeptArrays&) = delete;
  KeptArrays& operator=(const KeptArrays&) = delete;
  /// How often an array was taken from memory while this one lived.
  [[nodiscard]] std::size_t taken() const;

 private:
  std::size_t most_bytes_, taken_before_{0};
};

}  // namespace iso::io
