#include "iso/data/dataset_message.h"

#include "iso/base/error.h"

#include <cstring>

namespace iso::wire {
namespace {

using Json = nlohmann::json;

/// Numbers of any plain type as pixels, so that long lists travel in shared memory and not as text.
template <class T>
Pixels pixels_from(const T* values, std::size_t count) {
  if (count == 0) return {};
  PixelBuffer buffer = PixelBuffer::allocate({Shape{static_cast<std::int64_t>(count)}, scalar_type_of<T>});
  std::memcpy(buffer.data(), values, count * sizeof(T));
  return buffer;
}

std::vector<double> to_numbers(const Pixels& pixels) {
  if (pixels.empty()) return {};
  const auto values = pixels.values<double>();
  return {values.begin(), values.end()};
}

constexpr std::size_t numbers_a_view = 12;
static_assert(sizeof(View) == numbers_a_view * sizeof(double));

/// Turns the members of a data set, by their types, into JSON; arrays go where `pack` puts them.
template <class Pack>
struct Writer {
  Json& json;
  const Pack& pack;

  template <class T>
  void operator()(const Member& member, const T& value) const {
    json[std::string(member.name)] = form(value);
  }

 private:
  Json form(const Pixels& pixels) const { return pack(pixels); }
  Json form(const VoxelGrid& grid) const {
    return {{"size", grid.size},
            {"spacing_mm", grid.spacing_mm},
            {"origin_mm", grid.origin_mm},
            {"direction", grid.direction}};
  }
  Json form(const ProjectionGeometry& g) const {
    const auto* const numbers = reinterpret_cast<const double*>(g.views().data());
    return {{"beam", static_cast<int>(g.beam())},
            {"detector", static_cast<int>(g.detector_shape())},
            {"elements", g.elements()},
            {"views", pack(pixels_from(numbers, g.views().size() * numbers_a_view))}};
  }
  Json form(const Quantity& quantity) const { return {{"name", quantity.name}, {"unit", quantity.unit}}; }
  Json form(const Axis& axis) const {
    return {{"name", axis.name},
            {"unit", axis.unit},
            {"values", pack(pixels_from(axis.values.data(), axis.values.size()))},
            {"first", axis.first},
            {"step", axis.step}};
  }
  Json form(int number) const { return number; }
  Json form(const std::vector<std::string>& texts) const { return texts; }
  Json form(const std::vector<std::vector<double>>& rows) const {
    std::vector<std::size_t> lengths;
    std::vector<double> numbers;
    for (const auto& row : rows) {
      lengths.push_back(row.size());
      numbers.insert(numbers.end(), row.begin(), row.end());
    }
    return {{"lengths", lengths}, {"numbers", pack(pixels_from(numbers.data(), numbers.size()))}};
  }
  Json form(const std::vector<TextColumn>& columns) const {
    Json list = Json::array();
    for (const TextColumn& column : columns) list.push_back({{"name", column.name}, {"values", column.values}});
    return list;
  }
};

class Reader {
 public:
  enum class Arrays : std::uint8_t { with_memory, outlines_too };
  Reader(Message& message, Arrays arrays) : message_{message}, arrays_{arrays} {}

  Pixels pixels(const Json& json) const { return pixels_in(json); }
  DatasetPtr dataset(const Json& json) const {
    Dataset data = make_dataset(kind_from_string(json.at("kind").get<std::string>()));
    visit_members(data, [&](const Member& member, auto& value) { take(json.at(std::string(member.name)), value); });
    metadata(data) = json.at("meta").get<Metadata>();
    return std::make_shared<const Dataset>(std::move(data));
  }

