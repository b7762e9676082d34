#pragma once

#include "waiting.h"

#include "gui/panels/series_dialog.h"
#include "gui/shell/main_window.h"
#include "support/shared_data.h"

#include <QTest>
#include <QTreeWidget>

namespace iso::gui::test {

/// A folder of several DICOM series, below the shared data.
inline constexpr const char* sample_study = "dicom/pydicom-test_files/dicomdirtests/98892003";

inline QTreeWidget* series_tree(QWidget& dialog) {
  return dialog.findChild<QTreeWidget*>(QStringLiteral("series.tree"));
}

/// The series dialog once its folder has been read; null when it does not come.
inline SeriesDialog* listed_series(MainWindow& window) {
  SeriesDialog* dialog = nullptr;
  (void)QTest::qWaitFor(
      [&] {
        dialog = window.findChild<SeriesDialog*>();
        return dialog != nullptr && dialog->isVisible() && series_tree(*dialog)->topLevelItemCount() > 0;
      },
      patience_ms);
  return dialog;
}

}  // namespace iso::gui::test
