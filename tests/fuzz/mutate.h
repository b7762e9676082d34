#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace iso::test {

/// Makes damaged files of sound ones: bits, bytes, whole numbers of every width, numbers written as text, pieces cut out,
/// doubled, moved and taken from another file. Half of the changes fall into the first 512 bytes, where headers are.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_{seed} {}
  /// `others`: files to take pieces from; may be empty.
  [[nodiscard]] std::string operator()(std::string bytes, const std::vector<const std::string*>& others);
  [[nodiscard]] std::size_t pick(std::size_t count);  ///< 0 to count - 1; 0 for 0

 private:
  void change(std::string& bytes, const std::vector<const std::string*>& others);
  void put_number(std::string& bytes, std::size_t at);
  void change_text_number(std::string& bytes, std::size_t at);
  void move_piece(std::string& bytes, std::size_t at, const std::vector<const std::string*>& others);
  std::mt19937_64 random_;
};

}  // namespace iso::test
