#include "adapter/inputs.h"

#include <iso/base/error.h>
#include <iso/base/threads.h>
#include <iso/data/case_names.h>
#include <iso/models/runtime.h>
#include <iso/plugin/typed_task.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <sstream>

namespace certification {
namespace {

using iso::Errc;
using iso::Error;
using iso::Pixels;
using iso::Shape;
using iso::Volume;

constexpr double range_slack = 1e-3;   ///< of the window, beyond which a value is outside
constexpr double mapped_share = 0.02;  ///< of the window: a set of images that fills less of it looks mapped already
// Measured with the networks of resources/models, 34 us of processor time an evaluation on one core of an EPYC with AVX-512 (README).
constexpr double operations_a_second = 1.4e11, pixels_a_weight = 1.0 / 24, bytes_an_activation = 400;

std::string text(double value) {
  std::ostringstream out;
  out.precision(6);
  out << value;
  return out.str();
}

std::int64_t extent(const Shape& shape, std::size_t axis) { return axis < shape.rank() ? shape[axis] : 1; }

std::string size_text(std::int64_t w, std::int64_t h, std::int64_t channels) {
  return std::to_string(w) + " x " + std::to_string(h) + " with " + std::to_string(channels) +
         (channels == 1 ? " channel" : " channels");
}

void check_size(const Shape& shape, const iso::models::Card& card) {
  const auto& wanted = *card.classifier;
  const auto channels = static_cast<std::int64_t>(card.channels.size());
  if (extent(shape, 0) != wanted.width || extent(shape, 1) != wanted.height || extent(shape, 3) != channels)
    throw Error(Errc::shape_mismatch,
                "the images are " + size_text(extent(shape, 0), extent(shape, 1), extent(shape, 3)) +
                    ", the network '" + card.name + "' was trained on " +
                    size_text(wanted.width, wanted.height, channels),
                "resample the images as those of the training were, or name another network (`isocenter models`)");
}

/// A place in the input: which volume, which slice.
struct Place {
  std::size_t volume;
  std::int64_t slice;
};

std::vector<Place> choose(const std::vector<std::int64_t>& slices, const Choice& choice) {
  std::vector<Place> all, chosen;
  for (std::size_t v = 0; v < slices.size(); ++v)
    for (std::int64_t z = 0; z < slices[v]; ++z) all.push_back({v, z});
  for (std::size_t i = 0; i < all.size(); i += static_cast<std::size_t>(choice.every))
    if (choice.most == 0 || chosen.size() < static_cast<std::size_t>(choice.most)) chosen.push_back(all[i]);
  return chosen;
}

/// Values of all images against the window of the card.
void check_values(const std::vector<Pixels>& volumes, const iso::models::Card& card) {
  const auto& c = *card.classifier;
  const double width = c.high - c.low;
  double least = INFINITY, most = -INFINITY;
  for (const Pixels& pixels : volumes)
    for (const float value : pixels.values<float>()) {
      if (!std::isfinite(value))
        throw Error(Errc::invalid_input, "an image holds values that are not finite", "mend the image");
      least = std::min(least, double{value});
      most = std::max(most, double{value});
    }
  const std::string window =
      "the network '" + card.name + "' maps " + text(c.low) + " to " + text(c.high) + " to 0 to 1";
  if (least < c.low - range_slack * width || most > c.high + range_slack * width)
    throw Error(Errc::invalid_input, "the images hold values from " + text(least) + " to " + text(most) + ", " + window,
                "give the images in the unit of the training; a radius for another intensity map means nothing");
  if (most - least < mapped_share * width)
    throw Error(Errc::invalid_input,
                "the images hold values from " + text(least) + " to " + text(most) + " only, " + window,
                "they look as if they were mapped already; give the images in the unit of the training");
}

/// (W, H, C) of a slice, in [0, 1].
Pixels mapped(const Pixels& volume, std::int64_t slice, const iso::models::CardClassifier& c) {
  const Shape& shape = volume.spec().shape;
  const std::int64_t plane = shape[0] * shape[1], slices = extent(shape, 2), channels = extent(shape, 3);
  iso::PixelBuffer out = iso::PixelBuffer::allocate({Shape{shape[0], shape[1], channels}, iso::ScalarType::f32});
  const auto from = volume.values<float>();
  for (std::int64_t channel = 0; channel < channels; ++channel)
    for (std::int64_t i = 0; i < plane; ++i)
      out.values<float>()[static_cast<std::size_t>(channel * plane + i)] = static_cast<float>(std::clamp(
          (double{from[static_cast<std::size_t>((channel * slices + slice) * plane + i)]} - c.low) / (c.high - c.low),
          0.0, 1.0));
  return out;
}

std::int64_t to_label(double value, std::size_t row, std::size_t classes) {
  if (value != std::floor(value) || value < -1 || value >= static_cast<double>(classes))
    throw Error(Errc::invalid_input, "row " + std::to_string(row + 1) + " of the labels says " + text(value) +
                                         "; labels are 0 to " + std::to_string(classes - 1) +
                                         ", or -1 where none is known");
  return static_cast<std::int64_t>(value);
}

/// The column 'case', whose names were read as numbers if all of them look like some; none where there is no such column.
std::vector<std::string> read_names(const iso::Table& table) {
  std::vector<std::string> names;
  if (const auto named = std::ranges::find(table.texts, "case", &iso::TextColumn::name); named != table.texts.end())
    names = named->values;
  if (const auto named = std::ranges::find(table.columns, "case"); names.empty() && named != table.columns.end())
    for (const auto& row : table.values) {
      std::ostringstream out;
      out.precision(15);
      out << row[static_cast<std::size_t>(named - table.columns.begin())];
      names.push_back(out.str());
    }
  std::map<std::string, std::size_t> seen;
  for (std::size_t row = 0; row < names.size(); ++row)
    if (const auto [first, is_new] = seen.emplace(names[row], row); !is_new)
      throw Error(Errc::invalid_input,
                  "rows " + std::to_string(first->second + 1) + " and " + std::to_string(row + 1) +
                      " of the labels name the same case '" + names[row] + "'",
                  "give every image a name of its own, or leave the column 'case' away");
  return names;
}

std::int64_t read_label(const iso::Table& table, std::size_t row, std::size_t classes) {
  const auto found = std::ranges::find(table.columns, "label");
  if (found == table.columns.end())
    throw Error(Errc::invalid_input, "the table of labels has no column 'label' of numbers",
                "name the classes 0, 1, ... in a column 'label'");
  return to_label(table.values[row][static_cast<std::size_t>(found - table.columns.begin())], row, classes);
}

/// What all images are called and which class they are of.
struct Known {
  std::vector<std::string> names;
  std::vector<std::int64_t> labels;
};

/// Rows and images have names: each image has its row, wherever that stands.
void label_by_name(const iso::Table& table, const std::vector<std::string>& rows, std::size_t classes, Known& known) {
  std::map<std::string, std::size_t, std::less<>> row_of;
  for (std::size_t row = 0; row < rows.size(); ++row) row_of.emplace(rows[row], row);
  for (std::size_t i = 0; i < known.names.size(); ++i) {
    const auto found = row_of.find(known.names[i]);
    if (found == row_of.end())
      throw Error(Errc::invalid_input, "the labels have no row for the image '" + known.names[i] + "'",
                  "give a row for each image, with -1 where no label is known; its case is the name of the file "
                  "without its extension");
    known.labels[i] = read_label(table, found->second, classes);
    row_of.erase(found);
  }
  if (!row_of.empty())
    throw Error(Errc::invalid_input, "there is no image for the label of '" + row_of.begin()->first + "'",
                "give the images that the labels speak of, or take the row out");
}

void label_by_order(const iso::Table& table, std::size_t classes, Known& known) {
  if (table.rows() != known.labels.size())
    throw Error(Errc::invalid_input,
                "there are " + std::to_string(table.rows()) + " rows of labels for " +
                    std::to_string(known.labels.size()) + " images",
                "give one row an image, in their order");
  for (std::size_t i = 0; i < known.labels.size(); ++i) known.labels[i] = read_label(table, i, classes);
}

/// Their own names, from the files of a folder; none unless all have one.
std::vector<std::string> own_names(const std::vector<const Volume*>& volumes, std::size_t images) {
  std::vector<std::string> names;
  for (const Volume* const volume : volumes)
    for (std::string& name : iso::find_case_names(*volume)) names.push_back(std::move(name));
  if (names.size() != images) return {};
  std::map<std::string_view, int> seen;
  for (const std::string& name : names)
    if (++seen[name] > 1)
      throw Error(Errc::invalid_input, "two images are called '" + name + "'",
                  "give images of several folders names of their own");
  return names;
}

Known know(const std::vector<const Volume*>& volumes, std::size_t images, const iso::Table* table,
           std::size_t classes) {
  Known known{own_names(volumes, images), std::vector<std::int64_t>(images, -1)};
  const bool named = !known.names.empty();
  for (std::size_t i = 0; !named && i < images; ++i) known.names.push_back(std::to_string(i + 1));
  if (table == nullptr) return known;
  std::vector<std::string> rows = read_names(*table);
  if (named && !rows.empty()) {
    label_by_name(*table, rows, classes, known);
  } else {
    label_by_order(*table, classes, known);
    if (!rows.empty()) known.names = std::move(rows);
  }
  return known;
}

}  // namespace

iso::plugin::Port images_port() {
  return {"images",
          iso::Kind::volume,
          false,
          "The images: a folder of PNG or JPEG files, or volumes, every slice of which is one; frames are channels.",
          "",
          true};
}

iso::plugin::Port labels_port() {
  return {"labels", iso::Kind::table, true,
          "One row an image: 'label' (0, 1, ...; -1: not known) and, as one likes, 'case'. Images of a folder are "
          "found by that name, "
          "whatever their order; those of a stack, which have none, get the rows in their order."};
}

ImageCount count_images(const iso::plugin::Descriptions& inputs, const iso::models::Card& card, const Choice& choice) {
  std::vector<std::int64_t> slices;
  for (const iso::Description& one : iso::plugin::require_port(inputs, "images").all()) {
    const Shape& shape = iso::get<Volume>(one).pixels.spec().shape;
    check_size(shape, card);
    slices.push_back(extent(shape, 2));
  }
  ImageCount out;
  for (const std::int64_t n : slices) out.images += n;
  out.chosen = static_cast<std::int64_t>(choose(slices, choice).size());
  return out;
}

Cases make_cases(const iso::plugin::Datasets& inputs, const iso::models::Card& card, const Choice& choice) {
  const auto volumes = std::make_shared<std::vector<Pixels>>();
  std::vector<const Volume*> given;
  std::vector<std::int64_t> slices;
  for (const iso::DatasetPtr& one : iso::plugin::require_port(inputs, "images").all()) {
    given.push_back(&iso::get<Volume>(one));
    const Pixels& pixels = given.back()->pixels;
    check_size(pixels.spec().shape, card);
    slices.push_back(extent(pixels.spec().shape, 2));
    volumes->push_back(pixels.spec().type == iso::ScalarType::f32 ? pixels : pixels.converted(iso::ScalarType::f32));
  }
  check_values(*volumes, card);
  std::size_t images = 0;
  for (const std::int64_t n : slices) images += static_cast<std::size_t>(n);
  const Known known =
      know(given, images, iso::plugin::optional_input<iso::Table>(inputs, "labels"), card.classifier->classes.size());
  const auto places = std::make_shared<std::vector<Place>>(choose(slices, choice));
  Cases out;
  std::vector<std::size_t> before(slices.size());
  for (std::size_t v = 1; v < slices.size(); ++v) before[v] = before[v - 1] + static_cast<std::size_t>(slices[v - 1]);
  for (const Place& place : *places) {
    const std::size_t at = before[place.volume] + static_cast<std::size_t>(place.slice);
    out.names.push_back(known.names[at]);
    out.labels.push_back(known.labels[at]);
  }
  out.image = [volumes, places, c = *card.classifier](std::size_t i) {
    return mapped((*volumes)[(*places)[i].volume], (*places)[i].slice, c);
  };
  return out;
}

void check_classifier(const iso::models::Card& card, std::string_view mode, double sigma) {
  if (!card.classifier)
    throw Error(Errc::invalid_input, "the network '" + card.name + "' is no classifier",
                "name one of those that `isocenter models` lists as such");
  const auto& c = *card.classifier;
  if (!mode.empty() && c.mode != mode)
    throw Error(Errc::invalid_input,
                mode == "drs"
                    ? "the network '" + card.name +
                          "' is one graph for the whole image; drs needs two, one for each half of the pixels"
                    : "the network '" + card.name +
                          "' is two graphs, one for each half of the pixels; rs needs one for the whole image",
                "use certification/" + c.mode + " with it, or name another network (`isocenter models`)");
  if (sigma != 0 && std::abs(sigma - c.sigma) > 1e-9 * c.sigma)
    throw Error(Errc::invalid_input,
                "sigma is " + text(sigma) + ", the network '" + card.name + "' was trained for " + text(c.sigma),
                "leave sigma away, or name a network that was trained for it (`isocenter models`)");
}

Smoothed make_smoothed(const iso::models::Card& card, const iso::compute::Backend& backend, std::int64_t batch) {
  const auto& c = *card.classifier;
  std::vector<Side> sides;
  for (iso::models::NetworkPtr& network : iso::models::load(card, iso::ThreadBudget::threads())) {
    auto classifier = iso::models::make_classifier(std::move(network));
    if (classifier->classes() != static_cast<std::int64_t>(c.classes.size()))
      throw Error(Errc::invalid_input,
                  "a graph of '" + card.name + "' has " + std::to_string(classifier->classes()) +
                      " classes, its card names " + std::to_string(c.classes.size()),
                  "put the card and its graphs of one training side by side");
    sides.push_back(
        {std::move(classifier), c.sigma, sides.empty() ? iso::compute::Half::left : iso::compute::Half::right});
  }
  return Smoothed{std::move(sides), iso::compute::split_from_string(c.split), backend, batch};
}

void prepare_for_view(Volume& volume, const std::vector<std::string>& cases) {
  volume.meta["window"] = "1,0.5";  // of a picture file
  volume.meta["window_width"] = "1";
  volume.meta["window_centre"] = "0.5";
  if (std::ranges::none_of(cases, [](const std::string& name) { return name.empty() || name.find('/') != name.npos; }))
    iso::set_case_names(volume, cases);
}

std::string identity(const iso::models::Card& card) { return card.name + " " + card.sha256.substr(0, 12); }

std::int64_t count_values(const iso::models::Card& card) {
  return card.classifier->width * card.classifier->height * static_cast<std::int64_t>(card.channels.size());
}

double seconds_an_evaluation(const iso::models::Card& card) {
  const double weights =
      static_cast<double>(card.parameters) / static_cast<double>(std::max<std::size_t>(card.graphs.size(), 1));
  const double operations =
      2 * weights * static_cast<double>(card.classifier->width * card.classifier->height) * pixels_a_weight;
  return operations / (operations_a_second * iso::ThreadBudget::threads());
}

std::size_t bytes_of_batch(const iso::models::Card& card, std::int64_t batch) {
  return static_cast<std::size_t>(bytes_an_activation * static_cast<double>(count_values(card)) *
                                  static_cast<double>(batch));
}

}  // namespace certification
