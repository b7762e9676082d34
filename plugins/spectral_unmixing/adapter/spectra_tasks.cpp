// The tasks that give spectra and tables: endmembers, components, library_match, spillover.
#include "adapter/data.h"
#include "adapter/parameters.h"
#include "adapter/tasks.h"
#include "method/component_count.h"
#include "method/linear_algebra.h"

#include <iso/plugin/task_progress.h>
#include <iso/spectra/library.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace spectral_unmixing {
namespace {

using namespace iso::plugin;
using iso::spectra::SpectralLibrary;

class Endmembers final : public TypedTask<EndmemberParameters> {
 public:
  About about() const override {
    return {"Endmembers",
            "The pure spectra of a cube, without their maps.",
            "Archetypal analysis, vertex component analysis, N-FINDR, successive projections, simplex volume "
            "maximisation or pixel "
            "purity. Methods that take single pixels take noise and outliers for pure.",
            "Unmixing",
            {"J. Nascimento and J. Bioucas-Dias, IEEE TGRS 43 (2005) 898, doi:10.1109/TGRS.2005.844293",
             "A. Cutler and L. Breiman, Technometrics 36 (1994) 338, doi:10.1080/00401706.1994.10485840",
             "M. Winter, Proc. SPIE 3753 (1999) 266, doi:10.1117/12.366289"}};
  }
  std::span<const Port> inputs() const noexcept override { return {&cube_, 1}; }
  std::span<const Port> outputs() const noexcept override { return {&endmembers_, 1}; }

 protected:
  Plan plan(const Descriptions& inputs, const EndmemberParameters& p) const override {
    Plan out;
    const auto& cube = input<iso::SpectralCube>(inputs, "cube");
    check_components(cube_size(cube), p.components, out);
    if (out.possible()) plan_unmixing(cube, p.components, 10, false, out);
    out.outputs.clear();
    return out;
  }
  Datasets run(const Datasets& inputs, const EndmemberParameters& p, RunContext& context) override {
    const auto& cube = input<iso::SpectralCube>(inputs, "cube");
    context.report(0, "reading the cube");
    const CubePixels pixels = make_cube_pixels(cube);
    TaskProgress progress{context, "endmembers", [](const iso::compute::Array&) { return iso::DatasetPtr{}; }};
    const Monitor monitor{progress, context.stop()};
    UnmixOptions options;
    options.components = p.components;
    options.start = p.method;
    options.restarts = p.restarts;
    options.seed = context.seed();
    options.screening = p.screening;
    options.fit = false;
    const Unmixing found = unmix(pixels.data, {}, options, monitor);
    context.report(1, "done");
    return {{"endmembers", make_library(cube, pixels, found.endmembers, found.names)}};
  }

 private:
  Port cube_{"cube", iso::Kind::spectral_cube, false, cube_help};
  Port endmembers_{"endmembers", iso::Kind::table, false,
                   "The spectra, one a row, from the lowest to the highest centroid."};
};

class Components final : public TypedTask<ComponentParameters> {
 public:
  About about() const override {
    return {
        "Number of components",
        "How many components a cube holds, by several answers.",
        "HySime, virtual dimensionality (HFC) with and without whitening, the elbow of the eigenvalues, and the error "
        "of values that the "
        "axes were not made from. Estimates exceed the number of named materials on real scenes: choose between them.",
        "Unmixing",
        {"J. Bioucas-Dias and J. Nascimento, IEEE TGRS 46 (2008) 2435, doi:10.1109/TGRS.2008.918089",
         "C.-I Chang and Q. Du, IEEE TGRS 42 (2004) 608, doi:10.1109/TGRS.2003.819189"}};
  }
  std::span<const Port> inputs() const noexcept override { return {&cube_, 1}; }
  std::span<const Port> outputs() const noexcept override { return outputs_; }

