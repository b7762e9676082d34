#include "adapter/inputs.h"
#include "adapter/tasks.h"
#include "method/pictures.h"
#include "method/summary.h"

#include <iso/base/error.h>
#include <iso/models/library.h>
#include <iso/plugin/task_progress.h>
#include <iso/plugin/typed_task.h>

#include <array>
#include <cmath>
#include <sstream>

namespace certification {

/// "automatic" is one-vs-rest for two classes and multi-class for more.
enum class FormChoice : std::uint8_t { automatic, one_vs_rest, multi_class };
constexpr auto choice_names(FormChoice) {
  return std::array<std::string_view, 3>{"automatic", "one_vs_rest", "multi_class"};
}
enum class BoundChoice : std::uint8_t { fixed, any_time };
constexpr auto choice_names(BoundChoice) { return std::array<std::string_view, 2>{"fixed", "any_time"}; }

namespace {

using iso::plugin::Datasets;
using iso::plugin::Descriptions;
using iso::plugin::Plan;

struct CertifyOptions {
  std::string network;
  double sigma = 0;
  FormChoice form = FormChoice::automatic;
  BoundChoice bound = BoundChoice::fixed;
  double target = 0;
  int n0 = 100, n = 10000;
  double alpha = 0.001;
  int every = 1, most = 0;
  std::vector<double> radii{0.1, 0.25, 0.5, 0.75, 1};
  int picture_draws = 256, batch = 32;
  friend bool operator==(const CertifyOptions&, const CertifyOptions&) = default;

