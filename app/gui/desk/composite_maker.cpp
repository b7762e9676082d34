#include "composite_maker.h"

#include "gui/model/composite.h"

#include "iso/base/log.h"

namespace iso::gui {

CompositeMaker::CompositeMaker(Document& document, Background& background)
    : document_{document}, background_{background} {
  connections_.push_back(document_.items_changed.connect([this] { look_for_work(); }));
  connections_.push_back(document_.look_changed.connect([this] { look_for_work(); }));
  connections_.push_back(document_.item_changed.connect([this](ItemId) { look_for_work(); }));
}

void CompositeMaker::look_for_work() {
  const Look& look = document_.look();
  for (const ItemId id : {look.layout.base, look.layout.compared, look.overlay.item}) {
    const Item* const item = document_.find(id);
    if (item == nullptr || item->composite.empty()) continue;
    if (item->composite_raster && item->composite_of == item->composite) continue;
    if (const auto found = asked_.find(id);
        found == asked_.end() || found->second != Asked{item->data, item->composite})
      make(*item);
  }
}

void CompositeMaker::make(const Item& item) {
  const Asked asked{item.data, item.composite};
  asked_[item.id] = asked;
  const auto latest = [this, id = item.id, asked] {  // else something else has been asked for since
    const auto found = asked_.find(id);
    if (found == asked_.end() || found->second != asked) return false;
    asked_.erase(found);
    return true;
  };
  using Picture = std::shared_ptr<const render::Raster>;
  background_.run<Picture>([asked] { return make_composite(asked.data, asked.name); },
                           [this, latest, id = item.id, asked](Picture picture) {
                             const Item* const now = document_.find(id);
                             if (latest() && now != nullptr && now->data == asked.data)
                               document_.set_composite_raster(id, asked.name, std::move(picture));
                           },
                           [this, latest, id = item.id](const Error& failure) {
                             if (!latest()) return;
                             log::warning("app.gui", failure.what());
                             document_.set_composite(id, {});
                           });
}

}  // namespace iso::gui
