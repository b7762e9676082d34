#include "support/phantom_scan.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace iso::test {
namespace {

using Json = nlohmann::json;

class Replay : public PhantomScan {
 protected:
  Replay() : PhantomScan{"iso_replay"} {}
};

/// The words that run a task on the files of the fixture; empty if it needs something they do not have.
std::vector<std::string> words_for(const Json& task, const Folder& folder, const std::string& name) {
  std::vector<std::string> words{"run", task.at("task").get<std::string>()};
  const auto option = [](std::string port) {
    std::ranges::replace(port, '_', '-');
    return "--" + port;
  };
  for (const Json& port : task.at("inputs")) {
    if (port.at("optional").get<bool>()) continue;
    if (port.at("kind") == "sinogram")
      words.insert(words.end(), {option(port.at("name")), folder / "scan.h5"});
    else if (port.at("kind") == "volume")
      words.insert(words.end(), {option(port.at("name")), folder / "truth.mha"});
    else
      return {};
  }
  for (const Json& port : task.at("outputs"))
    if (!port.at("optional").get<bool>())
      words.insert(words.end(), {option(port.at("name")), folder / (name + "_" + port.at("name").get<std::string>() +
                                                                    (port.at("kind") == "volume" ? ".mha" : ".h5"))});
  // Samplers take minutes with what they ask by default; a few steps of them have the same parts.
  for (const Json& field : task.at("parameters"))
    for (const auto& [few, value] : {std::pair{"levels", "5"}, std::pair{"sweeps", "2"}})
      if (field.at("name") == few) words.insert(words.end(), {"-D", std::string{few} + "=" + value});
  return words;
}

/// Every task of every plugin, in process and isolated, with one thread and two: replay promises the same bits.
TEST_F(Replay, OfEveryTaskGivesTheSameBits) {
  std::istringstream plugins(good({"list", "--json"}).out);
  int tasks = 0;
  for (std::string line; std::getline(plugins, line);) {
    const Json plugin = Json::parse(line);
    for (const Json& entry : plugin.at("tasks")) {
      const std::string id = entry.at("id");
      SCOPED_TRACE(id);
      const Json task = Json::parse(good({"describe", id, "--json"}).out);
      std::vector<std::string> words = words_for(task, folder, "out" + std::to_string(tasks));
      if (words.empty() || task.at("interactive").get<bool>()) continue;
      const std::string report = folder / ("report" + std::to_string(tasks) + ".json");
      words.insert(words.end(), {"--threads", "2", "--report", report, "--seed", "5"});
      const Answer run = isocenter(words);
      ++tasks;  // a run that fails leaves a report, too
      // Networks fit one scan, and their own tests replay them.
      if (run.err.find("the network '") != std::string::npos) continue;
      if (run.code != 0) {
        ADD_FAILURE() << run.err;
        continue;
      }
      for (const std::string threads : {"1", "2"})
        for (const bool isolated : {false, true}) {
          std::vector<std::string> again{"replay", report, "--threads", threads, "--json", "--progress", "none"};
          if (isolated) again.emplace_back("--isolate");
          const Answer answer = isocenter(again);
          EXPECT_EQ(answer.code, 0) << threads << " threads, isolated " << isolated << answer.err;
          EXPECT_TRUE(Json::parse(answer.out).at("same_bits").get<bool>());
        }
    }
  }
  EXPECT_GE(tasks, 1);
}

/// Long enough to be killed in its middle; one thread, so that a busy machine does not stop it from getting there.
TEST_F(Replay, OfARunThatWasKilledGoesOnToTheSameBits) {
  const auto words = [&](const std::string& output, std::vector<std::string> more) {
    std::vector<std::string> all{"run",        "sparse_view_ct/tv",
                                 "-i",         folder / "scan.h5",
                                 "-o",         folder / output,
                                 "-D",         "iterations=3000",
                                 "-D",         "tolerance=0",
                                 "--threads",  "1",
                                 "--progress", "none"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  good(words("whole.mha", {}));
  const std::string state = folder / "parts.mha.checkpoint.h5";
  const auto kill_once_kept = [&](const Live& live) {
    const auto begin = std::chrono::steady_clock::now();
    while (!fs::exists(state) && std::chrono::steady_clock::now() - begin < std::chrono::seconds{60})
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    ::kill(live.process, SIGKILL);
  };
  const Answer killed = isocenter(words("parts.mha", {"--checkpoint-every", "0.05"}),
                                  {.in = "", .largest_file = 0, .meanwhile = kill_once_kept, .environment = {}});
  ASSERT_EQ(killed.code, 128 + SIGKILL) << killed.err;
  ASSERT_TRUE(fs::exists(state));
  EXPECT_FALSE(fs::exists(folder / "parts.mha"));
  good(words("parts.mha", {"--resume"}));
  EXPECT_EQ(to_text(folder / "parts.mha"), to_text(folder / "whole.mha"));
  EXPECT_FALSE(fs::exists(state)) << "a run that is complete needs none";
}

}  // namespace
}  // namespace iso::test
