// Whatever is wrong with what a user gives: the right exit code, one sentence and at most one hint, nothing written and
// nothing replaced.

#include "support/command.h"

#include <cmath>
#include <limits>

namespace iso::test {
namespace {

struct Case {
  std::string name;
  std::vector<std::string> arguments;
  int code;
  std::string words{};  ///< that the sentence holds
  std::size_t largest_file{0};
  std::string in{};
};

/// One folder with good and bad files for all cases of the program.
class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = new Folder("iso_bad_input");
    const Folder& f = *folder;
    ASSERT_EQ(isocenter({"phantom", "discs", "-o", f / "good.mha", "--size", "16,16,1"}).code, 0);
    ASSERT_EQ(isocenter({"phantom", "discs", "-o", f / "exists.mha", "--size", "16,16,1"}).code, 0);
    ASSERT_EQ(isocenter({"phantom", "discs", "-o", f / "larger.mha", "--size", "20,20,1"}).code, 0);
    ASSERT_EQ(isocenter({"phantom", "discs", "-o", f / "shifted.mha", "--size", "16,16,1", "--origin", "0,0,0"}).code,
              0);
    f.write("scan.json", parallel_scan(16, equal_views(8)));
    ASSERT_EQ(isocenter({"project", "discs", "-g", f / "scan.json", "-o", f / "scan.h5"}).code, 0);
    write_geometries();
    write_arrays();
    write_recipes();
    fs::create_directories(f / "a_folder");
    fs::create_directories(f / "plugins");
    f.write("plugins/newer.plugin.json",
            R"({"schema_version": 1, "id": "newer", "title": "Newer", "version": "9.0.0", "licence": "Apache-2.0",
      "build_tag": "gcc99", "abi_major": 99, "abi_minor": 0, "library": "newer.so",
      "tasks": [{"id": "newer/task", "title": "Task", "summary": "", "description": "", "category": "Filtering", "references": [],
                 "inputs": [], "outputs": [], "parameters": [], "interactive": false}]})");
    f.write("plugins/broken.plugin.json", "{\"id\": ");
  }
  static void TearDownTestSuite() { delete folder; }

  static void write_geometries() {
    const Folder& f = *folder;
    f.write("no_views.json", parallel_scan(16, "[]"));
    f.write("nine_views.json", parallel_scan(16, equal_views(9)));
    f.write("twice.json", parallel_scan(16, "[0, 10, 20, 20, 30, 40, 50, 60]"));
    f.write("other_size.json", parallel_scan(17, equal_views(8)));
    f.write("no_pitch.json", parallel_scan(16, equal_views(8), 0));
    f.write("not_json.json", "beam: parallel");
    f.write("broken.json", "{\"beam\": \"parallel\",\n \"elements\" 16}");
    f.write("unknown_beam.json",
            R"({"beam": "laser", "angles_deg": [0, 90], "elements": [16, 1], "pitch_mm": [1, 1]})");
    f.write(
        "behind.json",
        R"({"beam": "fan", "angles_deg": [0, 90], "elements": [16, 1], "pitch_mm": [1, 1], "source_to_axis_mm": -10, "source_to_detector_mm": 20})");
    f.write(
        "huge.json",
        R"({"beam": "parallel", "angles_deg": {"first": 0, "step": 0.1, "count": 8}, "elements": [100000000000, 100000000000], "pitch_mm": [1, 1]})");
  }

  static void write_arrays() {
    const Folder& f = *folder;
    std::vector<float> readings(8 * 16, 0.5F);
    f.write("good.npy", npy("<f4", "8, 1, 16", byte_count(readings)));
    f.write("counts.npy", npy("<f4", "8, 1, 16", byte_count(std::vector<float>(8 * 16, 1200))));
    readings[5] = std::numeric_limits<float>::quiet_NaN();
    f.write("nan.npy", npy("<f4", "8, 1, 16", byte_count(readings)));
    readings[5] = std::numeric_limits<float>::infinity();
    f.write("infinite.npy", npy("<f4", "8, 1, 16", byte_count(readings)));
    f.write("short.npy", npy("<f4", "8, 1, 16", byte_count({1, 2, 3})));
    f.write("giant.npy", npy("<f4", "99999999, 99999999, 99999999", byte_count({1, 2, 3})));
    f.write("strange.npy", npy("<x9", "8, 1, 16", byte_count(readings)));
    f.write("empty.mha", "");
    f.write("garbage.mha", std::string(400, '\x07'));
    f.write("letter.txt", "Dear radiologist,\n");
    const std::string whole = to_text(f / "good.mha"), scan = to_text(f / "scan.h5");
    f.write("truncated.mha", whole.substr(0, whole.size() - 100));
    f.write("truncated.h5", scan.substr(0, scan.size() / 2));
    f.write("nan.mha", [&] {
      std::string text = whole;
      const float nan = std::numeric_limits<float>::quiet_NaN();
      std::memcpy(text.data() + text.size() - 16, &nan, sizeof(nan));
      return text;
    }());
  }

  static void write_recipes() {
    const Folder& f = *folder;
    const std::string ports =
        R"("task": "example/smoothing", "inputs": {"volume": "good.mha"}, "outputs": {"smoothed": "new.mha"})";
    f.write("recipe_not_json.json", "{\"task\": ");
    f.write("recipe_list.json", "[]");
    f.write("recipe_no_task.json", R"({"inputs": {}})");
    f.write("recipe_seed.json", "{" + ports + R"(, "seed": -4})");
    f.write("recipe_version.json", "{" + ports + R"(, "recipe_version": 7})");
    f.write("recipe_parameter.json", "{" + ports + R"(, "parameters": {"sigma": 1}})");
    f.write("recipe_type.json", "{" + ports + R"(, "parameters": {"sigma_mm": "strong"}})");
    f.write("recipe_range.json", "{" + ports + R"(, "parameters": {"sigma_mm": 1000}})");
    f.write("recipe_port.json",
            R"({"task": "example/smoothing", "inputs": {"picture": "good.mha"}, "outputs": {"smoothed": "new.mha"}})");
    f.write("recipe_same.json",
            R"({"task": "example/smoothing", "inputs": {"volume": "good.mha"}, "outputs": {"smoothed": "good.mha"}})");
    f.write("failed.record.json",
            R"({"record_version": 1, "recipe": {"task": "example/smoothing"}, "state": "failed"})");
    f.write("no_recipe.record.json", R"({"record_version": 1})");
    f.write("ragged.csv", "case,volume\na,b,c\n");
    f.write("quote.csv", "case,volume\na,\"b\n");
    f.write("empty.csv", "case,volume\n");
    f.write("solids.json",
            R"({"name": "x", "solids": [{"form": "pyramid", "centre_mm": [0,0,0], "half_mm": [1,1,1], "value": 1}]})");
  }

  static std::vector<std::string> smoothing(std::vector<std::string> more, const std::string& input = "good.mha") {
    std::vector<std::string> words{"run", "example/smoothing", "-i", *folder / input};
    words.insert(words.end(), more.begin(), more.end());
    if (std::ranges::find(more, "-o") == more.end()) words.insert(words.end(), {"-o", *folder / "new.mha"});
    return words;
  }

  static void expect_all(const std::vector<Case>& cases) {
    const auto before = folder->listing();
    for (const Case& one : cases) {
      SCOPED_TRACE(one.name);
      const Answer answer = isocenter(
          one.arguments, {.in = one.in, .largest_file = one.largest_file, .meanwhile = {}, .environment = {}});
      const auto complaints = answer.complaints();
      EXPECT_EQ(answer.code, one.code) << answer.err;
      ASSERT_FALSE(complaints.empty());
      EXPECT_TRUE(complaints.front().starts_with("isocenter: ")) << complaints.front();
      EXPECT_NE(complaints.front().find(one.words), std::string::npos) << complaints.front();
      EXPECT_LE(complaints.size(), 2U) << answer.err;
      if (complaints.size() == 2) {
        EXPECT_TRUE(complaints[1].starts_with("hint: ")) << answer.err;
      }
      EXPECT_EQ(answer.out.find("wrote"), std::string::npos);
      EXPECT_LT(answer.seconds, 20);
      EXPECT_TRUE(folder->listing() == before) << "a file was left, changed or removed";
      for (const char* const left : {"new.mha", "new.h5", "new.mha.record.json"})
        fs::remove(*folder / left);  // one failure at a time
    }
  }

  static Folder* folder;
};
Folder* BadInput::folder = nullptr;

