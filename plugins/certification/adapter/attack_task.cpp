#include "adapter/inputs.h"
#include "adapter/tasks.h"
#include "method/attack.h"

#include <iso/base/error.h>
#include <iso/models/library.h>
#include <iso/plugin/typed_task.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace certification {
namespace {

using iso::plugin::Datasets;
using iso::plugin::Descriptions;
using iso::plugin::Plan;

struct AttackOptions {
  std::string network = "drs_018";
  int most = 100, steps = 100, copies = 64, recheck = 10000, batch = 32;
  double part = 0.99;
  friend bool operator==(const AttackOptions&, const AttackOptions&) = default;
  static constexpr auto fields() {
    using iso::params::field;
    using P = AttackOptions;
    return std::tuple{
        field("network", &P::network).with_label("Network").with_help("The one that made the certificates."),
        field("most", &P::most)
            .with_label("Most cases")
            .with_unit("cases")
            .in_range(0, 100000000)
            .with_help("Certified cases that are attacked. 0: all."),
        field("steps", &P::steps)
            .with_label("Steps")
            .with_unit("steps")
            .in_range(1, 100000)
            .with_help("Of projected gradient descent."),
        field("copies", &P::copies)
            .with_label("Noisy copies")
            .with_unit("images")
            .in_range(2, 100000)
            .with_help("Of each network, a step."),
        field("part", &P::part)
            .with_label("Part of the radius")
            .in_range(0.01, 100)
            .with_help("Length of the change; below 1 no change of the class may be found."),
        field("recheck", &P::recheck)
            .with_label("Draws to decide")
            .with_unit("draws")
            .in_range(1, 100000000)
            .with_help("With which the class of the changed image is found."),
        field("batch", &P::batch)
            .with_label("Batch")
            .with_unit("images")
            .in_range(1, 65536)
            .as_advanced()
            .with_help("Images at a time.")};
  }
};

/// Certificates of images that are there, by name. The key of the noise tells whether an image is the one that was certified.
struct Target {
  std::size_t image;
  CaseResult certificate;
};
std::vector<Target> targets(const Cases& cases, const FromTable& certificates, int most, std::uint64_t seed) {
  std::vector<Target> out;
  for (const CaseResult& one : certificates.results) {
    if (one.certificate.abstains || (most > 0 && out.size() == static_cast<std::size_t>(most))) continue;
    const auto found = std::ranges::find(cases.names, one.name);
    if (found == cases.names.end())
      throw iso::Error(iso::Errc::invalid_input,
                       "there is no image '" + one.name + "', which the certificates speak of",
                       "give the images, and the labels with their names, that were certified");
    out.push_back({static_cast<std::size_t>(found - cases.names.begin()), one});
    if (noise_key(seed, cases.image(out.back().image)) != one.seed)
      throw iso::Error(
          iso::Errc::invalid_input,
          "the image '" + one.name + "' is not the one that was certified, or was certified with another seed",
          "give the images in the order of the certification, and its --seed");
  }
  if (out.empty())
    throw iso::Error(iso::Errc::invalid_input, "no image of the certificates has a radius", "nothing can be attacked");
  return out;
}

/// The slice of a case.
iso::Pixels slice(const iso::Pixels& volume, std::size_t at) {
  const auto& shape = volume.spec().shape;
  iso::PixelBuffer out = iso::PixelBuffer::allocate({iso::Shape{shape[0], shape[1], 1}, iso::ScalarType::f32});
  const auto plane = shape[0] * shape[1];
  std::copy_n(volume.values<float>().begin() + static_cast<std::ptrdiff_t>(at) * plane, plane,
              out.values<float>().begin());
  return out;
}

/// Changed images from elsewhere, one a target; f32.
iso::Pixels check_changed(const iso::Volume& changed, std::size_t cases, const iso::models::Card& card) {
  const iso::Shape wanted{card.classifier->width, card.classifier->height, static_cast<std::int64_t>(cases)};
  const iso::Pixels pixels = changed.pixels.spec().type == iso::ScalarType::f32
                                 ? changed.pixels
                                 : changed.pixels.converted(iso::ScalarType::f32);
  if (card.channels.size() != 1 || pixels.spec().shape.count() != wanted.count() ||
      pixels.spec().shape[0] != wanted[0] || pixels.spec().shape[1] != wanted[1])
    throw iso::Error(
        iso::Errc::shape_mismatch,
        "the changed images are " + pixels.spec().shape.text() + ", expected " + wanted.text() +
            ": a slice of one channel for each case that is attacked",
        "change the cases of the certificates that do not abstain, in their order, and say as many with most");
  if (!std::ranges::all_of(pixels.values<float>(), [](float v) { return std::isfinite(v); }))
    throw iso::Error(iso::Errc::invalid_input, "the changed images hold values that are not finite", "make them again");
  return pixels;
}

class AttackTask final : public iso::plugin::TypedTask<AttackOptions> {
 public:
  iso::plugin::About about() const override {
    return {"Attack on certificates",
            "Looks for a change within the certified radius that alters the smoothed class: none may be found.",
            "Projected gradient descent on the smoothed margin within `part` of the radius, gradients from noisy "
            "images by Stein's identity, which asks the network "
            "forward only; then the class of the changed image from `recheck` draws. Finding nothing proves nothing: "
            "the certificate does.",
            "Validation",
            {"A. Madry, A. Makelov, L. Schmidt, D. Tsipras and A. Vladu, ICLR (2018), arXiv:1706.06083",
             "C. Stein, Ann. Stat. 9 (1981) 1135, doi:10.1214/aos/1176345632"}};
  }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 4> ports{
        {images_port(),
         {"certificates", iso::Kind::table, false, "As certification/drs or certification/rs wrote them."},
         labels_port(),
         {"changed", iso::Kind::volume, true,
          "Changed images that another attack made, one slice for each case, in values from 0 to 1, as `attacked` has "
          "them: "
          "these are decided about, and no other change is looked for."}}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 2> ports{
        {{"attacks", iso::Kind::table, false, "One row a case: radius, length of the change, class after it, votes."},
         {"attacked", iso::Kind::volume, true, "The changed images, one slice a case, in values from 0 to 1."}}};
    return ports;
  }

