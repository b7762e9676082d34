#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iso::cli {

/// The options of one sub-command: declared, then parsed. All mistakes are Errc::usage, in one sentence with the nearest
/// known option as the hint. CLI11 does the reading; it is included in one place because it is large.
class Options {
 public:
  /// `usage` is what follows "isocenter": "compare IMAGE REFERENCE [options]".
  Options(const std::string& usage, const std::string& summary);
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options();

  using Take = std::function<void(const std::string& value)>;
  /// `names` as CLI11 has them: "-o,--output". `value` names what is expected: "FILE".
  void add(const std::string& names, const std::string& value, const std::string& help, const Take& take);
  void add_repeated(const std::string& names, const std::string& value, const std::string& help, const Take& take);
  void add(const std::string& names, const std::string& value, const std::string& help, std::string& target);
  void add(const std::string& names, const std::string& value, const std::string& help, int& target, int least);
  void add(const std::string& names, const std::string& value, const std::string& help, std::optional<double>& target);
  void add(const std::string& names, const std::string& value, const std::string& help, std::vector<double>& target);
  void add_flag(const std::string& names, const std::string& help, bool& target);
  /// "--name" and "--no-name", of which the last counts; `target` stays as it is if neither is given.
  void add_switch(const std::string& name, const std::string& help, std::optional<bool>& target);
  /// In the order of the declarations; the last may take all that is left.
  void add_argument(const std::string& name, const std::string& help, std::string& target);
  void add_optional_argument(const std::string& name, const std::string& help, std::string& target);
  void add_arguments(const std::string& name, const std::string& help, std::vector<std::string>& target);
  /// Heading of the options that follow in the help.
  void start_group(const std::string& heading);
  void add_examples(const std::vector<std::string>& lines);
  [[nodiscard]] bool has(const std::string& name) const;

  /// False when help was asked for and printed: there is nothing to do.
  [[nodiscard]] bool parse(std::span<const std::string> arguments);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whole numbers and numbers; throw usage naming the option and the text.
[[nodiscard]] std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t least);
[[nodiscard]] double number(const std::string& option, const std::string& text);
[[nodiscard]] std::vector<double> numbers(const std::string& option, const std::string& text);  ///< "1,2,3"
[[nodiscard]] std::size_t bytes(const std::string& option, const std::string& text);  ///< "4G", "512M", "1000000"

}  // namespace iso::cli
