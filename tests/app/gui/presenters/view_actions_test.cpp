#include "gui/presenters/view_actions.h"

#include <gtest/gtest.h>

#include <set>

namespace iso::gui {
namespace {

TEST(ViewActions, HaveEachAKeyAndShareNone) {
  std::set<std::string> ids, keys;
  std::set<ViewCommand> commands;
  for (const ViewAction& action : view_actions()) {
    EXPECT_TRUE(ids.insert(action.id).second) << action.id;
    EXPECT_FALSE(action.text.empty()) << action.id;
    ASSERT_FALSE(action.keys.empty()) << action.id;
    for (const std::string& key : action.keys) {
      EXPECT_TRUE(keys.insert(key).second) << key;
      EXPECT_EQ(view_action_for(key), &action) << key;
    }
    commands.insert(action.command);
  }
  EXPECT_EQ(commands.size(), static_cast<std::size_t>(ViewCommand::digit) + 1) << "a command that no key gives";
  EXPECT_EQ(view_action_for("Ctrl+F12"), nullptr);
}

TEST(ViewActions, NameTheWindowOfADigit) {
  EXPECT_EQ(view_action_for("0")->text, "Window automatic");
  EXPECT_EQ(view_action_for("3")->digit, 3);
  EXPECT_NE(view_action_for("3")->text.find("label 3 while painting"), std::string::npos);
}

}  // namespace
}  // namespace iso::gui
