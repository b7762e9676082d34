#include "iso/params/field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace iso::params {
namespace {

enum class Filter : std::uint8_t { ram_lak, hann, cosine };
constexpr auto choice_names(Filter) { return std::array<std::string_view, 3>{"ram_lak", "hann", "cosine"}; }

struct Parameters {
  int iterations = 100;
  double weight = 0.02;
  float step = 0.1F;
  bool positive = true;
  Filter filter = Filter::hann;
  std::string note;
  std::filesystem::path mask;
  std::vector<double> angles{0.5, 1};
  std::uint8_t level = 3;
  friend bool operator==(const Parameters&, const Parameters&) = default;
  static constexpr auto fields() {
    return std::tuple{
        field("iterations", &Parameters::iterations).with_label("Iterations").with_unit("iterations").in_range(1, 2000),
        field("weight", &Parameters::weight).with_help("Strength.").with_unit("1").in_range(0, 10).as_logarithmic(),
        field("step", &Parameters::step).with_unit("mm").at_least(0.001),
        field("positive", &Parameters::positive),
        field("filter", &Parameters::filter).visible_when("positive", "true"),
        field("note", &Parameters::note).as_advanced(),
        field("mask", &Parameters::mask),
        field("angles", &Parameters::angles).in_range(-4, 4).visible_when("filter", "hann|cosine"),
        field("level", &Parameters::level)};
  }
};
static_assert(Describable<Parameters>);

const Schema schema = make_schema<Parameters>();

std::string first_problem(std::string_view json) {
  const auto problems = validate(schema, json);
  return problems.empty() ? "" : problems.front().message;
}

TEST(Schema, SaysWhatTheStructDeclares) {
  ASSERT_EQ(schema.fields.size(), 9U);
  const FieldInfo& weight = *schema.find("weight");
  EXPECT_EQ(weight.kind, FieldKind::real);
  EXPECT_EQ(weight.label, "weight");
  EXPECT_EQ(weight.help, "Strength.");
  EXPECT_EQ(std::get<double>(weight.default_value), 0.02);
  EXPECT_EQ(weight.minimum, 0);
  EXPECT_EQ(weight.maximum, 10);
  EXPECT_TRUE(weight.logarithmic);
  EXPECT_EQ(schema.find("filter")->choices, (std::vector<std::string>{"ram_lak", "hann", "cosine"}));
  EXPECT_EQ(schema.find("angles")->visible_when->values, (std::vector<std::string>{"hann", "cosine"}));
  EXPECT_EQ(schema.find("nothing"), nullptr);
}

TEST(Schema, SurvivesItsJsonForm) {
  const std::string text = to_json(schema);
  const Schema back = schema_from_json(text);
  EXPECT_EQ(to_json(back), text);
  ASSERT_EQ(back.fields.size(), schema.fields.size());
  for (std::size_t i = 0; i < back.fields.size(); ++i) {
    EXPECT_EQ(back.fields[i].kind, schema.fields[i].kind) << back.fields[i].name;
    EXPECT_EQ(back.fields[i].default_value, schema.fields[i].default_value) << back.fields[i].name;
    EXPECT_EQ(back.fields[i].minimum, schema.fields[i].minimum) << back.fields[i].name;
  }
}

TEST(Schema, NamesTheMemberThatIsMissingOrWrong) {
  const auto complaint = [](const char* text) -> std::string {
    try {
      (void)schema_from_json(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_input);
      return error.what();
    }
    return {};
  };
  EXPECT_NE(complaint("[]").find("expected an object"), std::string::npos);
  EXPECT_NE(complaint("{}").find("'parameters'"), std::string::npos);
  EXPECT_NE(complaint(R"({"parameters":[{"name":"a","default":1}]})").find("'type'"), std::string::npos);
  EXPECT_NE(complaint(R"({"parameters":[{"name":"a","type":"real"}]})").find("'default'"), std::string::npos);
  EXPECT_NE(complaint(R"({"parameters":[{"name":"a","type":"wave","default":1}]})").find("'wave'"), std::string::npos);
  EXPECT_NE(complaint(R"({"parameters":[{"name":"a","type":"real","default":"x"}]})").find("'a'"), std::string::npos);
  EXPECT_NE(complaint(R"({"parameters":[{"name":"a","type":"real","default":1,"minimum":"x"}]})").find("'minimum'"),
            std::string::npos);
  EXPECT_NE(
      complaint(R"({"parameters":[{"name":"a","type":"real","default":1},{"name":"a","type":"real","default":1}]})")
          .find("two"),
      std::string::npos);
}

TEST(Validation, FindsNothingWrongWithDefaults) {
  EXPECT_TRUE(validate(Parameters{}).empty());
  EXPECT_TRUE(validate(schema, "{}").empty());
  EXPECT_TRUE(validate(schema, "").empty());
}

TEST(Validation, NamesWhatWasFoundAndWhatIsExpected) {
  EXPECT_EQ(first_problem(R"({"iterations":0})"),
            "parameter 'iterations' is 0, expected a whole number from 1 to 2000 iterations");
  EXPECT_EQ(first_problem(R"({"iterations":2.5})"),
            "parameter 'iterations' is 2.5, expected a whole number from 1 to 2000 iterations");
  EXPECT_EQ(first_problem(R"({"weight":10.5})"), "parameter 'weight' is 10.5, expected a number from 0 to 10");
  EXPECT_EQ(first_problem(R"({"step":0})"), "parameter 'step' is 0, expected a number of at least 0.001 mm");
  EXPECT_EQ(first_problem(R"({"positive":1})"), "parameter 'positive' is 1, expected true or false");
  EXPECT_EQ(first_problem(R"({"filter":"boxcar"})"),
            "parameter 'filter' is 'boxcar', expected one of ram_lak, hann, cosine");
  EXPECT_EQ(first_problem(R"({"angles":[1,5]})"),
            "element 2 of parameter 'angles' is 5, expected numbers from -4 to 4");
  EXPECT_EQ(first_problem(R"({"level":-1})"), "parameter 'level' is -1, expected a whole number of at least 0");
  EXPECT_EQ(first_problem(R"({"note":3})"), "parameter 'note' is 3, expected text");
  EXPECT_NE(first_problem(R"({"iterations":18446744073709551615})").find("18446744073709551615"), std::string::npos);
}

TEST(Validation, SuggestsTheNearestName) {
  EXPECT_EQ(first_problem(R"({"iteratoins":5})"), "there is no parameter 'iteratoins'; did you mean 'iterations'?");
  EXPECT_EQ(first_problem(R"({"zebra":5})"), "there is no parameter 'zebra'");
}

TEST(Validation, FindsEveryProblemAtOnce) {
  const auto problems = validate(schema, R"({"iterations":0,"weight":-1,"filter":"x","what":1})");
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_TRUE(std::ranges::any_of(problems, [](const ParameterProblem& p) { return p.parameter == "what"; }));
  try {
    (void)from_json<Parameters>(R"({"iterations":0,"weight":-1})");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::invalid_input);
    EXPECT_NE(std::string{error.what()}.find("iterations"), std::string::npos);
    EXPECT_NE(std::string{error.what()}.find("weight"), std::string::npos);
  }
}

