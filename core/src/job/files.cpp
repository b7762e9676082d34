#include "iso/job/data_access.h"

#include "iso/io/registry.h"

namespace iso::job {
namespace {

class Files final : public DataAccess {
 public:
  DatasetPtr read(const std::string& place, const Wanted& wanted) override {
    io::ReadOptions options;
    options.expected = wanted.kind;
    options.hints = wanted.hints;
    options.accepted = wanted.accepted;
    if (const auto geometry = options.hints.find("geometry"); geometry != options.hints.end()) {
      options.geometry = geometry->second;
      options.hints.erase(geometry);
    }
    return io::read(place, options);
  }

  void write(const std::string& place, const DatasetPtr& data, bool overwrite) override {
    io::WriteOptions options;
    options.overwrite = overwrite;
    io::write(place, *data, options);
  }
};

}  // namespace

std::shared_ptr<DataAccess> make_data_access(std::shared_ptr<Workspace> workspace) {
  return make_data_access(std::move(workspace), std::make_shared<Files>());
}

}  // namespace iso::job
