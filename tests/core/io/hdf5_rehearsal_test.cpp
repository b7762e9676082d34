#include "io_fixture.h"

#include <atomic>
#include <thread>
#include <vector>

/// Damaged files over which libhdf5 1.10.8 ended the program: found by tests/fuzz/run. All but one are stored files with one byte
/// changed.
namespace iso::test {
namespace {

const fs::path data_folder = fs::path{ISO_SOURCE_DIR} / "tests" / "data";

constexpr const char* breaks_down = "the HDF5 library breaks down";

struct Damage {
  std::string name, file;
  std::size_t at;
  int byte;  ///< none is changed below 0
  std::string says{breaks_down};
  std::string or_else{};  ///< what it says where memory that was never set happens to do no harm
};
void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

const std::vector<Damage>& damages() {
  static const std::vector<Damage> all{
      {"LengthOfALineOfKSpace", "readers/k_enc2.h5", 12423, 48, "a list in it has another length"},
      {"LengthOfAPieceOfKSpace", "readers/k_enc2.h5", 8121, 27, "a piece of it cannot be read"},
      {"SizeInTheHeapOfKSpace", "readers/k_enc2.h5", 19865, 254, "a list in it has another length"},
      {"Text", "differential/f00010.h5", 862, 64},
      {"LengthOfALink", "odd/h_linked.h5", 889, 53},
      {"NameOfALink", "odd/h_linked.h5", 891, 255},
      {"LinkThatWasNeverSet", "readers/link_name.h5", 0, -1, breaks_down, "the file holds no array of numbers"},
      {"LengthOfAPieceOfMatlab", "differential/f00073.mat", 912, 0, "a piece of it cannot be read"}};
  return all;
}

class DamagedHdf5 : public IoTest, public ::testing::WithParamInterface<Damage> {
 protected:
  fs::path make(const Damage& damage) const {
    std::string bytes = bytes_of_file(data_folder / damage.file);
    if (damage.byte >= 0) bytes.at(damage.at) = static_cast<char>(damage.byte);
    const fs::path file = folder / fs::path{damage.file}.filename();
    put(file, bytes);
    return file;
  }
};

void expect_one_sentence(const Error& error, const std::string& says) {
  EXPECT_EQ(error.code(), Errc::cannot_read) << error.what();
  EXPECT_NE(std::string{error.what()}.find("is damaged: "), std::string::npos) << error.what();
  EXPECT_NE(std::string{error.what()}.find(says), std::string::npos) << error.what();
  EXPECT_EQ(std::string{error.what()}.find('\n'), std::string::npos);
  EXPECT_FALSE(error.hint().empty());
}

TEST_P(DamagedHdf5, IsRefusedByOneSentenceAndDoesNotEndTheProgram) {
  const fs::path file = make(GetParam());
  const Error error = catch_error([&] { (void)io::read(file); });
  const std::string& or_else = GetParam().or_else;
  if (or_else.empty() || std::string{error.what()}.find(or_else) == std::string::npos)
    expect_one_sentence(error, GetParam().says);
  // To look at what it is comes first in the desktop; it may end well, or by the same sentence.
  const Error looked =
      catch_error([&] { (void)io::arrays_in(file), (void)io::hints_for(file), (void)io::kinds_for(file); });
  if (std::string{looked.what()}.empty()) return;
  EXPECT_NE(looked.code(), Errc::internal) << looked.what();
}
INSTANTIATE_TEST_SUITE_P(Files, DamagedHdf5, ::testing::ValuesIn(damages()),
                         [](const auto& tested) { return tested.param.name; });

using RehearsalOfHdf5 = DamagedHdf5;

TEST_F(RehearsalOfHdf5, LeavesThisProcessAsItWas) {
  const fs::path sound = data_folder / "readers" / "k_enc2.h5";
  const auto first = io::read(sound);
  const std::size_t open_files = files_in("/proc/self/fd");
  for (const Damage& damage : damages()) (void)catch_error([&] { (void)io::read(make(damage)); });
  EXPECT_EQ(files_in("/proc/self/fd"), open_files);
  const auto again = io::read(sound);
  ASSERT_EQ(to_pixels(*again)->spec().bytes(), to_pixels(*first)->spec().bytes());
  EXPECT_EQ(std::memcmp(to_pixels(*again)->data(), to_pixels(*first)->data(), to_pixels(*first)->spec().bytes()), 0);
}

TEST_F(RehearsalOfHdf5, OfSeveralThreadsAtOnceTellsSoundFilesFromDamagedOnes) {
  const fs::path sound = data_folder / "readers" / "k_enc2.h5", damaged = make(damages()[4]);
  std::atomic<int> read{0}, refused{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread)
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 10; ++i) {
          const Error error = catch_error([&] { (void)io::read(thread % 2 == 0 ? sound : damaged); });
          if (error.code() == Errc::cannot_read) ++refused;
          if (std::string{error.what()}.empty()) ++read;
        }
      });
  }
  EXPECT_EQ(read, 20);
  EXPECT_EQ(refused, 20);
}

}  // namespace
}  // namespace iso::test