TEST(Validation, RefusesNumbersThatAreNotFinite) {
  Parameters parameters;
  parameters.weight = std::numeric_limits<double>::quiet_NaN();
  ASSERT_EQ(validate(parameters).size(), 1U);
  EXPECT_NE(validate(parameters)[0].message.find("not finite"), std::string::npos);
}

TEST(Validation, TakesTextThatIsNoObjectForOneProblem) {
  EXPECT_EQ(validate(schema, "[1]").size(), 1U);
  EXPECT_EQ(validate(schema, "{").size(), 1U);
}

TEST(Parameters, SurviveTheirJsonForm) {
  Parameters parameters;
  parameters.iterations = 7;
  parameters.step = 0.3F;
  parameters.filter = Filter::cosine;
  parameters.mask = "a b.nrrd";
  parameters.angles = {};
  EXPECT_EQ(from_json<Parameters>(to_json(parameters)), parameters);
}

TEST(Parameters, AreSpelledOutInTheOrderOfTheSchema) {
  EXPECT_EQ(
      complete(schema, R"({"filter":"cosine","weight":1,"iterations":5.0})"),
      R"({"iterations":5,"weight":1.0,"step":0.1,"positive":true,"filter":"cosine","note":"","mask":"","angles":[0.5,1.0],"level":3})");
}

TEST(Parameters, AreRefusedWhereTheirTypeCannotHoldThem) {
  EXPECT_THROW((void)from_json<Parameters>(R"({"level":256})"), Error);
}

TEST(ParameterText, ReadsBackToTheSameValue) {
  for (const FieldInfo& field : schema.fields)
    EXPECT_EQ(value_from_text(field, to_text(field.default_value)), field.default_value) << field.name;
  EXPECT_EQ(to_text(Value{0.1}), "0.1");
  EXPECT_EQ(to_text(Value{std::vector<double>{1, 2.5}}), "1,2.5");
  EXPECT_EQ(std::get<bool>(value_from_text(*schema.find("positive"), "off")), false);
  EXPECT_EQ(std::get<double>(value_from_text(*schema.find("weight"), "+1e-3")), 0.001);
}

TEST(ParameterText, IsRefusedWithTheSentenceOfValidation) {
  const auto sentence = [](const char* name, const char* text) -> std::string {
    try {
      (void)value_from_text(*schema.find(name), text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::usage);
      return error.what();
    }
    return {};
  };
  EXPECT_EQ(sentence("iterations", "0"), first_problem(R"({"iterations":0})"));
  EXPECT_EQ(sentence("iterations", "many"),
            "parameter 'iterations' is 'many', expected a whole number from 1 to 2000 iterations");
  EXPECT_EQ(sentence("weight", "nan"), "parameter 'weight' is not finite, expected a number from 0 to 10");
  EXPECT_EQ(sentence("weight", ""), "parameter 'weight' is '', expected a number from 0 to 10");
  EXPECT_NE(sentence("angles", "1,,2"), "");
  EXPECT_NE(sentence("angles", "1,"), "");
  EXPECT_NE(sentence("filter", "hamm"), "");
  EXPECT_EQ(kebab_case("tv_weight"), "tv-weight");
}

}  // namespace
}  // namespace iso::params
