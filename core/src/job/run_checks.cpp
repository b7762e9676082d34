#include "run_impl.h"

#include "iso/base/error.h"

#include <algorithm>

namespace iso::job {

void check_result(const std::string& task, const plugin::Port& port, const DatasetPtr& data) {
  const std::string what = "output '" + port.name + "' of task '" + task + "'";
  if (!data) throw Error(Errc::invalid_result, what + " is missing");
  if (to_kind(*data) != port.kind)
    throw Error(Errc::invalid_result, what + " is a " + std::string(to_string(to_kind(*data))) + ", a " +
                                          std::string(to_string(port.kind)) + " was promised");
  const Soundness found = soundness(*data);
  if (found == Soundness::empty) throw Error(Errc::invalid_result, what + " is empty");
  if (found == Soundness::not_finite)
    throw Error(Errc::invalid_result, what + " holds NaN or infinity",
                "the method diverged; choose smaller steps or check the input");
}

void refuse_unless_possible(const plugin::Plan& plan) {
  if (plan.possible()) return;
  std::string sentence, hint;
  for (const plugin::Reason& reason : plan.reasons) sentence += (sentence.empty() ? "" : "; ") + reason.sentence;
  const bool by_parameter =
      std::ranges::any_of(plan.reasons, [](const plugin::Reason& reason) { return !reason.parameter.empty(); });
  if (by_parameter) hint = "`isocenter describe TASK` lists the parameters with their ranges";
  throw Error(plan.reasons.front().code, sentence, hint);
}

}  // namespace iso::job
