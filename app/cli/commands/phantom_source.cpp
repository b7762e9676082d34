#include "phantom_source.h"

#include "environment.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/names.h"

#include <algorithm>

namespace iso::cli {
namespace {

evaluation::Phantom scaled_by(const std::string& name, double scale_mm) {
  using evaluation::Contrast;
  if (name == "shepp-logan") return evaluation::shepp_logan_2d(scale_mm, Contrast::modified);
  if (name == "shepp-logan-original") return evaluation::shepp_logan_2d(scale_mm, Contrast::original);
  if (name == "shepp-logan-3d") return evaluation::shepp_logan_3d(scale_mm, Contrast::modified);
  if (name == "shepp-logan-3d-original") return evaluation::shepp_logan_3d(scale_mm, Contrast::original);
  if (name == "forbild-like-head") return evaluation::forbild_like_head(scale_mm);
  return evaluation::phantom(name, scale_mm);  // the unit of the other tables is their radius
}

}  // namespace

void PhantomSource::add_to(Options& options) {
  options.add("--radius", "MM", "Radius of the circle the phantom touches; 0.45 of the width if not said.", radius_mm);
  options.add("--scale", "MM", "Or the length of the unit of the phantom's table.", scale_mm);
  options.add("--factor", "F", "Multiply the values, such as 0.02 for attenuation in 1/mm.", factor);
}

bool PhantomSource::is_phantom() const {
  return name.ends_with(".json") ||
         std::ranges::find(evaluation::phantom_names(), name) != evaluation::phantom_names().end();
}

evaluation::Phantom PhantomSource::make(double usual_radius_mm) const {
  if (radius_mm && scale_mm) throw Error(Errc::usage, "--radius and --scale are both given", "leave one of them out");
  for (const auto& [option, value] : {std::pair{"--radius", radius_mm}, std::pair{"--scale", scale_mm}})
    if (value && !(*value > 0))
      throw Error(Errc::usage, std::string(option) + " is " + in_digits(*value) + " mm, expected more than 0");
  if (name.ends_with(".json")) return evaluation::phantom_from_json(text_of_file(name));
  if (!is_phantom()) {
    std::vector<std::string> names;
    for (const std::string_view known : evaluation::phantom_names()) names.emplace_back(known);
    if (const std::string meant = nearest_name(name, names); !meant.empty())
      throw Error(Errc::usage, "there is no phantom '" + name + "'", "did you mean " + meant + "?");
  }
  return scale_mm ? scaled_by(name, *scale_mm) : evaluation::phantom(name, radius_mm.value_or(usual_radius_mm));
}

}  // namespace iso::cli
