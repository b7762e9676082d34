#pragma once

#include "method/cases.h"

#include <iso/models/card.h>
#include <iso/plugin/task.h>

#include <optional>
#include <string>
#include <string_view>

namespace certification {

/// The ports that the tasks share.
[[nodiscard]] iso::plugin::Port images_port();
[[nodiscard]] iso::plugin::Port labels_port();

/// Which images of the input are looked at: every k-th, at most so many.
struct Choice {
  int every{1}, most{0};  ///< 0: all
};

/// How many images stand at the port and how large they are, from their descriptions. Throws invalid_input where two differ in size;
/// shape_mismatch where they do not fit the card.
struct ImageCount {
  std::int64_t images{0}, chosen{0};
};
[[nodiscard]] ImageCount count_images(const iso::plugin::Descriptions& inputs, const iso::models::Card& card,
                                      const Choice& choice);

/// The images, mapped by the window of the card: every slice of a volume is one, its frames are channels. Labels are those of the table: of the row whose
/// "case" is the name that the image has of its own (iso/data/case_names.h), or else of the row at its place, which then names it too. Own names of images of
/// several volumes may not be the same. Throws invalid_input for values outside of the window, values that look mapped already, a name or row without the other.
[[nodiscard]] Cases make_cases(const iso::plugin::Datasets& inputs, const iso::models::Card& card,
                               const Choice& choice);

/// The card of a classifier. `mode` "drs", "rs", or "" for either. Throws invalid_input for another kind of network or another mode, and for a
/// sigma (0: that of the card) that is not that of the training.
void check_classifier(const iso::models::Card& card, std::string_view mode, double sigma);

/// The networks of the card, loaded. Throws as `models::load`, and invalid_input where a graph is no classifier of the card's classes.
[[nodiscard]] Smoothed make_smoothed(const iso::models::Card& card, const iso::compute::Backend& backend,
                                     std::int64_t batch);

/// For those who look at a volume of results: greys from 0 to 1, and what each slice is about; names that no slice can have are left away.
void prepare_for_view(iso::Volume& volume, const std::vector<std::string>& cases);

/// Name and first digits of the digest of a card.
[[nodiscard]] std::string identity(const iso::models::Card& card);
/// Values of an image, and those of them that carry noise on one side.
[[nodiscard]] std::int64_t count_values(const iso::models::Card& card);

/// Seconds of one evaluation of a network of the card with the present threads. Ours: as measured for the shipped networks, in proportion to weights and pixels.
[[nodiscard]] double seconds_an_evaluation(const iso::models::Card& card);
/// Bytes of a batch of images, noise and activations.
[[nodiscard]] std::size_t bytes_of_batch(const iso::models::Card& card, std::int64_t batch);

}  // namespace certification
