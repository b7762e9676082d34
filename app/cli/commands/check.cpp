#include "command.h"
#include "data.h"
#include "environment.h"

#include "../output/terminal.h"

#include "iso/base/error.h"
#include "iso/base/printable.h"

#include <nlohmann/json.hpp>

namespace iso::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr auto usage = "check FILE... [options]";
constexpr auto summary =
    "Say what files hold, whether they are complete and whether their geometry can be trusted. Values are looked at "
    "with "
    "--full only.";

struct CheckArguments {
  Environment environment;
  FileHints hints;
  std::vector<std::string> files;
  bool json{false}, full{false};
};

void declare(Options& options, CheckArguments& request) {
  options.add_arguments("FILES", "Files or folders to check.", request.files);
  request.hints.add_to(options);
  options.add_flag("--full", "Read the values too: damaged pictures, NaN and infinity are found.", request.full);
  options.add_flag("--json", "One JSON object a file and line.", request.json);
  request.environment.add_logging(options);
  options.add_examples({"isocenter check scan.h5 slices/", "isocenter check --full readings.npy -g scan.json"});
}

struct Checked {
  DatasetPtr data;  ///< null if nothing could be read at all
  GeometryVerdict verdict;
  std::optional<Error> problem;
};

bool has_values(const Dataset& data) {
  const Pixels* const pixels = to_pixels(data);
  return pixels == nullptr || !pixels->is_outline();
}

/// A refused file is read all the same, so that it can be described; the finding that lets it pass is the verdict.
Checked describe_refused(const std::string& file, const io::ReadOptions& options, const Error& refusal) {
  Checked result{nullptr, {}, refusal};
  result.verdict.sentence = refusal.what();
  try {
    const io::ReadAllTheSame read = io::read_accepting_findings(file, options);
    result.data = read.data;
    result.verdict.finding = read.accepted.back();
    if (const GeometryVerdict found = make_verdict(*result.data); found.finding != Finding::uniform)
      result.verdict = found;
  } catch (const Error&) {  // nothing helps; the refusal is told
  }
  return result;
}

Checked check_file(const std::string& file, const io::ReadOptions& options) {
  Checked result;
  try {
    result.data = io::read(file, options);
    result.verdict = make_verdict(*result.data);
    refuse_unless_accepted(result.verdict, options.accepted);
  } catch (const Error& problem) {
    if (problem.code() == Errc::geometry_refused) return describe_refused(file, options, problem);
    result.problem = problem;
  }
  return result;
}

Json make_json(const std::string& file, const Checked& checked) {
  Json json{{"file", file}, {"ok", !checked.problem.has_value()}};
  if (checked.data) {
    json["kind"] = to_string(to_kind(*checked.data));
    json["shape"] = shape_text(*checked.data);
    json["type"] = type_text(*checked.data);
    json["detail"] = detail_text(*checked.data);
    json["values_read"] = has_values(*checked.data);
    json["meta"] = metadata(*checked.data);
  }
  if (checked.data || (checked.problem && checked.problem->code() == Errc::geometry_refused))
    json["geometry"] = {{"finding", to_string(checked.verdict.finding)},
                        {"deviation", checked.verdict.deviation},
                        {"unit", checked.verdict.unit},
                        {"sentence", checked.verdict.sentence}};
  if (checked.problem)
    json["error"] = {{"code", to_string(checked.problem->code())},
                     {"message", checked.problem->what()},
                     {"hint", checked.problem->hint()}};
  return json;
}

std::string to_text(const std::string& file, const Checked& checked) {
  if (!checked.data) return printable(file) + ": cannot be used\n";
  std::string text = printable(file) + ": " + std::string(to_string(to_kind(*checked.data))) + ", " +
                     shape_text(*checked.data) + ", " + type_text(*checked.data);
  if (const std::string detail = detail_text(*checked.data); !detail.empty()) text += "\n  " + detail;
  text += "\n  geometry: " + std::string(to_string(checked.verdict.finding));
  if (!checked.verdict.sentence.empty()) text += ": " + printable(checked.verdict.sentence);
  const Metadata& meta = metadata(*checked.data);
  if (const auto assumed = meta.find("assumed"); assumed != meta.end())
    text += "\n  assumed: " + printable(assumed->second);
  if (!has_values(*checked.data)) text += "\n  values: not looked at (--full reads them)";
  return text + "\n";
}

}  // namespace

int check(Arguments arguments) {
  CheckArguments request;
  Options options{usage, summary};
  declare(options, request);
  if (!options.parse(arguments)) return 0;
  request.environment.begin();
  request.hints.read.headers_only = !request.full;
  std::optional<Error> first;
  for (const std::string& file : request.files) {
    const Checked checked = check_file(file, request.hints.read);
    print(request.json ? make_json(file, checked).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"
                       : to_text(file, checked));
    if (checked.problem && !first) first = checked.problem;
  }
  if (first) throw Error(*first);
  return 0;
}

}  // namespace iso::cli
