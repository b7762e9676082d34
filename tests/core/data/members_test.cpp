#include <gtest/gtest.h>
#include <iso/data/description.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

#include "support/pixels.h"

namespace iso {
namespace {

template <class T>
Pixels counting(const Shape& shape) {
  PixelBuffer buffer = PixelBuffer::allocate({shape, scalar_type_of<T>});
  int next = 1;
  for (auto& value : buffer.values<T>()) value = static_cast<T>(next++ % 120);
  return buffer;
}

const VoxelGrid& grid() {
  static const VoxelGrid made = VoxelGrid::centred({3, 2, 2}, {1, 2, 3});
  return made;
}

KSpace k_space() {
  KSpace data;
  data.samples = counting<std::complex<float>>(Shape{4, 3, 1, 2, 1});
  data.grid = grid();
  return data;
}

// Written by version 0.1 (commit 1323c58): records name inputs by these.
TEST(Digest, OfWhatEarlierVersionsRecordedIsTheSame) {
  EXPECT_EQ(digest(Volume{counting<float>(Shape{3, 2, 2}), grid(), Quantity::hounsfield, {}}),
            "97932719d3a2e751abb6995266ae0ae1b043a65ff15c2940a7846ccff46dab04");
  EXPECT_EQ(digest(Volume{counting<std::int16_t>(Shape{3, 2, 2}), grid(), Quantity::unknown, {{"a", "b"}}}),
            "583d4ff56fcb150a61c1493a826388ef2efb9ac0a3f39cbe97da81e8b890d576");
  EXPECT_EQ(digest(LabelMap{counting<std::uint8_t>(Shape{3, 2, 2}), grid(), {"air"}, {}}),
            "28f44e381955c963b28b0df812ee847506497b67e9c0932fd1e1c5ed33a6db2e");
  const std::vector<double> angles{0, 0.5, 1};
  EXPECT_EQ(digest(Sinogram{counting<float>(Shape{4, 1, 3}), ProjectionGeometry::parallel(angles, {4, 1}, {1, 1}), {}}),
            "19df0c24e9d017adb22fc0584bf03ec3a6d48228fe4e33b666518ffb8872c077");
  KSpace lines = k_space();
  lines.trajectory.cartesian_mask = counting<std::uint8_t>(Shape{3, 1, 1});
  EXPECT_EQ(digest(lines), "8871ac15a660bb36277c2349d6467856158b863b280d7e92140ba639c4ab0e95");
  KSpace spokes = k_space();
  spokes.trajectory = radial_trajectory(3, 4, 0, 0.5);
  spokes.coil_sensitivities = counting<std::complex<float>>(Shape{3, 2, 2, 2});
  EXPECT_EQ(digest(spokes), "35cf941725dedd3cef81b1b661801a4858fafc408ca6d6c086f8dcce12ed9fed");
  EXPECT_EQ(digest(SpectralCube{counting<float>(Shape{2, 2, 3}), {"wavelength", "nm", {400, 500, 600}}, {}}),
            "a886d47bdd77f5bbd3db0dd16ca6cb7d6ecbd419537f65798f732a5fb13dd1b9");
  EXPECT_EQ(digest(Table{{"a", "b"}, {{1, 2}, {3, 4}}, {}}),
            "9770725ec7dd2787bff326e6e1fd4d3bb5346c9239593b761528280267666d41");
}

TEST(Digest, KnowsTheDensityWeightsOfATrajectory) {
  KSpace data = k_space();
  data.trajectory = radial_trajectory(3, 4, 0, 0.5);
  const auto without = digest(data);
  data.trajectory.density_compensation = counting<float>(Shape{4, 3});
  const auto with = digest(data);
  EXPECT_NE(with, without);
  test::change<float>(data.trajectory.density_compensation, [](auto values) { values[11] += 1; });
  EXPECT_NE(digest(data), with);
}

TEST(Digest, ChangesWithEveryMemberOfAnIdentity) {
  const auto expect_different = [](const Dataset& plain, const Dataset& set, const char* what) {
    EXPECT_NE(digest(plain), digest(set)) << what;
  };
  const KSpace k = k_space();
  const auto changed = [](auto data, auto change) {
    change(data);
    return data;
  };
  expect_different(k,
                   changed(k,
                           [](KSpace& d) {
                             d.noise_covariance = counting<std::complex<float>>(Shape{2, 2});
                           }),
                   "noise covariance");
  expect_different(k, changed(k, [](KSpace& d) { d.frames = {"time", "s", {0.5}}; }), "frames");
  expect_different(k, changed(k, [](KSpace& d) { d.fourier_sign = 1; }), "sign");
  const Volume v{counting<float>(Shape{3, 2, 2}), grid(), Quantity::signal, {}};
  expect_different(v, changed(v, [](Volume& d) { d.mask = counting<std::uint8_t>(Shape{3, 2, 2}); }), "mask");
  expect_different(v, changed(v, [](Volume& d) { d.frames = {.name = "time", .unit = "s", .first = 0, .step = 2}; }),
                   "times");
  expect_different(v, changed(v, [](Volume& d) { d.quantity = {"force", "N"}; }), "quantity");
  expect_different(changed(v,
                           [](Volume& d) {
                             d.quantity = {"force", "N"};
                           }),
                   changed(v,
                           [](Volume& d) {
                             d.quantity = {"force", "kN"};
                           }),
                   "unit");
  const SpectralCube c{counting<float>(Shape{2, 2, 3}), {"wavelength", "nm", {400, 500, 600}}, {}};
  expect_different(c, changed(c, [](SpectralCube& d) { d.bands.unit = "1/cm"; }), "unit of bands");
  expect_different(c, changed(c, [](SpectralCube& d) { d.bands.name = "Raman shift"; }), "name of bands");
  expect_different(c, changed(c, [](SpectralCube& d) { d.band_mask = counting<std::uint8_t>(Shape{3}); }), "bands");
  expect_different(c, changed(c, [](SpectralCube& d) { d.band_widths = {"width", "nm", {5, 5, 5}}; }), "widths");
  expect_different(c, changed(c, [](SpectralCube& d) { d.quantity = Quantity::reflectance; }), "reflectance");
  const Table t{{"score"}, {{1}, {2}}, {}};
  expect_different(t, changed(t, [](Table& d) { d.texts = {{"case", {"a", "b"}}}; }), "texts");
}

TEST(Members, OfAKindHaveNamesOfTheirOwn) {
  for (const Kind kind : all_kinds()) {
    std::vector<std::string> names;
    const Dataset data = make_dataset(kind);
    visit_members(data, [&](const Member& member, const auto&) { names.emplace_back(member.name); });
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << to_string(kind);
    EXPECT_EQ(kind_from_string(to_string(kind)), kind);
    EXPECT_EQ(to_kind(data), kind);
  }
  EXPECT_EQ(axis_names(Kind::sinogram), (std::vector<std::string>{"u", "v", "view"}));
}

TEST(Description, OfATrajectoryIsSmallAndCountsEveryArray) {
  KSpace data = k_space();
  data.trajectory = radial_trajectory(3, 4, 0, 0.5);
  data.coil_sensitivities = counting<std::complex<float>>(Shape{3, 2, 2, 2});
  const Description described = describe(data);
  EXPECT_EQ(described.bytes(), 24U * 8 + 36U * 4 + 24U * 8);
  EXPECT_TRUE(get<KSpace>(described).trajectory.coordinates.is_outline());
  EXPECT_FALSE(get<KSpace>(described).trajectory.cartesian());
  EXPECT_THROW((void)digest(described.outline()), Error);
}

TEST(Soundness, SparesWhatAMaskHides) {
  SpectralCube cube{counting<float>(Shape{2, 2, 3}), {}, {}};
  test::change<float>(cube.pixels, [](auto values) { values[1] = values[5] = values[9] = std::nanf(""); });  // x 1, y 0
  EXPECT_EQ(soundness(cube), Soundness::not_finite);
  PixelBuffer mask = PixelBuffer::allocate({Shape{2, 2}, ScalarType::u8});
  std::ranges::fill(mask.values<std::uint8_t>(), std::uint8_t{1});
  mask.values<std::uint8_t>()[1] = 0;
  cube.mask = std::move(mask);
  EXPECT_EQ(soundness(cube), Soundness::sound);
  test::change<float>(cube.pixels, [](auto values) { values[8] = std::numeric_limits<float>::infinity(); });  // band 2
  EXPECT_EQ(soundness(cube), Soundness::not_finite);
  cube.band_mask = counting<std::uint8_t>(Shape{3});
  test::change<std::uint8_t>(cube.band_mask, [](auto bands) { bands[2] = 0; });
  EXPECT_EQ(soundness(cube), Soundness::sound);
}

TEST(Soundness, OfAMaskOfAnotherShapeIsAnError) {
  Volume volume{counting<float>(Shape{3, 2, 2}), grid(), {}, {}};
  volume.mask = counting<std::uint8_t>(Shape{3, 2, 1, 7});
  EXPECT_THROW((void)soundness(volume), Error);
}

TEST(CheckMembers, NamesWhatContradicts) {
  const auto sentence = [](const Dataset& data) {
    try {
      check_members(data);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_input);
      return std::string{error.what()};
    }
    return std::string{};
  };
  EXPECT_EQ(sentence(k_space()), "");
  KSpace k = k_space();
  k.noise_covariance = counting<std::complex<float>>(Shape{3, 3});
  EXPECT_NE(sentence(k).find("noise covariance is 3 x 3"), std::string::npos) << sentence(k);
  k = k_space();
  k.frames.values = {1, 2};
  EXPECT_NE(sentence(k).find("frames"), std::string::npos);
  SpectralCube c{counting<float>(Shape{2, 2, 3}), {"wavelength", "nm", {400, 500}}, {}};
  EXPECT_NE(sentence(c).find("bands have 2 values"), std::string::npos) << sentence(c);
  Volume v{counting<float>(Shape{3, 2, 2}), VoxelGrid::centred({3, 2, 3}, {1, 1, 1}), {}, {}};
  EXPECT_NE(sentence(v).find("grid has 3 voxels on axis 2"), std::string::npos) << sentence(v);
  EXPECT_NE(sentence(Table{{"a"}, {{1}}, {}, {{"case", {"x", "y"}}}}).find("'case' has 2 texts"), std::string::npos);
}

TEST(Axis, IsValuesOrFirstAndStep) {
  const Axis even{.name = "time", .unit = "s", .first = 1, .step = 0.5}, listed{"wavelength", "nm", {400, 450, 470}};
  EXPECT_EQ(even.sampled(3), (std::vector<double>{1, 1.5, 2}));
  EXPECT_EQ(listed.sampled(3), listed.values);
  EXPECT_TRUE(std::isnan(listed.at(3)));
  EXPECT_TRUE(Axis{}.empty());
  EXPECT_TRUE(Axis{}.sampled(4).empty());
}

TEST(Quantities, AreOpenAndWellKnownOnesHaveTheirUnit) {
  EXPECT_EQ(quantity_from_string("hounsfield"), Quantity::hounsfield);
  EXPECT_EQ(quantity_from_string("dose").unit, "Gy");
  const Quantity force{"force", "N"};
  EXPECT_EQ(to_string(force), "force [N]");
  for (const Quantity& each :
       {force, Quantity{"dose", "cGy"}, Quantity::unknown, Quantity::signal, Quantity{"depth", ""}})
    EXPECT_EQ(quantity_from_string(to_string(each)), each) << to_string(each);
  EXPECT_EQ(parse_quantity("force [N]"), force);
  EXPECT_THROW((void)parse_quantity("hounsfeld"), Error);
  try {
    (void)parse_quantity("hounsfeld");
  } catch (const Error& error) {
    EXPECT_NE(std::string{error.what()}.find("did you mean 'hounsfield'"), std::string::npos);
  }
}

}  // namespace
}  // namespace iso
