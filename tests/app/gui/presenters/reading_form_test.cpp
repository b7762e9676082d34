#include "gui/presenters/reading_form.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

FileFacts facts(std::vector<io::ArrayInfo> arrays) {
  FileFacts made;
  made.kinds = {Kind::volume, Kind::label_map, Kind::sinogram, Kind::k_space, Kind::spectral_cube, Kind::table};
  for (const char* const name : {"dataset", "axes", "quantity", "unattenuated"}) {
    params::FieldInfo hint;
    hint.name = hint.label = name;
    hint.kind = params::FieldKind::text;
    hint.default_value = std::string{};
    made.hints.fields.push_back(hint);
  }
  made.arrays = std::move(arrays);
  return made;
}

std::string axes(const ReadingForm& form) {
  const Hints hints = form.hints();
  const auto found = hints.find("axes");
  return found == hints.end() ? "" : found->second;
}

TEST(ReadingForm, SaysNothingThatNobodySaid) {
  ReadingForm form{"a.npy", facts({{"", {8, 6, 4}}}), {}};
  EXPECT_TRUE(form.hints().empty());
  EXPECT_TRUE(form.roles().empty()) << "the reader decides";
}

TEST(ReadingForm, NamesTheAxesOfTheMeaning) {
  ReadingForm form{"a.npy", facts({{"", {8, 6, 4}}}), {}};
  form.form().set("meaning", "series");
  EXPECT_EQ(axes(form), "x,y,t");
  EXPECT_EQ(form.hints().at("kind"), "volume");
  form.form().set("meaning", "k_space");
  EXPECT_EQ(axes(form), "readout,phase,coil");
  form.form().set("meaning", "image");
  EXPECT_EQ(axes(form), "x,y,z");
  form.form().set("meaning", "scan");
  EXPECT_EQ(axes(form), "") << "the geometry tells the order of a scan";
}

TEST(ReadingForm, TakesTheFirstElementOfAnAxisTooMany) {
  ReadingForm form{"a.npy", facts({{"", {8, 6, 4, 3, 2}}}), {}};
  form.form().set("meaning", "image");
  EXPECT_EQ(axes(form), "x,y,z,0,0");
  form.form().set("meaning", "series");
  EXPECT_EQ(axes(form), "x,y,z,t,0");
  form.set_role(4, "1");
  EXPECT_EQ(axes(form), "x,y,z,t,1");
}

TEST(ReadingForm, ExchangesTwoAxes) {
  ReadingForm form{"a.npy", facts({{"", {8, 6, 4}}}), {}};
  form.form().set("meaning", "image");
  form.set_role(0, "z");
  EXPECT_EQ(axes(form), "z,y,x");
}

TEST(ReadingForm, OffersTheArraysAndBeginsWithTheLargest) {
  ReadingForm form{"a.mat", facts({{"wavelengths", {1, 200}}, {"Y", {198, 10000}}, {"A", {4, 10000}}}), {}};
  EXPECT_EQ(form.hints().at("dataset"), "Y");
  form.form().set("meaning", "table");
  form.form().set("dataset", "A");
  EXPECT_EQ(form.hints(), (Hints{{"dataset", "A"}, {"kind", "table"}}));
  ASSERT_EQ(form.axes().size(), 2U);
  EXPECT_EQ(form.axes()[0].extent, 4);
}

TEST(ReadingForm, AsksOnlyWhatBelongsToTheMeaning) {
  ReadingForm form{"a.npy", facts({{"", {8, 6}}}), {}};
  const auto visible = [&](std::string_view name) {
    for (const auto& field : form.form().fields())
      if (field.info.name == name) return field.visible;
    return false;
  };
  form.form().set("meaning", "scan");
  EXPECT_TRUE(visible("geometry") && visible("unattenuated"));
  EXPECT_FALSE(visible("quantity"));
  form.form().set("unattenuated", "20000");
  form.form().set("meaning", "image");
  EXPECT_FALSE(visible("unattenuated"));
  EXPECT_FALSE(form.hints().contains("unattenuated")) << "what does not belong is not told";
}

TEST(ReadingForm, BeginsWithWhatWasSaidBefore) {
  ReadingForm form{"a.npy", facts({{"", {8, 6, 4}}}), {{"kind", "spectral_cube"}, {"axes", "band,x,y"}}};
  EXPECT_EQ(form.hints(), (Hints{{"kind", "spectral_cube"}, {"axes", "band,x,y"}}));
}

TEST(ReadingForm, FindsAGeometryBesideTheFile) {
  FileFacts with = facts({{"", {8, 6}}});
  with.geometry = "/data/a.json";
  const ReadingForm form{"/data/a.npy", with, {}};
  EXPECT_EQ(form.hints().at("geometry"), "/data/a.json");
}

}  // namespace
}  // namespace iso::gui
