#pragma once

#include "method/segmentation.h"

#include <list>

namespace gp_segmentation {

/// What a session keeps beside images and features: of results, and of kernel columns of slices other than the newest.
inline constexpr std::size_t most_kept_bytes = std::size_t{32} << 20;
inline constexpr std::size_t most_column_bytes = std::size_t{128} << 20;

/// Slices by themselves, and from slice to slice. What was found for a slice is kept under everything that it depends on.
class Segmentation::Slices {
 public:
  Slices(const Picture& picture, const std::vector<std::uint16_t>& existing, const iso::compute::Backend& backend)
      : picture_{picture}, existing_{existing}, backend_{backend} {}
  void answer(std::span<const MarkStroke> strokes, const Options& options, const std::function<bool()>& enough,
              Answer& to);

 private:
  struct Result {
    std::vector<std::uint16_t> labels;
    Obedience told;
    Solution::Uncertainty uncertainty;
  };
  /// A slice's question as what its answer depends on.
  struct Key {
    std::int64_t slice;
    std::vector<MarkStroke> strokes;  ///< in the slice, or in the one that it was propagated from
    std::int64_t from;                ///< that slice; the slice itself where it is marked
    friend bool operator==(const Key&, const Key&) = default;
  };
  /// A result with its labels as runs, so that many are kept in little memory.
  struct Kept {
    struct Run {
      std::uint32_t length;
      std::uint16_t label;
    };
    Kept(Key of, const Result& result);
    [[nodiscard]] std::shared_ptr<const Result> unpacked() const;
    Key key;
    std::vector<Run> runs;
    Obedience told;
    Solution::Uncertainty uncertainty;
    std::size_t bytes{0};  ///< of all of it
  };
  void drop_old_columns();
  [[nodiscard]] Patch& patch(std::int64_t slice);
  [[nodiscard]] std::vector<std::uint16_t> existing_in(std::int64_t slice) const;
  [[nodiscard]] std::shared_ptr<const Result> find(const Key& key);
  void keep(const Key& key, const Result& result);
  [[nodiscard]] iso::compute::KernelScales scales() const;
  [[nodiscard]] Question question(std::int64_t slice, std::span<const MarkStroke> strokes);
  [[nodiscard]] std::shared_ptr<const Result> marked(std::int64_t slice, const std::vector<MarkStroke>& strokes);
  [[nodiscard]] std::shared_ptr<const Result> propagated(const Key& key, const Result& neighbour);
  void put(std::int64_t slice, const std::vector<std::uint16_t>& labels, std::vector<std::uint16_t>& to) const;
  using Results = std::map<std::int64_t, std::shared_ptr<const Result>>;
  /// Strokes by the slice that they mark, and the slice that was marked last (-1: none).
  struct BySlice {
    std::map<std::int64_t, std::vector<MarkStroke>> strokes;
    std::int64_t newest{-1};
    [[nodiscard]] std::int64_t nearest(std::int64_t slice) const;
  };
  [[nodiscard]] BySlice by_slice(std::span<const MarkStroke> strokes) const;
  /// What was spent of what is planned; each slice counts as one.
  struct Spent {
    const std::function<bool()>& enough;
    std::size_t done{0}, planned{0};
    bool out_of_time{false};
    void another() { out_of_time = ++done < planned && enough(); }
  };
  void propagate(const BySlice& marks, int slices, Results& results, Spent& spent);
  void put_uncertainty(const BySlice& marks, const Results& results, Answer& to) const;
  /// Index in the volume of the first voxel of a slice, and the strides of its two axes.
  struct Place {
    std::int64_t first, stride_a, stride_b, a, b;
  };
  [[nodiscard]] Place place(std::int64_t slice) const;

  const Picture& picture_;
  const std::vector<std::uint16_t>& existing_;
  const iso::compute::Backend& backend_;
  Options options_;
  std::size_t axis_{2};
  std::map<std::int64_t, std::unique_ptr<Patch>> patches_;
  std::list<std::int64_t> used_;  ///< slices with a patch, the newest first
  std::list<Kept> kept_;          ///< the newest first
  std::size_t kept_bytes_{0};
};

}  // namespace gp_segmentation
