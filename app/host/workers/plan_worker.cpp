#include "plan_worker.h"

#include "conversation.h"

#include "iso/base/error.h"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace iso::host {
namespace {

constexpr std::chrono::seconds longest_plan{20};

}  // namespace

/// Asks on a thread of its own, because a worker ends with the thread that started it.
struct PlanWorker::Impl {
  explicit Impl(WorkerOptions from) : options{std::move(from)} {}

  job::RunPlan ask(const job::Recipe& recipe, const plugin::Descriptions& inputs, Cost* cost) {
    try {
      if (device != recipe.device) worker.reset();  // it is confined to what the first question needed
      device = recipe.device;
      if (!worker)
        worker.emplace(options.program.empty() ? find_worker() : options.program,
                       "the planning of task '" + recipe.task + "'", options.start_limit);
      const std::size_t before = worker->bytes_sent();
      Packer packer;
      PlanRequest request{recipe, options.execution, {}, pack_ports(packer, inputs)};
      for (const auto& folder : options.plugin_directories) request.plugin_directories.push_back(folder.string());
      worker->send(request, packer.descriptors());
      Message message = worker->expect<PlanReply>(longest_plan);
      const auto reply = from_message<PlanReply>(message.body);
      if (cost != nullptr) *cost = {worker->bytes_sent() - before, reply.processor_seconds};
      return {reply.recipe,
              reply.estimate,
              reply.available_bytes,
              reply.backend,
              reply.device,
              {},
              unpack_descriptions(reply.outputs, message),
              reply.networks};
    } catch (const Error& error) {
      if (error.code() == Errc::plugin_crashed || error.code() == Errc::plugin_incompatible) worker.reset();
      throw;
    }
  }

  void serve(const std::stop_token& stop) {
    std::unique_lock lock{mutex};
    while (changed.wait(lock, stop, [&] { return !questions.empty(); })) {
      auto question = std::move(questions.front());
      questions.pop_front();
      lock.unlock();
      question();
      lock.lock();
    }
    worker.reset();
  }

  WorkerOptions options;
  std::optional<Conversation> worker;  // of the thread
  std::string device;                  // that the worker was asked about
  std::mutex mutex;                    // guards questions
  std::condition_variable_any changed;
  std::deque<std::packaged_task<job::RunPlan()>> questions;
  std::jthread thread{[this](const std::stop_token& stop) { serve(stop); }};  // last: it uses the others
};

PlanWorker::PlanWorker(WorkerOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {}
PlanWorker::~PlanWorker() = default;

job::RunPlan PlanWorker::ask(const job::Recipe& recipe, const plugin::Descriptions& inputs, Cost* cost) {
  std::packaged_task<job::RunPlan()> question{[&] { return impl_->ask(recipe, inputs, cost); }};
  auto answer = question.get_future();
  {
    const std::lock_guard lock{impl_->mutex};
    impl_->questions.push_back(std::move(question));
  }
  impl_->changed.notify_all();
  return answer.get();
}

}  // namespace iso::host
