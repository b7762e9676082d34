#include "gui/model/labels.h"

#include "support/desktop_samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <iostream>
#include <random>
#include <vector>

namespace iso::gui {
namespace {

constexpr auto paint = LabelStroke::Effect::paint;

std::int64_t to_count(const Document& document, ItemId id, std::uint16_t label) {
  const auto values = get<LabelMap>(document.find(id)->data).labels.values<std::uint16_t>();
  return std::count(values.begin(), values.end(), label);
}

const void* find_memory(const Document& document, ItemId id) {
  return get<LabelMap>(document.find(id)->data).labels.data();
}

class Strokes : public ::testing::Test {
 protected:
  Strokes() {
    base = document.add("ball", test::ball(), "ball.nrrd");
    labels = document.add_label_map(base, "labels");
  }
  std::shared_ptr<const Document::LabelDelta> stroke(const Vec3& from, const Vec3& to, std::uint16_t label) {
    LabelStroke made{get<LabelMap>(document.find(labels)->data), nullptr};
    for (int i = 0; i <= 10; ++i) {
      Vec3 at{};
      for (std::size_t axis = 0; axis < 3; ++axis) at[axis] = from[axis] + i / 10.0 * (to[axis] - from[axis]);
      made.dab(at, {0, 0, 1}, 3, false, paint, label);
    }
    return made.delta();
  }
  Document document;
  ItemId base{0}, labels{0};
};

TEST_F(Strokes, ChangeTheMapWhereItIsUnlessSomebodyElseHoldsIt) {
  const void* const before = find_memory(document, labels);
  document.apply_label_delta(labels, stroke({-9, -9, 0.5}, {9, 9, 0.5}, 1), "Paint");
  EXPECT_EQ(find_memory(document, labels), before);
  const DatasetPtr held = document.find(labels)->data;  // as a job or a save would
  const std::string digest_held = digest(*held);
  document.apply_label_delta(labels, stroke({-9, 9, 0.5}, {9, -9, 0.5}, 2), "Paint");
  EXPECT_NE(find_memory(document, labels), before);
  EXPECT_EQ(digest(*held), digest_held);
  EXPECT_GT(to_count(document, labels, 2), 50);
}

TEST_F(Strokes, AreTakenBackAndRepeatedInAnyOrderToTheSameBits) {
  std::vector<std::string> states{digest(*document.find(labels)->data)};
  DatasetPtr held;
  for (int n = 0; n < 6; ++n) {
    const double at = 2.0 * n - 6;
    document.apply_label_delta(labels, stroke({-9, at, 0.5}, {9, -at, 0.5}, static_cast<std::uint16_t>(1 + n % 3)),
                               "Paint");
    states.push_back(digest(*document.find(labels)->data));
    if (n == 2) held = document.find(labels)->data;  // from here on the document works on a copy
  }
  UndoStack& stack = document.undo_stack();
  for (int n = 5; n >= 0; --n) {
    stack.undo();
    EXPECT_EQ(digest(*document.find(labels)->data), states[static_cast<std::size_t>(n)]) << n;
  }
  EXPECT_EQ(digest(*held), states[3]);
  stack.undo();  // the map itself
  EXPECT_EQ(document.find(labels), nullptr);
  for (int n = 0; n <= 6; ++n) {
    stack.redo();
    EXPECT_EQ(digest(*document.find(labels)->data), states[static_cast<std::size_t>(n)]) << n;
  }
}

TEST_F(Strokes, ShowWhatTheyTouchBeforeTheyEnd) {
  LabelStroke made{get<LabelMap>(document.find(labels)->data), nullptr};
  const auto revision = made.patch()->revision;
  made.dab({0.5, 0.5, 0.5}, {0, 0, 1}, 4, false, paint, 3);
  EXPECT_NE(made.patch()->revision, revision);
  EXPECT_EQ(made.at({16, 16, 16}), 3);
  EXPECT_EQ(made.at({16, 16, 17}), 0);
  EXPECT_EQ(to_count(document, labels, 3), 0) << "the map changes when the stroke ends";
  made.dab({-12, 12, 0.5}, {0, 0, 1}, 2, false, paint, 4);  // the box grows and keeps what it held
  EXPECT_EQ(made.at({16, 16, 16}), 3);
  EXPECT_EQ(made.at({4, 28, 16}), 4);
  made.dab({1000, 0, 0}, {0, 0, 1}, 4, false, paint, 3);  // beside the volume
  made.dab({0.5, 0.5, 0.5}, {0, 0, 1}, 40, false, LabelStroke::Effect::erase, 3);
  EXPECT_EQ(made.at({16, 16, 16}), 0);
  EXPECT_EQ(made.at({4, 28, 16}), 4) << "only the label in hand is erased";
}

TEST_F(Strokes, OfABallGoThroughSlices) {
  LabelStroke made{get<LabelMap>(document.find(labels)->data), nullptr};
  made.dab({0.5, 0.5, 0.5}, {0, 0, 1}, 4, true, paint, 1);
  std::int64_t voxels = 0;
  const auto delta = made.delta();
  ASSERT_TRUE(delta);
  for (const LabelRun& run : delta->runs) voxels += run.length;
  EXPECT_EQ(voxels, 257);  // voxel centres within 4 of a voxel centre
}

/// Random strokes, undo, redo and holders that come and go, against a plain array that is painted voxel by voxel.
TEST(LabelStroke, AnyOrderOfStrokesUndoAndRedoGivesWhatAPlainArrayGives) {
  for (const ScalarType type : {ScalarType::u8, ScalarType::u16}) {
    LabelMap map;
    map.grid = VoxelGrid::centred({17, 13, 11}, {1, 1.5, 2});
    map.labels = PixelBuffer::allocate({map.grid.shape(), type});
    Document document;
    const ItemId id = document.add("labels", freeze(std::move(map)), "labels.nrrd");
    std::mt19937 random{4711};
    const auto pick = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
    std::vector<std::vector<std::uint16_t>> states{std::vector<std::uint16_t>(17 * 13 * 11)};
    std::size_t now = 0;
    std::vector<DatasetPtr> held;
    for (int n = 0; n < 400; ++n) {
      const int what = pick(10);
      if (what < 2 && now > 0) {
        document.undo_stack().undo();
        --now;
      } else if (what < 4 && now + 1 < states.size()) {
        document.undo_stack().redo();
        ++now;
      } else if (what == 4) {
        held.push_back(document.find(id)->data);
        if (held.size() > 3) held.erase(held.begin());
      } else {
        std::vector<std::uint16_t> expected = states[now];
        LabelStroke stroke{get<LabelMap>(document.find(id)->data), nullptr};
        const VoxelGrid& grid = document.find(id)->raster->frame;
        for (int dab = 0; dab < 3; ++dab) {
          const std::array<int, 3> centre{pick(23) - 3, pick(19) - 3, pick(17) - 3};
          const auto label = static_cast<std::uint16_t>(1 + pick(3));
          const double radius = 0.5 + pick(5);
          stroke.dab(grid.to_world({double(centre[0]), double(centre[1]), double(centre[2])}), {0, 0, 1}, radius, true,
                     paint, label);
          for (int z = 0; z < 11; ++z)
            for (int y = 0; y < 13; ++y)
              for (int x = 0; x < 17; ++x) {
                const double dx = x - centre[0], dy = 1.5 * (y - centre[1]), dz = 2.0 * (z - centre[2]);
                if (dx * dx + dy * dy + dz * dz <= radius * radius)
                  expected[static_cast<std::size_t>((z * 13 + y) * 17 + x)] = label;
              }
        }
        if (const auto delta = stroke.delta()) {
          document.apply_label_delta(id, delta, "Paint");
          states.resize(++now);
          states.push_back(std::move(expected));
        } else {
          ASSERT_EQ(expected, states[now]);
        }
      }
      const LabelStroke reader{get<LabelMap>(document.find(id)->data), nullptr};
      std::vector<std::uint16_t> actual;
      for (int z = 0; z < 11; ++z)
        for (int y = 0; y < 13; ++y)
          for (int x = 0; x < 17; ++x) actual.push_back(reader.at({x, y, z}));
      ASSERT_EQ(actual, states[now]) << "step " << n;
    }
  }
}

/// A map of 48 x 40 x 36 voxels that are neither cubes nor along the patient's axes.
LabelMap turned_map() {
  LabelMap map;
  map.grid = VoxelGrid::centred({48, 40, 36}, {0.8, 1, 1.7});
  const double c = std::cos(0.3), s = std::sin(0.3);
  map.grid.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  const Vec3 middle = map.grid.to_world({23.5, 19.5, 17.5});
  for (std::size_t axis = 0; axis < 3; ++axis) map.grid.origin_mm[axis] -= middle[axis];
  map.labels = PixelBuffer::allocate({map.grid.shape(), ScalarType::u16});
  return map;
}

/// The voxel that holds a place.
std::array<std::int64_t, 3> voxel_at(const VoxelGrid& grid, const Vec3& mm) {
  const Vec3 at = grid.to_index(mm);
  return {std::llround(at[0]), std::llround(at[1]), std::llround(at[2])};
}

TEST(LabelStroke, OnATurnedPlaneFillsEveryVoxelThatThePlaneGoesThroughInsideTheDisc) {
  const LabelMap map = turned_map();
  for (const Vec3& direction : {Vec3{1, 0, 1}, Vec3{0.2, 0.4, 1}, Vec3{1, 1, 1}, Vec3{0.02, -0.01, 1}}) {
    const double length = std::sqrt(dot(direction, direction));
    const Vec3 n{direction[0] / length, direction[1] / length, direction[2] / length}, centre{1.3, -0.7, 0.4};
    LabelStroke stroke{map, nullptr};
    const double radius = 9;
    stroke.dab(centre, n, radius, false, paint, 1);
    const double half = [&] {
      double sum = 0;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        double along = 0;
        for (std::size_t row = 0; row < 3; ++row) along += map.grid.direction[3 * row + axis] * n[row];
        sum += std::abs(along) * map.grid.spacing_mm[axis] / 2;
      }
      return sum;
    }();
    std::int64_t painted = 0;
    for (std::int64_t z = 0; z < 36; ++z)
      for (std::int64_t y = 0; y < 40; ++y)
        for (std::int64_t x = 0; x < 48; ++x) {
          Vec3 d = map.grid.to_world({double(x), double(y), double(z)});
          for (std::size_t axis = 0; axis < 3; ++axis) d[axis] -= centre[axis];
          const double off = dot(d, n), across = std::sqrt(std::max(0.0, dot(d, d) - off * off));
          const bool is = stroke.at({x, y, z}) == 1;
          painted += is;
          if (std::abs(off) < half - 1e-6 && across < radius - 1e-6) {
            EXPECT_TRUE(is) << x << " " << y << " " << z;
          }
          if (std::abs(off) > half + 1e-6 || across > radius + 1e-6) {
            EXPECT_FALSE(is) << x << " " << y << " " << z;
          }
        }
    EXPECT_GT(painted, 100);
    // What the view of this plane shows: no place well inside the disc is without the label.
    const Vec3 u = [&] {
      Vec3 side = std::abs(n[2]) < 0.9 ? Vec3{n[1], -n[0], 0} : Vec3{0, n[2], -n[1]};
      const double size = std::sqrt(dot(side, side));
      return Vec3{side[0] / size, side[1] / size, side[2] / size};
    }();
    const Vec3 v{n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2], n[0] * u[1] - n[1] * u[0]};
    for (double a = -7; a <= 7; a += 0.173)
      for (double b = -7; b <= 7; b += 0.173) {
        if (a * a + b * b > 49) continue;
        Vec3 at{};
        for (std::size_t axis = 0; axis < 3; ++axis) at[axis] = centre[axis] + a * u[axis] + b * v[axis];
        EXPECT_EQ(stroke.at(voxel_at(map.grid, at)), 1) << "a hole at " << a << ", " << b;
      }
  }
}

