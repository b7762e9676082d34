#pragma once

#include "iso/base/error.h"
#include "iso/job/event.h"
#include "iso/job/record.h"

#include <memory>
#include <string>
#include <string_view>

namespace iso::cli {

enum class ProgressStyle : std::uint8_t { none, text, xml, jsonl };
[[nodiscard]] ProgressStyle progress_style_from(std::string_view name);  ///< throws usage, naming the styles

/// Shows a job while it runs. `text` (stderr): a bar with stage, percent and remaining time on a terminal, plain lines
/// elsewhere. `xml` (stdout): the tags Slicer and MITK read, made from the same events. `jsonl` (stdout): an object a line.
/// Called by one thread at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void take(const job::Event& event) = 0;
  /// The last word. `outcome` is what the command ends with, or null for success: a job that is done may still have a report
  /// that cannot be written.
  virtual void end(const job::Record& record, const Error* outcome) = 0;
};
[[nodiscard]] std::unique_ptr<Progress> make_progress(ProgressStyle style, std::string task);

}  // namespace iso::cli
