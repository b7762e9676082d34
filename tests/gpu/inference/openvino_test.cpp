#include "iso/base/error.h"
#include "iso/base/memory.h"
#include "iso/base/temporary_folder.h"
#include "iso/base/threads.h"
#include "iso/models/denoiser.h"
#include "iso/models/library.h"
#include "iso/models/runtime.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

// Held to what PyTorch made of the same inputs (tests/data/networks/make_networks.py).
namespace iso::models {
namespace {

namespace fs = std::filesystem;

const fs::path networks{ISO_SOURCE_DIR "/tests/data/networks"};
const fs::path module_file{ISO_BINARY_DIR "/lib/isocenter/modules/libisocenter-openvino.so"};

Pixels stored(const std::string& name, const Shape& shape) {
  PixelBuffer out = PixelBuffer::allocate({shape, ScalarType::f32});
  std::ifstream in{networks / (name + ".f32"), std::ios::binary};
  in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(out.spec().bytes()));
  EXPECT_EQ(in.gcount(), static_cast<std::streamsize>(out.spec().bytes())) << name;
  return out;
}

double largest_difference(const Pixels& a, const Pixels& b) {
  EXPECT_EQ(a.spec().shape, b.spec().shape);
  double most = 0;
  for (std::size_t i = 0; i < a.values<float>().size(); ++i)
    most = std::max(most, std::abs(double{a.values<float>()[i]} - double{b.values<float>()[i]}));
  return most;
}

class OpenVino : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(module_file)) GTEST_SKIP() << "the module was not built: packaging/get_openvino fetches OpenVINO";
    use({});
  }
  static void use(const fs::path& cache) {
    set_runtime_source([cache]() -> std::shared_ptr<const Runtime> {
      void* const library = ::dlopen(module_file.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) throw Error{Errc::unsupported, ::dlerror()};
      const auto entry = reinterpret_cast<RuntimeModuleEntry>(::dlsym(library, runtime_module_entry));
      return entry()->make({cache});
    });
  }
  static NetworkPtr load_unet() { return load(read_card(networks / "tiny_unet.card.json")).front(); }
  static Errc catch_loading(const fs::path& file) {
    try {
      (void)runtime()->load(file, 1);
    } catch (const Error& problem) {
      EXPECT_NE(std::string{problem.what()}.find(file.filename().string()), std::string::npos) << problem.what();
      return problem.code();
    }
    return Errc::internal;
  }
};

TEST_F(OpenVino, MakesWhatPyTorchMade) {
  const NetworkPtr unet = load_unet();
  ASSERT_EQ(unet->inputs().size(), 1U);
  EXPECT_EQ(unet->inputs()[0].name, "image");
  EXPECT_EQ(unet->inputs()[0].extents, (std::vector<std::int64_t>{-1, -1, 3, -1}));
  const Pixels found = unet->run({{"image", stored("tiny_unet.image", {48, 32, 3, 2})}});
  EXPECT_LT(largest_difference(found, stored("tiny_unet.estimate", {48, 32, 1, 2})), 1e-5);
}

TEST_F(OpenVino, DenoisesAsPyTorchDid) {
  const NetworkPtr network = load(read_card(networks / "tiny_denoiser.card.json")).front();
  const Pixels images = stored("tiny_denoiser.image", {32, 32, 1, 2}),
               expected = stored("tiny_denoiser.denoised", {32, 32, 1, 2});
  const Pixels both = network->run({{"image", images}, {"sigma", stored("tiny_denoiser.sigma", {2})}});
  EXPECT_LT(largest_difference(both, expected), 1e-5);
  // The first image has a noise of 0.1.
  const Pixels first = make_denoiser(network, 4)->denoise(images, 0.1);
  for (std::size_t i = 0; i < 32 * 32; ++i) EXPECT_NEAR(first.values<float>()[i], expected.values<float>()[i], 1e-5);
}

TEST_F(OpenVino, GivesTheSameBitsAgainAndInBatches) {
  const Pixels images = stored("tiny_unet.image", {48, 32, 3, 2});
  const NetworkPtr unet = load_unet();
  const Pixels once = unet->run({{"image", images}}), again = unet->run({{"image", images}});
  EXPECT_EQ(largest_difference(once, again), 0);
  EXPECT_EQ(largest_difference(once, load_unet()->run({{"image", images}})), 0) << "loaded anew";
  EXPECT_EQ(largest_difference(once, run_in_parts(*unet, "image", images, {1, 0, 0, 8})), 0) << "one by one";
}

