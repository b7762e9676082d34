#pragma once

#include "document.h"

#include "iso/io/registry.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace iso::gui {

/// A document as text: everything but pixels. Items that came from a file name it; the others name a data file beside the
/// session. JSON with "session_version": 1; unknown members are ignored.
struct StoredItem {
  Item item;              ///< without data
  std::string data_file;  ///< in the session's data folder; empty: item.file
  std::string digest;     ///< of the data when it was stored
};

struct StoredSession {
  std::vector<StoredItem> items;
  std::vector<Measurement> measurements;
  Look look;
  ItemId selected{0};
};

/// `data_file` names where an item's pixels are kept; empty for those that their own file holds.
[[nodiscard]] std::string to_json(const Document& document, const std::function<std::string(const Item&)>& data_file);
[[nodiscard]] StoredSession session_from_json(std::string_view text);  ///< throws invalid_input naming the member

/// Hints of an item ("geometry" among them) as the reader takes them.
[[nodiscard]] io::ReadOptions read_options(std::map<std::string, std::string> hints);

/// Items of the session with their data read, and one sentence for each that could not be.
struct LoadedSession {
  StoredSession session;
  std::vector<Item> items;
  std::vector<std::string> problems;
};
/// Reads files; for a thread of its own. `change` may alter data after reading (the journal applies strokes).
[[nodiscard]] LoadedSession load(StoredSession session, const std::filesystem::path& data_folder,
                                 const std::function<DatasetPtr(ItemId, DatasetPtr)>& change = {});
void apply(Document& document, LoadedSession loaded);

/// What has to be written for a session file, as a value: made on the desktop's thread in no time, written on another. Data
/// files get the digest of their pixels into their name when they are written, because it takes its time.
struct SessionWriting {
  std::filesystem::path file;  ///< "NAME.isocenter.json"
  std::string text;
  std::vector<std::pair<std::string, DatasetPtr>> data;  ///< begin of the name in the data folder "NAME.isocenter.data"
};
[[nodiscard]] SessionWriting prepare_session(const Document& document, const std::filesystem::path& file);
/// Data first, then the session file, each whole or not at all; data files of an earlier save that are no longer named go last.
/// Throws cannot_write or output_directory; then the session saved before is as it was.
void write_session(const SessionWriting& writing);
[[nodiscard]] LoadedSession read_session(const std::filesystem::path& file);
[[nodiscard]] std::filesystem::path data_folder_of(const std::filesystem::path& session_file);

}  // namespace iso::gui
