#include "iso/base/error.h"
#include "iso/models/card.h"
#include "iso/models/classifier.h"
#include "iso/models/reference.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

// Cards of classifiers, and what a graph lacks to be one.
namespace iso::models {
namespace {

const std::string whole = R"({"card_version": 1, "kind": "classifier", "name": "pair", "says": "two halves",
 "files": [{"file": "pair.left.onnx", "sha256": "0000000000000000000000000000000000000000000000000000000000000000", "bytes": 5, "parity": 0},
           {"file": "pair.right.onnx", "sha256": "0000000000000000000000000000000000000000000000000000000000000001", "bytes": 5, "parity": 0}],
 "inputs": {"channels": ["grey value"], "width": 28, "height": 28, "low": 0, "high": 255}, "classes": ["no", "yes"],
 "smoothing": {"mode": "drs", "sigma": 0.18, "split": "checkerboard", "feed": "fill", "loss": "gaussian"},
 "parameters": 10, "domain": "tiles", "training": {"data": [{"collection": "a", "licence": "CC BY 4.0", "images": 7}],
 "split": {"train": 7, "choice": 1, "validation": 2}, "machine": "m", "command": "c", "date": "2026-12-01", "hours": 0.1, "code_version": "x"},
 "held_out": {"validation": {"plain_accuracy": 0.9, "smoothed_accuracy": 0.8, "images": 2}}, "known_failures": ["blur"]})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(ClassifierCard, SaysWhatSmoothingNeeds) {
  const Card card = parse_card(whole, "folder");
  ASSERT_TRUE(card.classifier);
  EXPECT_EQ(card.classifier->mode, "drs");
  EXPECT_EQ(card.classifier->sigma, 0.18);
  EXPECT_EQ(card.classifier->high, 255);
  EXPECT_EQ(card.classifier->classes[1], "yes");
  EXPECT_EQ(card.classifier->held_out.at("validation").images, 2);
  EXPECT_EQ(card.graphs[1].file.filename(), "pair.right.onnx");
  EXPECT_FALSE(card.scan.difference({}).empty()) << "it fits no scan";
}

TEST(ClassifierCard, IsRefusedWhereAMemberIsWrong) {
  for (const auto& [from, to, words] :
       std::vector<std::array<std::string, 3>>{{R"("kind": "classifier")", R"("kind": "poem")", "'poem'"},
                                               {R"("mode": "drs")", R"("mode": "both")", "neither rs nor drs"},
                                               {R"("mode": "drs")", R"("mode": "rs")", "'split'"},
                                               {R"("split": "checkerboard")", R"("split": "none")", "'split'"},
                                               {R"("feed": "fill")", R"("feed": "zero")", "'feed'"},
                                               {R"("sigma": 0.18)", R"("sigma": -1)", "'sigma'"},
                                               {R"("high": 255)", R"("high": 0)", "'high'"},
                                               {R"(["no", "yes"])", R"(["no"])", "fewer than two classes"},
                                               {R"("smoothing")", R"("smooth")", "'smoothing'"}}) {
    try {
      (void)parse_card(replaced(whole, from, to), "folder");
      FAIL() << to;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::invalid_input);
      EXPECT_NE(std::string{error.what()}.find(words), std::string::npos) << error.what();
    }
  }
}

TEST(ClassifierCard, OfOneHalfAloneIsRefused) {
  std::string one = whole;
  const auto begin = one.find(",\n           {"), end = one.find("}],");
  one.erase(begin, end + 1 - begin);
  try {
    (void)parse_card(one, "folder");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string{error.what()}.find("the left half and the right one"), std::string::npos) << error.what();
  }
}

/// What a test says of (W, H, C, B) -> (classes, B).
class Given final : public Network {
 public:
  enum class Habit { good, batch, constant, not_finite };
  Given(std::vector<std::int64_t> in, std::vector<std::int64_t> out, Habit habit = Habit::good)
      : inputs_{{{"image", std::move(in)}}}, output_{"scores", std::move(out)}, habit_{habit} {}
  [[nodiscard]] std::span<const TensorSpec> inputs() const noexcept override { return inputs_; }
  [[nodiscard]] const TensorSpec& output() const noexcept override { return output_; }

 private:
  [[nodiscard]] Pixels do_run(const Tensors& given) const override {
    const Pixels& image = given.at("image");
    const std::int64_t count = image.spec().shape[3], each = image.spec().shape.count() / count;
    PixelBuffer out = PixelBuffer::allocate({Shape{2, count}, ScalarType::f32});
    float all = 0;
    for (const float v : image.values<float>()) all += v;
    for (std::int64_t b = 0; b < count; ++b) {
      float& score = out.values<float>()[static_cast<std::size_t>(2 * b)];
      score = image.values<float>()[static_cast<std::size_t>(b * each)];
      if (habit_ == Habit::batch) score += all;
      if (habit_ == Habit::constant) score = 1;
      if (habit_ == Habit::not_finite) score = NAN;
    }
    return out;
  }
  std::vector<TensorSpec> inputs_;
  TensorSpec output_;
  Habit habit_;
};

std::string lacks(const Network& network) {
  std::string all;
  for (const std::string& sentence : what_classifier_lacks(network)) all += sentence + "\n";
  return all;
}

TEST(ClassifierCheck, SaysWhatAGraphLacks) {
  using Habit = Given::Habit;
  EXPECT_EQ(lacks(Given({28, 28, 1, -1}, {2, -1})), "");
  EXPECT_EQ(lacks(Given({-1, -1, -1, -1}, {2, -1})), "");
  EXPECT_NE(lacks(Given({28, 28, 1, 1}, {2, 1})).find("batch is fixed at 1"), std::string::npos);
  EXPECT_NE(lacks(Given({784, -1}, {2, -1})).find("export it with four axes"), std::string::npos);
  EXPECT_NE(lacks(Given({28, 28, 1, -1}, {1, -1})).find("at least two classes"), std::string::npos);
  EXPECT_NE(lacks(Given({28, 28, 1, -1}, {2, -1}, Habit::batch)).find("evaluation mode"), std::string::npos);
  EXPECT_NE(lacks(Given({28, 28, 1, -1}, {2, -1}, Habit::constant)).find("does not look at the image"),
            std::string::npos);
  EXPECT_NE(lacks(Given({28, 28, 1, -1}, {2, -1}, Habit::not_finite)).find("not finite"), std::string::npos);
  EXPECT_NE(lacks(*identity_network()).find("its output is"), std::string::npos);
}

}  // namespace
}  // namespace iso::models
