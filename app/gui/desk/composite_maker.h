#pragma once

#include "background.h"

#include "gui/model/document.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace iso::gui {

/// Makes the pictures in colours of cubes on a thread of its own whenever the document asks for one that it lacks. Until it
/// is there, the views show a band.
class CompositeMaker {
 public:
  CompositeMaker(Document& document, Background& background);

 private:
  struct Asked {
    DatasetPtr data;
    std::string name;
    friend bool operator==(const Asked&, const Asked&) = default;
  };
  void look_for_work();
  void make(const Item& item);
  Document& document_;
  Background& background_;
  std::map<ItemId, Asked> asked_;  ///< being made
  std::vector<Connection> connections_;
};

}  // namespace iso::gui