 protected:
  Plan plan(const Descriptions& inputs, const ComponentParameters& p) const override {
    Plan out;
    const auto& cube = input<iso::SpectralCube>(inputs, "cube");
    plan_unmixing(cube, p.most, 4, false, out);
    out.outputs.clear();
    return out;
  }
  Datasets run(const Datasets& inputs, const ComponentParameters& p, RunContext& context) override {
    context.report(0, "reading the cube");
    const CubePixels pixels = make_cube_pixels(input<iso::SpectralCube>(inputs, "cube"));
    TaskProgress progress{context, "estimates", [](const iso::compute::Array&) { return iso::DatasetPtr{}; }};
    const auto counts = count_components(pixels.data, p.most, {progress, context.stop()});
    iso::Table estimates{{"components"}, {}, {}, {{"method", {}}}},
        errors{{"components", "reconstruction error", "held-out error"}, {}, {}};
    for (const auto& one : counts.estimates) {
      estimates.values.push_back({static_cast<double>(one.components)});
      estimates.texts[0].values.push_back(one.method);
      context.log(one.method + ": " + std::to_string(one.components));
    }
    for (const auto& one : counts.errors) {
      errors.values.push_back({static_cast<double>(one.components), one.reconstruction, one.held_out});
      context.plot("reconstruction error over components", static_cast<double>(one.components), one.reconstruction);
      context.plot("held-out error over components", static_cast<double>(one.components), one.held_out);
    }
    context.figure("hysime", static_cast<double>(counts.estimates.front().components), "components");
    context.report(1, "done");
    return {{"estimates", iso::freeze(std::move(estimates))}, {"errors", iso::freeze(std::move(errors))}};
  }

 private:
  Port cube_{"cube", iso::Kind::spectral_cube, false, cube_help};
  std::array<Port, 2> outputs_{Port{"estimates", iso::Kind::table, false, "The number of components by each method."},
                               Port{"errors", iso::Kind::table, false, "Relative errors for 1, 2, ... components."}};
};

Matrix to_matrix(const SpectralLibrary& library) {
  Matrix out(static_cast<Eigen::Index>(library.band_count()), static_cast<Eigen::Index>(library.count()));
  for (std::size_t s = 0; s < library.count(); ++s)
    for (std::size_t b = 0; b < library.band_count(); ++b)
      out(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(s)) = library.spectrum(s)[b];
  return out;
}

// The library at the bands of the spectra.
SpectralLibrary resample_to(const SpectralLibrary& library, const SpectralLibrary& spectra) {
  iso::SpectralCube bands;
  bands.pixels =
      iso::Pixels::outline({iso::Shape{1, 1, static_cast<std::int64_t>(spectra.band_count())}, iso::ScalarType::f32});
  bands.bands = spectra.bands;
  if (!spectra.widths.empty()) bands.band_widths = {.name = "", .unit = spectra.bands.unit, .values = spectra.widths};
  return iso::spectra::resampled(library, bands);
}

class LibraryMatch final : public TypedTask<MatchParameters> {
 public:
  About about() const override {
    return {"Library match",
            "The spectra of a library that are nearest to endmembers, best first, with the margin to the next.",
            "The library is resampled to the bands of the spectra. A small margin says that the library does not tell "
            "two materials apart.",
            "Unmixing",
            {"C.-I Chang, IEEE Trans. Inf. Theory 46 (2000) 1927, doi:10.1109/18.857802",
             "R. Clark and T. Roush, J. Geophys. Res. 89 (1984) 6329, doi:10.1029/JB089iB07p06329"}};
  }
  std::span<const Port> inputs() const noexcept override { return inputs_; }
  std::span<const Port> outputs() const noexcept override { return {&matches_, 1}; }

 protected:
  Plan plan(const Descriptions&, const MatchParameters&) const override {
    Plan out;
    out.bytes = 64 << 20;
    out.seconds = 0.2;
    return out;
  }
  Datasets run(const Datasets& inputs, const MatchParameters& p, RunContext& context) override {
    context.report(0, "resampling the library");
    const auto spectra = iso::spectra::to_library(input<iso::Table>(inputs, "spectra"));
    const auto library = iso::spectra::to_library(input<iso::Table>(inputs, "library"));
    const Matrix candidates = to_matrix(resample_to(library, spectra)), wanted = to_matrix(spectra);
    iso::Table out{{"rank", "score", "margin", "bands"}, {}, {}, {{"spectrum", {}}, {"match", {}}, {"class", {}}}};
    for (std::size_t s = 0; s < spectra.count(); ++s) {
      context.report(0.2 + 0.7 * static_cast<double>(s) / static_cast<double>(spectra.count()), "comparing");
      const auto found = search_library(wanted.col(static_cast<Eigen::Index>(s)), candidates, spectra.bands.values,
                                        p.likeness, static_cast<std::size_t>(p.most));
      for (std::size_t i = 0; i < found.size(); ++i) {
        const auto at = static_cast<std::size_t>(found[i].spectrum);
        out.values.push_back(
            {static_cast<double>(i + 1), found[i].score, found[i].margin, static_cast<double>(found[i].bands)});
        out.texts[0].values.push_back(spectra.names[s]);
        out.texts[1].values.push_back(library.names[at]);
        out.texts[2].values.push_back(library.classes.empty() ? "" : library.classes[at]);
      }
      if (found.empty())
        context.warn("no spectrum of the library has enough bands in common with '" + spectra.names[s] + "'");
    }
    if (out.values.empty())
      throw iso::Error{iso::Errc::invalid_input,
                       "no spectrum of the library has enough bands in common with the spectra",
                       "check that both are in the same unit"};
    context.report(1, "done");
    return {{"matches", iso::freeze(std::move(out))}};
  }