TEST(LabelStroke, OnAPlaneOfTheGridStaysInOneSlice) {
  const LabelMap map = turned_map();
  for (const double off : {-0.49, 0.0, 0.3, 0.49}) {
    LabelStroke stroke{map, nullptr};
    stroke.dab(map.grid.to_world({20, 20, 10 + off}), {0, 0, -1}, 6, false, paint, 1);
    EXPECT_EQ(stroke.patch()->size[2], 1);
    const std::int64_t slice = std::llround(10 + off);
    EXPECT_EQ(stroke.at({20, 20, slice}), 1);
    EXPECT_EQ(stroke.at({20 + 7, 20, slice}), 1) << "5.6 mm to the side";
    EXPECT_EQ(stroke.at({20 + 8, 20, slice}), 0);
  }
}

TEST(LabelStroke, OnATurnedPlaneIsTakenBackAndRepeatedToTheSameBits) {
  Document document;
  const ItemId id = document.add("labels", freeze(turned_map()), "labels.nrrd");
  std::vector<std::string> states{digest(*document.find(id)->data)};
  for (int n = 0; n < 3; ++n) {
    LabelStroke stroke{get<LabelMap>(document.find(id)->data), nullptr};
    for (int i = 0; i < 5; ++i)
      stroke.dab({2.0 * i - 4, 1.0 * n, 0}, {0.6, 0, 0.8}, 4, false, paint, static_cast<std::uint16_t>(n + 1));
    document.apply_label_delta(id, stroke.delta(), "Paint");
    states.push_back(digest(*document.find(id)->data));
  }
  for (int n = 2; n >= 0; --n) {
    document.undo_stack().undo();
    EXPECT_EQ(digest(*document.find(id)->data), states[static_cast<std::size_t>(n)]);
  }
  for (int n = 1; n <= 3; ++n) {
    document.undo_stack().redo();
    EXPECT_EQ(digest(*document.find(id)->data), states[static_cast<std::size_t>(n)]);
  }
}

