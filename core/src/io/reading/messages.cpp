#include "io/reading/messages_impl.h"

#include "iso/base/error.h"
#include "iso/base/log.h"

#include <algorithm>

namespace iso::io::detail::reading {

using Json = nlohmann::json;

namespace {

Json to_json(const ReadOptions& options) {
  Json json{{"geometry", options.geometry.string()}, {"hints", options.hints}, {"headers_only", options.headers_only}};
  if (options.expected) json["expected"] = to_string(*options.expected);
  json["accepted"] = Json::array();
  for (const Finding finding : options.accepted) json["accepted"].push_back(to_string(finding));
  return json;
}

ReadOptions options_from(const Json& json) {
  ReadOptions options;
  options.geometry = json.at("geometry").get<std::string>();
  json.at("hints").get_to(options.hints);
  json.at("headers_only").get_to(options.headers_only);
  if (json.contains("expected")) options.expected = kind_from_string(json.at("expected").get<std::string>());
  for (const Json& name : json.at("accepted")) options.accepted.push_back(finding_from_string(name.get<std::string>()));
  return options;
}

Json to_json(const Checkpoint& state, wire::Packer& packer) {
  Json json{{"iteration", state.iteration}, {"arrays", Json::object()}, {"names", Json::array()}};
  for (const auto& [name, array] : state.arrays) json["arrays"][name] = packer.pack(array);
  // As pixels, because JSON knows neither NaN nor infinity.
  PixelBuffer numbers =
      PixelBuffer::allocate({Shape{static_cast<std::int64_t>(state.numbers.size())}, ScalarType::f64});
  std::size_t next = 0;
  for (const auto& [name, number] : state.numbers) {
    json["names"].push_back(name);
    numbers.values<double>()[next++] = number;
  }
  json["numbers"] = packer.pack(Pixels{std::move(numbers)});
  return json;
}

}  // namespace

Json to_json(const Question& question) {
  return {{"type", question_type},
          {"wish", static_cast<int>(question.wish)},
          {"file", question.file.string()},
          {"folder", question.folder.string()},
          {"options", to_json(question.options)},
          {"key", question.key}};
}

Question question_from(const Json& json) {
  try {
    const int wish = json.at("wish").get<int>();
    if (json.at("type").get<std::string>() != question_type || wish < 0 || wish > static_cast<int>(Wish::checkpoint))
      throw Error{Errc::invalid_input, "a message asks for nothing that is known"};
    return {static_cast<Wish>(wish), json.at("file").get<std::string>(), json.at("folder").get<std::string>(),
            options_from(json.at("options")), json.at("key").get<std::string>()};
  } catch (const Json::exception& problem) {
    throw Error{Errc::invalid_input, std::string{"a message asks for a file in another form: "} + problem.what()};
  }
}

Json to_json(const End& end) {
  return {{"type", answer_type}, {"end", {end.signal, end.code, end.stood_still ? 1 : 0}}};
}

std::optional<End> end_in(const Json& answer) {
  const auto found = answer.find("end");
  if (found == answer.end()) return std::nullopt;
  const auto numbers = found->get<std::array<int, 3>>();
  return End{numbers[0], numbers[1], numbers[2] != 0};
}

Json answer(const Question& question, wire::Packer& packer) {
  Json json{{"type", answer_type}};
  // Each once, and no word of this process itself: who asked says them.
  std::vector<std::string> warnings;
  log::set_level(log::Level::warning);
  log::set_sink([&](log::Level, std::string_view, std::string_view text) {
    if (std::ranges::find(warnings, text) == warnings.end()) warnings.emplace_back(text);
  });
  try {
    switch (question.wish) {
      case Wish::dataset: json["dataset"] = packer.pack(*read_here(question.file, question.options)); break;
      case Wish::format: json["format"] = handler_here(question.file).format().name; break;
      case Wish::arrays:
        json["arrays"] = Json::array();
        for (const ArrayInfo& array : arrays_here(question.file))
          json["arrays"].push_back({{"name", array.name}, {"extents", array.extents}});
        break;
      case Wish::checkpoint:
        json["checkpoint"] = nullptr;
        if (const auto state = checkpoint_here(question.file, question.key))
          json["checkpoint"] = to_json(*state, packer);
        break;
    }
  } catch (...) {
    const std::exception_ptr thrown = std::current_exception();
    json = answer_with(current_error());
    try {
      std::rethrow_exception(thrown);
    } catch (const FactMissing& missing) {
      json["error"]["fact"] = missing.fact();
    } catch (...) {  // NOLINT(bugprone-empty-catch): written above
    }
  }
  log::set_level(log::Level::quiet);
  log::set_sink({});
  json["warnings"] = warnings;
  return json;
}

void throw_error_in(const Json& answer) {
  const auto found = answer.find("error");
  if (found == answer.end()) return;
  const Errc code = errc_from_string(found->at("code").get<std::string>());
  const auto message = found->at("message").get<std::string>(), hint = found->at("hint").get<std::string>();
  if (found->contains("fact")) throw FactMissing{found->at("fact").get<std::string>(), code, message, hint};
  throw Error{code, message, hint};
}

}  // namespace iso::io::detail::reading
