// What the desktop writes, without a window: a program of its own, so that it can be killed.
//   faults_driver session FOLDER WIDTH | picture FOLDER WIDTH | journal FOLDER | replace FOLDER TEXT |
//                 begin FOLDER TEXT | take FOLDER TEXT | sweep FOLDER | settle FOLDER

#include "gui/model/journal.h"
#include "gui/model/session.h"
#include "iso/base/begun_replacement.h"
#include "iso/base/error.h"
#include "iso/base/file_replacement.h"
#include "iso/io/registry.h"
#include "render/scene/slice_scene.h"
#include "support/desktop_samples.h"

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace iso;

job::Record made() {
  job::Record record;
  record.recipe.task = "test/task";
  record.state = job::State::done;
  return record;
}

void save_session(const fs::path& folder, int width) {
  gui::Document document;
  for (const int more : {0, 2}) (void)document.add_result("result", gui::test::ball(width + more), made());
  write_session(prepare_session(document, folder / "work.isocenter.json"));
}

void save_picture(const fs::path& folder, int width) {
  const render::Bitmap bitmap{width, 8, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * 8 * width), 100)};
  io::write_atomically(folder / "view.png", true,
                       [&](const fs::path& temporary) { write_png(bitmap, temporary.string()); });
}

/// Two files with their records, at once.
void replace_pairs(const fs::path& folder, const std::string& text) {
  FileReplacement files{ExistingFile::replace};
  for (const char* const name : {"a.txt", "b.txt"}) {
    write_new_file(files.stage(folder / name), text);
    write_new_file(files.stage_record(folder / name), text);
  }
  files.commit();
}

/// What a process leaves that is killed after the old records went and the first of the two files was put; `taken`: the second
/// was taken away before.
void begin_pairs(const fs::path& folder, const std::string& text, bool taken) {
  const fs::path staging = folder / ".isocenter-abcdef";
  for (const char* const part : {"new", "old", "own"}) fs::create_directories(staging / part);
  for (const std::string name : {"a.txt", "a.txt.record.json", "b.txt", "b.txt.record.json"}) {
    write_new_file(staging / "new" / name, text);
    fs::create_hard_link(staging / "new" / name, staging / "own" / name);
    fs::create_hard_link(folder / name, staging / "old" / name);
    if (name.ends_with(".json")) fs::remove(folder / name);
  }
  write_new_file(staging / "begun", "");
  fs::rename(staging / "new" / "a.txt", folder / "a.txt");
  if (taken) fs::remove(folder / "b.txt");
}

void keep_journal(const fs::path& folder) {
  gui::Document document;
  gui::Journal journal{document, folder / "recovery"};
  journal.keep();
  for (const int width : {6, 8}) {
    (void)document.add_result("result", gui::test::ball(width), made());
    journal.tick();
    if (journal.wait_until_written()) continue;
    journal.tick();  // as the clock of the desktop does
    (void)journal.wait_until_written();
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 1;
  try {
    const std::string what = words[1];
    const int width = count > 3 ? std::atoi(words[3]) : 0;
    if (what == "session") save_session(words[2], width);
    if (what == "picture") save_picture(words[2], width);
    if (what == "replace") replace_pairs(words[2], count > 3 ? words[3] : "");
    if (what == "begin" || what == "take") begin_pairs(words[2], words[3], what == "take");
    if (what == "sweep") sweep_staging(words[2]);
    if (what == "settle") (void)settle_folder(words[2]);
    if (what == "journal") keep_journal(words[2]);
    return 0;
  } catch (...) {
    const Error error = current_error();
    std::cerr << error.what() << "\n";
    return exit_code(error.code());
  }
}
