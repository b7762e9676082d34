#include "abs_sums_impl.h"

#include "iso/compute/backend.h"
#include "iso/compute/linear_operator.h"

#include <algorithm>
#include <string>

namespace iso::compute {
namespace {

using detail::Sums;

Space product(const std::vector<Block>& blocks, bool of_ranges) {
  if (blocks.empty()) throw Error{Errc::invalid_input, "a block operator needs at least one operator"};
  std::vector<Space::Part> parts;
  parts.reserve(blocks.size());
  for (const Block& block : blocks) parts.push_back({block.name, of_ranges ? block.a->range() : block.a->domain()});
  return Space{std::move(parts)};
}

/// [a; b; ...], or the adjoint of it, [a b ...] of the adjoints.
class Stacked final : public LinearOperator {
 public:
  explicit Stacked(std::vector<Block> rows)
      : LinearOperator(rows.at(0).a->domain_space(), product(rows, true), rows.at(0).a->backend()),
        rows_{std::move(rows)} {
    for (const Block& row : rows_) {
      if (row.a->domain() != domain())
        throw Error{Errc::shape_mismatch, "operators in a stack must share their domain, '" + row.name + "' has " +
                                              row.a->domain().shape.text() + ", the first " + domain().shape.text()};
    }
  }

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      Array part = range_space().part(y, i);
      rows_[i].a->forward(x, part, stream, write);
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    for (std::size_t i = 0; i < rows_.size(); ++i)
      rows_[i].a->adjoint(range_space().part(y, i), x, stream, i == 0 ? write : Write::accumulate);
  }
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    std::vector<Sums> rows;
    Sums columns;
    for (const Block& row : rows_) {
      AbsSums of_row = row.a->abs_sums(stream);
      rows.push_back(std::move(of_row.rows));
      columns = rows.size() == 1 ? of_row.columns : detail::added(columns, of_row.columns, stream);
    }
    return {detail::joined(rows, range_space(), backend(), stream), std::move(columns)};
  }
  std::vector<Block> rows_;
};

class BlockDiagonal final : public LinearOperator {
 public:
  explicit BlockDiagonal(std::vector<Block> blocks)
      : LinearOperator(product(blocks, false), product(blocks, true), blocks.at(0).a->backend()),
        blocks_{std::move(blocks)} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      Array part = range_space().part(y, i);
      blocks_[i].a->forward(domain_space().part(x, i), part, stream, write);
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      Array part = domain_space().part(x, i);
      blocks_[i].a->adjoint(range_space().part(y, i), part, stream, write);
    }
  }
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    std::vector<Sums> rows, columns;
    for (const Block& block : blocks_) {
      AbsSums of_block = block.a->abs_sums(stream);
      rows.push_back(std::move(of_block.rows));
      columns.push_back(std::move(of_block.columns));
    }
    return {detail::joined(rows, range_space(), backend(), stream),
            detail::joined(columns, domain_space(), backend(), stream)};
  }
  std::vector<Block> blocks_;
};

ArraySpec repeated(const ArraySpec& spec, std::int64_t frames) {
  std::vector<std::int64_t> extents(spec.shape.extents().begin(), spec.shape.extents().end());
  extents.push_back(frames);
  return {Shape{std::span<const std::int64_t>{extents}}, spec.type};
}

class EachFrame final : public LinearOperator {
 public:
  EachFrame(OperatorPtr a, std::int64_t frames)
      : LinearOperator(repeated(a->domain(), frames), repeated(a->range(), frames), a->backend(), a->magnitude()),
        a_{std::move(a)},
        frames_{frames} {}

 private:
  void do_forward(const Array& x, Array& y, Stream& stream, Write write) const override {
    for (std::int64_t frame = 0; frame < frames_; ++frame) {
      Array out = y.part(frame, 1).reshaped(a_->range().shape);
      a_->forward(x.part(frame, 1).reshaped(a_->domain().shape), out, stream, write);
    }
  }
  void do_adjoint(const Array& y, Array& x, Stream& stream, Write write) const override {
    for (std::int64_t frame = 0; frame < frames_; ++frame) {
      Array out = x.part(frame, 1).reshaped(a_->domain().shape);
      a_->adjoint(y.part(frame, 1).reshaped(a_->range().shape), out, stream, write);
    }
  }
  [[nodiscard]] AbsSums do_abs_sums(Stream& stream) const override {
    const AbsSums of_a = a_->abs_sums(stream);
    return {repeat(of_a.rows, range(), stream), repeat(of_a.columns, domain(), stream)};
  }
  [[nodiscard]] Sums repeat(const Sums& sums, const ArraySpec& spec, Stream& stream) const {
    if (!sums.each) return sums;
    Array each = backend().allocate(spec, stream);
    for (std::int64_t frame = 0; frame < frames_; ++frame) {
      Array place = each.part(frame, 1).reshaped(sums.each.spec().shape);
      backend().vector().copy(sums.each, place, stream);
    }
    return {sums.bound, std::move(each)};
  }
  OperatorPtr a_;
  std::int64_t frames_;
};

}  // namespace

OperatorPtr stack(std::vector<Block> rows) {
  if (rows.empty()) throw Error{Errc::invalid_input, "a stack of operators needs at least one"};
  return std::make_shared<Stacked>(std::move(rows));
}

OperatorPtr stack(std::vector<OperatorPtr> rows) {
  std::vector<Block> named;
  named.reserve(rows.size());
  for (auto& row : rows) named.push_back({std::to_string(named.size()), std::move(row)});
  return stack(std::move(named));
}

OperatorPtr block_row(std::vector<Block> columns) {
  for (Block& column : columns) column.a = adjoint(std::move(column.a));
  return adjoint(stack(std::move(columns)));
}

OperatorPtr block_diagonal(std::vector<Block> blocks) {
  if (blocks.empty()) throw Error{Errc::invalid_input, "a block operator needs at least one operator"};
  return std::make_shared<BlockDiagonal>(std::move(blocks));
}

OperatorPtr each_frame(OperatorPtr a, std::int64_t frames) {
  if (frames < 1)
    throw Error{Errc::invalid_input, "an operator was asked for " + std::to_string(frames) + " frames, it needs one"};
  if (a->domain().shape.rank() == Shape::max_rank || a->range().shape.rank() == Shape::max_rank)
    throw Error{Errc::invalid_input, "arrays of " + a->range().shape.text() + " have no room for an axis of frames"};
  return std::make_shared<EachFrame>(std::move(a), frames);
}

}  // namespace iso::compute