TEST(LabelStroke, FillsATurnedDiscUpToItsBorderAndNothingElse) {
  const LabelMap map = turned_map();
  LabelStroke stroke{map, nullptr};
  const Vec3 n{0.6, 0, 0.8}, centre{0.4, 0.3, 0.2};
  stroke.dab(centre, n, 8, false, paint, 1);
  const auto disc = stroke.delta();
  stroke.fill(centre, n, 2);
  const auto filled = stroke.delta();
  ASSERT_TRUE(disc && filled);
  ASSERT_EQ(filled->runs.size(), disc->runs.size());
  for (std::size_t i = 0; i < disc->runs.size(); ++i) {
    EXPECT_EQ(filled->runs[i].first, disc->runs[i].first);
    EXPECT_EQ(filled->runs[i].length, disc->runs[i].length);
    EXPECT_EQ(filled->runs[i].after, 2);
  }
}

TEST(LabelStroke, CostsWhatItTouchesInAVolumeOf512Cubed) {
  LabelMap map;
  map.grid = VoxelGrid::centred({512, 512, 512}, {1, 1, 1});
  map.labels = PixelBuffer::allocate({map.grid.shape(), ScalarType::u16});
  Document document;
  const ItemId id = document.add("labels", freeze(std::move(map)), "labels.nrrd");
  for (const Vec3& normal : {Vec3{0, 0, 1}, Vec3{0.6, 0, 0.8}}) {
    std::vector<double> times;
    for (int n = 0; n < 9; ++n) {
      const std::clock_t begin = std::clock();
      LabelStroke stroke{get<LabelMap>(document.find(id)->data), nullptr};
      for (int i = 0; i < 40; ++i) {
        const double right = -100.0 + 5 * i;
        stroke.dab({normal[2] * right, 20.0 * n - 80, 0.5 - normal[0] * right}, normal, 10, false, paint,
                   static_cast<std::uint16_t>(n + 1));
      }
      document.apply_label_delta(id, stroke.delta(), "Paint");
      document.undo_stack().undo();
      document.undo_stack().redo();
      times.push_back(1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    }
    std::ranges::nth_element(times, times.begin() + 4);
    std::cout << "a stroke of 40 dabs, its undo and redo at 512^3, " << (normal[0] == 0 ? "a slice" : "a turned plane")
              << ", processor time: " << times[4] << " ms\n";
    EXPECT_LT(times[4], normal[0] == 0 ? 20 : 60);
    EXPECT_GT(to_count(document, id, 9), 3000);
  }
}

TEST(LabelStroke, ChangesOnlyWhatItTouchedOfAMapThatChangedMeanwhile) {
  Document document;
  const ItemId image =
      document.add("image", test::volume({16, 16, 16}, {1, 1, 1}, [](const Vec3&) { return 0.0; }), "image.nrrd");
  const ItemId labels = document.add_label_map(image, "labels");
  const DatasetPtr begun_on = document.find(labels)->data;
  const auto& map = get<LabelMap>(begun_on);
  LabelStroke mine{map, {}};
  mine.dab(map.grid.to_world({4, 4, 4}), {0, 0, 1}, 1.1, false, LabelStroke::Effect::paint, 2);
  LabelStroke other{map, {}};
  other.dab(map.grid.to_world({5, 5, 4}), {0, 0, 1}, 1.1, false, LabelStroke::Effect::paint, 7);
  document.apply_label_delta(labels, other.delta(), "Mark by click");
  const auto at = [&](std::size_t x, std::size_t y) {
    return get<LabelMap>(document.find(labels)->data).labels.values<std::uint16_t>()[x + 16 * (y + 16 * 4)];
  };
  ASSERT_EQ(at(4, 5), 7);
  document.apply_label_delta(labels, mine.delta_on(get<LabelMap>(document.find(labels)->data).labels), "Paint");
  EXPECT_EQ(at(4, 4), 2);
  EXPECT_EQ(at(4, 5), 2) << "painted last";
  EXPECT_EQ(at(5, 5), 7) << "not touched by the stroke, although it lies in its box";
  document.undo_stack().undo();
  EXPECT_EQ(at(4, 5), 7) << "the undo gives back what lay there when the stroke ended";
  EXPECT_EQ(at(4, 4), 0);
}

TEST(OpenedLabels, ArePaintedInTheMemoryTheyAreShownFrom) {
  Document document;
  document.add("ball", test::ball(), "ball.nrrd");
  LabelMap map;
  map.grid = VoxelGrid::centred({32, 32, 32}, {1, 1, 1});
  map.labels = PixelBuffer::allocate({map.grid.shape(), ScalarType::u16});
  const DatasetPtr read = freeze(std::move(map));
  const ItemId labels = document.add("labels", read, "labels.nrrd");
  const void* const before = find_memory(document, labels);
  LabelStroke stroke{get<LabelMap>(document.find(labels)->data), nullptr};
  stroke.dab({0, 0, 0}, {0, 0, 1}, 3, false, paint, 1);
  document.apply_label_delta(labels, stroke.delta(), "Paint");
  EXPECT_EQ(find_memory(document, labels), before);
  EXPECT_GT(to_count(document, labels, 1), 0);
  const auto values = get<LabelMap>(read).labels.values<std::uint16_t>();
  EXPECT_EQ(std::ranges::count(values, 0), std::ssize(values)) << "what the reader gave does not change";
}

}  // namespace
}  // namespace iso::gui
