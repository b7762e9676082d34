// Plugins that are wrong on purpose, each in one way: ISO_BROKEN names it, and is the id of the plugin.
#include "iso/plugin/descriptor.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <thread>

#ifndef ISO_BROKEN_ENTRY
#define ISO_BROKEN_ENTRY iso_plugin_v1
#endif

int from_a_library_that_is_missing();
int from_nowhere(int);

namespace {

using namespace iso::plugin;
constexpr std::string_view broken{ISO_BROKEN};

/// The system must end the process, not a sanitizer that sees it coming.
[[gnu::no_sanitize_undefined]] void crash() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

class None final : public ParsedParameters {
 public:
  [[nodiscard]] std::string json() const override { return "{}"; }
};

class Pass final : public Task {
 public:
  ~Pass() override = default;
  [[nodiscard]] About about() const override { return {"Pass", "Hands on what it gets.", "", "Filtering", {}}; }
  [[nodiscard]] std::span<const Port> inputs() const noexcept override { return {&input_, 1}; }
  [[nodiscard]] std::span<const Port> outputs() const noexcept override { return {&output_, 1}; }
  [[nodiscard]] std::string schema_json() const override { return R"({"parameters":[]})"; }
  [[nodiscard]] ParametersPtr parse(const std::string&) const override { return std::make_shared<None>(); }
  [[nodiscard]] Plan plan(const Descriptions&, const ParsedParameters&) const override { return {}; }
  [[nodiscard]] Datasets run(const Datasets& inputs, const ParsedParameters&, RunContext&) override {
    if (broken == "crashes") crash();
    if (broken == "never_answers") std::this_thread::sleep_for(std::chrono::hours{1});
    if (broken == "throws_a_number") throw 42;  // NOLINT: on purpose
    if (broken == "prints") std::puts("a plugin prints where results go");
    if (broken == "prints") std::fflush(stdout);
    return {{"result", inputs.at("volume")}};
  }

 private:
  Port input_{"volume", iso::Kind::volume, false, "Anything."};
  Port output_{"result", iso::Kind::volume, false, "The same."};
};

Task* create(const char*) {
  if (broken == "throws_on_create") throw std::runtime_error("the licence server does not answer");
  if (broken == "throws_a_number_on_create") throw 42;  // NOLINT: on purpose
  if (broken == "null_on_create") return nullptr;
  return new Pass;
}

void destroy(Task* task) {
  delete task;
  if (broken == "throws_on_destroy") throw std::runtime_error("not now");
}

constexpr std::array<const char*, 2> tasks{broken == "other_task" ? "other_task/unheard" : ISO_BROKEN "/pass", nullptr};
[[gnu::used]] constexpr auto tag = make_build_tag();  // stands in the library although nothing refers to it
constexpr PluginDescriptor descriptor{broken == "short_descriptor" ? 8U : sizeof(PluginDescriptor),
                                      broken == "other_major" ? abi_major + 1 : abi_major,
                                      broken == "newer_minor" ? abi_minor + 1 : abi_minor,
                                      broken == "other_build" ? "gcc99-cxx11abi0-0123456789abcdef" : tag.data(),
                                      broken == "other_id" ? "somebody_else" : ISO_BROKEN,
                                      broken == "other_version" ? "2.0.0" : "1.0.0",
                                      broken == "no_title" ? nullptr : "Broken",
                                      "Apache-2.0",
                                      tasks.data(),
                                      create,
                                      destroy};

#ifdef ISO_BROKEN_NEEDS
const int needed = ISO_BROKEN_NEEDS;
#endif

}  // namespace

extern "C" __attribute__((visibility("default"))) const PluginDescriptor* ISO_BROKEN_ENTRY();
extern "C" const PluginDescriptor* ISO_BROKEN_ENTRY() {
#ifdef ISO_BROKEN_NEEDS
  if (needed == 0) return nullptr;
#endif
  if (broken == "crashes_when_loaded") crash();
  if (broken == "never_loads") std::this_thread::sleep_for(std::chrono::hours{1});
  if (broken == "throws_in_entry") throw std::runtime_error("not in the mood");
  return broken == "null_descriptor" ? nullptr : &descriptor;
}
