#include "iso/job/data_access.h"

#include "iso/base/error.h"
#include "iso/job/recipe.h"

namespace iso::job {
namespace {

class Places final : public DataAccess {
 public:
  Places(std::shared_ptr<Workspace> workspace, std::shared_ptr<DataAccess> files)
      : workspace_{std::move(workspace)}, files_{std::move(files)} {}

  DatasetPtr read(const std::string& place, const Wanted& wanted) override {
    if (!in_workspace(place)) {
      if (!files_) throw Error(Errc::no_input, "'" + place + "' is a file, and this job reaches no files");
      return files_->read(place, wanted);
    }
    const std::string name = place.substr(workspace_prefix.size());
    DatasetPtr data = workspace_ ? workspace_->find(name) : nullptr;
    if (!data) throw Error(Errc::no_input, "the workspace holds no data set '" + name + "'");
    if (wanted.kind && to_kind(*data) != *wanted.kind)
      throw Error(Errc::type_mismatch, "'" + name + "' is a " + std::string(to_string(to_kind(*data))) + ", a " +
                                           std::string(to_string(*wanted.kind)) + " is expected");
    return data;
  }

  void check_write(const std::string& place, Kind kind) const override {
    if (!in_workspace(place) && files_) files_->check_write(place, kind);
  }

  void write(const std::string& place, const DatasetPtr& data, bool overwrite) override {
    if (in_workspace(place) && workspace_) return workspace_->put(place.substr(workspace_prefix.size()), data);
    if (in_workspace(place) || !files_)
      throw Error(Errc::cannot_write, "'" + place + "' cannot be written: this job does not reach it");
    files_->write(place, data, overwrite);
  }

 private:
  std::shared_ptr<Workspace> workspace_;
  std::shared_ptr<DataAccess> files_;
};

}  // namespace

void DataAccess::check_write(const std::string&, Kind) const {}

void Workspace::put(const std::string& name, DatasetPtr data) {
  const std::lock_guard lock{mutex_};
  data_[name] = std::move(data);
}

DatasetPtr Workspace::find(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto found = data_.find(name);
  return found == data_.end() ? nullptr : found->second;
}

void Workspace::remove(const std::string& name) {
  const std::lock_guard lock{mutex_};
  data_.erase(name);
}

std::shared_ptr<DataAccess> make_data_access(std::shared_ptr<Workspace> workspace, std::shared_ptr<DataAccess> files) {
  return std::make_shared<Places>(std::move(workspace), std::move(files));
}

}  // namespace iso::job
