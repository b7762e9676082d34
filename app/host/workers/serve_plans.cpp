#include "serve_plans.h"

#include "../protocol/messages.h"
#include "confinement.h"

#include "iso/base/error.h"

#include <ctime>
#include <memory>

namespace iso::host {
namespace {

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Plugins and back ends stay loaded: what the first question brought serves the next. This process is confined to the folders
/// of the first question before code of a plugin runs; the program starts another worker for another wish.
class Planner {
 public:
  explicit Planner(const WorkerParts& parts) : parts_{parts}, files_{job::make_data_access({}, nullptr)} {}

  void answer(Channel& channel, Message& message) {
    const double begin = processor_seconds();
    const auto request = from_message<PlanRequest>(message.body);
    const auto inputs = unpack_descriptions(request.inputs, message);
    if (!source_) prepare(request);
    if (request.plugin_directories != folders_ || request.recipe.device != device_)
      throw Error(Errc::internal, "a worker for plans was asked about other plugins or another device than before");
    const job::RunPlan plan = job::plan(request.recipe, inputs, {*source_, registry_, *files_, request.options, {}});
    Packer packer;
    PlanReply reply{
        plan.recipe, plan.estimate, plan.available_bytes, plan.backend, plan.device, pack_ports(packer, plan.outputs),
        0,           plan.networks};
    reply.processor_seconds = processor_seconds() - begin;
    channel.send(to_message(reply), packer.descriptors());
  }

 private:
  void prepare(const PlanRequest& request) {
    folders_ = request.plugin_directories;
    device_ = request.recipe.device;
    parts_.backends(registry_, device_);
    const auto folders = plugin_folders(folders_);
    auto source = parts_.source(folders);
    confine_worker(folders, {}, request.options, registry_);
    source_ = std::move(source);
  }

  const WorkerParts& parts_;
  std::shared_ptr<job::DataAccess> files_;
  std::vector<std::string> folders_;
  std::string device_;
  std::unique_ptr<job::TaskSource> source_;
  compute::BackendRegistry registry_;
};

}  // namespace

int serve_plans(Channel& channel, Message& first, const WorkerParts& parts) {
  Planner planner{parts};
  Message message = std::move(first);
  while (true) {
    try {
      if (is<PlanRequest>(message)) planner.answer(channel, message);
    } catch (...) {
      channel.send(to_message(ErrorReply{current_error()}));
    }
    Channel::Got got = Channel::Got::nothing;
    while (got == Channel::Got::nothing) got = channel.receive(message, std::chrono::seconds{3600});
    if (got == Channel::Got::closed) return 0;
  }
}

}  // namespace iso::host
