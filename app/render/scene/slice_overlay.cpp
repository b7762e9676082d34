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

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <vector>

namespace iso::render {
namespace {

using Pixel = std::array<double, 2>;
constexpr int ellipse_segments = 72;
constexpr double text_points = 12, margin_points = 6;

/// Lines of one colour, in display coordinates from the bottom left.
class Lines {
 public:
  Lines() {
    mapper_->SetInputData(data_);
    actor_->SetMapper(mapper_);
  }
  void begin(const std::array<double, 3>& colour, double width) {
    points_ = vtkSmartPointer<vtkPoints>::New();
    cells_ = vtkSmartPointer<vtkCellArray>::New();
    actor_->GetProperty()->SetColor(colour[0], colour[1], colour[2]);
    actor_->GetProperty()->SetLineWidth(static_cast<float>(width));
  }
  void add(const std::vector<Pixel>& line, int height) {
    cells_->InsertNextCell(static_cast<vtkIdType>(line.size()));
    for (const Pixel& p : line) cells_->InsertCellPoint(points_->InsertNextPoint(p[0], height - p[1], 0));
  }
  void end() {
    data_->SetPoints(points_);
    data_->SetLines(cells_);
    data_->Modified();
    actor_->SetVisibility(cells_->GetNumberOfCells() > 0);
  }
  [[nodiscard]] vtkActor2D* actor() const { return actor_; }

 private:
  vtkNew<vtkPolyData> data_;
  vtkNew<vtkPolyDataMapper2D> mapper_;
  vtkNew<vtkActor2D> actor_;
  vtkSmartPointer<vtkPoints> points_;
  vtkSmartPointer<vtkCellArray> cells_;
};

/// The figure's outline in pixels; an ellipse and a rectangle stand upright on the screen between opposite corners.
std::vector<Pixel> outline(const Figure& figure, const std::vector<Pixel>& at) {
  if (at.size() < 2) return at;
  const auto [x0, x1] = std::minmax(at[0][0], at[1][0]);
  const auto [y0, y1] = std::minmax(at[0][1], at[1][1]);
  if (figure.mark == Mark::rectangle) return {{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}};
  if (figure.mark == Mark::ellipse) {
    std::vector<Pixel> round;
    for (int i = 0; i <= ellipse_segments; ++i) {
      const double angle = 2 * std::numbers::pi * i / ellipse_segments;
      round.push_back(
          {(x0 + x1) / 2 + (x1 - x0) / 2 * std::cos(angle), (y0 + y1) / 2 + (y1 - y0) / 2 * std::sin(angle)});
    }
    return round;
  }
  std::vector<Pixel> line = at;
  if (figure.mark == Mark::polygon && line.size() > 2) line.push_back(line.front());
  return line;
}

std::vector<Pixel> handle(const Pixel& p, double half) {
  return {{p[0] - half, p[1] - half},
          {p[0] + half, p[1] - half},
          {p[0] + half, p[1] + half},
          {p[0] - half, p[1] + half},
          {p[0] - half, p[1] - half}};
}

}  // namespace

double scale_bar_mm(double width_px, double mm_per_pixel) noexcept {
  const double longest = width_px * mm_per_pixel / 5;
  if (!(longest > 0)) return 0;
  const double decade = std::pow(10, std::floor(std::log10(longest)));
  for (const double factor : {5.0, 2.0})
    if (factor * decade <= longest) return factor * decade;
  return decade;
}

struct SliceOverlay::Impl {
  vtkRenderer& renderer;
  Lines crosshair, frame, bar;
  std::array<vtkSmartPointer<vtkTextActor>, 10> texts;  // 4 corners, 4 letters, bar, badge
  std::vector<std::unique_ptr<Lines>> figures;
  std::vector<vtkSmartPointer<vtkTextActor>> figure_texts;

  explicit Impl(vtkRenderer& target) : renderer{target} {
    for (Lines* lines : {&crosshair, &frame, &bar}) renderer.AddViewProp(lines->actor());
    for (auto& text : texts) text = new_text();
  }

  vtkSmartPointer<vtkTextActor> new_text() {
    auto text = vtkSmartPointer<vtkTextActor>::New();
    text->GetTextProperty()->SetFontFamilyToArial();
    text->GetTextProperty()->ShadowOn();
    text->SetTextScaleModeToNone();
    renderer.AddViewProp(text);
    return text;
  }

  static void put(vtkTextActor& text, const std::string& words, double x, double y, int across, int along, int size,
                  const std::array<double, 3>& colour) {
    text.SetVisibility(!words.empty());
    if (words.empty()) return;
    text.SetInput(words.c_str());
    vtkTextProperty& property = *text.GetTextProperty();
    property.SetFontSize(size);
    property.SetColor(colour[0], colour[1], colour[2]);
    property.SetJustification(across);
    property.SetVerticalJustification(along);
    text.SetDisplayPosition(static_cast<int>(x), static_cast<int>(y));
  }

