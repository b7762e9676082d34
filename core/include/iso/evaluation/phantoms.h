#pragma once

#include "iso/data/dataset.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Phantoms are tables of simple solids whose values add up where they overlap. The same table is sampled on a grid
/// and integrated exactly along rays, so that projector, inversion and metric are tested against one truth that no
/// code of ours has discretised.
///
///     const auto head = evaluation::shepp_logan_3d(100, evaluation::Contrast::original);
///     const Volume truth = evaluation::sample(head, grid, 3);
///     const Sinogram scan = evaluation::project(head, geometry, 2);
namespace iso::evaluation {

enum class Form : std::uint8_t { ellipsoid, box, cylinder };  ///< cylinder: elliptic, along its third axis

/// Keeps the points x with normal . x <= offset.
struct HalfSpace {
  Vec3 normal{1, 0, 0};
  double offset_mm{0};
};

/// A convex solid of one value. `axes` holds its axis directions in columns; half lengths may be infinite
/// (a 2-D phantom is made of endless cylinders). `cuts` take slices off.
struct Solid {
  Form form{Form::ellipsoid};
  Vec3 centre_mm{};
  Vec3 half_mm{1, 1, 1};
  double value{1};
  Mat3 axes{identity3};
  std::vector<HalfSpace> cuts;

  [[nodiscard]] bool contains(const Vec3& point_mm) const noexcept;
  /// Length of the part of the line (both directions, without end) inside the solid.
  [[nodiscard]] double chord_mm(const Ray& ray) const noexcept;
};

struct Phantom {
  std::string name;
  std::vector<Solid> solids;

  [[nodiscard]] double value_at(const Vec3& point_mm) const noexcept;
  [[nodiscard]] double line_integral(const Ray& ray) const noexcept;  ///< value x mm
};

/// `original`: values of the paper, skull 2.0 and tissue about 1.02 (RTK uses it); `modified`: Toft's, skull 1.0,
/// tissue 0.2, whose details can be seen.
enum class Contrast : std::uint8_t { original, modified };

/// Ten ellipses. `scale_mm` is the length of the unit of the table: the head measures 1.84 x 1.38 units.
/// Source   L. Shepp and B. Logan, IEEE Trans. Nucl. Sci. 21 (1974) 21; P. Toft, thesis, DTU (1996), table B.3.
[[nodiscard]] Phantom shepp_logan_2d(double scale_mm, Contrast contrast = Contrast::modified);

/// Ten ellipsoids. Source   original: A. Kak and M. Slaney, Principles of Computerized Tomographic Imaging (1988),
/// table 3.2; modified: the values that M. Schabel's widespread script gives them.
[[nodiscard]] Phantom shepp_logan_3d(double scale_mm, Contrast contrast = Contrast::modified);

/// A head after the idea of the FORBILD definition (values relative to water): skull shell of 1.8, brain 1.05, eyes,
/// ventricle, low-contrast haematoma, frontal sinus, petrous bones and an ear with holes. Our own table, not FORBILD's.
/// `scale_mm`: length of the table's unit, 1 cm in the original size (pass 10).
[[nodiscard]] Phantom forbild_like_head(double scale_mm);

/// A disc of radius `radius_mm` and value 1 that holds two rings of eight inserts of falling size, of values +0.5 and
/// -0.5; endless along z.
[[nodiscard]] Phantom discs(double radius_mm);

/// Seven groups of four bars in a disc of value 0.5; bars and gaps are 0.08 radius wide and shrink by sqrt(2) a group.
[[nodiscard]] Phantom resolution_bars(double radius_mm);

/// The phantoms above by name: "shepp-logan", "shepp-logan-original", "shepp-logan-3d", "shepp-logan-3d-original",
/// "forbild-like-head", "discs", "bars". Sized to touch a circle of radius `radius_mm`. Throws usage, listing the names.
[[nodiscard]] Phantom phantom(std::string_view name, double radius_mm);
[[nodiscard]] std::span<const std::string_view> phantom_names() noexcept;

/// The table as JSON and back: {"name", "solids": [{"form", "centre_mm", "half_mm" (null: endless), "value", "axes"?, "cuts"?}]}.
/// Reading throws invalid_input, naming the solid and the field at fault.
[[nodiscard]] std::string to_json(const Phantom& phantom);
[[nodiscard]] Phantom phantom_from_json(std::string_view text);

/// The phantom times `factor` sampled on a grid, each voxel the mean of supersampling^3 points (^2 where the grid has
/// one slice). f32 or f64, attenuation_per_mm. Throws invalid_input: bad grid, supersampling outside 1...16.
[[nodiscard]] Volume sample(const Phantom& phantom, const VoxelGrid& grid, int supersampling = 3, double factor = 1,
                            ScalarType type = ScalarType::f32);

/// Exact line integrals of the phantom times `factor`, each reading the mean over rays_per_element^2 rays spread over the
/// detector element (along u alone where there is one row). Throws invalid_input: no views, rays outside 1...16, or a
/// ray along an endless solid.
[[nodiscard]] Sinogram project(const Phantom& phantom, const ProjectionGeometry& geometry, int rays_per_element = 1,
                               double factor = 1, ScalarType type = ScalarType::f32);

}  // namespace iso::evaluation