TEST_F(OpenVino, RunsSideBySideWithTheBitsOfOneThread) {
  const int before = ThreadBudget::threads();
  ThreadBudget::set(1);
  const Card card = read_card(networks / "tiny_unet.card.json");
  const Pixels images = stored("tiny_unet.image", {48, 32, 3, 2});
  const Pixels alone = load(card, 1).front()->run({{"image", images}});
  ThreadBudget::set(2);
  const NetworkPtr two = load(card, 2).front();
  std::array<Pixels, 5> found;  // more than may run at once
  {
    std::vector<std::jthread> threads;
    for (Pixels& one : found) threads.emplace_back([&] { one = two->run({{"image", images}}); });
  }
  ThreadBudget::set(before);
  for (const Pixels& one : found) EXPECT_EQ(largest_difference(one, alone), 0);
}

TEST_F(OpenVino, RefusesWhatIsNoNetworkInOneSentence) {
  const TemporaryFolder folder{"networks"};
  const fs::path text = folder.path() / "text.onnx", cut = folder.path() / "cut.onnx";
  std::ofstream(text) << "no network";
  fs::copy_file(networks / "tiny_unet.onnx", cut);
  fs::resize_file(cut, fs::file_size(cut) / 2);
  EXPECT_EQ(catch_loading(text), Errc::invalid_input);
  EXPECT_EQ(catch_loading(cut), Errc::invalid_input);
  EXPECT_EQ(catch_loading(folder.path() / "absent.onnx"), Errc::invalid_input);
}

TEST_F(OpenVino, SaysWhichShapeItCannotTake) {
  const NetworkPtr unet = load_unet();
  EXPECT_THROW((void)unet->run({{"image", stored("tiny_unet.image", {48, 48, 2, 2})}}), Error);
  try {
    (void)unet->run({{"image", stored("tiny_unet.image", {36, 32, 3, 2})}});  // no multiple of 8
    ADD_FAILURE() << "the network took a size that it was not made for";
  } catch (const Error& problem) {
    EXPECT_EQ(problem.code(), Errc::invalid_result) << problem.what();
    EXPECT_EQ(std::string{problem.what()}.find('\n'), std::string::npos);
  }
}

TEST_F(OpenVino, KeepsCompiledNetworksInItsCache) {
  const TemporaryFolder folder{"cache"};
  use(folder.path());
  const Pixels images = stored("tiny_unet.image", {48, 32, 3, 2});
  const Pixels first = load_unet()->run({{"image", images}});
  EXPECT_FALSE(fs::is_empty(folder.path()));
  use(folder.path());  // a new runtime that finds it there
  EXPECT_EQ(largest_difference(first, load_unet()->run({{"image", images}})), 0);
}

TEST_F(OpenVino, TakesNoMoreMemoryAfterAHundredRuns) {
  const Pixels images = stored("tiny_unet.image", {48, 32, 3, 2});
  const NetworkPtr unet = load_unet();
  for (int i = 0; i < 10; ++i) (void)unet->run({{"image", images}});
  const std::size_t before = resident_bytes();
  for (int i = 0; i < 100; ++i) (void)unet->run({{"image", images}});
  EXPECT_LT(resident_bytes(), before + (std::size_t{2} << 20));
}

TEST_F(OpenVino, GivesTheSameBitsForAnyNumberOfThreads) {
  const int before = ThreadBudget::threads();
  ThreadBudget::set(1);
  const Pixels one = load_unet()->run({{"image", stored("tiny_unet.image", {48, 32, 3, 2})}});
  ThreadBudget::set(2);
  const Pixels two = load_unet()->run({{"image", stored("tiny_unet.image", {48, 32, 3, 2})}});
  ThreadBudget::set(before);
  EXPECT_EQ(largest_difference(one, two), 0);
}

TEST_F(OpenVino, LetsAProgramEndThatHoldsItsRuntime) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        ThreadBudget::set(1);
        (void)load_unet()->run({{"image", stored("tiny_unet.image", {48, 32, 3, 2})}});
        std::exit(0);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(OpenVino, LivesBesideTheThreadsOfVtk) {
  void* const vtk = ::dlopen("libtbb.so.12", RTLD_NOW | RTLD_GLOBAL);  // that of the system, which VTK loads
  if (vtk == nullptr) GTEST_SKIP() << "the system has no TBB";
  const Pixels found = load_unet()->run({{"image", stored("tiny_unet.image", {48, 32, 3, 2})}});
  EXPECT_LT(largest_difference(found, stored("tiny_unet.estimate", {48, 32, 1, 2})), 1e-5);
}

}  // namespace
}  // namespace iso::models
