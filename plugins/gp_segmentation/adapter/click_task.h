#pragma once

#include "method/segmentation.h"

#include <iso/plugin/typed_task.h>

#include <array>
#include <memory>

namespace gp_segmentation {

/// Segmentation by clicks, as a run from a list of clicks and as an interaction.
class ClickTask final : public iso::plugin::TypedTask<Options> {
 public:
  iso::plugin::About about() const override;
  std::span<const iso::plugin::Port> inputs() const noexcept override { return inputs_; }
  std::span<const iso::plugin::Port> outputs() const noexcept override { return outputs_; }
  bool interactive() const noexcept override { return true; }
  std::unique_ptr<iso::plugin::Interaction> begin(const iso::plugin::Datasets& inputs,
                                                  iso::plugin::RunContext& context) override;

 protected:
  iso::plugin::Plan plan(const iso::plugin::Descriptions& inputs, const Options& options) const override;
  iso::plugin::Datasets run(const iso::plugin::Datasets& inputs, const Options& options,
                            iso::plugin::RunContext& context) override;

 private:
  std::array<iso::plugin::Port, 2> inputs_{
      iso::plugin::Port{"volume", iso::Kind::volume, false,
                        "The image; up to four channels (colours, sequences) behind x, y, z."},
      iso::plugin::Port{"mask", iso::Kind::label_map, true, "Labels to start from; clicks edit them."}};
  std::array<iso::plugin::Port, 4> outputs_{
      iso::plugin::Port{"labels", iso::Kind::label_map, false, "What was segmented, with the labels of the clicks."},
      iso::plugin::Port{"probability", iso::Kind::volume, true,
                        "Of the label clicked last; needs the parameter uncertainty."},
      iso::plugin::Port{"deviation", iso::Kind::volume, true,
                        "Standard deviation of the latent function; needs the parameter uncertainty."},
      iso::plugin::Port{"hint", iso::Kind::table, true,
                        "Where a click would tell most, the best first; needs the parameter uncertainty."}};
};

}  // namespace gp_segmentation
