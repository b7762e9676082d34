#include "dataset_message.h"

#include "iso/base/error.h"

#include <cstring>

namespace iso::host {
namespace {

using Json = nlohmann::json;

Json grid_object(const VoxelGrid& grid) {
  return {{"size", grid.size},
          {"spacing_mm", grid.spacing_mm},
          {"origin_mm", grid.origin_mm},
          {"direction", grid.direction}};
}

VoxelGrid grid_from(const Json& json) {
  VoxelGrid grid;
  json.at("size").get_to(grid.size);
  json.at("spacing_mm").get_to(grid.spacing_mm);
  json.at("origin_mm").get_to(grid.origin_mm);
  json.at("direction").get_to(grid.direction);
  return grid;
}

/// Numbers of any plain type as pixels, so that long lists travel in shared memory and not as text.
template <class T>
PixelBlock block_of(const T* values, std::size_t count) {
  if (count == 0) return {};
  PixelBlock block = PixelBlock::allocate({Shape{static_cast<std::int64_t>(count)}, scalar_type_of<T>});
  std::memcpy(block.mutable_data(), values, count * sizeof(T));
  return block;
}

template <class T>
std::vector<T> vector_of(const PixelBlock& block) {
  if (block.empty()) return {};
  const auto values = block.values<T>();
  return {values.begin(), values.end()};
}

constexpr std::size_t numbers_a_view = 12;
static_assert(sizeof(View) == numbers_a_view * sizeof(double));

class Reader {
 public:
  explicit Reader(Message& message) : message_{message} {}

  PixelBlock block(const Json& json) {
    if (json.is_null()) return {};
    const auto extents = json.at("shape").get<std::vector<std::int64_t>>();
    const ArraySpec spec{Shape{std::span<const std::int64_t>{extents}},
                         scalar_type_from_string(json.at("type").get<std::string>())};
    const auto index = json.at("descriptor").get<std::size_t>();
    if (index >= message_.descriptors.size() || !message_.descriptors[index])
      throw Error(Errc::plugin_incompatible, "a message names descriptor " + std::to_string(index) + ", it brought " +
                                                 std::to_string(message_.descriptors.size()));
    return SharedPixels::adopt(message_.descriptors[index].release(), spec).block();
  }

  Trajectory trajectory(const Json& json) {
    Trajectory result;
    result.cartesian_mask = vector_of<std::uint8_t>(block(json.at("mask")));
    const auto numbers = vector_of<float>(block(json.at("coordinates")));
    result.coordinates.resize(numbers.size() / 3);
    for (std::size_t i = 0; i < result.coordinates.size(); ++i)
      result.coordinates[i] = {numbers[3 * i], numbers[3 * i + 1], numbers[3 * i + 2]};
    result.density_compensation = vector_of<float>(block(json.at("density")));
    return result;
  }

  ProjectionGeometry geometry(const Json& json) {
    const auto beam = json.at("beam").get<int>(), shape = json.at("detector").get<int>();
    if (beam < 0 || beam > 2 || shape < 0 || shape > 1)
      throw Error(Errc::plugin_incompatible, "a message describes a beam or detector of unknown kind");
    const auto numbers = vector_of<double>(block(json.at("views")));
    std::vector<View> views(numbers.size() / numbers_a_view);
    if (!views.empty()) std::memcpy(static_cast<void*>(views.data()), numbers.data(), views.size() * sizeof(View));
    return {static_cast<Beam>(beam), static_cast<DetectorShape>(shape),
            json.at("elements").get<std::array<std::int64_t, 2>>(), std::move(views)};
  }

  DatasetPtr dataset(const Json& json) {
    Dataset data = by_kind(json);
    metadata(data) = json.at("meta").get<Metadata>();
    return std::make_shared<const Dataset>(std::move(data));
  }

 private:
  Dataset by_kind(const Json& json) {
    switch (kind_from_string(json.at("kind").get<std::string>())) {
      case Kind::volume:
        return Volume{block(json.at("pixels")),
                      grid_from(json.at("grid")),
                      quantity_from_string(json.at("quantity").get<std::string>()),
                      {}};
      case Kind::label_map:
        return LabelMap{
            block(json.at("pixels")), grid_from(json.at("grid")), json.at("names").get<std::vector<std::string>>(), {}};
      case Kind::sinogram: return Sinogram{block(json.at("pixels")), geometry(json.at("geometry")), {}};
      case Kind::k_space: {
        KSpace samples{block(json.at("pixels")), trajectory(json.at("trajectory")), grid_from(json.at("grid")), {}, {}};
        if (!json.at("coils").is_null()) samples.coil_sensitivities = block(json.at("coils"));
        return samples;
      }
      case Kind::spectral_cube:
        return SpectralCube{block(json.at("pixels")), vector_of<double>(block(json.at("wavelengths_nm"))), {}};
      case Kind::table: return table(json);
    }
    throw Error(Errc::plugin_incompatible, "a message describes data of unknown kind");
  }

