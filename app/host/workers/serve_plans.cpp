#include "serve_plans.h"

#include "../protocol/messages.h"

#include "iso/base/error.h"

#include <ctime>
#include <map>

namespace iso::host {
namespace {

double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Plugins by their folders, back ends by the wish: what the first question loaded serves the next.
class Planner {
 public:
  explicit Planner(const WorkerParts& parts) : parts_{parts}, files_{job::make_data_access({}, nullptr)} {}

  void answer(Channel& channel, Message& message) {
    const double begin = processor_seconds();
    const auto request = from_message<PlanRequest>(message.body);
    const auto inputs = unpack_descriptions(request.inputs, message);
    auto& source = sources_[request.plugin_directories];
    if (!source) source = parts_.source(plugin_folders(request.plugin_directories));
    auto& registry = registries_[request.recipe.device];
    if (!registry) {
      registry = std::make_unique<compute::BackendRegistry>();
      parts_.backends(*registry, request.recipe.device);
    }
    const job::RunPlan plan = job::plan(request.recipe, inputs, {*source, *registry, *files_, request.options});
    Packer packer;
    PlanReply reply{plan.recipe,
                    plan.estimate,
                    plan.available_bytes,
                    plan.backend,
                    plan.device,
                    pack_ports(packer, plan.outputs),
                    0};
    reply.processor_seconds = processor_seconds() - begin;
    channel.send(to_message(reply), packer.descriptors());
  }

 private:
  const WorkerParts& parts_;
  std::shared_ptr<job::DataAccess> files_;
  std::map<std::vector<std::string>, std::unique_ptr<job::TaskSource>> sources_;
  std::map<std::string, std::unique_ptr<compute::BackendRegistry>> registries_;
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
