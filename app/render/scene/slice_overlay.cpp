#include "slice_overlay_impl.h"

#include <vtkActor2D.h>
#include <vtkCellArray.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper2D.h>
#include <vtkProperty2D.h>
#include <vtkRenderer.h>
#include <vtkTextActor.h>
#include <vtkTextProperty.h>

#include <vector>

namespace iso::render {
namespace {

/// One stroke, in display coordinates from the bottom left.
class StrokeActor {
 public:
  StrokeActor() {
    mapper_->SetInputData(data_);
    actor_->SetMapper(mapper_);
  }
  void show(const MarkLine& line, int height) {
    vtkNew<vtkPoints> points;
    vtkNew<vtkCellArray> cells;
    cells->InsertNextCell(static_cast<int>(line.points.size()));
    for (const auto& [x, y] : line.points) cells->InsertCellPoint(points->InsertNextPoint(x, height - y, 0));
    data_->SetPoints(points);
    data_->SetLines(cells);
    data_->Modified();
    actor_->GetProperty()->SetColor(line.colour[0], line.colour[1], line.colour[2]);
    actor_->GetProperty()->SetLineWidth(static_cast<float>(line.width));
    actor_->SetVisibility(true);
  }
  [[nodiscard]] vtkActor2D* actor() const { return actor_; }

 private:
  vtkNew<vtkPolyData> data_;
  vtkNew<vtkPolyDataMapper2D> mapper_;
  vtkNew<vtkActor2D> actor_;
};

}  // namespace

struct SliceOverlay::Impl {
  vtkRenderer& renderer;
  std::vector<std::unique_ptr<StrokeActor>> strokes;
  std::vector<vtkSmartPointer<vtkTextActor>> texts;

  explicit Impl(vtkRenderer& target) : renderer{target} {}

  void grow(const Marks& marks) {
    while (strokes.size() < marks.lines.size()) {
      strokes.push_back(std::make_unique<StrokeActor>());
      renderer.AddViewProp(strokes.back()->actor());
    }
    while (texts.size() < marks.texts.size()) {
      auto text = vtkSmartPointer<vtkTextActor>::New();
      text->GetTextProperty()->SetFontFamilyToArial();
      text->GetTextProperty()->ShadowOn();
      text->SetTextScaleModeToNone();
      renderer.AddViewProp(text);
      texts.push_back(text);
    }
  }

  static void put(vtkTextActor& text, const MarkText& mark, int height) {
    text.SetVisibility(true);
    text.SetInput(mark.words.c_str());
    vtkTextProperty& property = *text.GetTextProperty();
    property.SetFontSize(mark.size);
    property.SetColor(mark.colour[0], mark.colour[1], mark.colour[2]);
    property.SetJustification(mark.across == Across::left     ? VTK_TEXT_LEFT
                              : mark.across == Across::centre ? VTK_TEXT_CENTERED
                                                              : VTK_TEXT_RIGHT);
    property.SetVerticalJustification(mark.along == Along::top      ? VTK_TEXT_TOP
                                      : mark.along == Along::centre ? VTK_TEXT_CENTERED
                                                                    : VTK_TEXT_BOTTOM);
    text.SetDisplayPosition(static_cast<int>(mark.x), static_cast<int>(height - mark.y));
  }
};

SliceOverlay::SliceOverlay(vtkRenderer& renderer) : impl_{std::make_unique<Impl>(renderer)} {}
SliceOverlay::~SliceOverlay() = default;

void SliceOverlay::show(const Marks& marks, int height) {
  impl_->grow(marks);
  for (std::size_t i = 0; i < impl_->strokes.size(); ++i) {
    if (i < marks.lines.size())
      impl_->strokes[i]->show(marks.lines[i], height);
    else
      impl_->strokes[i]->actor()->SetVisibility(false);
  }
  for (std::size_t i = 0; i < impl_->texts.size(); ++i) {
    if (i < marks.texts.size())
      Impl::put(*impl_->texts[i], marks.texts[i], height);
    else
      impl_->texts[i]->SetVisibility(false);
  }
}

}  // namespace iso::render
