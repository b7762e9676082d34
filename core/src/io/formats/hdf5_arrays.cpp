#include "io/array_impl.h"
#include "io/formats/hdf5_impl.h"
#include "io/formats/hdf5_layouts_impl.h"
#include "io/handlers_impl.h"

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

// Data Exchange: /exchange/data[theta, y, x] with flat fields data_white, dark fields data_dark and angles theta (degrees).
// Without another geometry the beam is parallel and the axis of rotation is in the middle of the detector.
class DataExchange final : public Handler {
 public:
  [[nodiscard]] const Format& format() const noexcept override { return format_; }
  [[nodiscard]] bool recognises(const fs::path& file) const override {
    return h5::holds(file, [](hid_t in) { return h5::is_dataset(in, "/exchange/data"); });
  }
  [[nodiscard]] Dataset read(const fs::path& file, const ReadOptions& options) const override {
    const h5::Quiet quiet;
    RawArray array = make_array(file);
    ReadOptions as = options;
    if (!as.expected) as.expected = Kind::sinogram;
    if (*as.expected == Kind::sinogram && as.geometry.empty()) add_geometry(file, array, options);
    if (*as.expected != Kind::sinogram) array.axes.clear();
    return make_dataset(std::move(array), as, make_array);
  }

 private:
  static RawArray make_array(const fs::path& file) {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    if (!h5::is_dataset(in, "/exchange/data"))
      throw Error{Errc::invalid_input, "'" + file.string() + "' holds no /exchange/data"};
    RawArray array;
    array.pixels = h5::read_or_outline(in, "/exchange/data", array.meta);
    if (array.pixels.spec().shape.rank() != 3)
      throw Error{Errc::invalid_input,
                  "/exchange/data is " + array.pixels.spec().shape.text() + ", three axes were expected"};
    const auto axes = make_axes(in, "/exchange/data");
    array.axes = axes ? *axes : to_order(in, array.pixels.spec().shape, array.meta);
    for (const auto& [name, field] :
         {std::pair{"/exchange/data_white", &array.unattenuated}, std::pair{"/exchange/data_dark", &array.dark}}) {
      if (!h5::is_dataset(in, name)) continue;
      Pixels block = h5::read_or_outline(in, name, array.meta);
      // Fields are images of the detector one after the other, unless they say another order.
      if (const auto field_axes = make_axes(in, name);
          field_axes && block.spec().shape.rank() == 3 && block.spec().shape.count() > 0) {
        const auto names = split(*field_axes);
        std::vector<std::size_t> order;
        for (const char* const axis : {"u", "v", "view"})
          order.push_back(static_cast<std::size_t>(std::ranges::find(names, axis) - names.begin()));
        block = permuted(block, order);
      }
      *field = block;
    }
    return array;
  }
  // What the attribute "axes" says, "theta:y:x" from the slowest on; ours are named from the fastest on.
  static std::optional<std::string> make_axes(hid_t in, const char* path) {
    const h5::Id data{H5Dopen2(in, path, H5P_DEFAULT), H5Dclose, path};
    const auto text = h5::text_attribute(data, "axes");
    if (!text || text->empty()) return std::nullopt;
    std::vector<std::string> names;
    for (const auto& part : split(*text, text->find(':') == std::string::npos ? ',' : ':')) {
      const std::string name = lower(part);
      const bool view = name.starts_with("theta") || name == "angle" || name == "angles" || name == "view" ||
                        name == "projection" || name == "n" || name == "frame" || name == "image";
      names.push_back(name == "x" ? "u" : name == "y" ? "v" : view ? "view" : name);
    }
    std::ranges::reverse(names);
    auto sorted = names;
    std::ranges::sort(sorted);
    if (sorted != std::vector<std::string>{"u", "v", "view"}) {
      throw Error{Errc::invalid_input,
                  std::string{path} + " says its axes are '" + text->substr(0, 40) + "', theta, y and x were expected",
                  "pass --axes with u, v and view, fastest first"};
    }
    return names[0] + "," + names[1] + "," + names[2];
  }
  // Without that attribute: theta, y, x, unless there are as many angles as rows only.
  static std::string to_order(hid_t in, const Shape& shape, Metadata& meta) {
    if (!h5::is_dataset(in, "/exchange/theta")) return "u,v,view";
    const std::int64_t angles = h5::make_shape(in, "/exchange/theta").count();
    if (shape[2] != angles && shape[1] == angles) {
      assume(meta, "readings in the order of sinograms (y, theta, x), as there are as many angles as rows");
      return "u,view,v";
    }
    if (shape[1] == shape[2] && shape[1] > 1)
      assume(meta,
             "readings in the order of projections (theta, y, x), which the sizes do not tell (else pass --axes "
             "u,view,v)");
    return "u,v,view";
  }
  static void add_geometry(const fs::path& file, RawArray& array, const ReadOptions& options) {
    const h5::Id in = h5::open_file(file);
    if (!h5::is_dataset(in, "/exchange/theta")) {
      throw Error{Errc::invalid_input, "'" + file.string() + "' holds no angles /exchange/theta",
                  "pass --geometry FILE"};
    }
    const Pixels theta = h5::read_array(in, "/exchange/theta").converted(ScalarType::f64);
    std::vector<double> angles;
    bool radians = false;
    {
      const h5::Id data{H5Dopen2(in, "/exchange/theta", H5P_DEFAULT), H5Dclose, "theta"};
      const std::string units = lower(h5::text_attribute(data, "units").value_or(""));
      radians = units.starts_with("rad");
      if (units.empty()) assume(array.meta, "angles in degrees");
      if (!units.empty() && !radians && !units.starts_with("deg") && units != "\xc2\xb0" && units != "\xc2\xba")
        throw Error{Errc::invalid_input,
                    "/exchange/theta is in '" + units.substr(0, 40) + "', degrees or radians were expected",
                    "pass --geometry FILE"};
    }
    for (const double angle : theta.values<double>())
      angles.push_back(radians ? angle : angle * std::numbers::pi / 180);
    double pitch = 1;
    if (const auto hint = find_hint(options, "spacing_mm"); !hint.empty()) {
      pitch = to_numbers(hint, "spacing_mm")[0];
    } else {
      assume(array.meta, "detector elements of 1 mm");
    }
    if (find_hint(options, "rotation_axis").empty())
      assume(array.meta, "the rotation axis in the middle of the detector");
    assume(array.meta, "a parallel beam");
    const Shape& shape = array.pixels.spec().shape;
    const std::string given = find_hint(options, "axes");
    const auto names = split(given.empty() ? array.axes : given);
    const auto extent = [&](const char* name) {
      const auto at = std::ranges::find(names, name);
      return at == names.end() ? std::int64_t{1} : shape[static_cast<std::size_t>(at - names.begin())];
    };
    array.geometry = ProjectionGeometry::parallel(angles, {extent("u"), extent("v")}, {pitch, pitch});
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
    const std::string wanted = find_hint(options, "dataset");
    const Kind kind = options.expected.value_or(options.geometry.empty() ? Kind::volume : Kind::sinogram);
    const bool image = kind == Kind::volume || kind == Kind::label_map;
    return make_dataset(make_array(file, wanted, image), options,
                        [&](const fs::path& other) { return make_array(other, wanted, false); });
  }
  [[nodiscard]] std::vector<ArrayInfo> arrays(const fs::path& file) const override {
    const h5::Quiet quiet;
    auto found = to_arrays(to_choices(h5::open_file(file)));
    for (ArrayInfo& array : found) std::ranges::reverse(array.extents);
    return found;
  }

