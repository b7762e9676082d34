#pragma once

#include "support/command.h"

namespace iso::test {

/// A phantom (truth.mha), a parallel scan of it with noise (scan.h5) and its geometry (scan.json) in a folder of one test,
/// made by the command.
class PhantomScan : public ::testing::Test {
 protected:
  explicit PhantomScan(const std::string& name) : folder{name} {
    good({"phantom", "shepp-logan", "-o", folder / "truth.mha", "--size", "48,48,1", "--factor", "0.02"});
    folder.write("scan.json", parallel_scan(64, equal_views(30)));
    good({"project", "shepp-logan", "-g", folder / "scan.json", "-o", folder / "scan.h5", "--radius", "21.6",
          "--factor", "0.02", "--photons", "1e5", "--seed", "3"});
  }
  /// The answer of a command that must succeed.
  static Answer good(std::vector<std::string> arguments) {
    Answer answer = isocenter(std::move(arguments));
    EXPECT_EQ(answer.code, 0) << answer.err;
    return answer;
  }
  Folder folder;
};

}  // namespace iso::test