  void texts_of(const SlicePicture& picture, int width, int height, double ratio) {
    const int size = static_cast<int>(text_points * ratio);
    const double m = margin_points * ratio, w = width, h = height;
    const std::array<double, 3> white{0.92, 0.92, 0.92}, orange{1, 0.65, 0.1};
    const auto corner = [&](std::size_t i) { return picture.annotations ? picture.corners[i] : std::string{}; };
    put(*texts[0], corner(0), m, h - m, VTK_TEXT_LEFT, VTK_TEXT_TOP, size, white);
    put(*texts[1], corner(1), w - m, h - m, VTK_TEXT_RIGHT, VTK_TEXT_TOP, size, white);
    put(*texts[2], corner(2), m, m, VTK_TEXT_LEFT, VTK_TEXT_BOTTOM, size, white);
    put(*texts[3], corner(3), w - m, m, VTK_TEXT_RIGHT, VTK_TEXT_BOTTOM, size, white);
    EdgeLetters letters;
    if (picture.letters && !picture.layers.empty() && picture.layers[0].raster)
      letters = edge_letters(*picture.layers[0].raster, picture.plane);
    const int large = static_cast<int>(1.2 * text_points * ratio);
    put(*texts[4], letters.left, m, h / 2, VTK_TEXT_LEFT, VTK_TEXT_CENTERED, large, white);
    put(*texts[5], letters.right, w - m, h / 2, VTK_TEXT_RIGHT, VTK_TEXT_CENTERED, large, white);
    put(*texts[6], letters.top, w / 2, h - m, VTK_TEXT_CENTERED, VTK_TEXT_TOP, large, white);
    put(*texts[7], letters.bottom, w / 2, m, VTK_TEXT_CENTERED, VTK_TEXT_BOTTOM, large, white);
    put(*texts[9], picture.badge, w / 2, h - m - 1.8 * large, VTK_TEXT_CENTERED, VTK_TEXT_TOP, size, orange);
  }

  void scale_bar(const SlicePicture& picture, int width, int height, double ratio) {
    const double mm = picture.scale_bar ? scale_bar_mm(width, picture.mm_per_pixel) : 0;
    const bool raw = picture.layers.empty() || !picture.layers[0].raster || !picture.layers[0].raster->anatomical;
    bar.begin({0.92, 0.92, 0.92}, 2 * ratio);
    std::string words;
    if (mm > 0 && !raw) {
      const double length = mm / picture.mm_per_pixel, tick = 4 * ratio;
      const double x = (width - length) / 2, y = height - (margin_points + 2.4 * text_points) * ratio;
      bar.add({{x, y - tick}, {x, y}, {x + length, y}, {x + length, y - tick}}, height);
      std::array<char, 32> text{};
      std::snprintf(text.data(), text.size(), mm >= 10 ? "%.0f mm" : "%g mm", mm);
      words = text.data();
    }
    bar.end();
    put(*texts[8], words, width / 2.0, (margin_points + 2.6 * text_points) * ratio, VTK_TEXT_CENTERED, VTK_TEXT_BOTTOM,
        static_cast<int>(0.85 * text_points * ratio), {0.92, 0.92, 0.92});
  }

  void cross(const SlicePicture& picture, int width, int height, double ratio,
             const std::function<Pixel(const Vec3&)>& to_pixel) {
    crosshair.begin({0.35, 0.75, 1}, ratio);
    if (picture.crosshair_mm) {
      const Pixel at = to_pixel(*picture.crosshair_mm);
      const double gap = 8 * ratio, w = width, h = height;
      for (const auto& line : {std::vector<Pixel>{{0, at[1]}, {at[0] - gap, at[1]}},
                               {{at[0] + gap, at[1]}, {w, at[1]}},
                               {{at[0], 0}, {at[0], at[1] - gap}},
                               {{at[0], at[1] + gap}, {at[0], h}}})
        crosshair.add(line, height);
    }
    crosshair.end();
    frame.begin(picture.frame_colour, 2 * ratio);
    const double edge = ratio, w = width - ratio, h = height - ratio;
    frame.add({{edge, edge}, {w, edge}, {w, h}, {edge, h}, {edge, edge}}, height);
    frame.end();
  }

  void draw_figures(const SlicePicture& picture, int height, double ratio,
                    const std::function<Pixel(const Vec3&)>& to_pixel) {
    while (figures.size() < picture.figures.size()) {
      figures.push_back(std::make_unique<Lines>());
      renderer.AddViewProp(figures.back()->actor());
      figure_texts.push_back(new_text());
    }
    for (std::size_t i = 0; i < figures.size(); ++i) {
      const bool used = i < picture.figures.size();
      static const Figure nothing{};
      const Figure& figure = used ? picture.figures[i] : nothing;
      std::vector<Pixel> at;
      for (const Vec3& p : figure.points_mm) at.push_back(to_pixel(p));
      figures[i]->begin(figure.colour, (figure.selected ? 2.5 : 1.5) * ratio);
      if (at.size() > 1 && figure.mark != Mark::point) figures[i]->add(outline(figure, at), height);
      if (figure.selected || figure.mark == Mark::point)
        for (const Pixel& p : at) figures[i]->add(handle(p, 3 * ratio), height);
      figures[i]->end();
      const Pixel last = at.empty() ? Pixel{} : at.back();
      put(*figure_texts[i], at.empty() ? std::string{} : figure.text, last[0] + 8 * ratio, height - last[1],
          VTK_TEXT_LEFT, VTK_TEXT_CENTERED, static_cast<int>(text_points * ratio), figure.colour);
    }
  }
};

SliceOverlay::SliceOverlay(vtkRenderer& renderer) : impl_{std::make_unique<Impl>(renderer)} {}
SliceOverlay::~SliceOverlay() = default;

void SliceOverlay::show(const SlicePicture& picture, int width, int height, double pixel_ratio,
                        const std::function<std::array<double, 2>(const Vec3&)>& to_pixel) {
  impl_->texts_of(picture, width, height, pixel_ratio);
  impl_->scale_bar(picture, width, height, pixel_ratio);
  impl_->cross(picture, width, height, pixel_ratio, to_pixel);
  impl_->draw_figures(picture, height, pixel_ratio, to_pixel);
}

}  // namespace iso::render
