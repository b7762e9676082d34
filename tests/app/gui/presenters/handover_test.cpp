#include "gui/presenters/handover.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

namespace iso::gui {
namespace {

namespace fs = std::filesystem;

class Handovers : public ::testing::Test {
 protected:
  Handovers() { fs::create_directories(folder); }
  ~Handovers() override { fs::remove_all(folder); }
  fs::path folder = fs::path{::testing::TempDir()} / ("iso_handover" + std::to_string(::getpid()));
  fs::path socket = folder / "desk.socket";
  Handover message{{"/data/a scan.h5", "/data/\"quoted\".nrrd"}, {{"rotation_axis", "245"}}};
};

TEST_F(Handovers, AreReadAsTheyWereWritten) {
  EXPECT_EQ(handover_from_json(to_json(message)), message);
  EXPECT_EQ(to_json(message).find('\n'), std::string::npos) << "one line";
}

TEST_F(Handovers, ThatAreDamagedAreRefused) {
  for (const std::string text : {"", "{", "[]", "{\"handover_version\":2,\"files\":[],\"hints\":{}}",
                                 "{\"handover_version\":1,\"files\":[1],\"hints\":{}}", "{\"handover_version\":1}"})
    EXPECT_THROW((void)handover_from_json(text), Error) << text;
  EXPECT_THROW((void)handover_from_json(std::string(100000, '[')), Error);
}

TEST_F(Handovers, ReachWhoListensAndKnowWhenTheyDoNot) {
  EXPECT_FALSE(hand_over(message, socket)) << "nobody is there";
  const int listening = listen_for_handover(socket);
  ASSERT_GE(listening, 0);
  std::string got;
  std::thread desk{[&] {
    for (const char* answer : {"ok", "no"}) {
      const int connection = ::accept(listening, nullptr, nullptr);
      EXPECT_TRUE(same_user(connection));
      char c = 0;
      for (got.clear(); ::recv(connection, &c, 1, 0) == 1 && c != '\n';) got += c;
      EXPECT_EQ(::send(connection, answer, 2, MSG_NOSIGNAL), 2);
      ::close(connection);
    }
  }};
  EXPECT_TRUE(hand_over(message, socket));
  EXPECT_EQ(handover_from_json(got), message);
  EXPECT_FALSE(hand_over(message, socket)) << "it was refused";
  desk.join();
  ::close(listening);
  EXPECT_FALSE(hand_over(message, socket)) << "the socket of a process that has died";
  const int again = listen_for_handover(socket);
  EXPECT_GE(again, 0) << "and the next takes its place";
  ::close(again);
}

TEST_F(Handovers, HaveNoPlaceWhereItsNameWouldBeTooLong) {
  EXPECT_TRUE(handover_socket(1, fs::path{"/tmp"} / std::string(200, 'a')).empty() ||
              std::getenv("XDG_RUNTIME_DIR") != nullptr);
  EXPECT_EQ(listen_for_handover({}), -1);
  EXPECT_FALSE(hand_over(message, {}));
  EXPECT_EQ(listen_for_handover(folder / "no such folder" / "desk.socket"), -1);
}

}  // namespace
}  // namespace iso::gui
