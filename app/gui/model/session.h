#pragma once

#include "document.h"

#include "iso/io/registry.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace iso::gui {

/// An item of a session: everything but its pixels. An item that was read from a file names that file; another names a data
/// file beside the session. The session is JSON with "session_version": 1; unknown members are ignored.
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

/// `data_file` gives the name of the file with an item's pixels: empty if the item's own file holds them, none if the item is left
/// out.
[[nodiscard]] std::string to_json(const Document& document,
                                  const std::function<std::optional<std::string>(const Item&)>& data_file);
[[nodiscard]] StoredSession session_from_json(std::string_view text);  ///< throws invalid_input naming the member

/// Hints of an item ("geometry" among them) as the reader takes them.
[[nodiscard]] io::ReadOptions read_options(std::map<std::string, std::string> hints);

/// A session with the data of its items, and one sentence for each item that could not be read.
struct LoadedSession {
  StoredSession session;
  std::vector<Item> items;
  std::vector<std::string> problems;
};
/// Reads the data files, which takes long: call it on a thread of its own. `change` may alter the data (the journal applies
/// strokes).
[[nodiscard]] LoadedSession load(StoredSession session, const std::filesystem::path& data_folder,
                                 const std::function<DatasetPtr(ItemId, DatasetPtr)>& change = {});
void apply(Document& document, LoadedSession loaded);

/// The content of a session file as a value: the desktop's thread makes it in microseconds, another thread writes it. The name
/// of a data file contains the digest of its pixels, which the writing thread computes.
struct SessionWriting {
  std::filesystem::path file;  ///< "NAME.isocenter.json"
  std::string text;
  std::vector<std::pair<std::string, DatasetPtr>> data;  ///< begin of the name in the data folder "NAME.isocenter.data"
};
[[nodiscard]] SessionWriting prepare_session(const Document& document, const std::filesystem::path& file);
/// Writes data files, then the session file, each whole or not at all, then removes data files that the session no longer
/// names. Throws cannot_write or output_directory and leaves the session that was saved before unchanged.
void write_session(const SessionWriting& writing);
[[nodiscard]] LoadedSession read_session(const std::filesystem::path& file);
[[nodiscard]] std::filesystem::path to_data_folder(const std::filesystem::path& session_file);

}  // namespace iso::gui