 private:
  static std::vector<Choice> to_choices(hid_t in) {
    std::vector<Choice> choices;
    for (const auto& name : h5::dataset_names(in)) {
      try {
        const Shape shape = h5::make_shape(in, name);
        choices.push_back({name, {shape.extents().rbegin(), shape.extents().rend()}});
      } catch (const Error&) {
        continue;  // more axes than we have
      }
    }
    return choices;
  }
  static RawArray make_array(const fs::path& file, std::string wanted, bool image) {
    const h5::Quiet quiet;
    const h5::Id in = h5::open_file(file);
    const auto choices = to_choices(in);
    if (!wanted.empty() && wanted[0] != '/') wanted = "/" + wanted;
    RawArray array;
    const bool linked = !wanted.empty() && h5::leads_to_dataset(in, wanted);  // links are in no list
    if (wanted.empty() && h5::is_dataset(in, "/dataset/xml") && !h5::is_dataset(in, "/dataset/data"))
      throw FactMissing{"dataset", Errc::no_input,
                        "the file has the header of an ISMRMRD scan and no acquisitions (/dataset/data)",
                        "write it again with them, or pass the hint dataset=NAME for another array of the file"};
    if (wanted.empty()) wanted = h5::main_array(in);
    const std::string path = linked ? wanted : choose(choices, wanted);
    h5::check_layout(in, path, h5::make_shape(in, path));
    array.pixels = h5::read_or_outline(in, path, array.meta);
    h5::take_layout(in, path, image, array);
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