 protected:
  template <class P>
  static constexpr auto rule_fields() {
    using iso::params::field;
    return std::tuple{
        field<P, std::string>("network", &P::network)
            .with_label("Network")
            .with_help("Name of its card; `isocenter models` lists those that are installed."),
        field<P, double>("sigma", &P::sigma)
            .with_label("Noise")
            .in_range(0, 10)
            .as_advanced()
            .with_help(
                "Standard deviation, images being from 0 to 1. 0: that of the card; any other than that is refused."),
        field<P, FormChoice>("form", &P::form)
            .with_label("Form of the radius")
            .with_help("One-vs-rest for two classes, multi-class for more; declared before anything is drawn."),
        field<P, BoundChoice>("bound", &P::bound)
            .with_label("Bound")
            .with_help("Fixed: Clopper and Pearson at n draws. Any time: looser, valid however long one draws."),
        field<P, double>("target", &P::target)
            .with_label("Radius to reach")
            .in_range(0, 1000)
            .visible_when("bound", "any_time")
            .with_help("Ends an image once this radius is certain or out of reach. 0: all n draws.")};
  }
  template <class P>
  static constexpr auto draw_fields() {
    using iso::params::field;
    return std::tuple{
        field<P, int>("n0", &P::n0)
            .with_label("Draws for the class")
            .with_unit("draws")
            .in_range(1, 1000000)
            .with_help("Of each network, to choose the class."),
        field<P, int>("n", &P::n)
            .with_label("Draws for the bounds")
            .with_unit("draws")
            .in_range(1, 100000000)
            .as_logarithmic()
            .with_help("Of each network. 100000 for publication. Fixed beforehand, unless the bound is for any time."),
        field<P, double>("alpha", &P::alpha)
            .with_label("Error")
            .in_range(1e-9, 0.5)
            .as_logarithmic()
            .with_help("A certificate is wrong with at most this probability."),
        field<P, int>("every", &P::every)
            .with_label("Every k-th image")
            .with_unit("images")
            .in_range(1, 1000000)
            .with_help("1: all."),
        field<P, int>("most", &P::most)
            .with_label("Most images")
            .with_unit("images")
            .in_range(0, 100000000)
            .with_help("0: all.")};
  }
  template <class P>
  static constexpr auto view_fields() {
    using iso::params::field;
    return std::tuple{field<P, std::vector<double>>("radii", &P::radii)
                          .with_label("Radii of interest")
                          .with_help("Whose curves are drawn while it runs."),
                      field<P, int>("picture_draws", &P::picture_draws)
                          .with_label("Draws for the pictures")
                          .with_unit("draws")
                          .in_range(2, 1000000)
                          .as_advanced()
                          .with_help("From which the direction of the smallest change is estimated."),
                      field<P, int>("batch", &P::batch)
                          .with_label("Batch")
                          .with_unit("images")
                          .in_range(1, 65536)
                          .as_advanced()
                          .with_help("Images at a time; changes no noise.")};
  }
};
struct DrsOptions : CertifyOptions {
  DrsOptions() { network = "drs_018"; }
  static constexpr auto fields() {
    return std::tuple_cat(rule_fields<DrsOptions>(), draw_fields<DrsOptions>(), view_fields<DrsOptions>());
  }
};
struct RsOptions : CertifyOptions {
  RsOptions() { network = "rs_025"; }
  static constexpr auto fields() {
    return std::tuple_cat(rule_fields<RsOptions>(), draw_fields<RsOptions>(), view_fields<RsOptions>());
  }
};
struct PredictOptions : CertifyOptions {
  PredictOptions() {
    network = "drs_018";
    n0 = n = 1000;
  }
  static constexpr auto fields() {
    using iso::params::field;
    return std::tuple_cat(std::tuple{std::get<0>(rule_fields<PredictOptions>())}, draw_fields<PredictOptions>());
  }
};

Form to_form(const CertifyOptions& options, const iso::models::Card& card) {
  if (options.form == FormChoice::automatic)
    return card.classifier->classes.size() > 2 ? Form::multi_class : Form::one_vs_rest;
  return options.form == FormChoice::one_vs_rest ? Form::one_vs_rest : Form::multi_class;
}

Rule make_rule(const CertifyOptions& options, const iso::models::Card& card) {
  Rule rule{to_form(options, card),
            options.bound == BoundChoice::fixed ? Bound::fixed : Bound::any_time,
            options.alpha,
            {},
            0};
  rule.sigma.assign(card.graphs.size(), card.classifier->sigma);
  const auto sides = static_cast<std::int64_t>(card.graphs.size());
  rule.values = (count_values(card) + sides - 1) / sides;
  return rule;
}

/// What may be refused before anything is read; throws the reason.
Plan plan_certification(const Descriptions& inputs, const CertifyOptions& options, std::string_view mode,
                        bool pictures) {
  Plan out;
  if (options.target > 0 && options.bound == BoundChoice::fixed) {
    out.refuse_parameter("target",
                         "ending early needs a bound that holds at any time; say bound any_time, or leave target away");
    return out;
  }
  const auto card = iso::models::find_card(options.network, iso::models::places());
  check_classifier(card, mode, options.sigma);
  const auto count = count_images(inputs, card, {options.every, options.most});
  out.models = {options.network};
  const double evaluations = static_cast<double>(count.chosen) * static_cast<double>(card.graphs.size()) *
                             (static_cast<double>(options.n0) + static_cast<double>(options.n));
  out.seconds = evaluations * seconds_an_evaluation(card);
  out.bytes = bytes_of_batch(card, options.batch) + static_cast<std::size_t>(count.images * count_values(card)) * 4;
  if (pictures) {
    iso::Volume volume;
    volume.grid = iso::VoxelGrid::centred({card.classifier->width * (static_cast<std::int64_t>(card.graphs.size()) + 2),
                                           card.classifier->height, count.chosen},
                                          {1, 1, 1});
    volume.pixels = iso::Pixels::outline({volume.grid.shape(), iso::ScalarType::f32});
    out.outputs.emplace("pictures", iso::describe(iso::Dataset{std::move(volume)}));
  }
  return out;
}

/// With what to do, which a plan has no other place for.
Plan plan_or_refuse(const Descriptions& inputs, const CertifyOptions& options, std::string_view mode, bool pictures) {
  try {
    return plan_certification(inputs, options, mode, pictures);
  } catch (const iso::Error& error) {
    Plan refused;
    refused.refuse(std::string{error.what()} + (error.hint().empty() ? "" : "; " + error.hint()), error.code());
    return refused;
  }
}

struct Certified {
  iso::models::Card card;
  Rule rule;
  Draws draws;
  Making making;
  Cases cases;
  std::vector<CaseResult> results;
};

void tell_speed(const Smoothed& smoothed, iso::plugin::RunContext& context) {
  const auto& times = smoothed.times();
  if (times.evaluations == 0) return;
  const double all = times.noise + times.network + times.counting;
  std::ostringstream line;
  line.precision(3);
  line << times.evaluations << " evaluations, " << static_cast<double>(times.evaluations) / times.passed
       << " a second; noise and halves " << 100 * times.noise / all << " % of the time, counting "
       << 100 * times.counting / all << " %";
  context.log(line.str());
}

Certified certify_inputs(const Datasets& inputs, const CertifyOptions& options, std::string_view mode,
                         const Smoothed& smoothed, iso::models::Card card, iso::plugin::RunContext& context) {
  Certified out;
  out.card = std::move(card);
  check_classifier(out.card, mode, options.sigma);
  out.rule = make_rule(options, out.card);
  out.draws = {options.n0, options.n, context.seed(), options.target, options.radii};
  out.making = {out.card.classifier->mode,    identity(out.card), count_values(out.card),
                out.card.classifier->classes, context.seed(),     out.card.classifier->low,
                out.card.classifier->high};
  out.cases = make_cases(inputs, out.card, {options.every, options.most});
  std::vector<CaseResult> before;
  if (const auto* const earlier = iso::plugin::optional_input<iso::Table>(inputs, "previous")) {
    FromTable read = from_table(*earlier);
    if (read.making.network != out.making.network)
      throw iso::Error(iso::Errc::invalid_input,
                       "the certificates that are to be gone on with are of the network '" + read.making.network +
                           "', this run uses '" + out.making.network + "'",
                       "name certificates of the same network");
    before = std::move(read.results);
  }
  iso::plugin::TaskProgress progress{context, "certificates",
                                     [](const iso::compute::Array&) { return iso::DatasetPtr{}; }};
  out.results = certify_cases(smoothed, out.cases, out.rule, out.draws, before, progress, context.stop());
  tell_speed(smoothed, context);
  return out;
}

void tell_figures(const Summary& summary, const Certified& done, iso::plugin::RunContext& context) {
  const bool labelled = summary.labelled == summary.images;
  if (!labelled && summary.labelled > 0)
    context.warn(std::to_string(summary.images - summary.labelled) + " of " + std::to_string(summary.images) +
                 " images have no label: curve and radii are of what is certified, right or wrong");
  context.figure("images", static_cast<double>(summary.images), "images");
  context.figure("abstained", static_cast<double>(summary.abstained), "images");
  context.figure(labelled ? "average_certified_radius" : "mean_radius", summary.average_certified_radius, "1");
  if (labelled) {
    context.figure("plain_accuracy", summary.plain_accuracy, "1");
    context.figure("smoothed_accuracy", summary.smoothed_accuracy, "1");
  }
  context.figure("sigma", done.card.classifier->sigma, "1");
  context.figure("error", done.rule.alpha, "1");
  for (const CurvePoint& p : summary.curve)
    context.plot(labelled ? "certified accuracy over radius" : "certified share over radius", p.radius, p.share);
}

template <class P>
class CertifyTask final : public iso::plugin::TypedTask<P> {
 public:
  CertifyTask(iso::plugin::About about, std::string_view mode) : about_{std::move(about)}, mode_{mode} {}
  iso::plugin::About about() const override { return about_; }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 3> ports{{images_port(),
                                                         labels_port(),
                                                         {"previous", iso::Kind::table, true,
                                                          "Certificates of an earlier run with the same seed and "
                                                          "network: their votes are gone on with, up to n draws."}}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 3> ports{
        {{"certificates", iso::Kind::table, false,
          "One row an image: class or ABSTAIN, radius, and all counts that it follows from."},
         {"curve", iso::Kind::table, true, "Certified accuracy against radius, with 95 % intervals over the images."},
         {"pictures", iso::Kind::volume, true,
          "Cases from the smallest radius to the largest: the image, what each network sees of it, and a change of the "
          "length of the radius."}}};
    return ports;
  }

