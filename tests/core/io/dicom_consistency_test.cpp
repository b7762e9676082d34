#include "dicom_maker.h"

#include "iso/io/dicom_series.h"

/// Series and frames that do not belong together, are not all there, are there twice, or are time: each is told, by its file.
namespace iso::test {
namespace {

const std::string instance = "1.2.826.0.1.3680043.8.498.7.1.";

class DicomConsistency : public IoTest {
 protected:
  void put_slices(int count, double step = 2) {
    for (int i = 0; i < count; ++i) put_one("i" + std::to_string(i) + ".dcm", ct_slice(i, step * i));
  }
  void put_one(const std::string& name, const DicomMaker& file) { put(folder / name, file.file()); }
  Error refusal() {
    return catch_error([&] { (void)io::read(folder); });
  }
  Shape shape() { return to_pixels(*io::read(folder))->spec().shape; }
  /// Refused with this code, by the reader and by the list, in a sentence that names the file and the reason.
  void expect_told(int code, const std::string& file, const std::string& reason) {
    const Error error = refusal();
    EXPECT_EQ(exit_code(error.code()), code) << error.what();
    EXPECT_NE(std::string{error.what()}.find(file), std::string::npos) << error.what();
    EXPECT_NE(std::string{error.what()}.find(reason), std::string::npos) << error.what();
    const io::DicomFolder list = io::list_dicom(folder);
    ASSERT_EQ(list.series.size(), 1U);
    const std::string text = list.series[0].refusal + list.series[0].verdict.sentence;
    EXPECT_NE(text.find(reason), std::string::npos) << text;
  }
};

TEST_F(DicomConsistency, ASliceThatCannotBeReadIsNamedAndNotLeftOut) {
  put_slices(5);
  const std::string sound = bytes_of_file(folder / "i4.dcm");
  put(folder / "i4.dcm", "");
  expect_told(20, "i4.dcm", "empty");
  put(folder / "i4.dcm", std::string(1000, '\0'));
  expect_told(20, "i4.dcm", "zeros");
  put(folder / "i4.dcm", sound.substr(0, sound.size() - 20));
  expect_told(20, "i4.dcm", "incomplete");
  put(folder / "i4.dcm", sound.substr(0, 200));
  expect_told(20, "i4.dcm", "incomplete");
  fs::rename(folder / "i4.dcm", folder / "1.2.3.4");
  expect_told(20, "1.2.3.4", "incomplete");
  fs::remove(folder / "1.2.3.4");
  put(folder / "README", "text beside the slices");
  put(folder / "notes.json", "{}");
  put(folder / ".hidden.dcm", "");
  EXPECT_EQ(shape(), (Shape{6, 8, 4})) << "what is no slice does not count";
}

TEST_F(DicomConsistency, CopiesOfASliceAreLeftOutAndAreNotTime) {
  put_slices(5);
  fs::create_directory(folder / "copy");
  for (int i = 0; i < 5; ++i)
    put(folder / "copy" / ("i" + std::to_string(i)), bytes_of_file(folder / ("i" + std::to_string(i) + ".dcm")));
  EXPECT_EQ(shape(), (Shape{6, 8, 5}));
  EXPECT_EQ(io::list_dicom(folder).copies, 5U);
  put(folder / "copy" / "i0", ct_slice(0, 0).pixels(counted(7)).file());
  const Error error = refusal();
  EXPECT_EQ(exit_code(error.code()), 22) << "one UID and other pixels: " << error.what();
}

TEST_F(DicomConsistency, ImagesAtOnePlaceThatNothingTellsApartAreRefused) {
  put_slices(3);
  put_one("other.dcm", ct_slice(1, 2).text(0x00080018, "UI", instance + "77"));
  expect_told(89, "", "images are missing");
  for (int i = 0; i < 3; ++i)
    put_one("again" + std::to_string(i) + ".dcm",
            ct_slice(i, 2 * i).text(0x00080018, "UI", instance + "8" + std::to_string(i)));
  fs::remove(folder / "other.dcm");
  expect_told(89, "again", "tells them apart");
}

TEST_F(DicomConsistency, ImagesAtOnePlaceAreTimeWithItsStep) {
  for (int t = 0; t < 3; ++t)
    for (int z = 0; z < 2; ++z)
      put_one("t" + std::to_string(t) + "z" + std::to_string(z),
              ct_slice(10 * z + t, 2 * z)
                  .text(0x00181060, "DS", std::to_string(50 * (2 - t)))
                  .pixels(counted(static_cast<std::uint16_t>(100 * t + 10 * z))));
  const DatasetPtr data = io::read(folder);
  const auto& volume = get<Volume>(data);
  ASSERT_EQ(volume.pixels.spec().shape, (Shape{6, 8, 2, 3}));
  EXPECT_EQ(volume.pixels.values<std::int16_t>()[0], 200 - 1024) << "the earliest trigger time first";
  EXPECT_EQ(volume.pixels.values<std::int16_t>()[48], 210 - 1024);
  EXPECT_EQ(volume.pixels.values<std::int16_t>()[96], 100 - 1024);
}

TEST_F(DicomConsistency, UnevenTimesAreKeptEachForItself) {
  const std::vector<std::string> ends{"30000", "90000", "300000"};  // of the frames of a PET scan, in ms
  for (int t = 0; t < 3; ++t)
    for (int z = 0; z < 2; ++z)
      put_one("t" + std::to_string(t) + "z" + std::to_string(z),
              ct_slice(10 * t + z, 2 * z).text(0x00541300, "DS", ends[static_cast<std::size_t>(t)]));
  const DatasetPtr data = io::read(folder);
  const auto& volume = get<Volume>(data);
  ASSERT_EQ(volume.pixels.spec().shape, (Shape{6, 8, 2, 3}));
  EXPECT_EQ(volume.frames, (Axis{"time", "s", {0, 60, 270}}));
}

TEST_F(DicomConsistency, TimesOfDayGoOverMidnightWhereNoDateIsSaid) {
  const std::vector<std::string> clock{"235957", "000001", "000005"};
  for (int t = 0; t < 3; ++t)
    for (int z = 0; z < 2; ++z)
      put_one("t" + std::to_string(t) + "z" + std::to_string(z),
              ct_slice(10 * t + z, 2 * z)
                  .without(0x00080022)
                  .without(0x00080023)
                  .text(0x00080032, "TM", clock[static_cast<std::size_t>(t)])
                  .pixels(counted(static_cast<std::uint16_t>(100 * t + 10 * z))));
  const DatasetPtr data = io::read(folder);
  const auto& volume = get<Volume>(data);
  ASSERT_EQ(volume.pixels.spec().shape, (Shape{6, 8, 2, 3}));
  EXPECT_EQ(volume.pixels.values<std::int16_t>()[0], -1024) << "the time before midnight first";
  EXPECT_EQ(volume.pixels.values<std::int16_t>()[96], 100 - 1024);
  EXPECT_EQ(volume.frames, (Axis{"time", "s", {}, 0, 4}));
  EXPECT_NE(volume.meta.at("assumed").find("after midnight belong to the next day"), std::string::npos);
}

TEST_F(DicomConsistency, SlicesOfTwoKindsAreToldByFile) {
  struct Case {
    std::string reason;
    std::function<void(DicomMaker&)> change;
  };
  const std::vector<Case> cases{
      {"kernel", [](DicomMaker& s) { s.text(0x00181210, "SH", "B70f"); }},
      {"frame of reference", [](DicomMaker& s) { s.text(0x00200052, "UI", "1.2.3"); }},
      {"direction", [](DicomMaker& s) { s.text(0x00200037, "DS", "0\\1\\0\\0\\0\\-1"); }},
      {"pixel spacing", [](DicomMaker& s) { s.text(0x00280030, "DS", "0.7\\0.6"); }},
      {"size", [](DicomMaker& s) { s.shorts(0x00280010, {6}).shorts(0x00280011, {8}); }},
      {"colour", [](DicomMaker& s) { s.text(0x00280004, "CS", "MONOCHROME1"); }},
      {"rescale", [](DicomMaker& s) { s.without(0x00281052).without(0x00281053); }},
      {"unit", [](DicomMaker& s) { s.text(0x00281054, "LO", "US"); }},
      {"patient", [](DicomMaker& s) { s.text(0x00100020, "LO", "T2"); }},
      {"side by side", [](DicomMaker& s) { s.text(0x00200032, "DS", "90\\-20\\4"); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.reason);
    for (int i = 0; i < 4; ++i) {
      DicomMaker slice = ct_slice(i, c.reason == "side by side" ? 2 * std::min(i, 2) : 2 * i);
      slice.text(0x00181210, "SH", "B30f").text(0x00281054, "LO", "HU");
      if (i == 3) c.change(slice);
      put_one("i" + std::to_string(i) + ".dcm", slice);
    }
    expect_told(89, "i3.dcm", c.reason);
  }
}

TEST_F(DicomConsistency, ASliceThatDoesNotSayItsDirectionIsNotTakenAsTransverse) {
  put_slices(4);
  put_one("i2.dcm", ct_slice(2, 4).without(0x00200037));
  expect_told(89, "i2.dcm", "in direction, which one of them does not say");
}

TEST_F(DicomConsistency, TwoKernelsHalfAStepApartAreNotOneVolume) {
  for (int i = 0; i < 4; ++i) {
    put_one("a" + std::to_string(i), ct_slice(i, 2 * i).text(0x00181210, "SH", "B30f"));
    put_one("b" + std::to_string(i), ct_slice(10 + i, 2 * i + 1).text(0x00181210, "SH", "B70f"));
  }
  expect_told(89, "b0", "kernel");
}

TEST_F(DicomConsistency, WhereSlicesAreMissingIsSaidByFile) {
  put_slices(6);
  fs::remove(folder / "i3.dcm");
  expect_told(89, "'i4.dcm'", "missing");
  EXPECT_NE(std::string{refusal().what()}.find("'i2.dcm'"), std::string::npos);
}

DicomMaker enhanced(const std::function<void(int, DicomMaker&, DicomMaker&, DicomMaker&)>& change) {
  DicomMaker file = ct_slice(1, 0);
  file.text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2.1").text(0x00280008, "IS", "5").pixels(counted(0, 240));
  for (const std::uint32_t tag : {0x00200032U, 0x00200037U, 0x00280030U, 0x00281052U, 0x00281053U}) file.without(tag);
  std::vector<DicomMaker> frames;
  for (int f = 0; f < 5; ++f) {
    DicomMaker place, direction, measures, values, frame;
    place.text(0x00200032, "DS", "-10\\-20\\" + std::to_string(2 * f));
    direction.text(0x00200037, "DS", "1\\0\\0\\0\\1\\0");
    measures.text(0x00280030, "DS", "0.7\\0.5").text(0x00180050, "DS", "2");
    values.text(0x00281052, "DS", std::to_string(-1000 - f)).text(0x00281053, "DS", "1").text(0x00281054, "LO", "HU");
    change(f, direction, measures, values);
    frame.sequence(0x00209113, {place}).sequence(0x00209116, {direction}).sequence(0x00289110, {measures});
    frames.push_back(frame.sequence(0x00289145, {values}));
  }
  return file.sequence(0x52009230, frames);
}

TEST_F(DicomConsistency, FramesOfAnEnhancedFileHaveTheirOwnRescale) {
  put(folder / "e.dcm", enhanced([](int, DicomMaker&, DicomMaker&, DicomMaker&) {}).file());
  const DatasetPtr data = io::read(folder / "e.dcm");
  const auto& ct = get<Volume>(data);
  EXPECT_EQ(ct.quantity, Quantity::hounsfield);
  EXPECT_NEAR(ct.grid.spacing_mm[2], 2, 1e-9);
  for (int f = 0; f < 5; ++f)
    EXPECT_EQ(ct.pixels.values<std::int16_t>()[static_cast<std::size_t>(48 * f)], 48 * f - 1000 - f);
}

TEST_F(DicomConsistency, FramesOfAnEnhancedFileThatDifferAreRefused) {
  for (const int odd : {0, 2, 4}) {
    for (const char* direction : {"0\\1\\0\\0\\0\\-1", "-1\\0\\0\\0\\-1\\0"}) {
      put(folder / "e.dcm", enhanced([&](int f, DicomMaker& d, DicomMaker&, DicomMaker&) {
                              if (f == odd) d.text(0x00200037, "DS", direction);
                            }).file());
      expect_told(89, "frame", "direction");
    }
    put(folder / "e.dcm", enhanced([&](int f, DicomMaker&, DicomMaker& m, DicomMaker&) {
                            if (f == odd) m.text(0x00280030, "DS", "1.4\\1");
                          }).file());
    expect_told(89, "frame", "pixel spacing");
    put(folder / "e.dcm", enhanced([&](int f, DicomMaker&, DicomMaker&, DicomMaker& v) {
                            if (f == odd) v.text(0x00281054, "LO", "US");
                          }).file());
    expect_told(89, "frame", "unit");
  }
  put(folder / "e.dcm", enhanced([](int, DicomMaker&, DicomMaker&, DicomMaker&) {})
                            .text(0x00280008, "IS", "4")
                            .pixels(counted(0, 192))
                            .file());
  EXPECT_EQ(exit_code(catch_error([&] { (void)io::read(folder / "e.dcm"); }).code()), 22)
      << "four frames, five described";
}

TEST_F(DicomConsistency, ImagesThatShareAnEnhancedFileAreTakenOneByOne) {
  // Frames 1, 3 and 5 have another unit than 2 and 4.
  put(folder / "e.dcm", enhanced([&](int f, DicomMaker&, DicomMaker&, DicomMaker& v) {
                          if (f % 2 == 1) v.text(0x00281054, "LO", "US");
                        }).file());
  const Error error = catch_error([&] { (void)io::read(folder / "e.dcm"); });
  EXPECT_EQ(exit_code(error.code()), 89);
  EXPECT_NE(error.hint().find("2 (frames 2, 4"), std::string::npos) << error.hint();
  io::ReadOptions options;
  options.accepted = {Finding::gap, Finding::missing};
  options.hints["part"] = "2";
  const auto part = io::read(folder / "e.dcm", options);
  EXPECT_EQ(to_pixels(*part)->spec().shape, (Shape{6, 8, 2}));
  options.hints["part"] = "1";
  EXPECT_EQ(to_pixels(*io::read(folder / "e.dcm", options))->spec().shape, (Shape{6, 8, 3}));
  options.hints["part"] = "3";
  EXPECT_EQ(catch_error([&] { (void)io::read(folder / "e.dcm", options); }).code(), Errc::invalid_input);
}

DicomMaker segmentation(int frames, const std::function<void(int, DicomMaker&, DicomMaker&)>& make_frame) {
  DicomMaker file = ct_slice(1, 0).text(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.4").text(0x00080060, "CS", "SEG");
  for (const std::uint32_t tag : {0x00200032U, 0x00281052U, 0x00281053U, 0x00280030U}) file.without(tag);
  file.shorts(0x00280100, {1})
      .shorts(0x00280101, {1})
      .shorts(0x00280102, {0})
      .text(0x00280008, "IS", std::to_string(frames));
  file.pixels(std::vector<std::uint8_t>(static_cast<std::size_t>(6 * frames), 0x03));
  std::vector<DicomMaker> groups, segments;
  for (int s = 1; s <= 2; ++s)
    segments.push_back(DicomMaker{}
                           .shorts(0x00620004, {static_cast<std::uint16_t>(s)})
                           .text(0x00620005, "LO", s == 1 ? "liver" : "tumour"));
  file.sequence(0x00620002, segments).text(0x00620001, "CS", "BINARY");
  for (int f = 0; f < frames; ++f) {
    DicomMaker place, segment, measures, group;
    measures.text(0x00280030, "DS", "0.7\\0.5").text(0x00180088, "DS", "2");
    make_frame(f, place, segment);
    groups.push_back(
        group.sequence(0x00209113, {place}).sequence(0x0062000a, {segment}).sequence(0x00289110, {measures}));
  }
  return file.sequence(0x52009230, groups);
}

TEST_F(DicomConsistency, ASegmentationIsALabelMapWithTheSlicesThatItLeavesOut) {
  put(folder / "s.dcm", segmentation(3, [](int f, DicomMaker& place, DicomMaker& segment) {
                          place.text(0x00200032, "DS", "-10\\-20\\" + std::to_string(f == 2 ? 8 : 2 * f));
                          segment.shorts(0x0062000b, {static_cast<std::uint16_t>(f == 2 ? 2 : 1)});
                        }).file());
  const DatasetPtr data = io::read(folder / "s.dcm");
  const auto& map = get<LabelMap>(data);
  ASSERT_EQ(map.labels.spec(), (ArraySpec{Shape{6, 8, 5}, ScalarType::u8}));
  const auto labels = map.labels.values<std::uint8_t>();
  EXPECT_EQ(labels[0], 1);
  EXPECT_EQ(labels[2], 0);
  EXPECT_EQ(labels[2 * 48], 0);
  EXPECT_EQ(labels[4 * 48 + 1], 2);
  EXPECT_EQ(map.names, (std::vector<std::string>{"", "liver", "tumour"}));
  put(folder / "s.dcm", segmentation(2, [](int f, DicomMaker& place, DicomMaker& segment) {
                          place.text(0x00200032, "DS", "-10\\-20\\0");
                          segment.shorts(0x0062000b, {static_cast<std::uint16_t>(f + 1)});
                        }).file());
  const Error overlap = catch_error([&] { (void)io::read(folder / "s.dcm"); });
  EXPECT_EQ(exit_code(overlap.code()), 22);
  EXPECT_NE(std::string{overlap.what()}.find("overlap"), std::string::npos) << overlap.what();
  EXPECT_NE(std::string{overlap.what()}.find("1 (liver), 2 (tumour)"), std::string::npos) << overlap.what();
  io::ReadOptions asked;
  for (const std::uint16_t layer : {1, 2}) {
    asked.hints["layer"] = std::to_string(layer);
    const DatasetPtr read = io::read(folder / "s.dcm", asked);
    const auto& one = get<LabelMap>(read);
    EXPECT_EQ(one.labels.values<std::uint8_t>()[0], layer) << "whole, though the other segment has this voxel too";
    EXPECT_EQ(one.meta.at("layer"), std::to_string(layer) + " of 2");
    EXPECT_EQ(one.names.size(), layer + 1U);
    EXPECT_EQ(one.names[1].empty(), layer == 2);
  }
  asked.hints["layer"] = "3";
  EXPECT_THROW((void)io::read(folder / "s.dcm", asked), Error);
}

TEST_F(DicomConsistency, TilesArePutTogether) {
  DicomMaker file = ct_slice(1, 0).text(0x00080060, "CS", "SM").without(0x00281052).without(0x00281053);
  file.shorts(0x00280010, {2}).shorts(0x00280011, {2}).text(0x00280008, "IS", "4").text(0x00209311, "CS", "TILED_FULL");
  file.longs(0x00480006, {3}).longs(0x00480007, {4}).pixels(counted(0, 16));
  put(folder / "t.dcm", file.file());
  const DatasetPtr data = io::read(folder / "t.dcm");
  const auto& picture = get<Volume>(data).pixels;
  ASSERT_EQ(picture.spec().shape, (Shape{3, 4, 1}));
  const auto values = picture.values<std::uint16_t>();
  EXPECT_EQ(values[2], 4) << "the second tile begins at the third column";
  EXPECT_EQ(values[6], 8) << "the third tile begins at the third row";
  put(folder / "t.dcm", file.text(0x00280008, "IS", "3").pixels(counted(0, 12)).file());
  EXPECT_EQ(exit_code(catch_error([&] { (void)io::read(folder / "t.dcm"); }).code()), 22) << "a tile is missing";
}

}  // namespace
}  // namespace iso::test
