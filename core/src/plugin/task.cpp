#include "iso/plugin/task.h"

#include "iso/plugin/descriptor.h"

namespace iso::plugin {

RunContext::~RunContext() = default;
Interaction::~Interaction() = default;
Task::~Task() = default;

bool Task::interactive() const noexcept { return false; }

std::unique_ptr<Interaction> Task::begin(const Datasets&, const std::string&, RunContext&) { return nullptr; }

const char* build_tag() noexcept { return ISO_BUILD_TAG; }

}  // namespace iso::plugin