 protected:
  Plan plan(const Descriptions& inputs, const P& parameters) const override {
    return plan_or_refuse(inputs, parameters, mode_, true);
  }
  Datasets run(const Datasets& inputs, const P& parameters, iso::plugin::RunContext& context) override {
    auto card = iso::models::read_card(context.model(parameters.network).file);
    check_classifier(card, mode_, parameters.sigma);
    context.report(0.01, "loading the network");
    const Smoothed smoothed = make_smoothed(card, context.backend(), parameters.batch);
    const Certified done = certify_inputs(inputs, parameters, mode_, smoothed, std::move(card), context);
    const Summary summary = summarise(done.results);
    tell_figures(summary, done, context);
    context.report(0.99, "pictures");
    Pictures pictures = make_pictures(smoothed, done.cases, done.results, parameters.picture_draws, context.stop());
    iso::Volume volume;
    volume.pixels = std::move(pictures.pixels);
    const auto& shape = volume.pixels.spec().shape;
    volume.grid = iso::VoxelGrid::centred({shape[0], shape[1], shape[2]}, {1, 1, 1});
    std::vector<std::string> names;
    for (const std::size_t i : pictures.order) names.push_back(done.results[i].name);
    prepare_for_view(volume, names);
    context.report(1, "done");
    return {{"certificates", iso::freeze(to_table(done.results, done.rule, done.making))},
            {"curve", iso::freeze(curve_table(summary))},
            {"pictures", iso::freeze(std::move(volume))}};
  }

