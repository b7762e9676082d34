#include "options.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/names.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace iso::cli {
namespace {

/// CLI11's help in our words: usage first, one column of options, examples last.
class Help final : public CLI::Formatter {
 public:
  explicit Help(std::string usage) : usage_{std::move(usage)} { column_width(34); }
  std::string make_usage(const CLI::App*, std::string) const override { return "\nUsage: isocenter " + usage_ + "\n"; }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? std::string{} : " " + option->get_type_name();
  }
  /// "--mask,--no-mask{false}" without the value that CLI11 puts behind it.
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    std::string name = CLI::Formatter::make_option_name(option, is_positional);
    if (const std::size_t at = name.find("{false}"); at != std::string::npos) name.erase(at, 7);
    return name;
  }

 private:
  std::string usage_;
};

std::string first_name(const std::string& names) {
  return names.substr(names.rfind(',') == std::string::npos ? 0 : names.rfind(',') + 1);
}

/// "--threads: 1 required TEXT missing" -> "--threads".
std::string option_in(const std::string& message) { return message.substr(0, message.find_first_of(": ")); }

}  // namespace

struct Options::Impl {
  explicit Impl(const std::string& usage, const std::string& summary) : app{summary} {
    app.formatter(std::make_shared<Help>(usage));
    app.set_help_flag("-h,--help", "Print this help and exit.");
    app.allow_extras();
    command = usage.substr(0, usage.find(' '));
  }
  CLI::Option* option(const std::string& names, const std::string& value, const std::string& help, const Take& take,
                      bool repeated) {
    const std::string name = first_name(names);
    CLI::Option* const added = app.add_option(
        names,
        [=](const CLI::results_t& values) {
          if (values.size() > 1 && !repeated) throw Error(Errc::usage, "option '" + name + "' is given twice");
          for (const std::string& text : values) take(text);
          return true;
        },
        help);
    added->type_name(value)->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
    if (!group.empty()) added->group(group);
    return added;
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const CLI::Option* option : app.get_options())
      for (const std::string& name : option->get_lnames()) result.push_back("--" + name);
    return result;
  }
  CLI::App app;
  std::string command, group;
};

Options::Options(const std::string& usage, const std::string& summary)
    : impl_{std::make_unique<Impl>(usage, summary)} {}
Options::~Options() = default;

void Options::add(const std::string& names, const std::string& value, const std::string& help, const Take& take) {
  impl_->option(names, value, help, take, false);
}
void Options::add_repeated(const std::string& names, const std::string& value, const std::string& help,
                           const Take& take) {
  impl_->option(names, value, help, take, true);
}
void Options::add(const std::string& names, const std::string& value, const std::string& help, std::string& target) {
  add(names, value, help, [&target](const std::string& text) { target = text; });
}
void Options::add(const std::string& names, const std::string& value, const std::string& help, int& target, int least) {
  add(names, value, help, [&target, least, name = first_name(names)](const std::string& text) {
    const std::int64_t found = whole_number(name, text, least);
    if (found > std::numeric_limits<int>::max()) throw Error(Errc::usage, name + " is " + text + ", which is too much");
    target = static_cast<int>(found);
  });
}
void Options::add(const std::string& names, const std::string& value, const std::string& help,
                  std::optional<double>& target) {
  add(names, value, help,
      [&target, name = first_name(names)](const std::string& text) { target = number(name, text); });
}
void Options::add(const std::string& names, const std::string& value, const std::string& help,
                  std::vector<double>& target) {
  add(names, value, help,
      [&target, name = first_name(names)](const std::string& text) { target = numbers(name, text); });
}

void Options::add_flag(const std::string& names, const std::string& help, bool& target) {
  CLI::Option* const added = impl_->app.add_flag(names, target, help);
  if (!impl_->group.empty()) added->group(impl_->group);
}

void Options::add_switch(const std::string& name, const std::string& help, std::optional<bool>& target) {
  // Not add_flag with the target itself: CLI11 takes an optional for a counter and sets it, so that it is never empty.
  CLI::Option* const added = impl_->app.add_flag_function(
      "--" + name + ",!--no-" + name, [&target](std::int64_t sum) { target = sum > 0; }, help);
  added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  if (!impl_->group.empty()) added->group(impl_->group);
}

void Options::add_argument(const std::string& name, const std::string& help, std::string& target) {
  impl_->app.add_option(name, target, help)->type_name("")->required();
}
void Options::add_optional_argument(const std::string& name, const std::string& help, std::string& target) {
  impl_->app.add_option(name, target, help)->type_name("");
}
void Options::add_arguments(const std::string& name, const std::string& help, std::vector<std::string>& target) {
  impl_->app.add_option(name, target, help)->type_name("")->expected(1, std::numeric_limits<int>::max())->required();
}

void Options::start_group(const std::string& heading) { impl_->group = heading; }

void Options::add_examples(const std::vector<std::string>& lines) {
  std::string text = "Examples:\n";
  for (const std::string& line : lines) text += "  " + line + "\n";
  impl_->app.footer(text);
}

bool Options::has(const std::string& name) const { return impl_->app.get_option_no_throw(name) != nullptr; }

bool Options::parse(std::span<const std::string> arguments) {
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  const std::string help = "`isocenter " + impl_->command + " --help` lists what it takes";
  try {
    impl_->app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    print(impl_->app.help());
    return false;
  } catch (const CLI::RequiredError& problem) {
    throw Error(Errc::usage, "'isocenter " + impl_->command + "' needs " + option_in(problem.what()), help);
  } catch (const CLI::ArgumentMismatch& problem) {
    throw Error(Errc::usage, "option '" + option_in(problem.what()) + "' needs a value", help);
  } catch (const CLI::ParseError& problem) {
    throw Error(Errc::usage, "the options cannot be understood: " + std::string(problem.what()), help);
  }
  const std::vector<std::string> left = impl_->app.remaining();
  if (left.empty()) return true;
  const std::string word = left.front().substr(0, left.front().find('='));
  if (!word.starts_with('-'))
    throw Error(Errc::usage, "'" + word + "' is one argument more than 'isocenter " + impl_->command + "' takes", help);
  const std::string meant = nearest_name(word, impl_->names());
  throw Error(Errc::usage, "'isocenter " + impl_->command + "' has no option '" + word + "'",
              meant.empty() ? help : "did you mean " + meant + "?");
}

std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t least) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || value < least)
    throw Error(Errc::usage,
                option + " is '" + text + "', expected a whole number of " + std::to_string(least) + " or more");
  return value;
}

double number(const std::string& option, const std::string& text) {
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    throw Error(Errc::usage, option + " is '" + text + "', expected a number");
  return value;
}

std::vector<double> numbers(const std::string& option, const std::string& text) {
  std::vector<double> values;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    values.push_back(number(option, text.substr(from, comma - from)));
    from = comma + 1;
  }
  return values;
}

std::size_t bytes(const std::string& option, const std::string& text) {
  constexpr std::string_view units = "KMGT";
  std::string digits = text;
  double factor = 1;
  if (const auto unit = digits.empty()
                            ? std::string::npos
                            : units.find(static_cast<char>(std::toupper(static_cast<unsigned char>(digits.back()))));
      unit != std::string::npos) {
    factor = std::pow(1024.0, static_cast<double>(unit + 1));
    digits.pop_back();
  }
  double value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc{} || end != digits.data() + digits.size() || !(value > 0) || value * factor > 1e18)
    throw Error(Errc::usage, option + " is '" + text + "', expected a size such as 512M or 4G");
  return static_cast<std::size_t>(value * factor);
}

}  // namespace iso::cli