 protected:
  Plan plan(const Descriptions& inputs, const AttackOptions& parameters) const override {
    Plan out;
    try {
      const auto card = iso::models::find_card(parameters.network, iso::models::places());
      check_classifier(card, "", 0);
      const auto count = count_images(inputs, card, {});
      const double cases = static_cast<double>(
          parameters.most > 0 ? std::min<std::int64_t>(parameters.most, count.images) : count.images);
      out.models = {parameters.network};
      out.seconds = cases * static_cast<double>(card.graphs.size()) * seconds_an_evaluation(card) *
                    (static_cast<double>(parameters.steps) * parameters.copies + parameters.recheck);
      out.bytes =
          bytes_of_batch(card, parameters.batch) + static_cast<std::size_t>(2 * count.images * count_values(card)) * 4;
    } catch (const iso::Error& error) {
      out.refuse(std::string{error.what()} + (error.hint().empty() ? "" : "; " + error.hint()), error.code());
    }
    return out;
  }
  Datasets run(const Datasets& inputs, const AttackOptions& parameters, iso::plugin::RunContext& context) override {
    const auto card = iso::models::read_card(context.model(parameters.network).file);
    check_classifier(card, "", 0);
    const FromTable certificates = from_table(iso::plugin::input<iso::Table>(inputs, "certificates"));
    if (certificates.making.network != identity(card))
      throw iso::Error(iso::Errc::invalid_input,
                       "the certificates are of the network '" + certificates.making.network + "', the attack is on '" +
                           identity(card) + "'",
                       "name the network that made the certificates");
    const Cases cases = make_cases(inputs, card, {});
    const auto all = targets(cases, certificates, parameters.most, context.seed());
    const Smoothed smoothed = make_smoothed(card, context.backend(), parameters.batch);
    for (const Target& one : all)
      if (one.certificate.estimate.count.front().size() != static_cast<std::size_t>(smoothed.classes()))
        throw iso::Error(iso::Errc::invalid_input, "the certificates have votes for another number of classes",
                         "name the table that certification/drs or certification/rs wrote, as it was written");
    const AttackSettings settings{parameters.steps, parameters.copies, parameters.part, parameters.recheck};
    iso::Table table = empty_table(smoothed);
    iso::PixelBuffer pixels = iso::PixelBuffer::allocate(
        {iso::Shape{card.classifier->width, card.classifier->height, static_cast<std::int64_t>(all.size())},
         iso::ScalarType::f32});
    iso::Pixels given;
    if (const auto* const made = iso::plugin::optional_input<iso::Volume>(inputs, "changed"))
      given = check_changed(*made, all.size(), card);
    std::size_t changed = 0, farther = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const CaseResult& one = all[i].certificate;
      const auto told = [&](double part) {
        if (context.stop().stop_requested()) throw iso::Error{iso::Errc::cancelled, "the attack was stopped"};
        context.report(0.01 + 0.98 * (static_cast<double>(i) + 0.8 * part) / static_cast<double>(all.size()),
                       "case " + std::to_string(i + 1) + " of " + std::to_string(all.size()));
      };
      const iso::Pixels image = cases.image(all[i].image);
      const AttackResult found =
          given.empty() ? attack(smoothed, image, one.certificate.answer, one.certificate.radius, one.seed, settings,
                                 context.stop(), told)
                        : decide(smoothed, image, slice(given, i), one.seed, parameters.recheck, context.stop());
      told(1);
      const bool promised = found.norm < one.certificate.radius || parameters.part >= 1;
      farther += promised ? 0 : 1;
      changed += promised && found.after != one.certificate.answer ? 1 : 0;
      add_row(one, found, card.classifier->classes, table);
      std::copy_n(found.changed.values<float>().begin(), card.classifier->width * card.classifier->height,
                  pixels.values<float>().begin() +
                      static_cast<std::ptrdiff_t>(i) * card.classifier->width * card.classifier->height);
      context.plot("changed classes over cases", static_cast<double>(i + 1), static_cast<double>(changed));
    }
    tell({all.size(), changed, farther}, parameters, context);
    iso::Volume volume;
    volume.pixels = std::move(pixels);
    const auto& shape = volume.pixels.spec().shape;
    volume.grid = iso::VoxelGrid::centred({shape[0], shape[1], shape[2]}, {1, 1, 1});
    std::vector<std::string> names;
    for (const Target& one : all) names.push_back(one.certificate.name);
    prepare_for_view(volume, names);
    context.report(1, "done");
    return {{"attacks", iso::freeze(std::move(table))}, {"attacked", iso::freeze(std::move(volume))}};
  }

