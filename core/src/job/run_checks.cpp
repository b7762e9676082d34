#include "run_impl.h"

#include "iso/job/run.h"

#include "iso/base/error.h"
#include "iso/job/recipe.h"

#include <algorithm>

namespace iso::job {

std::vector<std::filesystem::path> read_for(const std::string& place, const std::map<std::string, std::string>& hints) {
  std::vector<std::filesystem::path> files{place};
  for (const auto& [key, value] : hints)
    if (names_file(key, value)) files.emplace_back(value);
  return files;
}

void check_result(const std::string& task, const plugin::Port& port, const DatasetPtr& data) {
  const std::string what = "output '" + port.name + "' of task '" + task + "'";
  if (data && to_kind(*data) != port.kind)
    throw Error(Errc::invalid_result, what + " is a " + std::string(to_string(to_kind(*data))) + ", a " +
                                          std::string(to_string(port.kind)) + " was promised");
  check_result_data(what, data);
}

void check_result_data(const std::string& what, const DatasetPtr& data) {
  if (!data) throw Error(Errc::invalid_result, what + " is missing");
  try {
    check_members(*data);
  } catch (const Error& problem) {
    throw Error(Errc::invalid_result, what + " contradicts itself: " + problem.what(),
                "report this to the author of the plugin");
  }
  const Soundness found = soundness(*data);
  if (found == Soundness::empty) throw Error(Errc::invalid_result, what + " is empty");
  if (found == Soundness::not_finite)
    throw Error(Errc::invalid_result, what + " holds NaN or infinity",
                "the method diverged; choose smaller steps or check the input");
}

void refuse_unless_possible(const plugin::Plan& plan) {
  if (plan.possible()) return;
  std::string sentence, hint;
  for (const Refusal& refusal : plan.refusals) sentence += (sentence.empty() ? "" : "; ") + refusal.sentence;
  const bool by_parameter =
      std::ranges::any_of(plan.refusals, [](const Refusal& refusal) { return !refusal.parameter.empty(); });
  if (by_parameter) hint = "`isocenter describe TASK` lists the parameters with their ranges";
  throw Error(plan.refusals.front().code, sentence, hint);
}

}  // namespace iso::job
