#include "movie.h"

#include "iso/base/error.h"

#include <vtkImageData.h>
#include <vtkNew.h>
#ifdef ISO_WITH_MOVIES
#include <vtkOggTheoraWriter.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstring>

namespace iso::render {

#ifdef ISO_WITH_MOVIES

struct MovieWriter::Impl {
  vtkNew<vtkOggTheoraWriter> writer;
  std::string file;
  int width{0}, height{0};
  bool begun{false};
  void check() const {
    if (writer->GetError() != 0)
      throw Error{Errc::cannot_write, "the movie '" + file + "' cannot be written", "is the disk full?"};
  }
};

bool writes_movies() noexcept { return true; }

MovieWriter::MovieWriter(const std::string& file, double frames_a_second) : impl_{std::make_unique<Impl>()} {
  impl_->file = file;
  impl_->writer->SetFileName(file.c_str());
  impl_->writer->SetRate(std::clamp(static_cast<int>(std::lround(frames_a_second)), 1, 120));
  impl_->writer->SetQuality(2);     // the best of three
  impl_->writer->SubsamplingOff();  // colours as sharp as greys
}

MovieWriter::~MovieWriter() {
  if (impl_->begun) impl_->writer->End();
}

void MovieWriter::add(const Bitmap& bitmap) {
  // An even size: the format codes its pictures in blocks.
  const int width = bitmap.width / 2 * 2, height = bitmap.height / 2 * 2;
  if (impl_->begun && (width != impl_->width || height != impl_->height))
    throw Error{Errc::shape_mismatch, "the pictures of a movie are of one size"};
  vtkNew<vtkImageData> image;
  image->SetDimensions(width, height, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  auto* const to = static_cast<unsigned char*>(image->GetScalarPointer());
  const auto row = static_cast<std::size_t>(width) * 3, stored = static_cast<std::size_t>(bitmap.width) * 3;
  for (int y = 0; y < height; ++y)  // VTK's first row is the lowest
    std::memcpy(to + static_cast<std::size_t>(height - 1 - y) * row,
                bitmap.rgb.data() + static_cast<std::size_t>(y) * stored, row);
  impl_->writer->SetInputData(image);
  if (!impl_->begun) {
    impl_->width = width, impl_->height = height;
    impl_->writer->Start();
    impl_->check();
    impl_->begun = true;
  }
  impl_->writer->Write();
  impl_->check();
}

void MovieWriter::end() {
  if (!impl_->begun) return;
  impl_->begun = false;
  impl_->writer->End();
  impl_->check();
}

#else

struct MovieWriter::Impl {};
bool writes_movies() noexcept { return false; }
MovieWriter::MovieWriter(const std::string&, double) {
  throw Error{Errc::cannot_write, "this build writes no movies: VTK has no module IOOggTheora here",
              "export the pictures"};
}
MovieWriter::~MovieWriter() = default;
void MovieWriter::add(const Bitmap&) {}
void MovieWriter::end() {}

#endif

}  // namespace iso::render
