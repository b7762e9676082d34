#include "host/protocol/messages.h"

#include "iso/base/error.h"

#include "message_samples.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <complex>
#include <cstring>
#include <limits>
#include <set>
#include <thread>

namespace iso::host {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

DatasetPtr through_a_socket(const Dataset& data) {
  auto [a, b] = socket_pair();
  Channel sender{std::move(a)}, receiver{std::move(b)};
  Packer packer;
  const Json body{{"type", "data"}, {"data", packer.pack(data)}};
  std::jthread sending{[&] { sender.send(body, packer.descriptors()); }};
  Message message;
  while (receiver.receive(message, 1s) != Channel::Got::message) {
  }
  return unpack(message.body["data"], message);
}

Pixels counted(const ArraySpec& spec) {
  PixelBuffer block = PixelBuffer::allocate(spec);
  for (std::size_t i = 0; i < spec.bytes(); ++i) block.data()[i] = static_cast<std::byte>(i % 100);
  return block;
}

void expect_same(const Dataset& data) {
  const DatasetPtr other = through_a_socket(data);
  EXPECT_EQ(digest(*other), digest(data)) << to_string(to_kind(data));
  EXPECT_EQ(metadata(*other), metadata(data));
}

TEST(Protocol, CarriesEveryKindOfDataUnchanged) {
  const VoxelGrid grid = VoxelGrid::centred({4, 3, 2}, {0.1, 0.2, 0.3});
  expect_same(Volume{counted({Shape{4, 3, 2}, ScalarType::f32}), grid, Quantity::hounsfield, {{"from", "a test"}}});
  expect_same(LabelMap{counted({Shape{4, 3, 2}, ScalarType::u8}), grid, {"air", "bone"}, {}});
  const auto angles = equal_angles(700, 6.28);
  expect_same(
      Sinogram{counted({Shape{5, 1, 700}, ScalarType::f32}), ProjectionGeometry::parallel(angles, {5, 1}, {1, 1}), {}});
  KSpace samples{counted({Shape{4, 4}, ScalarType::c64}),
                 radial_trajectory(4, 4, 0, 0.1),
                 grid,
                 counted({Shape{4, 4, 1, 2}, ScalarType::c64}),
                 {}};
  samples.trajectory.density_compensation = counted({Shape{4, 4}, ScalarType::f32});
  expect_same(samples);
  samples.coil_sensitivities = {};
  expect_same(samples);
  expect_same(SpectralCube{counted({Shape{2, 2, 3}, ScalarType::u16}), {"wavelength", "nm", {400, 500, 600}}, {}});
  expect_same(Table{{"a", "b"}, {{1, 2}, {3}, {}}, {}});
  expect_same(Table{{"score"}, {{1}, {2}}, {}, {{"case", {"one", "two"}}}});
}

TEST(Protocol, CarriesADescriptionInKilobytesWhateverTheSizeOfTheData) {
  const VoxelGrid grid = VoxelGrid::centred({512, 512, 512}, {0.5, 0.5, 0.5});
  Volume volume{Pixels::outline({grid.shape(), ScalarType::f32}), grid, Quantity::hounsfield, {{"from", "a test"}}};
  auto [a, b] = socket_pair();
  Channel sender{std::move(a)}, receiver{std::move(b)};
  Packer packer;
  const Json packed = packer.pack(describe(volume));
  EXPECT_LT(packed.dump().size(), 2000U);
  EXPECT_TRUE(packer.descriptors().empty());
  sender.send({{"type", "data"}, {"data", packed}});
  Message message;
  ASSERT_EQ(receiver.receive(message, 1s), Channel::Got::message);
  const Description arrived = unpack_description(message.body["data"], message);
  EXPECT_EQ(arrived.bytes(), std::size_t{4} * 512 * 512 * 512);
  EXPECT_EQ(get<Volume>(arrived).grid, grid);
  EXPECT_EQ(get<Volume>(arrived).pixels.spec(), volume.pixels.spec());
  EXPECT_EQ(get<Volume>(arrived).quantity, Quantity::hounsfield);
  EXPECT_EQ(get<Volume>(arrived).meta, volume.meta);
  EXPECT_THROW((void)unpack(message.body["data"], message), Error);  // pixels were expected
}

TEST(Protocol, KeepsMessagesWholeWhenSeveralThreadsSend) {
  auto [a, b] = socket_pair();
  Channel sender{std::move(a)}, receiver{std::move(b)};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&sender, t] {
        for (int i = 0; i < 100; ++i)
          sender.send({{"type", "x"}, {"text", std::string(5000, static_cast<char>('a' + t))}});
      });
    Message message;
    for (int i = 0; i < 400; ++i) {
      ASSERT_EQ(receiver.receive(message, 5s), Channel::Got::message);
      const auto text = message.body["text"].get<std::string>();
      EXPECT_EQ(text, std::string(5000, text[0]));
    }
  }
}

