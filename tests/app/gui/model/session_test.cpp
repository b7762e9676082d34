#include "gui/model/session.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

TEST(SessionFile, KeepsEveryPartOfTheLook) {
  Document document;
  Look look;
  look.layout = {Arrangement::side_by_side, 2, 0, 0, false, false};
  look.crosshair = {{1, 2, 3}, false};
  look.frame = 4;
  look.planes = {{0, -1, 0, 1, 0, 0, 0, 0, 1}, 0.25, -0.5, render::Slab::mean, 7};
  for (std::size_t view = 0; view < look.cameras.size(); ++view)
    look.cameras[view] = {2 + static_cast<double>(view), {static_cast<double>(view), 0, 5}, view == 1, view == 3};
  look.overlay = {0, 0, false, 0.75, 0.125};
  document.set_look(look);
  EXPECT_EQ(session_from_json(to_json(document, [](const Item&) { return std::string{}; })).look, look);
}

TEST(SessionFile, OfAnEarlierVersionGivesEachViewItsPanAndMirrors) {
  const Look look = session_from_json(R"({"session_version": 1, "items": [], "measurements": [], "look": {"zoom": 2.5,
    "pan_mm": [[1,0,0],[0,2,0],[0,0,3],[4,4,4]], "mirrored": [false,true,false,false],
    "upside_down": [false,false,false,true], "overlay": 7, "overlay_shown": false, "reveal": 0.5}})")
                        .look;
  const std::array<Camera, 4> expected{Camera{2.5, {1, 0, 0}, false, false},
                                       {2.5, {0, 2, 0}, true, false},
                                       {2.5, {0, 0, 3}, false, false},
                                       {2.5, {4, 4, 4}, false, true}};
  EXPECT_EQ(look.cameras, expected);
  EXPECT_EQ(look.overlay, (Overlay{7, 0, false, 0.5, 0.5}));
}

}  // namespace
}  // namespace iso::gui
