#include "vtk_bridge.h"

#include <vtkCallbackCommand.h>
#include <vtkDataArray.h>
#include <vtkImageData.h>
#include <vtkPointData.h>

namespace iso::render {
namespace {

int vtk_type(ScalarType type) {
  switch (type) {
    case ScalarType::u8: return VTK_UNSIGNED_CHAR;
    case ScalarType::u16: return VTK_UNSIGNED_SHORT;
    case ScalarType::i16: return VTK_SHORT;
    case ScalarType::i32: return VTK_INT;
    case ScalarType::f32: return VTK_FLOAT;
    case ScalarType::f64: return VTK_DOUBLE;
    default: break;
  }
  throw Error{Errc::type_mismatch, "complex pixels cannot be drawn; choose magnitude or phase"};
}

/// Keeps `block` until the array announces its own deletion.
void tie(vtkDataArray* array, const Pixels& block) {
  const auto release = vtkSmartPointer<vtkCallbackCommand>::New();
  release->SetClientData(new Pixels{block});  // NOLINT(cppcoreguidelines-owning-memory): given back below
  release->SetClientDataDeleteCallback([](void* data) { delete static_cast<Pixels*>(data); });
  array->AddObserver(vtkCommand::DeleteEvent, release);
}

}  // namespace

vtkSmartPointer<vtkImageData> to_vtk(const Pixels& pixels, std::int64_t frame) {
  const Shape& shape = pixels.spec().shape;
  const std::int64_t count = shape[0] * shape[1] * shape[2];
  std::int64_t frames = 1;
  for (std::size_t axis = 3; axis < shape.rank(); ++axis) frames *= shape[axis];
  if (frame < 0 || frame >= frames || count == 0) {
    throw Error{Errc::shape_mismatch,
                "frame " + std::to_string(frame) + " of an array of " + shape.text() + " was asked for"};
  }
  auto array = vtkSmartPointer<vtkDataArray>::Take(vtkDataArray::CreateDataArray(vtk_type(pixels.spec().type)));
  auto* memory =
      const_cast<std::byte*>(pixels.data()) +  // NOLINT(cppcoreguidelines-pro-type-const-cast): VTK has no const
      static_cast<std::size_t>(frame * count) * byte_count(pixels.spec().type);
  array->SetNumberOfComponents(1);
  array->SetVoidArray(memory, count, 1);  // 1: never freed by VTK
  tie(array, pixels);
  auto image = vtkSmartPointer<vtkImageData>::New();
  image->SetDimensions(static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2]));
  image->GetPointData()->SetScalars(array);
  return image;
}

}  // namespace iso::render