TEST_F(BadInput, OnTheCommandLineIsRefusedWithOne) {
  const Folder& f = *folder;
  expect_all({
      {"no command", {}, 1, "needs a command"},
      {"unknown command", {"reconstruct"}, 1, "no command 'reconstruct'"},
      {"unknown global option", {"--versoin"}, 1, "no command '--versoin'"},
      {"run without task", {"run"}, 1, "needs a task"},
      {"option before the task", {"run", "--seed", "1", "example/smoothing"}, 1, "first argument"},
      {"unknown plugin", {"run", "no_such/task", "-i", f / "good.mha"}, 1, "no_such/task"},
      {"unknown task", {"run", "example/smothing", "-i", f / "good.mha"}, 1, "example/smothing"},
      {"task of another plugin", {"run", "other/smoothing", "-i", f / "good.mha"}, 1, "other/smoothing"},
      {"misspelt task without its plugin", {"run", "smothing", "-i", f / "good.mha"}, 1, "no task 'smothing'"},
      {"unknown option", smoothing({"--strength", "3"}), 1, "no option '--strength'"},
      {"misspelt option", smoothing({"--sigma-m", "3"}), 1, "no option '--sigma-m'"},
      {"missing value", smoothing({"-o", f / "new.mha", "--sigma-mm"}), 1, "needs a value"},
      {"given twice", smoothing({"--sigma-mm", "1", "--sigma-mm", "2"}), 1, "given twice"},
      {"one argument more", smoothing({"surplus"}), 1, "surplus"},
      {"value of another type", smoothing({"--sigma-mm", "strong"}), 1, "sigma_mm"},
      {"value out of range", smoothing({"--sigma-mm", "-1"}), 1, "sigma_mm"},
      {"value not finite", smoothing({"--sigma-mm", "nan"}), 1, "sigma_mm"},
      {"unknown parameter", smoothing({"-D", "sigma=1"}), 1, "sigma"},
      {"parameter without value", smoothing({"-D", "sigma_mm"}), 1, "NAME=VALUE"},
      {"no threads", smoothing({"--threads", "0"}), 1, "--threads"},
      {"fewer than no threads", smoothing({"--threads", "-3"}), 1, "--threads"},
      {"threads in words", smoothing({"--threads", "all"}), 1, "--threads"},
      {"negative seed", smoothing({"--seed", "-1"}), 1, "--seed"},
      {"seed too large", smoothing({"--seed", "99999999999999999999"}), 1, "--seed"},
      {"unknown progress", smoothing({"--progress", "pictures"}), 1, "--progress"},
      {"unknown device", smoothing({"--device", "quantum"}), 1, "quantum"},
      {"unknown size", smoothing({"--memory-limit", "lots"}), 1, "--memory-limit"},
      {"unknown finding", smoothing({"--accept-geometry", "beauty"}), 1, "beauty"},
      {"no previews", smoothing({"--preview-every", "0"}), 1, "--preview-every"},
      {"negative pause", smoothing({"--checkpoint-every", "-1"}), 1, "--checkpoint-every"},
      {"unknown level", smoothing({"--verbose", "loud"}), 1, "loud"},
      {"no such plugin folder", smoothing({"--plugins-path", f / "nowhere"}), 1, "nowhere"},
      {"no output", {"run", "example/smoothing", "-i", f / "good.mha"}, 1, "no output"},
      {"malformed hint", smoothing({"--hint", "spacing"}), 1, "--hint"},
      {"unknown phantom", {"phantom", "shep-logan", "-o", f / "new.mha"}, 1, "shep-logan"},
      {"no voxels", {"phantom", "discs", "-o", f / "new.mha", "--size", "0,16,1"}, 1, "--size"},
      {"half a voxel", {"phantom", "discs", "-o", f / "new.mha", "--size", "16.5,16,1"}, 1, "--size"},
      {"negative spacing", {"phantom", "discs", "-o", f / "new.mha", "--spacing", "-1"}, 1, "--spacing"},
      {"two sizes", {"phantom", "discs", "-o", f / "new.mha", "--radius", "1", "--scale", "1"}, 1, "--radius"},
      {"scan without geometry", {"project", "discs", "-o", f / "new.h5"}, 1, "no geometry"},
      {"electrons without photons",
       {"project", "discs", "-g", f / "scan.json", "-o", f / "new.h5", "--electronic", "3"},
       1,
       "--electronic"},
      {"window without centre", {"compare", f / "good.mha", f / "good.mha", "--window", "400"}, 1, "--window"},
      {"unknown metric", {"compare", f / "good.mha", f / "good.mha", "--at-least", "beauty=1"}, 1, "beauty"},
      {"nothing to describe", {"describe"}, 1, "TASK"},
      {"two forms at once", {"describe", "example/smoothing", "--markdown", "--json"}, 1, "--markdown"},
      {"manifest of two", {"batch", "a.json", "b.json", "--manifest", f / "empty.csv"}, 1, "--manifest"},
      {"no jobs", {"batch", "a.json", "--jobs", "0"}, 1, "--jobs"},
  });
}