 private:
  std::array<Port, 2> inputs_{
      Port{"spectra", iso::Kind::table, false, "The spectra that are looked up, one a row: endmembers."},
      Port{"library", iso::Kind::table, false, "The library that they are looked up in."}};
  Port matches_{"matches", iso::Kind::table, false, "Of each spectrum the nearest of the library, best first."};
};

class SpilloverTask final : public TypedTask<SpilloverParameters> {
 public:
  About about() const override {
    return {"Spillover matrix",
            "How much of the light of each dye falls into the channels of the others, and what compensates it.",
            "Row i, column j: dye i in the channel of dye j over dye i in its own channel. Channels are chosen so that "
            "all dyes together are "
            "as strong as can be. Compensation is the inverse.",
            "Unmixing",
            {"M. Roederer, Cytometry 45 (2001) 194, doi:10.1002/1097-0320(20011101)45:3<194::AID-CYTO1163>3.0.CO;2-C"}};
  }
  std::span<const Port> inputs() const noexcept override { return {&spectra_, 1}; }
  std::span<const Port> outputs() const noexcept override { return outputs_; }

 protected:
  Plan plan(const Descriptions&, const SpilloverParameters&) const override {
    Plan out;
    out.bytes = 1 << 20;
    out.seconds = 0.01;
    return out;
  }
  Datasets run(const Datasets& inputs, const SpilloverParameters&, RunContext& context) override {
    context.report(0, "spillover");
    const auto spectra = iso::spectra::to_library(input<iso::Table>(inputs, "spectra"));
    Matrix dyes = to_matrix(spectra);
    if (!dyes.allFinite())
      throw iso::Error{iso::Errc::invalid_input, "a spectrum has missing values",
                       "leave out the bands that are missing"};
    const auto found = spillover(dyes);
    context.figure("condition", found.condition, "1");
    Matrix inverse;
    if (!invert_square(found.matrix, inverse))
      throw iso::Error{iso::Errc::invalid_input, "the dyes cannot be told apart: their spectra depend on each other"};
    const auto table = [&](const Matrix& values) {
      iso::Table out;
      out.texts = {{"dye", spectra.names}};
      for (std::size_t i = 0; i < spectra.count(); ++i) {
        const double centre = spectra.bands.values[static_cast<std::size_t>(found.channels[i])];
        std::string name = std::to_string(centre);
        name.erase(name.find_last_not_of('0') + 1);
        if (name.back() == '.') name.pop_back();
        out.columns.push_back("channel " + name);
        std::vector<double> row;
        for (std::size_t j = 0; j < spectra.count(); ++j)
          row.push_back(values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)));
        out.values.push_back(std::move(row));
      }
      return iso::freeze(std::move(out));
    };
    context.report(1, "done");
    return {{"spillover", table(found.matrix)}, {"compensation", table(inverse)}};
  }

 private:
  Port spectra_{"spectra", iso::Kind::table, false, "The spectra of the dyes over the channels, one a row."};
  std::array<Port, 2> outputs_{Port{"spillover", iso::Kind::table, false, "Part of each dye in the channel of each."},
                               Port{"compensation", iso::Kind::table, false, "The inverse of the spillover."}};
};

}  // namespace

Task* make_endmembers() { return new Endmembers; }
Task* make_components() { return new Components; }
Task* make_library_match() { return new LibraryMatch; }
Task* make_spillover() { return new SpilloverTask; }

}  // namespace spectral_unmixing
