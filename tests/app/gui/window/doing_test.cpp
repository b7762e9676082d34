#include "window_fixture.h"

#include "gui/panels/job_panel.h"
#include "gui/panels/method_panel.h"

#include "host/plugins/catalogue.h"
#include "host/startup/startup.h"
#include "iso/evaluation/phantoms.h"

#include <QAction>
#include <QCheckBox>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>

#include <numbers>

namespace iso::gui {
namespace {

using Doing = test::WindowTest;

DatasetPtr head_scan(std::int64_t views = 40) {
  const auto head = evaluation::shepp_logan_2d(60);
  const auto geometry = ProjectionGeometry::parallel(equal_angles(views, std::numbers::pi), {95, 1}, {1.4, 1.4});
  return freeze(evaluation::project(head, geometry, 2));
}

TEST_F(Doing, OffersWhatCanWorkAndSaysWhyTheOthersCannot) {
  open("ball.nrrd", test::ball(24));
  const auto offers = offers_for(desktop->tasks(), document(), document().selected());
  const auto of = [&](std::string_view id) {
    return *std::ranges::find_if(offers, [&](const Offer& o) { return o.task->id == id; });
  };
  EXPECT_FALSE(of("example/region_growing").refusal.has_value());
  ASSERT_TRUE(of("sparse_view_ct/tv").refusal.has_value());
  EXPECT_EQ(of("sparse_view_ct/tv").refusal->sentence, "needs a sinogram; 'ball.nrrd' is a volume");
}

TEST_F(Doing, OffersMethodsByCategoryAndThoseWithNetworksLast) {
  open("scan.h5", head_scan());
  const auto offers = offers_for(desktop->tasks(), document(), document().selected());
  const auto place = [&](std::string_view id) {
    return std::ranges::find_if(offers, [&](const Offer& o) { return o.task->id == id; }) - offers.begin();
  };
  EXPECT_LT(place("sparse_view_ct/tv"), place("diffusion_recon/dds")) << "total variation is the better one";
  EXPECT_LT(place("sparse_view_ct/tv"), place("sinogram_upsampling/unet"));
  EXPECT_LT(place("diffusion_recon/dds"), place("gp_segmentation/clicks")) << "no scan can be clicked on";
  const auto refused = std::ranges::find_if(offers, [](const Offer& o) { return o.refusal.has_value(); });
  ASSERT_NE(refused, offers.begin());
  EXPECT_TRUE(std::is_sorted(offers.begin(), refused, [](const Offer& a, const Offer& b) {
    return a.task->about.category < b.task->about.category;
  }));
}

TEST_F(Doing, RunsAMethodInAWorkerWithTheBitsOfTheCommandLine) {
  open("scan.h5", head_scan());
  window->methods().open_task("sparse_view_ct/tv");
  ASSERT_NE(window->methods().form(), nullptr);
  auto* const run = window->methods().findChild<QPushButton*>(QStringLiteral("run"));
  ASSERT_TRUE(run->isEnabled()) << window->methods().form()->first_problem();
  keep_picture(QStringLiteral("form"));
  const std::string parameters = window->methods().form()->parameters_json();
  run->click();
  const std::uint64_t job = window->job_panel().shown();
  ASSERT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
  const JobState& state = *desktop->jobs().find(job);
  ASSERT_EQ(state.state, job::State::done) << state.message;
  EXPECT_EQ(state.results.size(), 1U) << "the residual was not asked for";
  EXPECT_EQ(document().undo_stack().undo_name().substr(0, 6), "Result");
  EXPECT_FALSE(state.curves.empty());
  keep_picture(QStringLiteral("result"));

  compute::BackendRegistry registry;
  host::add_backends(registry, "cpu");
  host::PluginCatalogue catalogue{desktop->options().plugin_directories};
  auto workspace = std::make_shared<job::Workspace>();
  workspace->put("scan", document().items()[0]->data);
  job::Recipe recipe;
  recipe.task = "sparse_view_ct/tv";
  recipe.inputs = {{"sinogram", "workspace:scan"}};
  recipe.outputs = {{"volume", "workspace:out"}};
  recipe.parameters_json = parameters;
  const auto executor = job::make_in_process_executor(catalogue, registry, {}, job::make_data_access(workspace));
  const job::Record record = executor->execute(recipe, {}, {});
  ASSERT_EQ(record.state, job::State::done) << record.error_message;
  EXPECT_EQ(record.output_digests.at("volume"), state.record->output_digests.at("volume"));

  const std::size_t items = document().items().size();
  window->action(QStringLiteral("edit.undo"))->trigger();
  EXPECT_LT(document().items().size(), items);
}

TEST_F(Doing, SaysWhatARunWillTakeAndLetsItBegin) {
  open("scan.h5", head_scan());
  for (const char* task : {"sparse_view_ct/tv", "sparse_view_ct/cgls"}) {
    window->methods().open_task(task);
    const QLabel* words = nullptr;
    for (const QLabel* label : window->methods().findChildren<QLabel*>())
      if (label->accessibleName() == QStringLiteral("What the run will take")) words = label;
    ASSERT_NE(words, nullptr);
    EXPECT_TRUE(wait_until([&] { return words->text().startsWith(QStringLiteral("Needs about")); }))
        << task << ": " << words->text().toStdString();
    EXPECT_TRUE(window->methods().findChild<QPushButton*>(QStringLiteral("run"))->isEnabled()) << task;
  }
}

TEST_F(Doing, GivesAnOptionalOutputWhenItsBoxIsTicked) {
  open("scan.h5", head_scan());
  window->methods().open_task("sparse_view_ct/fbp");
  auto* const box = window->methods().findChild<QCheckBox*>(QStringLiteral("output.residual"));
  ASSERT_NE(box, nullptr);
  EXPECT_FALSE(box->isChecked());
  box->click();
  window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
  const std::uint64_t job = window->job_panel().shown();
  ASSERT_TRUE(wait_until([&] { return job::ended(desktop->jobs().find(job)->state); }));
  const JobState& state = *desktop->jobs().find(job);
  ASSERT_EQ(state.results.size(), 2U) << state.message;
  EXPECT_EQ(to_kind(*document().find(state.results[1])->data), Kind::sinogram);
  EXPECT_NE(make_command(state.recipe, document()).line.find("--residual"), std::string::npos);
}

TEST_F(Doing, ShowsInvalidInputAtTheFieldAndDoesNotRun) {
  open("scan.h5", head_scan());
  window->methods().open_task("sparse_view_ct/tv");
  TaskForm& form = *window->methods().form();
  form.set("iterations", "minus one");
  EXPECT_FALSE(form.valid());
  EXPECT_FALSE(window->methods().findChild<QPushButton*>(QStringLiteral("run"))->isEnabled());
  form.reset("iterations");
  EXPECT_TRUE(form.valid());
}

TEST_F(Doing, CancelsTruly) {
  open("scan.h5", head_scan(180));
  window->methods().open_task("sparse_view_ct/cgls");
  TaskForm& form = *window->methods().form();
  for (const auto& field : form.fields())
    if (field.info.name == "iterations" && field.info.maximum)
      form.set("iterations", std::to_string(static_cast<long>(*field.info.maximum)));
  form.set("size", "512");
  ASSERT_TRUE(form.valid()) << form.first_problem();
  window->methods().findChild<QPushButton*>(QStringLiteral("run"))->click();
  const std::uint64_t job = window->job_panel().shown();
  const auto& jobs = desktop->jobs();
  ASSERT_TRUE(wait_until([&] { return jobs.find(job)->state == job::State::running && jobs.find(job)->fraction > 0; }))
      << jobs.find(job)->message;
  window->job_panel().findChild<QPushButton*>(QStringLiteral("cancel"))->click();
  ASSERT_TRUE(wait_until([&] { return job::ended(jobs.find(job)->state); }));
  EXPECT_EQ(jobs.find(job)->state, job::State::cancelled);
  EXPECT_EQ(document().items().size(), 1U);
  EXPECT_EQ(document().preview(), nullptr);
}

}  // namespace
}  // namespace iso::gui
