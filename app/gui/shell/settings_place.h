#pragma once

#include <QSettings>
#include <QString>

#include <memory>
#include <vector>

namespace iso::gui {

/// Where the settings of this program are: the file that ISOCENTER_CONFIG names, else `isocenter.ini` beside the program if there
/// is one (portable: a stick that is carried about), else the user's (`~/.config/isocenter/isocenter.ini`).
[[nodiscard]] QString settings_file(const QString& program_folder);

/// Settings that cannot be understood are moved aside (".damaged") and begin anew; `note` is then a sentence for the user.
[[nodiscard]] std::unique_ptr<QSettings> open_settings(const QString& file, QString& note);

/// The second scope: what fits this version only, as where the panels are. `key` within the version's own group.
[[nodiscard]] QString versioned(const QString& key);

/// Counts starts that never came to a usable window. A start is open while its process lives; what a dead one left open failed.
class StartWatch {
 public:
  explicit StartWatch(QSettings& settings);  ///< writes this start down
  [[nodiscard]] bool should_be_safe() const noexcept { return failed_ >= starts_before_safe_mode; }
  void usable();  ///< this start succeeded, and those that failed before are forgotten
  static constexpr int starts_before_safe_mode = 2;

 private:
  QSettings& settings_;
  int failed_{0};
};

}  // namespace iso::gui
