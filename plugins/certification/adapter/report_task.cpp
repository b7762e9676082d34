#include "adapter/tasks.h"
#include "method/summary.h"

#include <iso/base/error.h>
#include <iso/plugin/typed_task.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace certification {
namespace {

using iso::plugin::Datasets;
using iso::plugin::Descriptions;
using iso::plugin::Plan;

struct ReportOptions {
  double spacing = 0.05;
  std::string title;
  friend bool operator==(const ReportOptions&, const ReportOptions&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple{field("spacing", &ReportOptions::spacing)
                          .with_label("Spacing of the radii")
                          .in_range(1e-4, 10)
                          .with_help("Of the points of the curve."),
                      field("title", &ReportOptions::title)
                          .with_label("Title")
                          .with_help("Above the drawing; network and draws if empty.")};
  }
};

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out{file, std::ios::binary};
  out << text;
  out.close();
  if (!out)
    throw iso::Error(iso::Errc::cannot_write, "'" + file.string() + "' could not be written completely",
                     "free some space");
}

class ReportTask final : public iso::plugin::TypedTask<ReportOptions> {
 public:
  iso::plugin::About about() const override {
    return {"Report on certificates",
            "Certified accuracy against radius, average certified radius, abstentions and classes, from a table of "
            "certificates.",
            "All radii are computed again from the counts of the table; no network is needed. Beside the first output "
            "lie `report.json` and `curve.svg`. "
            "The average certified radius is the mean of R over all images, wrong ones and abstentions as 0.",
            "Validation",
            {"R. Zhai et al., ICLR (2020), arXiv:2001.02378"}};
  }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 1> ports{
        {{"certificates", iso::Kind::table, false, "As certification/drs or certification/rs wrote them."}}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 3> ports{
        {{"curve", iso::Kind::table, false, "Certified accuracy against radius, with 95 % intervals over the images."},
         {"classes", iso::Kind::table, true, "Images, certified ones, abstentions and mean radius by class."},
         {"picture", iso::Kind::volume, true, "The curve as a picture, for a PNG file."}}};
    return ports;
  }

 protected:
  Plan plan(const Descriptions&, const ReportOptions&) const override {
    Plan out;
    out.bytes = 4 << 20;
    return out;
  }
  Datasets run(const Datasets& inputs, const ReportOptions& parameters, iso::plugin::RunContext& context) override {
    const FromTable read = from_table(iso::plugin::input<iso::Table>(inputs, "certificates"));
    const Summary summary = summarise(read.results, parameters.spacing);
    const Draws draws{
        read.results.front().select.draws,
        std::ranges::max(read.results, {}, [](const CaseResult& one) { return one.estimate.draws; }).estimate.draws,
        0,
        0,
        {}};
    const std::string title = !parameters.title.empty()
                                  ? parameters.title
                                  : read.making.mode + ", " + read.making.network + ", n = " + std::to_string(draws.n) +
                                        ", " + std::to_string(summary.images) + " images";
    write(context.scratch() / "report.json", to_json(summary, read.rules.front(), read.making, draws));
    write(context.scratch() / "curve.svg", to_svg(summary, title));
    context.attach("report.json", context.scratch() / "report.json");
    context.attach("curve.svg", context.scratch() / "curve.svg");
    for (const char* const name : {"report.json", "curve.svg"}) std::filesystem::remove(context.scratch() / name);
    const bool labelled = summary.labelled == summary.images;
    for (const CurvePoint& p : summary.curve)
      context.plot(labelled ? "certified accuracy over radius" : "certified share over radius", p.radius, p.share);
    context.figure("images", static_cast<double>(summary.images), "images");
    context.figure("abstained", static_cast<double>(summary.abstained), "images");
    context.figure(labelled ? "average_certified_radius" : "mean_radius", summary.average_certified_radius, "1");
    iso::Volume picture;
    picture.pixels = to_picture(summary);
    const auto& shape = picture.pixels.spec().shape;
    picture.grid = iso::VoxelGrid::centred({shape[0], shape[1], 1}, {1, 1, 1});
    picture.meta["window"] = "1,0.5";
    context.report(1, "done");
    return {{"curve", iso::freeze(curve_table(summary))},
            {"classes", iso::freeze(class_table(summary, read.making.classes))},
            {"picture", iso::freeze(std::move(picture))}};
  }
};

}  // namespace

iso::plugin::Task* make_report() { return new ReportTask; }

}  // namespace certification
