#pragma once

namespace iso::io::detail {

/// While it lives, values are loaded on this thread although headers alone were asked for (`HeadersOnly`): of tables, which are small.
class ValuesToo {
 public:
  ValuesToo();
  ~ValuesToo();
  ValuesToo(const ValuesToo&) = delete;
  ValuesToo& operator=(const ValuesToo&) = delete;

 private:
  int before_;
};

}  // namespace iso::io::detail