 private:
  iso::plugin::About about_;
  std::string_view mode_;
};

class PredictTask final : public iso::plugin::TypedTask<PredictOptions> {
 public:
  iso::plugin::About about() const override {
    return {"Smoothed prediction",
            "The class of a smoothed classifier for each image, or that it abstains.",
            "Draws `n0` and `n` times with noise: the class that both networks vote for most, given where the bounds "
            "at that number of draws "
            "say that no small change alters it; wrong with a probability of at most `alpha`. This class, and not that "
            "of the plain network, is the "
            "one that a certified radius belongs to.",
            "Validation",
            {"J. Cohen, E. Rosenfeld and J. Z. Kolter, ICML (2019), arXiv:1902.02918"}};
  }
  std::span<const iso::plugin::Port> inputs() const noexcept override {
    static const std::array<iso::plugin::Port, 2> ports{{images_port(), labels_port()}};
    return ports;
  }
  std::span<const iso::plugin::Port> outputs() const noexcept override {
    static const std::array<iso::plugin::Port, 1> ports{
        {{"predictions", iso::Kind::table, false, "One row an image: class or ABSTAIN, smoothed and plain."}}};
    return ports;
  }

 protected:
  Plan plan(const Descriptions& inputs, const PredictOptions& parameters) const override {
    return plan_or_refuse(inputs, parameters, "", false);
  }
  Datasets run(const Datasets& inputs, const PredictOptions& parameters, iso::plugin::RunContext& context) override {
    auto card = iso::models::read_card(context.model(parameters.network).file);
    check_classifier(card, "", 0);
    const Smoothed smoothed = make_smoothed(card, context.backend(), parameters.batch);
    const Certified done = certify_inputs(inputs, parameters, "", smoothed, std::move(card), context);
    tell_figures(summarise(done.results), done, context);
    iso::Table table;
    table.texts = {{"case", {}}, {"outcome", {}}, {"plain", {}}};
    table.columns = {"answer", "abstains", "plain_answer"};
    const auto& classes = done.making.classes;
    for (const CaseResult& one : done.results) {
      table.texts[0].values.push_back(one.name);
      table.texts[1].values.push_back(
          one.certificate.abstains ? "ABSTAIN" : classes[static_cast<std::size_t>(one.certificate.answer)]);
      table.texts[2].values.push_back(one.plain < 0 ? "NONE" : classes[static_cast<std::size_t>(one.plain)]);
      table.values.push_back({static_cast<double>(one.certificate.answer), one.certificate.abstains ? 1.0 : 0.0,
                              static_cast<double>(one.plain)});
    }
    context.report(1, "done");
    return {{"predictions", iso::freeze(std::move(table))}};
  }
};

}  // namespace

iso::plugin::Task* make_drs() {
  return new CertifyTask<DrsOptions>{{"Dual randomized smoothing",
                                      "How far an image may change before the answer of two networks, each of one half "
                                      "of its pixels under noise, can.",
                                      "The vote shares of a left and a right network are added. With lower bounds "
                                      "$p_l$, $p_r$ of the shares of the answer and $q = \\Phi^{-1}$, it stays for "
                                      "every change shorter than $R = (q(p_l) + q(p_r)) / \\sqrt{\\sigma_l^{-2} + "
                                      "\\sigma_r^{-2}}$ (l2 norm, values from 0 to 1), with a probability "
                                      "of at least $1 - \\alpha$. About the smoothed classifier, not the plain one; "
                                      "nothing is said of blur, rotation, scanner or wrong labels, and it is no "
                                      "diagnostic aid.",
                                      "Validation",
                                      {"S. Xia, Y. Yu, X. Jiang and H. Ding, ICLR (2024), arXiv:2404.09586"}},
                                     "drs"};
}

iso::plugin::Task* make_rs() {
  return new CertifyTask<RsOptions>{
      {"Randomized smoothing",
       "How far an image may change before the answer of a network under noise can.",
       "With a lower bound $p$ of the vote share of the answer it stays for every change shorter than $R = "
       "\\sigma\\,\\Phi^{-1}(p)$ (l2 norm, values from 0 to 1), with a "
       "probability of at least $1 - \\alpha$. The baseline that dual smoothing is held against.",
       "Validation",
       {"J. Cohen, E. Rosenfeld and J. Z. Kolter, ICML (2019), arXiv:1902.02918"}},
      "rs"};
}

iso::plugin::Task* make_predict() { return new PredictTask; }

}  // namespace certification