TEST(Protocol, RefusesWhatIsNotAMessage) {
  for (const char* text : {"hello\n", "[]\n", "{}\n", "{\"type\":3}\n", "\n", "{\"type\":\"x\",\"descriptors\":2}\n"}) {
    auto [a, b] = socket_pair();
    ASSERT_GT(::write(a.get(), text, std::char_traits<char>::length(text)), 0);
    Channel receiver{std::move(b)};
    Message message;
    try {
      (void)receiver.receive(message, 1s);
      ADD_FAILURE() << text;
    } catch (const Error& problem) {
      EXPECT_EQ(problem.code(), Errc::plugin_incompatible);
    }
  }
}

TEST(Protocol, CarriesNamesOfFilesThatAreNoUtf8) {
  auto [a, b] = socket_pair();
  Channel sender{std::move(a)}, receiver{std::move(b)};
  const Json body{{"type", "x"}, {"places", {"caf\xe9.mha", "\xc3\xa4", "\x01", "plain"}}};
  sender.send(body);
  Message message;
  ASSERT_EQ(receiver.receive(message, 1s), Channel::Got::message);
  EXPECT_EQ(message.body["places"], body["places"]);
}

TEST(Protocol, RefusesDescriptorsThatNoMessageAnnounces) {
  auto [a, b] = socket_pair();
  const int sending = a.get();
  Channel receiver{std::move(b)};
  Message message;
  const auto flood = [&] {
    for (int i = 0; i < 1000; ++i) {
      char byte = ' ';
      iovec part{&byte, 1};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
      msghdr header{};
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* const entry = CMSG_FIRSTHDR(&header);
      entry->cmsg_level = SOL_SOCKET;
      entry->cmsg_type = SCM_RIGHTS;
      entry->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(entry), &sending, sizeof sending);
      if (::sendmsg(sending, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
      (void)receiver.receive(message, 0ms);
    }
  };
  EXPECT_THROW(flood(), Error);
}

TEST(Protocol, RefusesDescriptionsThatDoNotHoldTogether) {
  const Json good{
      {"kind", "volume"}, {"meta", Json::object()}, {"pixels", {{"shape", {4}}, {"type", "f32"}, {"descriptor", 0}}}};
  Message message;
  EXPECT_THROW((void)unpack(good, message), Error);  // no descriptor came
  EXPECT_THROW((void)unpack(Json::object(), message), Error);
  EXPECT_THROW((void)unpack({{"kind", "soup"}}, message), Error);
}

TEST(Protocol, BlamesThePluginForAKindThatIsNone) {
  Message message;
  try {
    (void)unpack({{"kind", "tablet"}, {"meta", Json::object()}}, message);
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::plugin_incompatible) << error.what();
  }
}

TEST(Protocol, NoticesTheOtherEndGoing) {
  auto [a, b] = socket_pair();
  Channel receiver{std::move(b)};
  a.reset();
  Message message;
  EXPECT_EQ(receiver.receive(message, 1s), Channel::Got::closed);
  EXPECT_THROW(receiver.send({{"type", "x"}}), Error);
}

TEST(Protocol, GivesUpOnAnEndThatDoesNotRead) {
  auto [a, b] = socket_pair();
  Channel sender{std::move(a), 50ms};
  EXPECT_THROW(sender.send({{"type", "x"}, {"text", std::string(5000000, 'x')}}), Error);
}

/// Writes a message again after it was read: nothing may be lost on the way.
template <class T>
void expect_round_trip(const Json& message) {
  if (message.at("type") != T::type) return;
  EXPECT_EQ(to_message(from_message<T>(Json::parse(message.dump()))), message);
}

TEST(Protocol, KeepsEveryMemberOfEveryMessage) {
  std::set<std::string> types;
  for (Json message : test::message_samples()) {
    types.insert(message.at("type").get<std::string>());
    if (message.contains("y")) message["y"] = 0.0;  // what is not a number travels as null and arrives as 0
    expect_round_trip<Hello>(message);
    expect_round_trip<LogLine>(message);
    expect_round_trip<RunRequest>(message);
    expect_round_trip<JobEvent>(message);
    expect_round_trip<RunReply>(message);
    expect_round_trip<PlanRequest>(message);
    expect_round_trip<PlanReply>(message);
    expect_round_trip<InteractRequest>(message);
    expect_round_trip<AnswerRequest>(message);
    expect_round_trip<AnswerReply>(message);
    expect_round_trip<ErrorReply>(message);
  }
  EXPECT_EQ(types.size(), 15U);
}

TEST(Protocol, RefusesMessagesOfAnotherFormNamingTheirType) {
  for (const char* const text :
       {R"({"type": "answer"})", R"({"type": "answer", "marks": 3, "parameters": "{}", "budget_ms": 1})",
        R"({"type": "answer", "marks": [{"id": -1}], "parameters": "{}", "budget_ms": 1})"}) {
    try {
      (void)from_message<AnswerRequest>(Json::parse(text));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::plugin_incompatible);
      EXPECT_NE(std::string{error.what()}.find("'answer'"), std::string::npos) << error.what();
    }
  }
}

TEST(Protocol, NamesKindsOfEventsAndTakesUnknownOnesForText) {
  const Json message = test::message_samples()[5];
  EXPECT_EQ(message.at("kind"), "plot");
  Json newer = message;
  newer["kind"] = "picture";
  EXPECT_EQ(from_message<JobEvent>(newer).event.kind, job::EventKind::log);
}

}  // namespace
}  // namespace iso::host
