#pragma once

#include "render/scene/slice_scene.h"

#include <memory>
#include <string>

namespace iso::render {

/// A movie in the file format Ogg with Theora, by VTK: pictures of one size, one after the other.
class MovieWriter {
 public:
  /// Throws cannot_write.
  MovieWriter(const std::string& file, double frames_a_second);
  ~MovieWriter();
  MovieWriter(const MovieWriter&) = delete;
  MovieWriter& operator=(const MovieWriter&) = delete;
  void add(const Bitmap& bitmap);  ///< throws cannot_write, shape_mismatch for another size than that of the first
  void end();                      ///< throws cannot_write; a movie that was not ended is incomplete

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether this build can write movies.
[[nodiscard]] bool writes_movies() noexcept;

}  // namespace iso::render
