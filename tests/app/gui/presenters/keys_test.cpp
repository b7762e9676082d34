#include "gui/presenters/keys.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

namespace iso::gui {
namespace {

using Keys = std::vector<std::string>;

class EditableKeys : public ::testing::Test {
 protected:
  EditableKeys() {
    table.add("file.open", "Open", "File", {"Ctrl+O"});
    table.add("file.save", "Save", "File", {"Ctrl+S"});
    table.add("edit.redo", "Redo", "Edit", {"Ctrl+Shift+Z", "Ctrl+Y"});
    connection = table.changed.connect([this](const KeyAction& action) { told.push_back(action.id); });
  }
  Keys of(std::string_view id) const { return table.find(id)->keys; }
  KeyTable table;
  std::vector<std::string> told;
  Signal<const KeyAction&>::Connection connection;
};

TEST_F(EditableKeys, AUsedKeyIsRefusedNamingItsUserAndNothingChanges) {
  try {
    table.assign("file.open", {"Ctrl+P", "Ctrl+Y"});
    FAIL() << "the key was given twice";
  } catch (const Error& refusal) {
    EXPECT_STREQ(refusal.what(), "the key Ctrl+Y is used by 'Redo'");
    EXPECT_FALSE(refusal.hint().empty());
  }
  EXPECT_EQ(of("file.open"), Keys{"Ctrl+O"});
  EXPECT_TRUE(told.empty());
}

TEST_F(EditableKeys, TakingOverTakesOnlyThatKeyFromTheOther) {
  table.take_over("file.open", {"Ctrl+Y"});
  EXPECT_EQ(of("file.open"), Keys{"Ctrl+Y"});
  EXPECT_EQ(of("edit.redo"), Keys{"Ctrl+Shift+Z"});
  EXPECT_EQ(table.find_by_key("Ctrl+O"), nullptr);
  EXPECT_EQ(told, (Keys{"edit.redo", "file.open"}));
}

TEST_F(EditableKeys, ResettingTakesTheDeliveredKeysBack) {
  table.take_over("file.save", {"Ctrl+O"});
  EXPECT_TRUE(of("file.open").empty());
  table.reset("file.open");
  EXPECT_EQ(of("file.open"), Keys{"Ctrl+O"});
  EXPECT_TRUE(of("file.save").empty());
  table.reset_all();
  EXPECT_EQ(of("file.save"), Keys{"Ctrl+S"});
  EXPECT_TRUE(table.changes().empty());
}

TEST_F(EditableKeys, OnlyChangesAreKeptAndComeBackInAnyOrder) {
  table.take_over("file.open", {"F2"});
  table.assign("file.save", {});
  const auto kept = table.changes();
  EXPECT_EQ(kept.size(), 2U);
  KeyTable before, after;
  before.set_changes(kept);
  before.add("file.open", "Open", "File", {"Ctrl+O"});
  before.add("file.save", "Save", "File", {"Ctrl+S"});
  after.add("file.open", "Open", "File", {"Ctrl+O"});
  after.add("file.save", "Save", "File", {"Ctrl+S"});
  after.set_changes(kept);
  for (const KeyTable* const again : {&before, &after}) {
    EXPECT_EQ(again->find("file.open")->keys, Keys{"F2"});
    EXPECT_TRUE(again->find("file.save")->keys.empty());
    EXPECT_EQ(again->changes(), kept);
  }
}

TEST_F(EditableKeys, WhatANewerVersionKeptIsNotLost) {
  auto kept = table.changes();
  kept["later.action"] = {"F12"};
  table.set_changes(kept);
  EXPECT_EQ(table.changes().at("later.action"), Keys{"F12"});
}

TEST_F(EditableKeys, AnExportedTableIsImportedWhole) {
  table.take_over("file.open", {"Ctrl+S"});
  const std::string text = table.to_json();
  table.reset_all();
  table.from_json(text);
  EXPECT_EQ(of("file.open"), Keys{"Ctrl+S"});
  EXPECT_TRUE(of("file.save").empty());
  EXPECT_EQ(table.to_json(), text);
}

TEST_F(EditableKeys, AWrongTableIsRefusedAndNothingChanges) {
  const std::string before = table.to_json();
  for (const char* text :
       {"", "[]", R"({"keys_version": 2, "keys": {}})", R"({"keys_version": 1, "keys": {"no.such": ["F2"]}})",
        R"({"keys_version": 1, "keys": {"file.open": ["F2"], "file.save": ["F2"]}})",
        R"({"keys_version": 1, "keys": {"file.open": "F2"}})"}) {
    EXPECT_THROW(table.from_json(text), Error) << text;
    EXPECT_EQ(table.to_json(), before) << text;
  }
}

}  // namespace
}  // namespace iso::gui
