#include "array_impl.h"
#include "handlers_impl.h"
#include "hdf5_impl.h"

#include "iso/base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>

/// HDF5 files of others: the Data Exchange layout of synchrotron tomography, and any array by its path.
namespace iso::io::detail {
namespace fs = std::filesystem;
namespace {

const std::vector<Kind> array_kinds{Kind::volume,  Kind::label_map,     Kind::sinogram,
                                    Kind::k_space, Kind::spectral_cube, Kind::table};

bool holds(const fs::path& file, const std::function<bool(hid_t)>& test) {
  if (!h5::looks_like_hdf5(file)) return false;
  const h5::Quiet quiet;
  try {
    const h5::Id in = h5::open_file(file);
    return test(in);
  } catch (const Error&) {
    return false;
  }
}

// Data Exchange: /exchange/data[theta, y, x] with flat fields data_white, dark fields data_dark and angles theta (degrees).
// Without another geometry the beam is parallel and the axis of rotation is in the middle of the detector.
class DataExchange final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return holds(file, [](hid_t in) { return h5::is_dataset(in, "/exchange/data"); });
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const h5::Quiet quiet;
    RawArray array = array_of(file);
    ReadOptions as = options;
    if (!as.expected) as.expected = Kind::sinogram;
    if (*as.expected == Kind::sinogram && as.geometry.empty()) add_geometry(file, array, options);
    if (*as.expected != Kind::sinogram) array.axes.clear();
    return make_dataset(std::move(array), as, array_of);
  }

 private:
  static RawArray array_of(const fs::path& file) {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    if (!h5::is_dataset(in, "/exchange/data"))
      throw Error{Errc::invalid_input, "'" + file.string() + "' holds no /exchange/data"};
    RawArray array;
    array.pixels = h5::read_array(in, "/exchange/data");
    if (array.pixels.spec().shape.rank() != 3)
      throw Error{Errc::invalid_input,
                  "/exchange/data is " + array.pixels.spec().shape.text() + ", three axes were expected"};
    array.axes = "u,v,view";
    if (h5::is_dataset(in, "/exchange/data_white")) array.unattenuated = h5::read_array(in, "/exchange/data_white");
    if (h5::is_dataset(in, "/exchange/data_dark")) array.dark = h5::read_array(in, "/exchange/data_dark");
    return array;
  }
  static void add_geometry(const fs::path& file, RawArray& array, const ReadOptions& options) {
    const h5::Id in = h5::open_file(file);
    if (!h5::is_dataset(in, "/exchange/theta")) {
      throw Error{Errc::invalid_input, "'" + file.string() + "' holds no angles /exchange/theta",
                  "pass --geometry FILE"};
    }
    const PixelBlock theta = h5::read_array(in, "/exchange/theta").converted(ScalarType::f64);
    std::vector<double> angles;
    bool radians = false;
    {
      const h5::Id data{H5Dopen2(in, "/exchange/theta", H5P_DEFAULT), H5Dclose, "theta"};
      const std::string units = lower(h5::text_attribute(data, "units").value_or(""));
      radians = units.starts_with("rad");
      if (units.empty()) assume(array.meta, "angles in degrees");
    }
    for (const double angle : theta.values<double>())
      angles.push_back(radians ? angle : angle * std::numbers::pi / 180);
    double pitch = 1;
    if (const auto hint = hint_of(options, "spacing_mm"); !hint.empty()) {
      pitch = numbers_of(hint, "spacing_mm")[0];
    } else {
      assume(array.meta, "detector elements of 1 mm");
    }
    if (hint_of(options, "rotation_axis").empty())
      assume(array.meta, "the rotation axis in the middle of the detector");
    assume(array.meta, "a parallel beam");
    const Shape& shape = array.pixels.spec().shape;
    array.geometry = ProjectionGeometry::parallel(angles, {shape[0], shape[1]}, {pitch, pitch});
  }
  Format format_{"HDF5 Data Exchange",
                 {".h5", ".hdf5", ".hdf"},
                 {Kind::sinogram, Kind::volume},
                 {},
                 array_hints(),
                 "Readings with flat and dark fields and angles; line integrals are made of them."};
};

class AnyHdf5 final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override { return h5::looks_like_hdf5(file); }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const std::string wanted = hint_of(options, "dataset");
    return make_dataset(array_of(file, wanted), options,
                        [&](const fs::path& other) { return array_of(other, wanted); });
  }

 private:
  static RawArray array_of(const fs::path& file, std::string wanted) {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    std::vector<Choice> choices;
    for (const auto& name : h5::dataset_names(in)) {
      try {
        const Shape shape = h5::shape_of(in, name);
        choices.push_back({name, {shape.extents().rbegin(), shape.extents().rend()}});
      } catch (const Error&) {
        continue;  // more axes than we have
      }
    }
    if (!wanted.empty() && wanted[0] != '/') wanted = "/" + wanted;
    RawArray array;
    array.pixels = h5::read_array(in, choose(choices, wanted));
    return array;
  }
  Format format_{
      "HDF5 array", {".h5", ".hdf5", ".hdf"}, array_kinds,
      {},           array_hints({"dataset"}), "One array of the file by its path, the last axis of the file first."};
};

}  // namespace

void add_data_exchange(Handlers& to) { to.push_back(std::make_unique<DataExchange>()); }
void add_any_hdf5(Handlers& to) { to.push_back(std::make_unique<AnyHdf5>()); }

}  // namespace iso::io::detail