 private:
  struct AttackCounts {
    std::size_t cases, changed, farther;
  };
  static void tell(const AttackCounts& counted, const AttackOptions& parameters, iso::plugin::RunContext& context) {
    const auto count = [](std::size_t n) { return static_cast<double>(n); };
    context.figure("attacked", count(counted.cases), "cases");
    context.figure("changed", count(counted.changed), "cases");
    if (counted.farther > 0)
      context.warn(std::to_string(counted.farther) + " of " + std::to_string(counted.cases) +
                   " changes are longer than the radius: nothing is promised for them, and they are not counted");
    if (counted.changed > 0 && parameters.part < 1)
      context.warn(std::to_string(counted.changed) + " of " + std::to_string(counted.cases) +
                   " attacks changed the class within the certified radius: the certificates do not hold, or were made "
                   "for other images");
  }
  static iso::Table empty_table(const Smoothed& smoothed) {
    iso::Table table;
    table.texts = {{"case", {}}, {"before", {}}, {"after", {}}};
    table.columns = {"radius", "length", "changed", "share_before", "share_after"};
    for (std::size_t side = 0; side < smoothed.sides().size(); ++side)
      for (std::int64_t c = 0; c < smoothed.classes(); ++c)
        table.columns.push_back("votes_" +
                                std::string{smoothed.sides().size() == 1 ? "whole"
                                            : side == 0                  ? "left"
                                                                         : "right"} +
                                "_" + std::to_string(c));
    return table;
  }
  /// Of the answer, over all sides.
  static double share(const Votes& votes, std::int64_t answer) {
    double sum = 0;
    for (const auto& side : votes.count) sum += static_cast<double>(side[static_cast<std::size_t>(answer)]);
    return sum / static_cast<double>(votes.draws) / static_cast<double>(votes.count.size());
  }
  static void add_row(const CaseResult& one, const AttackResult& found, const std::vector<std::string>& classes,
                      iso::Table& table) {
    const std::int64_t before = one.certificate.answer;
    table.texts[0].values.push_back(one.name);
    table.texts[1].values.push_back(classes[static_cast<std::size_t>(before)]);
    table.texts[2].values.push_back(classes[static_cast<std::size_t>(found.after)]);
    std::vector<double> row{one.certificate.radius, found.norm, found.after != before ? 1.0 : 0.0,
                            share(one.estimate, before), share(found.votes, before)};
    for (const auto& side : found.votes.count)
      for (const std::int64_t count : side) row.push_back(static_cast<double>(count));
    table.values.push_back(std::move(row));
  }
};

}  // namespace

iso::plugin::Task* make_attack() { return new AttackTask; }

}  // namespace certification
