#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace iso::gui {

/// The connection of a slot to a signal. The slot is called as long as this handle lives.
class Connection {
 public:
  Connection() = default;
  explicit Connection(std::function<void()> end) : end_{std::move(end)} {}
  Connection(Connection&& other) noexcept : end_{std::exchange(other.end_, {})} {}
  Connection& operator=(Connection&& other) noexcept {
    if (this != &other) {
      if (end_) end_();
      end_ = std::exchange(other.end_, {});
    }
    return *this;
  }
  ~Connection() {
    if (end_) end_();
  }

 private:
  std::function<void()> end_;
};

/// Calls every connected slot. A signal is used on one thread, the desktop's.
template <class... Arguments>
class Signal {
 public:
  using Slot = std::function<void(Arguments...)>;
  using Connection = gui::Connection;
  [[nodiscard]] Connection connect(Slot slot) {
    const auto key = next_++;
    (*slots_)[key] = std::move(slot);
    return Connection{[weak = std::weak_ptr{slots_}, key] {
      if (auto slots = weak.lock()) slots->erase(key);
    }};
  }
  void operator()(Arguments... arguments) const {
    const auto slots = *slots_;  // a slot may connect or end connections
    for (const auto& [key, slot] : slots)
      if (slots_->contains(key)) slot(arguments...);
  }

 private:
  std::shared_ptr<std::map<std::uint64_t, Slot>> slots_{std::make_shared<std::map<std::uint64_t, Slot>>()};
  std::uint64_t next_{0};
};

}  // namespace iso::gui
