#!/usr/bin/env python3
"""The checks checked: each builds a small tree in a temporary folder and expects exactly its finding."""
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import header_examples
import include_rule
import kernel_budgets
import names_rule
import style_rule


class Bad(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def write(self, name, *lines):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def found(self, check=include_rule.check):
        return [(f.file, f.line, f.rule) for f in check(self.root)]


class IncludeRule(Bad):
    def setUp(self):
        super().setUp()
        for part in include_rule.ORDER:
            self.write(f"core/include/iso/{part}/a.h", "#pragma once", "#include <vector>")
        self.write("core/src/data/private_impl.h", "#pragma once")
        self.write("gpu/kernels/body.h", "#pragma once", "#include <cmath>")
        self.write("gpu/cpu/cpu_backend.h", "#pragma once", '#include "iso/compute/a.h"')
        self.write("app/host/jobs.h", "#pragma once", '#include "iso/job/a.h"', "#include <unistd.h>")
        self.write("plugins/one/method/m.h", "#pragma once", '#include "iso/solvers/a.h"', "#include <Eigen/Dense>")
        self.write("plugins/two/adapter/p.cpp", '#include "iso/plugin/a.h"')
        self.write("tests/support/s.h", "#pragma once")
        self.write("tests/core/t.cpp", "#include <gtest/gtest.h>", '#include "support/s.h"', '#include "iso/data/a.h"')

    def expect(self, name, *lines, line=1, rule="include"):
        self.write(name, *lines)
        self.assertEqual([f for f in self.found() if f[2] != "cycle"], [(name, line, rule)])

    def test_a_tree_in_order_has_no_finding(self):
        self.assertEqual(self.found(), [])

    def test_core_headers_include_only_from_their_left(self):
        self.expect("core/include/iso/base/b.h", "#pragma once", "", '#include "iso/data/a.h"', line=3)

    def test_core_headers_name_no_library_but_itk(self):
        self.expect("core/include/iso/data/b.h", "#include <itkImage.h>", "#include <nlohmann/json.hpp>", line=2)

    def test_headers_of_messages_may_name_json_alone(self):
        self.expect("core/include/iso/base/channel.h", "#include <nlohmann/json.hpp>", "#include <itkImage.h>", line=2)

    def test_core_headers_name_no_private_header(self):
        self.expect("core/include/iso/data/b.h", '#include "data/private_impl.h"')

    def test_core_sources_know_no_fftw(self):
        self.expect("core/src/data/b.cpp", "#include <fftw3.h>")

    def test_core_sources_know_no_back_end(self):
        self.expect("core/src/data/b.cpp", '#include "gpu/cpu/cpu_backend.h"')

    def test_common_knows_no_core(self):
        self.expect("gpu/kernels/b.h", '#include "iso/base/a.h"')

    def test_back_ends_know_no_solver(self):
        self.expect("gpu/cpu/b.cpp", "#include <fftw3.h>", '#include "iso/solvers/a.h"', line=2)

    def test_reference_is_single_threaded(self):
        self.expect("gpu/reference/b.cpp", "#include <omp.h>")

    def test_kernels_know_no_core(self):
        self.expect("gpu/cuda/k.cu", '#include "gpu/kernels/body.h"', '#include "iso/base/a.h"', line=2)

    def test_kernels_reach_no_core_through_another_header(self):
        self.write("gpu/cuda/h.h", '#include "iso/base/a.h"')
        self.expect("gpu/cuda/k.cu", '#include "gpu/cuda/h.h"')

    def test_a_plugin_knows_no_other_plugin(self):
        self.expect("plugins/two/method/b.cpp", '#include "../../one/method/m.h"')

    def test_a_plugin_knows_no_back_end(self):
        self.expect("plugins/two/method/b.cpp", '#include "gpu/cpu/cpu_backend.h"')

    def test_a_method_knows_no_plugin_interface(self):
        self.expect("plugins/two/method/b.cpp", '#include "iso/plugin/a.h"')

    def test_a_plugin_knows_no_qt(self):
        self.expect("plugins/two/adapter/b.cpp", "#include <QWidget>")

    def test_only_the_start_up_meets_back_ends(self):
        self.write("app/host/startup/backends.cpp", '#include "gpu/cpu/cpu_backend.h"')
        self.expect("app/host/workers/w.cpp", '#include "gpu/cpu/cpu_backend.h"')

    def test_the_command_knows_no_vtk(self):
        self.expect("app/cli/b.cpp", '#include "host/jobs.h"', "#include <vtkImageData.h>", line=2)

    def test_nothing_includes_tests(self):
        self.expect("app/host/b.cpp", '#include "support/s.h"')

    def test_a_test_includes_only_its_folder_and_support(self):
        self.write("tests/core/own.h", "#pragma once")
        self.write("tests/core/u.cpp", '#include "own.h"')
        self.expect("tests/gpu/t.cpp", '#include "core/own.h"')

    def test_a_folder_of_the_desktop_includes_only_from_its_left(self):
        for folder in include_rule.GUI_ORDER:
            self.write(f"app/gui/{folder}/a.h", "#pragma once")
        for folder in ("model", "presenters", "views", "desk", "panels"):
            name = f"app/gui/{folder}/b.cpp"
            self.expect(name, '#include "a.h"', '#include "gui/shell/a.h"', line=2)
            self.write(name, '#include "a.h"', '#include "gui/model/a.h"')
        self.write("app/gui/shell/b.cpp", *(f'#include "gui/{folder}/a.h"' for folder in include_rule.GUI_ORDER))
        self.write("app/gui/main.cpp", '#include "gui/shell/a.h"')
        self.assertEqual(self.found(), [])

    def test_a_folder_of_the_desktop_that_nobody_knows_is_named(self):
        self.write("app/gui/forms/a.h", "#pragma once")
        self.expect("app/gui/shell/b.cpp", '#include "gui/forms/a.h"')

    def test_folders_of_the_desktop_form_no_cycle(self):
        self.write("app/gui/panels/a.h", '#include "gui/desk/b.h"')
        self.write("app/gui/desk/b.h", "#pragma once")
        self.write("app/gui/desk/c.h", '#include "gui/panels/a.h"')
        self.assertIn("cycle", [rule for _, _, rule in self.found()])

    def test_presenters_know_no_qt(self):
        self.write("app/gui/views/b.cpp", "#include <QWidget>")
        self.expect("app/gui/presenters/b.cpp", "#include <QString>")

    def test_an_unknown_room_is_named(self):
        self.expect("app/widgets/a.cpp", "#include <vector>", rule="room")

    def test_an_unknown_library_is_named(self):
        self.expect("core/src/data/b.cpp", "#include <boost/any.hpp>")

    def test_a_missing_header_of_ours_is_named(self):
        self.expect("core/src/data/b.cpp", '#include "iso/data/gone.h"')

    def test_parts_of_core_form_no_cycle(self):
        self.write("core/src/io/b.cpp", '#include "iso/evaluation/a.h"')
        self.write("core/src/evaluation/b.cpp", '#include "iso/io/a.h"')
        self.assertIn("cycle", [rule for _, _, rule in self.found()])

    def test_rooms_form_no_cycle(self):
        self.write("app/host/b.cpp", '#include "../cli/c.h"')
        self.write("app/cli/c.h", '#include "host/jobs.h"')
        self.assertIn("cycle", [rule for _, _, rule in self.found()])

    def test_headers_form_no_cycle(self):
        self.write("app/host/x.h", '#include "y.h"')
        self.write("app/host/y.h", '#include "x.h"')
        self.assertEqual([rule for _, _, rule in self.found()], ["cycle"])


class StyleRule(Bad):
    def setUp(self):
        super().setUp()
        for name in style_rule.TOP_LEVEL - style_rule.ROOMS - {".ci"}:
            self.write(name, "text")
        self.write(".ci/run", "text")
        self.write("CMakeLists.txt", "file(GLOB_RECURSE sources ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)")
        for room in style_rule.ROOMS:
            self.write(room + "/README.md", "What belongs here.", "Not here: the rest.")

    def expect(self, finding):
        self.assertEqual(self.found(style_rule.check), [finding])

    def test_a_tree_in_order_has_no_finding(self):
        self.assertEqual(self.found(style_rule.check), [])

    def test_a_long_file_is_named(self):
        self.write("core/a.cpp", *["int a;"] * 601)
        self.expect(("core/a.cpp", 601, "size"))

    def test_a_promise_in_a_comment_is_named(self):
        self.write("core/a.cpp", "int a;", "// TO" "DO: more")
        self.expect(("core/a.cpp", 2, "word"))

    def test_a_path_of_one_machine_is_named(self):
        self.write("core/a.cpp", 'auto p = "/ho' 'me/someone/data";')
        self.expect(("core/a.cpp", 1, "path"))

    def test_a_stranger_at_the_top_is_named(self):
        self.write("notes.md", "text")
        self.expect(("notes.md", 1, "top level"))

    def test_a_missing_file_at_the_top_is_named(self):
        (self.root / "LICENSE").unlink()
        self.expect(("LICENSE", 1, "top level"))

    def test_a_room_without_a_readme_is_named(self):
        self.write("app/host/a.cpp", "int a;")
        self.expect(("app/host/README.md", 1, "README"))

    def test_a_readme_that_says_nothing_of_what_is_elsewhere_is_named(self):
        self.write("gpu/README.md", "# gpu", "Kernels.", "More kernels.")
        self.expect(("gpu/README.md", 2, "README"))

    def test_a_source_that_nothing_compiles_is_named(self):
        self.write("CMakeLists.txt", "add_subdirectory(tests)")
        self.write("tests/core/CMakeLists.txt", "iso_add_tests(core_tests SOURCES a_test.cpp sub/*_test.cpp)")
        for name in ("a_test.cpp", "b_test.cpp", "sub/c_test.cpp"):
            self.write("tests/core/" + name, "int a;")
        self.expect(("tests/core/b_test.cpp", 1, "compiled"))

    def test_a_test_that_is_not_there_is_named(self):
        self.write("tests/core/a_test.cpp", "TEST(Disc, HasItsArea) {}")
        self.write("tests/README.md", "Tests.", "Not here: the rest.", "`Disc.HasItsArea` and `Disc.IsSquare`")
        self.expect(("tests/README.md", 3, "test"))

    def test_a_long_function_is_named_unless_it_says_why(self):
        rest = ["  void f(int a) {", *["  a += '{'; // }"] * 60, "  }", "};", "}"]
        self.write("core/a.cpp", "namespace iso {", "class C {", *rest)
        self.expect(("core/a.cpp", 3, "function"))
        self.write("core/a.cpp", "namespace iso {", "class C {", "  // NOLINTNEXTLINE(readability-function-size): a table", *rest)
        self.assertEqual(self.found(style_rule.check), [])
        self.assertEqual([f.line for f in style_rule.long_functions(style_rule.Tree(self.root), excused=True)], [4])


class HeaderExamples(Bad):
    TEST = ("TEST(A, B) {", "  // header example: iso/a.h", "  run(1);", "  if (x) {", "    stop();", "  }", "  // end of the example", "}")

    def found(self, *comment):
        self.write("core/include/iso/a.h", "#pragma once", *comment)
        self.write("tests/core/a_test.cpp", *self.TEST)
        with contextlib.redirect_stdout(io.StringIO()):
            return header_examples.main(self.root)

    def test_an_example_that_a_test_runs_is_no_finding(self):
        self.assertEqual(self.found("/// An example:", "///     run(1);", "///     if (x) {", "///       stop();", "///     }"), 0)

    def test_an_example_of_other_words_is_found(self):
        self.assertEqual(self.found("///     run(2);", "///     if (x) {", "///       stop();", "///     }"), 1)

    def test_an_example_that_is_cut_is_found(self):
        self.assertEqual(self.found("///     run(1);"), 1)


class NamesRule(Bad):
    def setUp(self):
        super().setUp()
        self.write("core/include/iso/data/a.h", "/// `Grid::spacing_mm` and `a.h`, `values` of \"views_used\"; `ISO_DATA`.", "struct Grid {",
                   "  double spacing_mm;", "};", "int values(const Grid& grid);", 'const char* name = "views_used";')
        self.write("core/CMakeLists.txt", "set(ISO_DATA here)")

    def found(self, check=names_rule.check):
        return super().found(check)

    def expect(self, *lines, line=1, rule="word", name="core/src/data/b.cpp"):
        self.write(name, *lines)
        self.assertEqual(self.found(), [(name, line, rule)])

    def test_names_that_exist_have_no_finding(self):
        self.write("core/src/data/b.cpp", "// `views_used`, `isocenter describe TASK --json` and `a < b` are no names of code.", "int b;")
        self.assertEqual(self.found(), [])

    def test_a_name_that_only_comments_know_is_found(self):
        self.expect("// one", "/* two", "   `Grid::gone` */", "int b;  // gone", line=3, rule="name")

    def test_a_lone_word_that_only_comments_know_is_found(self):
        self.expect("int weight;  ///< `balanced` against the others", rule="name")

    def test_a_name_inside_a_command_is_found_where_only_code_would_write_it_so(self):
        self.expect("// `run --use gone_views`", rule="name")

    def test_a_name_in_a_text_is_no_comment(self):
        self.write("core/src/data/b.cpp", 'const char* text = "// `gone`";')
        self.assertEqual(self.found(), [])

    def test_retired_words_are_found(self):
        for code in ("Wat" "ch progress;", "job::Tel" "ls::note", "const Sett" "ing& s;", "void lay" "_over(int a);", "document.put" "_back(1);",
                     "int g" "o(int a) { return a; }", "struct Requ" "est {", "class Prob" "lem;", "enum class Out" "come : int { a };"):
            self.expect("int a;", code, line=2)

    def test_a_retired_word_in_a_text_or_as_part_of_another_is_none(self):
        self.write("core/src/data/b.cpp", 'throw "Sett' 'ing the size";', "QHeaderView::Stret" "ch;", "struct RunRequ" "est {};",
                   "int outgo(int);")
        self.assertEqual(self.found(), [])

    def test_a_function_of_a_thing_is_found_where_it_is_declared(self):
        for code in ("int size_o" "f(const Grid& grid);", "[[nodiscard]] std::vector<int> sizes_o" "f(int a) {", "const Grid& Grids::grid_o" "f(int a) {"):
            self.expect(code)
        self.write("core/src/data/b.cpp", "if (std::ranges::any_o" "f(values, positive)) return size_o" "f(a);", "int n = size_o" "f(a);")
        self.assertEqual(self.found(), [])


class KernelBudgets(unittest.TestCase):
    def found(self, registers, spilled=0, exceptions=(), report=True):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "budgets.json").write_text(json.dumps({"registers": 64, "exceptions": list(exceptions)}))
            if report:
                (folder / "a.cu.o.ptxas").write_text(
                    "ptxas info    : Compiling entry function '_Z3rayf' for 'sm_80'\n"
                    f"    8 bytes stack frame, {spilled} bytes spill stores, {spilled} bytes spill loads\n"
                    f"ptxas info    : Used {registers} registers, 400 bytes cmem[0]\n")
            with contextlib.redirect_stdout(io.StringIO()):
                return kernel_budgets.main(folder / "budgets.json", folder)

    def test_a_kernel_within_the_budget_has_no_finding(self):
        self.assertEqual(self.found(64), 0)

    def test_a_register_too_many_is_found(self):
        self.assertEqual(self.found(65), 1)

    def test_a_spill_is_found(self):
        self.assertEqual(self.found(40, spilled=4), 1)

    def test_an_exception_allows_what_it_says_and_needs_a_reason(self):
        allowed = {"kernel": "ray", "registers": 80}
        self.assertEqual(self.found(80, exceptions=[allowed]), 1)
        self.assertEqual(self.found(80, exceptions=[allowed | {"reason": "double"}]), 0)
        self.assertEqual(self.found(81, exceptions=[allowed | {"reason": "double"}]), 1)

    def test_an_exception_that_nobody_needs_is_found(self):
        self.assertEqual(self.found(64, exceptions=[{"kernel": "ray", "registers": 80, "reason": "double"}]), 1)

    def test_no_report_is_found(self):
        self.assertEqual(self.found(64, report=False), 1)


if __name__ == "__main__":
    unittest.main()
