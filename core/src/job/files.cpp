#include "iso/job/data_access.h"

#include "iso/base/error.h"
#include "iso/io/registry.h"

#include <algorithm>

namespace iso::job {
namespace {

std::string extensions_for(Kind kind) {
  std::string text;
  for (const auto& handler : io::handlers()) {
    const io::Format& format = handler->format();
    if (std::ranges::find(format.writes, kind) == format.writes.end()) continue;
    for (const std::string& extension : format.extensions) text += (text.empty() ? "" : " ") + extension;
  }
  return text.empty() ? "none" : text;
}

/// By its extension, of those that several formats have the one that can hold the kind.
const io::Handler* handler_to_write(const std::string& place, Kind kind) {
  const io::Handler* const first = io::handler_for_writing(place);
  if (first == nullptr || std::ranges::find(first->format().writes, kind) != first->format().writes.end()) return first;
  for (const auto& handler : io::handlers()) {
    const io::Format& format = handler->format();
    const bool named = std::ranges::any_of(format.extensions, [&](const std::string& e) { return place.ends_with(e); });
    if (named && std::ranges::find(format.writes, kind) != format.writes.end()) return handler.get();
  }
  return first;
}

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

  void check_write(const std::string& place, Kind kind) const override {
    const io::Handler* const handler = handler_to_write(place, kind);
    if (handler == nullptr)
      throw Error(Errc::cannot_write, "'" + place + "' has no extension of a format that can be written",
                  "the extensions for a " + std::string(to_string(kind)) + " are: " + extensions_for(kind));
    if (std::ranges::find(handler->format().writes, kind) == handler->format().writes.end())
      throw Error(
          Errc::cannot_write,
          handler->format().name + " files such as '" + place + "' cannot hold a " + std::string(to_string(kind)),
          "the extensions for it are: " + extensions_for(kind));
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
