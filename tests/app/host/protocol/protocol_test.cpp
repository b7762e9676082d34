#include "host/protocol/dataset_message.h"
#include "host/protocol/messages.h"

#include "iso/base/error.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <complex>
#include <limits>
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

PixelBlock counted(const ArraySpec& spec) {
  PixelBlock block = PixelBlock::allocate(spec);
  for (std::size_t i = 0; i < spec.bytes(); ++i) block.mutable_data()[i] = static_cast<std::byte>(i % 100);
  return block;
}

void expect_same(const Dataset& data) {
  const DatasetPtr other = through_a_socket(data);
  EXPECT_EQ(digest(*other), digest(data)) << to_string(kind_of(data));
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
  samples.trajectory.density_compensation = {1, 2, 3};
  expect_same(samples);
  samples.coil_sensitivities.reset();
  expect_same(samples);
  expect_same(SpectralCube{counted({Shape{2, 2, 3}, ScalarType::u16}), {400, 500, 600}, {}});
  expect_same(Table{{"a", "b"}, {{1, 2}, {3}, {}}, {}});
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

TEST(Protocol, RefusesDescriptionsThatDoNotHoldTogether) {
  const Json good{
      {"kind", "volume"}, {"meta", Json::object()}, {"pixels", {{"shape", {4}}, {"type", "f32"}, {"descriptor", 0}}}};
  Message message;
  EXPECT_THROW((void)unpack(good, message), Error);  // no descriptor came
  EXPECT_THROW((void)unpack(Json::object(), message), Error);
  EXPECT_THROW((void)unpack({{"kind", "soup"}}, message), Error);
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

TEST(Protocol, CarriesEventsWithNumbersThatAreNone) {
  job::Event event;
  event.tells = job::Tells::plot;
  event.curve = "residual";
  event.x = 3;
  event.y = std::numeric_limits<double>::quiet_NaN();
  event.remaining_seconds = 4.5;
  const job::Event other = event_from(Json::parse(event_message(event).dump()));
  EXPECT_EQ(other.curve, "residual");
  EXPECT_EQ(other.x, 3);
  EXPECT_EQ(other.remaining_seconds, 4.5);
}

}  // namespace
}  // namespace iso::host