  Table table(const Json& json) {
    Table result{json.at("columns").get<std::vector<std::string>>(), {}, {}};
    const auto numbers = vector_of<double>(block(json.at("values")));
    std::size_t next = 0;
    for (const auto length : json.at("row_lengths").get<std::vector<std::size_t>>()) {
      if (length > numbers.size() - next)
        throw Error(Errc::plugin_incompatible, "a message brings fewer numbers than its table has");
      result.values.emplace_back(numbers.begin() + static_cast<std::ptrdiff_t>(next),
                                 numbers.begin() + static_cast<std::ptrdiff_t>(next + length));
      next += length;
    }
    return result;
  }

  Message& message_;
};

}  // namespace

nlohmann::json Packer::pack(const PixelBlock& block) {
  if (block.empty() || block.spec().bytes() == 0) return nullptr;
  const auto extents = block.spec().shape.extents();
  Json json{{"shape", std::vector<std::int64_t>(extents.begin(), extents.end())},
            {"type", std::string(to_string(block.spec().type))},
            {"descriptor", shared_.size()}};
  shared_.push_back(SharedPixels::copy_of(block));
  return json;
}

nlohmann::json Packer::pack(const Dataset& data) {
  Json json{{"kind", std::string(to_string(kind_of(data)))}, {"meta", metadata(data)}};
  if (const PixelBlock* const pixels = pixels_of(data)) json["pixels"] = pack(*pixels);
  if (const auto* volume = std::get_if<Volume>(&data)) {
    json["grid"] = grid_object(volume->grid);
    json["quantity"] = std::string(to_string(volume->quantity));
  } else if (const auto* labels = std::get_if<LabelMap>(&data)) {
    json["grid"] = grid_object(labels->grid);
    json["names"] = labels->names;
  } else if (const auto* sinogram = std::get_if<Sinogram>(&data)) {
    const ProjectionGeometry& g = sinogram->geometry;
    json["geometry"] = {{"beam", static_cast<int>(g.beam())},
                        {"detector", static_cast<int>(g.detector_shape())},
                        {"elements", g.elements()},
                        {"views", pack(block_of(reinterpret_cast<const double*>(g.views().data()),
                                                g.views().size() * numbers_a_view))}};
  } else if (const auto* samples = std::get_if<KSpace>(&data)) {
    const Trajectory& t = samples->trajectory;
    json["grid"] = grid_object(samples->grid);
    json["trajectory"] = {
        {"mask", pack(block_of(t.cartesian_mask.data(), t.cartesian_mask.size()))},
        {"coordinates", pack(block_of(reinterpret_cast<const float*>(t.coordinates.data()), 3 * t.coordinates.size()))},
        {"density", pack(block_of(t.density_compensation.data(), t.density_compensation.size()))}};
    json["coils"] = samples->coil_sensitivities ? pack(*samples->coil_sensitivities) : Json(nullptr);
  } else if (const auto* cube = std::get_if<SpectralCube>(&data)) {
    json["wavelengths_nm"] = pack(block_of(cube->wavelengths_nm.data(), cube->wavelengths_nm.size()));
  } else if (const auto* table = std::get_if<Table>(&data)) {
    std::vector<std::size_t> lengths;
    std::vector<double> numbers;
    for (const auto& row : table->values) {
      lengths.push_back(row.size());
      numbers.insert(numbers.end(), row.begin(), row.end());
    }
    json["columns"] = table->columns;
    json["row_lengths"] = lengths;
    json["values"] = pack(block_of(numbers.data(), numbers.size()));
  }
  return json;
}

std::vector<int> Packer::descriptors() const {
  std::vector<int> numbers;
  for (const SharedPixels& pixels : shared_) numbers.push_back(pixels.descriptor());
  return numbers;
}

DatasetPtr unpack(const nlohmann::json& description, Message& message) {
  try {
    return Reader{message}.dataset(description);
  } catch (const Json::exception& problem) {
    throw Error(Errc::plugin_incompatible, "a message describes a data set wrongly: " + std::string(problem.what()));
  }
}

}  // namespace iso::host
