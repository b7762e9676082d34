#include "io_fixture.h"

#include <hdf5.h>
#include <zlib.h>

#include <functional>
#include <numeric>
#include <utility>
#include <vector>

/// HDF5 arrays in pieces (chunks) as the library writes them, and pieces that are shorter, longer or packed otherwise than they say.
namespace iso::test {
namespace {

/// Closes what HDF5 opened.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_{id}, close_{close} { EXPECT_GE(id, 0); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close_(id_); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

using Filters = std::function<void(hid_t)>;
constexpr std::array<hsize_t, 3> extents{5, 7, 6}, chunk{2, 3, 4};  // no extent is a multiple of the piece's

std::vector<std::int32_t> numbers() {
  std::vector<std::int32_t> values(5 * 7 * 6);
  std::iota(values.begin(), values.end(), -50);
  return values;
}

class Hdf5Pieces : public IoTest {
 protected:
  Hdf5Pieces() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

  /// "/a" with `filters`, its elements of this type in the file; `then` may change it.
  fs::path make(hid_t type, const Filters& filters, const std::function<void(hid_t)>& then = {}) const {
    const fs::path file = folder / "a.h5";
    const Handle out{H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose};
    const Handle space{H5Screate_simple(3, extents.data(), nullptr), H5Sclose},
        made{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
    H5Pset_chunk(made, 3, chunk.data());
    filters(made);
    const Handle data{H5Dcreate2(out, "a", type, space, H5P_DEFAULT, made, H5P_DEFAULT), H5Dclose};
    EXPECT_GE(H5Dwrite(data, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers().data()), 0);
    if (then) then(data);
    return file;
  }
  /// Puts these bytes in the place of the second piece.
  static void put_piece(hid_t data, const std::string& bytes, std::uint32_t left_out = 0) {
    constexpr std::array<hsize_t, 3> at{0, 0, 4};
    EXPECT_GE(H5Dwrite_chunk(data, H5P_DEFAULT, left_out, at.data(), bytes.size(), bytes.data()), 0);
  }
  static std::string packed(const std::string& bytes) {
    std::string out(compressBound(bytes.size()), '\0');
    uLongf size = out.size();
    compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    out.resize(size);
    return out;
  }
  static void expect_refused(const fs::path& file, const std::string& words) {
    const Error error = catch_error([&] { (void)io::read(file); });
    EXPECT_EQ(error.code(), Errc::cannot_read) << error.what();
    EXPECT_NE(std::string{error.what()}.find(words), std::string::npos) << error.what();
  }
};

const std::vector<std::pair<std::string, Filters>> all_filters{
    {"none", [](hid_t) {}},
    {"deflate", [](hid_t p) { H5Pset_deflate(p, 6); }},
    {"shuffle", [](hid_t p) { H5Pset_shuffle(p); }},
    {"shuffle, deflate", [](hid_t p) { H5Pset_shuffle(p), H5Pset_deflate(p, 1); }},
    {"checksum", [](hid_t p) { H5Pset_fletcher32(p); }},
    {"shuffle, deflate, checksum", [](hid_t p) { H5Pset_shuffle(p), H5Pset_deflate(p, 9), H5Pset_fletcher32(p); }},
    {"checksum, shuffle, deflate", [](hid_t p) { H5Pset_fletcher32(p), H5Pset_shuffle(p), H5Pset_deflate(p, 9); }},
    {"checksum, deflate", [](hid_t p) { H5Pset_fletcher32(p), H5Pset_deflate(p, 9); }}};

TEST_F(Hdf5Pieces, HaveEveryValueInItsPlaceWithEveryFilterAndType) {
  for (const auto& [name, filters] : all_filters)
    for (const hid_t type : {H5T_STD_I16LE, H5T_STD_I16BE, H5T_STD_I32LE, H5T_STD_I32BE, H5T_STD_I64BE, H5T_IEEE_F32LE,
                             H5T_IEEE_F64BE, H5T_STD_I8LE}) {
      const auto data = io::read(make(type, filters));
      const Pixels* const pixels = to_pixels(*data);
      ASSERT_NE(pixels, nullptr) << name;
      ASSERT_EQ(pixels->spec().shape, (Shape{6, 7, 5})) << name;
      const Pixels read = pixels->converted(ScalarType::f64);
      const auto expected = numbers();
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const double value = type == H5T_STD_I8LE ? std::min(expected[i], 127) : expected[i];
        ASSERT_EQ(read.values<double>()[i], value) << name << " at " << i;
      }
    }
}

TEST_F(Hdf5Pieces, OfABlockThatTheWriterLeftUnpackedAreRead) {
  const std::string zeros(2 * 3 * 4 * 2, '\0');
  const auto data =
      io::read(make(H5T_STD_I16LE, all_filters[1].second, [&](hid_t file) { put_piece(file, zeros, 1); }));
  EXPECT_EQ(to_pixels(*data)->converted(ScalarType::f64).values<double>()[4], 0);
  EXPECT_EQ(to_pixels(*data)->converted(ScalarType::f64).values<double>()[3], -47);
}

TEST_F(Hdf5Pieces, ThatAreShorterOrLongerThanTheySayAreRefused) {
  const std::string whole(2 * 3 * 4 * 2, 'x');
  const Filters deflate = all_filters[1].second;
  const auto with = [&](const Filters& filters, const std::string& bytes) {
    return make(H5T_STD_I16LE, filters, [&](hid_t data) { put_piece(data, bytes); });
  };
  EXPECT_NO_THROW((void)io::read(with(deflate, packed(whole))));
  expect_refused(with(deflate, packed(whole.substr(0, 25))), "another size than it says");
  expect_refused(with(deflate, packed(whole + "x")), "another size than it says");
  expect_refused(with(deflate, "no zlib at all"), "packed wrongly");
  expect_refused(with(deflate, packed(whole).substr(0, 10)), "packed wrongly");
}

TEST_F(Hdf5Pieces, WithAWrongChecksumAreRefused) {
  std::string bytes = packed(std::string(2 * 3 * 4 * 2, 'x'));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  expect_refused(make(H5T_STD_I16LE, all_filters[1].second, [&](hid_t data) { put_piece(data, bytes); }), "checksum");
  const std::string summed(2 * 3 * 4 * 2 + 4, 'x');
  expect_refused(make(H5T_STD_I16LE, all_filters[4].second, [&](hid_t data) { put_piece(data, summed); }), "checksum");
}

// A global heap whose objects lead nowhere: libhdf5 goes on without end.
TEST_F(Hdf5Pieces, BesideATextInADamagedHeapAreRefused) {
  const fs::path file = make(H5T_STD_I16LE, all_filters[0].second, [](hid_t data) {
    const Handle type{H5Tcopy(H5T_C_S1), H5Tclose}, space{H5Screate(H5S_SCALAR), H5Sclose};
    H5Tset_size(type, H5T_VARIABLE);
    const Handle attribute{H5Acreate2(data, "_Unsigned", type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
    const char* const text = "false";
    EXPECT_GE(H5Awrite(attribute, type, &text), 0);
  });
  EXPECT_NO_THROW((void)io::read(file));
  const std::string bytes = bytes_of_file(file);
  const std::size_t heap = bytes.find("GCOL");
  ASSERT_NE(heap, std::string::npos);
  for (const std::uint64_t size : {std::uint64_t{1} << 40U, ~std::uint64_t{0} - 20, std::uint64_t{5000}}) {
    std::string damaged = bytes;
    std::memcpy(damaged.data() + heap + 16 + 8, &size, 8);  // of the first object
    put(folder / "damaged.h5", damaged);
    expect_refused(folder / "damaged.h5", "global heap");
  }
  std::string empty = bytes;
  std::memset(empty.data() + heap + 16 + 16 + 8, 0, 16);  // the second object: free, of no size
  put(folder / "empty.h5", empty);
  expect_refused(folder / "empty.h5", "global heap");
}

}  // namespace
}  // namespace iso::test
