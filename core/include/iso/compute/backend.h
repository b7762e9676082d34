#pragma once

#include "iso/base/refusal.h"
#include "iso/compute/array.h"
#include "iso/compute/linear_operator.h"
#include "iso/compute/operator_table.h"
#include "iso/compute/operators.h"
#include "iso/data/pixels.h"

#include <complex>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace iso::compute {

struct DeviceInfo {
  std::string id;           ///< "reference", "cpu", "cuda:0"
  std::string description;  ///< model name
  std::string level;        ///< instruction set of the code in use: "x86-64-v3"; empty if there is one only
  std::size_t memory_bytes{0}, memory_free_bytes{0};
  std::vector<std::string> levels{};  ///< all that this machine runs, the best first; empty if there is one only
};

/// Element-wise and reduction primitives on arrays of f32, f64, c64 and c128 (c where a complex value makes sense).
/// Reductions accumulate in double in an order fixed by the shape alone, so that results do not depend on threads.
/// A NaN stays a NaN through all of them, so that a solver that diverges is noticed.
/// Errors: shape_mismatch if arrays differ, type_mismatch for a type the operation has no meaning for.
class VectorOps {
 public:
  virtual ~VectorOps();
  virtual void fill(Array& x, double value, Stream&) const = 0;
  virtual void copy(const Array& x, Array& y, Stream&) const = 0;                          ///< y = x
  virtual void scale(std::complex<double> a, Array& x, Stream&) const = 0;                 ///< x *= a
  virtual void axpy(std::complex<double> a, const Array& x, Array& y, Stream&) const = 0;  ///< y += a x
  virtual void axpby(std::complex<double> a, const Array& x, std::complex<double> b, Array& y,
                     Stream&) const = 0;                                                              ///< y = a x + b y
  [[nodiscard]] virtual std::complex<double> dot(const Array& x, const Array& y, Stream&) const = 0;  ///< xᴴ y
  [[nodiscard]] virtual double norm2(const Array& x, Stream&) const = 0;                              ///< sqrt(xᴴ x)
  [[nodiscard]] virtual double max_abs(const Array& x, Stream&) const = 0;                            ///< NaN if any is
  [[nodiscard]] virtual bool all_finite(const Array& x, Stream&) const = 0;
  virtual void multiply(const Array& x, const Array& y, Array& out, Stream&) const = 0;  ///< element by element
  virtual void conjugate_multiply(const Array& x, const Array& y, Array& out, Stream&) const = 0;  ///< conj(x) y
  virtual void reciprocal(Array& x, double threshold, Stream&) const = 0;    ///< 1/x; 0 where |x| <= threshold
  virtual void clamp(double low, double high, Array& x, Stream&) const = 0;  ///< real only
  virtual void soft_threshold(double level, Array& x, Stream&) const = 0;    ///< x max(0, 1 - level/|x|)
  /// Vectors over the last axis at each point of the others: shrunk by `level` in length (isotropic soft threshold).
  virtual void shrink_vectors(double level, Array& x, Stream&) const = 0;
  /// Likewise, projected on the ball of that radius.
  virtual void project_vectors(double radius, Array& x, Stream&) const = 0;
  [[nodiscard]] virtual double sum_vector_norms(const Array& x, Stream&) const = 0;  ///< total variation of a gradient
};

/// One device. A job runs on one backend from beginning to end. Memory moves only through upload and download.
/// What it computes stands in its table of operators; adding one changes neither this class nor a plugin built before.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend();
  [[nodiscard]] virtual DeviceInfo info() const = 0;
  [[nodiscard]] virtual std::span<const OperatorEntry> operators() const noexcept = 0;
  /// Why this back end cannot make the operator; none if it can.
  [[nodiscard]] std::optional<Refusal> refusal(const OperatorSpec& spec) const;
  /// Throws what `OperatorSpec::check` throws, and unsupported with the reason.
  [[nodiscard]] OperatorPtr make(const OperatorSpec& spec) const;
  /// Without making it. Throws unsupported if the back end has no such operator.
  [[nodiscard]] OperatorCost cost(const OperatorSpec& spec) const;
  [[nodiscard]] virtual Array allocate(const ArraySpec& spec, Stream& stream) const = 0;  ///< zeroed
  [[nodiscard]] virtual Array upload(const Pixels& pixels, Stream& stream) const = 0;
  [[nodiscard]] virtual Pixels download(const Array& array, Stream& stream) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Stream> make_stream(std::stop_token stop = {}) const = 0;
  [[nodiscard]] virtual const VectorOps& vector() const noexcept = 0;
};

/// What backends in host memory share: arrays are plain memory, work is done at once. An upload copies nothing: the array reads
/// the pixels in place until it is written to (Memory).
class HostBackend : public Backend {
 public:
  [[nodiscard]] Array allocate(const ArraySpec& spec, Stream& stream) const final;
  [[nodiscard]] Array upload(const Pixels& pixels, Stream& stream) const final;
  [[nodiscard]] Pixels download(const Array& array, Stream& stream) const final;
  [[nodiscard]] std::unique_ptr<Stream> make_stream(std::stop_token stop = {}) const final;
};

/// Knows the backends of this machine, including those that could not be used and why.
class BackendRegistry {
 public:
  struct Absent {
    std::string id, reason;
  };
  void add(std::unique_ptr<Backend> backend, int preference);
  void note_absent(std::string id, std::string reason);
  [[nodiscard]] std::span<const std::unique_ptr<Backend>> available() const noexcept { return backends_; }
  [[nodiscard]] std::span<const Absent> absent() const noexcept { return absent_; }
  [[nodiscard]] const Backend* find(std::string_view id) const noexcept;

  /// `wish` is "auto" or a device id ("cuda" means the first cuda device). auto is the backend of highest preference
  /// that supports all of `needs` and has the memory. An explicit wish that cannot be met throws rather than falling
  /// back: no_device, unsupported or out_of_device_memory, with the reason.
  [[nodiscard]] const Backend& choose(std::span<const OperatorSpec> needs, std::size_t bytes,
                                      std::string_view wish = "auto") const;

 private:
  std::vector<std::unique_ptr<Backend>> backends_;  // highest preference first
  std::vector<int> preferences_;
  std::vector<Absent> absent_;
};

/// |<A x, y> - <x, Aᴴ y>| over ‖A x‖ ‖y‖ / sqrt(n) for seeded normal x and y of n elements: the size that <A x, y> has when
/// the two are unrelated. Of a matched pair it is some roundings. Here because plugin authors need it too.
[[nodiscard]] double adjoint_gap(const LinearOperator& a, std::uint64_t seed);
/// The largest of ‖N x - Aᴴ(A x)‖ / ‖Aᴴ(A x)‖, N being `normal`, and |<x, N x> - ‖A x‖²| / ‖A x‖², for a seeded normal x.
[[nodiscard]] double normal_gap(const LinearOperator& a, std::uint64_t seed);

}  // namespace iso::compute
