#pragma once

#include "gui/model/document.h"

#include <map>
#include <stop_token>
#include <string>
#include <vector>

/// Finds the inputs of a recorded run: an open data set with the recorded digest, whatever its name, else the file that the
/// record names, which is read as `isocenter replay` reads it.
namespace iso::gui {

/// Inputs of the search as a value: the desktop's thread makes it in microseconds, another thread uses it.
struct ReplaySearch {
  struct Open {
    ItemId id{0};
    std::filesystem::path file;
    DatasetPtr data;
  };
  job::Record record;
  std::vector<Open> open;
};
[[nodiscard]] ReplaySearch prepare_replay(const job::Record& before, const Document& document);

/// The inputs by port. Computes digests of open data sets, likely ones first, until one agrees, which takes long. Throws
/// no_input if an input is neither open nor in its file, invalid_input if its file or the open data set was changed since,
/// what the reader throws, and cancelled.
[[nodiscard]] std::map<std::string, DatasetPtr> find_inputs(const ReplaySearch& search,
                                                            const std::stop_token& stop = {});

/// The record beside a file, if it tells of a run that gave these very data; its paths are made absolute. None if there is no
/// such record, or the file was changed since. Makes the digest of the data only where there is a record.
[[nodiscard]] std::optional<job::Record> record_beside(const std::filesystem::path& file, const Dataset& data);

}  // namespace iso::gui
