#pragma once

#include "iso/data/dataset.h"
#include "iso/geometry/verdict.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace iso::job {

/// What a task's port expects of a place.
struct Wanted {
  std::optional<Kind> kind;
  std::map<std::string, std::string> hints;  ///< Recipe::hints of the port
  std::vector<Finding> accepted;
};

/// How jobs reach data: files, the data sets of a program, or both. Places are those of a Recipe.
class DataAccess {
 public:
  virtual ~DataAccess() = default;
  /// Throws what the reader throws (cannot_read, invalid_input, geometry_refused, type_mismatch), or no_input.
  [[nodiscard]] virtual DatasetPtr read(const std::string& place, const Wanted& wanted) = 0;
  /// Whether data of that kind can go there, as far as it can be known before. Throws cannot_write.
  virtual void check_write(const std::string& place, Kind kind) const;
  /// Whole or not at all. Throws cannot_write or output_directory.
  virtual void write(const std::string& place, const DatasetPtr& data, bool overwrite) = 0;
};

/// Data sets a program holds by name, "workspace:NAME" in a recipe. Safe from any thread.
class Workspace {
 public:
  void put(const std::string& name, DatasetPtr data);
  [[nodiscard]] DatasetPtr find(const std::string& name) const;  ///< null if there is none
  void remove(const std::string& name);

 private:
  mutable std::mutex mutex_;  // guards data_
  std::map<std::string, DatasetPtr> data_;
};

/// Workspace places in `workspace`, everything else in files through iso/io.
[[nodiscard]] std::shared_ptr<DataAccess> make_data_access(std::shared_ptr<Workspace> workspace = {});

/// Workspace places in `workspace`, everything else in `files` (null: refused with no_input or cannot_write).
[[nodiscard]] std::shared_ptr<DataAccess> make_data_access(std::shared_ptr<Workspace> workspace,
                                                           std::shared_ptr<DataAccess> files);

}  // namespace iso::job
