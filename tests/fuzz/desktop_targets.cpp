#include "desktop_targets.h"

#include "gui/model/journal.h"
#include "gui/model/journal_line.h"
#include "gui/model/session.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"

#include <fstream>

namespace iso::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* image_file = "item-1.mha";
constexpr const char* label_file = "item-2.seg.nrrd";

DatasetPtr image() {
  PixelBuffer pixels = PixelBuffer::allocate({Shape{5, 4, 3}, ScalarType::i16});
  std::int16_t next = 0;
  for (auto& value : pixels.values<std::int16_t>()) value = next++;
  return freeze(Volume{std::move(pixels), VoxelGrid::centred({5, 4, 3}, {0.5, 0.75, 2}), Quantity::hounsfield, {}});
}

DatasetPtr labels() {
  PixelBuffer pixels = PixelBuffer::allocate({Shape{5, 4, 3}, ScalarType::u16});
  pixels.values<std::uint16_t>()[7] = 1;
  return freeze(LabelMap{std::move(pixels), VoxelGrid::centred({5, 4, 3}, {0.5, 0.75, 2}), {"", "tumour"}, {}});
}

void put_data(const fs::path& folder) {
  if (!fs::create_directories(folder)) return;
  io::write(folder / image_file, *image());
  io::write(folder / label_file, *labels());
}

std::string small_session() {
  gui::Document document;
  const gui::ItemId base = document.add("image", image(), {});
  (void)document.add("labels", labels(), {});
  gui::Measurement line;
  line.item = base;
  line.points_mm = {{0, 0, 0}, {3, 4, 0}};
  document.add_measurement(line);
  return to_json(document, [&](const gui::Item& item) -> std::optional<std::string> {
    return item.id == base ? image_file : label_file;
  });
}

std::string small_journal() {
  return R"({"data":1,"file":"item-1.mha","digest":""})"
         "\n"
         R"({"data":2,"file":"item-2.seg.nrrd"})"
         "\n{\"state\":" +
         small_session() +
         "}\n"
         R"({"labels":2,"forwards":true,"runs":[[0,3,0,2],[12,2,0,1]]})"
         "\n"
         R"({"labels":2,"forwards":false,"runs":[[12,2,0,1]]})"
         "\n";
}

/// What the desktop does with a session that it has read.
void show(gui::LoadedSession loaded) {
  if (loaded.items.empty()) throw Error{Errc::invalid_input, "no item of the session can be shown"};
  gui::Document document;
  apply(document, std::move(loaded));
}

void put(const fs::path& file, std::string_view bytes) { std::ofstream{file, std::ios::binary} << bytes; }

}  // namespace

Target session_target() {
  return {"session",
          [](std::string_view bytes, const fs::path& folder) {
            const fs::path file = folder / "a.isocenter.json";
            put_data(gui::to_data_folder(file));
            put(file, bytes);
            show(gui::read_session(file));
          },
          [](const fs::path&) { return small_session(); }};
}

Target journal_target() {
  return {"journal",
          [](std::string_view bytes, const fs::path& folder) {
            const fs::path place = folder / "Recovery";
            put_data(place);
            put(place / gui::journal_name, bytes);
            show(gui::recover(place));
          },
          [](const fs::path&) { return small_journal(); }};
}

}  // namespace iso::test
