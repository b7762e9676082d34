#include "iso/io/dicom_series.h"

#include "io_fixture.h"

#include <set>

namespace iso::test {
namespace {

const fs::path corpus = shared_data() / "dicom";
const fs::path slice = corpus / "pydicom-test_files" / "CT_small.dcm";

std::string replaced(std::string bytes, const std::string& from, const std::string& to) {
  EXPECT_EQ(from.size(), to.size()) << from << " and " << to;
  for (auto at = bytes.find(from); at != std::string::npos; at = bytes.find(from, at + to.size()))
    bytes.replace(at, from.size(), to);
  return bytes;
}

std::string fixed(double value, std::size_t width) {
  std::string text = std::to_string(value);
  text.resize(width, '0');
  return text;
}

/// Series of copies of one measured slice, moved by rewriting texts of fixed length in its header.
class DicomSeriesList : public IoTest {
 protected:
  void put_slice(const std::string& name, double z, double x = -158.135803) {
    const std::string uid = "1.3.6.1.4.1.5962.1.1.1.1.1.20040119072730.12322";
    const std::string own = uid.substr(0, uid.size() - 4) + std::to_string(1000 + made_++);  // else it is a copy
    put(folder / name, replaced(replaced(bytes_of_file(slice), "-158.135803\\-179.035797\\-75.699997",
                                         fixed(x, 11) + "\\-179.035797\\" + fixed(z, 10)),
                                uid, own));
  }
  io::DicomSeries only() {
    const io::DicomFolder found = io::list_dicom(folder);
    EXPECT_EQ(found.series.size(), 1U);
    return found.series.empty() ? io::DicomSeries{} : found.series[0];
  }
  int made_{0};
};

TEST_F(DicomSeriesList, TellsOfASeriesWhatItsHeadersSay) {
  ISO_NEED(slice);
  for (int i = 0; i < 4; ++i) put_slice("s" + std::to_string(i), 10 + 5 * i);
  const io::DicomSeries ct = only();
  EXPECT_EQ(ct.modality, "CT");
  EXPECT_EQ(ct.patient, "CompressedSamples, CT1");
  EXPECT_EQ(ct.patient_id, "1CT1");
  EXPECT_EQ(ct.study_date, "2004-01-19");
  EXPECT_EQ(ct.files, 4);
  EXPECT_EQ(size_text(ct), "128 x 128 x 4");
  EXPECT_EQ(spacing_text(ct), "0.6615 x 0.6615 x 5 mm");
  EXPECT_EQ(ct.verdict.finding, Finding::uniform);
  EXPECT_TRUE(ct.refusal.empty());
  io::ReadOptions options;
  options.hints["series"] = ct.uid;
  EXPECT_EQ(get<Volume>(io::read(folder, options)).pixels.spec().shape, (Shape{128, 128, 4}));
}

TEST_F(DicomSeriesList, GivesEveryVerdictOfTheCheckAndTheReaderKeepsToIt) {
  ISO_NEED(slice);
  struct Case {
    Finding finding;
    std::vector<std::pair<double, double>> places;  ///< z, x
  };
  const std::vector<Case> cases{
      {Finding::gap, {{10, 0}, {15, 0}, {20, 0}, {30, 0}}},
      {Finding::tilt, {{10, 0}, {15, 1}, {20, 2}, {25, 3}}},
      {Finding::variable, {{10, 0}, {15, 0}, {20, 0}, {26.3, 0}}},
      {Finding::missing, {{10, 0}, {10, 0}, {15, 0}}},
  };
  for (const Case& c : cases) {
    for (const auto& entry : fs::directory_iterator{folder}) fs::remove(entry.path());
    int i = 0;
    for (const auto& [z, x] : c.places) put_slice("s" + std::to_string(i++), z, -158 + x);
    const io::DicomSeries series = only();
    const std::string name{to_string(c.finding)};
    EXPECT_EQ(to_string(series.verdict.finding), name);
    EXPECT_FALSE(series.verdict.sentence.empty());
    EXPECT_TRUE(series.refusal.empty()) << "it can be accepted";
    const Error refusal = catch_error([&] { (void)io::read(folder); });
    EXPECT_EQ(refusal.code(), Errc::geometry_refused) << name;
    io::ReadOptions options;
    options.hints["accept_geometry"] = name;
    const DatasetPtr data = io::read(folder, options);
    EXPECT_NE(metadata(*data).at("accepted").find(name), std::string::npos) << "the data say what was accepted";
    const io::ReadAllTheSame all_the_same = io::read_accepting_findings(folder);
    EXPECT_EQ(all_the_same.accepted, std::vector<Finding>{c.finding});
    EXPECT_EQ(digest(*all_the_same.data), digest(*data));
  }
}

TEST_F(DicomSeriesList, SlicesThatDifferAreInconsistentAndNoAcceptanceHelps) {
  ISO_NEED(slice);
  put_slice("a", 10);
  put_slice("b", 15);
  put(folder / "c",
      replaced(replaced(bytes_of_file(slice), "-75.699997", "20.0000000"), "0.661468\\0.661468", "0.761468\\0.761468"));
  const io::DicomSeries series = only();
  EXPECT_EQ(series.verdict.finding, Finding::mismatch);
  EXPECT_NE(series.refusal.find("differ"), std::string::npos) << series.refusal;
  EXPECT_EQ(catch_error([&] { (void)io::read_accepting_findings(folder); }).code(), Errc::geometry_refused);
}

TEST_F(DicomSeriesList, NamesComeInTheirOwnScript) {
  ISO_NEED(slice);
  const std::string name = "CompressedSamples^CT1 ", charset = "ISO_IR 100";
  struct Case {
    std::string charset, stored, shown;
  };
  const std::vector<Case> cases{
      {"ISO_IR 100", "M\xfcller^J\xfcrgen", "Müller, Jürgen"},
      {"ISO_IR 144", "\xbb\xee\xda\x63\x65\xdc\xd1\xe3\xe0\xd3", "Люкceмбург"},
      {"ISO_IR 126", "\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"},
      {"ISO_IR 192", "Wang^\xe7\x8e\x8b", "Wang, 王"},
      {"GB18030", "\xcd\xf5^\xd0\xa1\xb6\xab", "王, 小东"},
      {"\\ISO 2022 IR 149", "\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", "洪, 吉洞"},
      {"\\ISO 2022 IR 87", "\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "山田, 太郎"},
      {"ISO_IR 13", "\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ, ﾀﾛｳ"},
  };
  for (const Case& c : cases) {
    std::string bytes = bytes_of_file(slice);
    const auto put_text = [&](const std::string& tag_and_type, const std::string& was, std::string text) {
      text.resize(text.size() + text.size() % 2, ' ');
      const auto at = bytes.find(tag_and_type + static_cast<char>(was.size()) + '\0' + was);
      ASSERT_NE(at, std::string::npos) << was;
      bytes.replace(at + 6, 2 + was.size(), std::string{static_cast<char>(text.size()), '\0'} + text);
    };
    put_text(std::string{"\x10\x00\x10\x00PN", 6}, name, c.stored);
    put_text(std::string{"\x08\x00\x05\x00"
                         "CS",
                         6},
             charset, c.charset);
    put(folder / "slice", bytes);
    EXPECT_EQ(only().patient, c.shown) << c.charset;
  }
}

TEST_F(DicomSeriesList, AFolderWithoutDicomAndOneThatIsNotThereAreSaidInOneSentence) {
  put(folder / "notes.txt", "no image");
  const Error none = catch_error([&] { (void)io::list_dicom(folder); });
  EXPECT_EQ(none.code(), Errc::no_input) << none.what();
  const Error missing = catch_error([&] { (void)io::list_dicom(folder / "no such"); });
  EXPECT_EQ(missing.code(), Errc::input_directory) << missing.what();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(catch_error([&] { (void)io::list_dicom(folder, stop.get_token()); }).code(), Errc::cancelled);
}

// Everything of the shared corpus at once, damaged files and all.
TEST_F(DicomSeriesList, TheWholeCorpusIsListedAndWhatIsSoundOpens) {
  ISO_NEED(corpus);
  std::size_t told = 0, all = 0;
  const io::DicomFolder found = io::list_dicom(corpus, {}, [&](std::size_t done, std::size_t files) {
    EXPECT_GE(done, told);
    told = done;
    all = files;
  });
  EXPECT_EQ(told, all);
  EXPECT_EQ(all, found.files);
  EXPECT_GT(found.series.size(), 60U);
  std::set<std::string> seen;
  for (const io::DicomSeries& series : found.series) {
    EXPECT_TRUE(seen.insert(series.uid).second) << series.uid;
    EXPECT_GT(series.size[0] * series.size[1] * series.slices * series.files, 0) << series.uid;
  }
}

}  // namespace
}  // namespace iso::test
