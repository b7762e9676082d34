#include "host/startup/modules.h"
#include "host/startup/startup.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

namespace fs = std::filesystem;
using iso::compute::BackendRegistry;

namespace {

/// The one reason in the registry after loading a module of the tests.
std::string find_reason(const fs::path& directory) {
  BackendRegistry registry;
  const std::vector<fs::path> directories{directory};
  iso::host::add_module(registry, "cuda", directories);
  EXPECT_TRUE(registry.available().empty());
  if (registry.absent().size() != 1) return "none";
  EXPECT_EQ(registry.absent()[0].id, "cuda");
  return registry.absent()[0].reason;
}

fs::path built(const std::string& kind) { return fs::path{ISO_BINARY_DIR} / "tests" / "modules" / kind; }
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST(Modules, ASoundOneBringsItsDevicesInFrontOfTheCpu) {
  BackendRegistry registry;
  iso::host::add_backends(registry, "cpu");
  const std::vector<fs::path> directories{built("sound")};
  iso::host::add_module(registry, "cuda", directories);
  ASSERT_EQ(registry.available().size(), 3U);
  EXPECT_EQ(registry.available()[0]->info().id, "cuda:0");
  EXPECT_EQ(registry.available()[1]->info().id, "cpu");
  EXPECT_EQ(registry.available()[2]->info().id, "reference");
  EXPECT_EQ(registry.choose({}, 0, "auto").info().id, "cuda:0");
}

TEST(Modules, WhatIsWrongWithOneIsASentence) {
  EXPECT_TRUE(contains(find_reason(built("other_version")), "was built for module version 2, this program needs 1"));
  EXPECT_TRUE(contains(find_reason(built("no_entry")), "is not a module of Isocenter"));
  EXPECT_EQ(find_reason(built("no_driver")), "no driver is installed, says the test");
  EXPECT_TRUE(contains(find_reason(built("throws")), "something else went wrong"));
  EXPECT_TRUE(contains(find_reason(built("none")), "found no device"));
  EXPECT_EQ(find_reason("/nowhere"), "its module libisocenter-cuda.so is not installed");
}

TEST(Modules, AFileThatIsNoLibraryIsRefused) {
  const fs::path folder = fs::path{testing::TempDir()} / ("modules" + std::to_string(::getpid()));
  fs::create_directories(folder);
  std::ofstream{folder / "libisocenter-cuda.so"} << "not a library";
  EXPECT_TRUE(contains(find_reason(folder), "cannot be loaded"));
  fs::remove_all(folder);
}

TEST(Modules, FoldersOfTheEnvironmentComeFirstAndMissingOnesAreLeftOut) {
  ::setenv("ISOCENTER_MODULE_PATH", ("/nowhere:" + built("sound").string() + ":" + built("none").string()).c_str(), 1);
  const auto directories = iso::host::module_directories();
  ::unsetenv("ISOCENTER_MODULE_PATH");
  ASSERT_GE(directories.size(), 2U);
  EXPECT_EQ(directories[0], built("sound"));
  EXPECT_EQ(directories[1], built("none"));
}

TEST(Backends, CudaIsNotTouchedForAnotherDevice) {
  ::setenv("ISOCENTER_MODULE_PATH", built("sound").c_str(), 1);
  BackendRegistry without, with;
  iso::host::add_backends(without, "cpu");
  iso::host::add_backends(with, "auto");
  ::unsetenv("ISOCENTER_MODULE_PATH");
  EXPECT_EQ(without.find("cuda"), nullptr);
  ASSERT_EQ(without.absent().size(), 1U);
  EXPECT_TRUE(contains(without.absent()[0].reason, "was not looked for"));
  EXPECT_NE(with.find("cuda"), nullptr);
}

TEST(Backends, EveryProgramHasReferenceAndCpuAndKnowsAboutCuda) {
  BackendRegistry registry;
  iso::host::add_backends(registry);
  EXPECT_NE(registry.find("reference"), nullptr);
  EXPECT_NE(registry.find("cpu"), nullptr);
  if (registry.find("cuda")) {
    EXPECT_TRUE(registry.absent().empty());
    return;
  }
  ASSERT_EQ(registry.absent().size(), 1U);
#ifdef ISO_TEST_WITH_CUDA
  // The module was built: the reason must be about the driver or the device, not about the module.
  EXPECT_FALSE(contains(registry.absent()[0].reason, "module")) << registry.absent()[0].reason;
#else
  EXPECT_TRUE(contains(registry.absent()[0].reason, "not installed"));
#endif
}