 private:
  void take(const Json& json, Pixels& pixels) const { pixels = pixels_in(json); }
  void take(const Json& json, VoxelGrid& grid) const {
    json.at("size").get_to(grid.size);
    json.at("spacing_mm").get_to(grid.spacing_mm);
    json.at("origin_mm").get_to(grid.origin_mm);
    json.at("direction").get_to(grid.direction);
  }
  void take(const Json& json, ProjectionGeometry& geometry) const {
    const auto beam = json.at("beam").get<int>(), shape = json.at("detector").get<int>();
    if (beam < 0 || beam > 2 || shape < 0 || shape > 1)
      throw Error(Errc::plugin_incompatible, "a message describes a beam or detector of unknown kind");
    const auto numbers = to_numbers(pixels_in(json.at("views")));
    const auto elements = json.at("elements").get<std::array<std::int64_t, 2>>();
    std::vector<View> views(numbers.size() / numbers_a_view);
    if (!views.empty()) std::memcpy(static_cast<void*>(views.data()), numbers.data(), views.size() * sizeof(View));
    geometry = views.empty() && elements == std::array<std::int64_t, 2>{}
                   ? ProjectionGeometry{}
                   : ProjectionGeometry{static_cast<Beam>(beam), static_cast<DetectorShape>(shape), elements,
                                        std::move(views)};
  }
  void take(const Json& json, Quantity& quantity) const {
    json.at("name").get_to(quantity.name);
    json.at("unit").get_to(quantity.unit);
  }
  void take(const Json& json, Axis& axis) const {
    json.at("name").get_to(axis.name);
    json.at("unit").get_to(axis.unit);
    axis.values = to_numbers(pixels_in(json.at("values")));
    json.at("first").get_to(axis.first);
    json.at("step").get_to(axis.step);
  }
  void take(const Json& json, int& number) const { json.get_to(number); }
  void take(const Json& json, std::vector<std::string>& texts) const { json.get_to(texts); }
  void take(const Json& json, std::vector<std::vector<double>>& rows) const {
    const auto numbers = to_numbers(pixels_in(json.at("numbers")));
    std::size_t next = 0;
    for (const auto length : json.at("lengths").get<std::vector<std::size_t>>()) {
      if (length > numbers.size() - next)
        throw Error(Errc::plugin_incompatible, "a message brings fewer numbers than its table has");
      rows.emplace_back(numbers.begin() + static_cast<std::ptrdiff_t>(next),
                        numbers.begin() + static_cast<std::ptrdiff_t>(next + length));
      next += length;
    }
  }
  void take(const Json& json, std::vector<TextColumn>& columns) const {
    for (const Json& column : json)
      columns.push_back({column.at("name").get<std::string>(), column.at("values").get<std::vector<std::string>>()});
  }

  Pixels pixels_in(const Json& json) const {
    if (json.is_null()) return {};
    const auto extents = json.at("shape").get<std::vector<std::int64_t>>();
    const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}},
                         scalar_type_from_string(json.at("type").get<std::string>())};
    if (arrays_ == Arrays::outlines_too && !json.contains("descriptor")) return Pixels::outline(spec);
    const auto index = json.at("descriptor").get<std::size_t>();
    if (index >= message_.descriptors.size() || !message_.descriptors[index])
      throw Error(Errc::plugin_incompatible, "a message names descriptor " + std::to_string(index) + ", it brought " +
                                                 std::to_string(message_.descriptors.size()));
    return SharedPixels::adopt(message_.descriptors[index].release(), spec).pixels();
  }

  Message& message_;
  Arrays arrays_;
};

}  // namespace

nlohmann::json Packer::pack(const Pixels& block) {
  if (block.empty() || (block.spec().bytes() == 0 && !block.is_outline())) return nullptr;
  const auto extents = block.spec().shape.extents();
  Json json{{"shape", std::vector<std::int64_t>(extents.begin(), extents.end())},
            {"type", std::string(to_string(block.spec().type))}};
  if (block.is_outline()) return json;
  json["descriptor"] = shared_.size();
  shared_.push_back(SharedPixels::share(block));
  return json;
}

nlohmann::json Packer::pack(const Dataset& data) {
  Json json{{"kind", std::string(to_string(to_kind(data)))}, {"meta", metadata(data)}};
  const auto array = [this](const Pixels& pixels) { return pack(pixels); };
  visit_members(data, Writer<decltype(array)>{json, array});
  return json;
}

nlohmann::json Packer::pack(const Description& description) { return pack(description.outline()); }

std::vector<int> Packer::descriptors() const {
  std::vector<int> numbers;
  numbers.reserve(shared_.size());
  for (const SharedPixels& pixels : shared_) numbers.push_back(pixels.descriptor());
  return numbers;
}

namespace {
template <class Work>
auto with_one_error(const Work& work) {
  try {
    return work();
  } catch (const Json::exception& problem) {
    throw Error(Errc::plugin_incompatible, "a message describes a data set wrongly: " + std::string(problem.what()));
  } catch (const Error& problem) {
    if (problem.code() != Errc::usage) throw;  // a word that is none, which no user wrote
    throw Error(Errc::plugin_incompatible, "a message describes a data set wrongly: " + std::string(problem.what()));
  }
}
}  // namespace

DatasetPtr unpack(const nlohmann::json& description, Message& message) {
  return with_one_error([&] { return Reader{message, Reader::Arrays::with_memory}.dataset(description); });
}

DatasetPtr unpack_outlines(const nlohmann::json& description, Message& message) {
  return with_one_error([&] { return Reader{message, Reader::Arrays::outlines_too}.dataset(description); });
}

Pixels unpack_pixels(const nlohmann::json& description, Message& message) {
  return with_one_error([&] { return Reader{message, Reader::Arrays::with_memory}.pixels(description); });
}

Description unpack_description(const nlohmann::json& description, Message& message) {
  return describe(*unpack_outlines(description, message));
}

}  // namespace iso::wire
