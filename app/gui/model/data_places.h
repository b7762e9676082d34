#pragma once

#include "document.h"

#include "iso/job/recipe.h"

#include <string>

/// Places of a recipe that mean data of the document: "workspace:item-7" is the item 7.
namespace iso::gui {

[[nodiscard]] std::string item_place(ItemId id);
/// The item that a place means; null if it means none, or one that is gone.
[[nodiscard]] const Item* item_at(const std::string& place, const Document& document);

/// The recipe with every input that a file of the user's holds as it is named by that file, and with what its reader was
/// told. Data that are not saved, or were changed since, keep their place in the document.
[[nodiscard]] job::Recipe with_files(job::Recipe recipe, const Document& document);

}  // namespace iso::gui