TEST_F(BadInput, InFilesIsRefusedInTheTwenties) {
  const Folder& f = *folder;
  const auto convert = [&](const std::string& input, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"convert", f / input, f / "new.h5"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  expect_all({
      {"missing file", smoothing({}, "missing.mha"), 20, "missing.mha"},
      {"missing file in a worker", smoothing({"--isolate"}, "missing.mha"), 20, "missing.mha"},
      {"empty file", smoothing({}, "empty.mha"), 21, "empty.mha"},
      {"garbage", smoothing({}, "garbage.mha"), 22, "garbage.mha"},
      {"truncated volume", smoothing({}, "truncated.mha"), 20, "truncated.mha"},
      {"truncated scan", {"check", f / "truncated.h5"}, 20, "truncated.h5"},
      {"a letter", {"check", f / "letter.txt"}, 22, "letter.txt"},
      {"a scan for a volume", smoothing({}, "scan.h5"), 22, "scan.h5"},
      {"NaN in a volume", smoothing({}, "nan.mha"), 22, "nan.mha"},
      {"NaN in readings", convert("nan.npy", {"-g", f / "scan.json"}), 22, "nan.npy"},
      {"infinity in readings", convert("infinite.npy", {"-g", f / "scan.json"}), 22, "infinite.npy"},
      {"array cut short", convert("short.npy", {"-g", f / "scan.json"}), 20, "short.npy"},
      {"array of unknown type", convert("strange.npy", {"-g", f / "scan.json"}), 22, "strange.npy"},
      {"unknown quantity", {"convert", f / "good.mha", f / "new.mha", "--quantity", "parsecs"}, 22, "parsecs"},
      {"spacing in words", {"convert", f / "good.npy", f / "new.mha", "--spacing-mm", "wide"}, 22, "wide"},
      {"missing geometry", convert("good.npy", {"-g", f / "missing.json"}), 20, "missing.json"},
      {"geometry that is no JSON", convert("good.npy", {"-g", f / "not_json.json"}), 22,
       "not_json.json': not a geometry"},
      {"counts without their unattenuated level", convert("counts.npy", {"-g", f / "scan.json"}), 22, "whole numbers"},
      {"geometry of broken JSON", convert("good.npy", {"-g", f / "broken.json"}), 22, "line 2, column 14"},
      {"geometry of unknown beam", convert("good.npy", {"-g", f / "unknown_beam.json"}), 22, "laser"},
      {"geometry without pitch", convert("good.npy", {"-g", f / "no_pitch.json"}), 22, "pitch"},
      {"source behind the axis", convert("good.npy", {"-g", f / "behind.json"}), 22, "source"},
      {"images of two sizes", {"compare", f / "good.mha", f / "larger.mha"}, 22, "20 x 20"},
      {"images of two places", {"compare", f / "good.mha", f / "shifted.mha"}, 22, "mm apart"},
      {"volume against scan", {"compare", f / "good.mha", f / "scan.h5"}, 22, "sinogram"},
      {"phantom of unknown solids", {"phantom", f / "solids.json", "-o", f / "new.mha"}, 22, "pyramid"},
      {"values without unit in a window",
       {"compare", f / "good.npy", f / "good.npy", "--window", "400,40"},
       22,
       "good.npy"},
  });
}

TEST_F(BadInput, InRecipesRecordsAndManifestsIsRefusedInTheTwenties) {
  const Folder& f = *folder;
  expect_all({
      {"recipe missing", {"run", f / "missing.json"}, 20, "missing.json"},
      {"recipe that is a folder", {"run", (f / "a_folder") + "/.json"}, 20, ".json"},
      {"recipe that is no JSON", {"run", f / "recipe_not_json.json"}, 22, "not JSON"},
      {"recipe on stdin that is no JSON", {"run", "-"}, 22, "not JSON", 0, "{"},
      {"recipe that is a list", {"run", f / "recipe_list.json"}, 22, "array"},
      {"recipe without task", {"run", f / "recipe_no_task.json"}, 22, "no task"},
      {"recipe with a bad seed", {"run", f / "recipe_seed.json"}, 22, "seed"},
      {"recipe of the future", {"run", f / "recipe_version.json"}, 22, "recipe_version"},
      {"recipe with an unknown parameter", {"run", f / "recipe_parameter.json"}, 22, "sigma"},
      {"recipe with a value of another type", {"run", f / "recipe_type.json"}, 22, "sigma_mm"},
      {"recipe with a value out of range", {"run", f / "recipe_range.json"}, 22, "sigma_mm"},
      {"recipe with an unknown port", {"run", f / "recipe_port.json"}, 1, "picture"},
      {"no input", {"run", "example/smoothing", "-o", f / "new.mha"}, 21, "needs the input 'volume'"},
      {"record that is missing", {"replay", f / "missing.record.json"}, 20, "missing.record.json"},
      {"record without recipe", {"replay", f / "no_recipe.record.json"}, 22, "no recipe"},
      {"record of a failure", {"replay", f / "failed.record.json"}, 22, "failed"},
      {"manifest with a ragged row", {"batch", "example/smoothing", "--manifest", f / "ragged.csv"}, 22, "3 cells"},
      {"manifest with an open quote", {"batch", "example/smoothing", "--manifest", f / "quote.csv"}, 22, "quote"},
      {"manifest without cases", {"batch", "example/smoothing", "--manifest", f / "empty.csv"}, 21, "no case"},
      {"batch of a missing recipe", {"batch", f / "missing.json"}, 20, "missing.json"},
  });
}

TEST_F(BadInput, OfGeometryIsRefusedWithEightyNine) {
  const Folder& f = *folder;
  const auto check = [&](const std::string& geometry) {
    return std::vector<std::string>{"check", f / "good.npy", "-g", f / geometry};
  };
  expect_all({
      {"one view too many", check("nine_views.json"), 89, "9"},
      {"detector of another size", check("other_size.json"), 89, "17"},
      {"the same angle twice", check("twice.json"), 89, "view"},
      {"no views", {"project", "discs", "-g", f / "no_views.json", "-o", f / "new.h5"}, 22, "no views"},
      {"the same angle twice, converted",
       {"convert", f / "good.npy", f / "new.h5", "-g", f / "twice.json"},
       89,
       "view"},
  });
}

TEST_F(BadInput, OfPlacesIsRefusedInTheForties) {
  const Folder& f = *folder;
  expect_all({
      {"output that exists", smoothing({"-o", f / "exists.mha"}), 40, "exists already"},
      {"output that exists, in a worker", smoothing({"--isolate", "-o", f / "exists.mha"}), 40, "exists already"},
      {"folder that is missing", smoothing({"-o", f / "nowhere/new.mha"}), 45, "nowhere"},
      {"folder that is read-only", smoothing({"-o", "/proc/self/new.mha"}), 45, "/proc/self"},
      {"folder for a file", smoothing({"-o", f / "a_folder"}), 40, "a_folder"},
      {"unknown extension", smoothing({"-o", f / "new.picture"}), 40, "new.picture"},
      {"format for another kind", {"convert", f / "scan.h5", f / "new.nii.gz"}, 40, "new.nii.gz"},
      {"output that is the input", smoothing({"-o", f / "good.mha", "--overwrite"}), 40, "good.mha"},
      {"recipe whose output is its input", {"run", f / "recipe_same.json"}, 40, "good.mha"},
      {"full disk", smoothing({}), 40, "new.mha", 500},
      {"full disk under a report", smoothing({"-o", f / "new.mha"}), 40, "new.mha", 900},
      {"full disk under a phantom", {"phantom", "discs", "-o", f / "new.mha"}, 40, "new.mha", 1000},
      {"full disk under a scan", {"project", "discs", "-g", f / "scan.json", "-o", f / "new.h5"}, 40, "new.h5", 1000},
      {"phantom that exists", {"phantom", "discs", "-o", f / "exists.mha"}, 40, "exists already"},
      {"conversion onto itself", {"convert", f / "good.mha", f / "good.mha", "--overwrite"}, 40, "good.mha"},
      {"recipe to a place that exists", smoothing({"--save-recipe", f / "exists.mha"}), 40, "exists.mha"},
      {"reports to no folder", {"batch", f / "recipe_same.json", "--reports", f / "nowhere"}, 45, "nowhere"},
  });
}

TEST_F(BadInput, ThatFailsWhileComputingIsToldApart) {
  const Folder& f = *folder;
  expect_all({
      {"more memory than allowed", smoothing({"--memory-limit", "1"}), 81, "memory"},
      {"an array of the size of the moon", {"check", f / "giant.npy"}, 22, "giant.npy"},
      {"a detector of the size of the moon",
       {"project", "discs", "-g", f / "huge.json", "-o", f / "new.h5"},
       22,
       "elements"},
      {"a phantom of the size of the moon",
       {"phantom", "discs", "-o", f / "new.mha", "--size", "99999,99999,99999"},
       81,
       ""},
      {"a device that is not there", smoothing({"--device", "cuda:7"}), 83, "cuda:7"},
      {"a plugin of another time", {"run", "newer/task", "--plugins-path", f / "plugins"}, 85, "99"},
      {"a bar that is missed",
       {"compare", f / "good.mha", f / "shifted.mha", "--ignore-grid", "--at-most", "psnr=1"},
       88,
       "psnr"},
  });
}

}  // namespace
}  // namespace iso::test
