#include "iso/base/process_state.h"
#include "iso/io/reader_process.h"

int main(int argc, char** argv) {
  iso::open_standard_descriptors();
  iso::use_c_numbers();
  return iso::io::serve_reader(argc, argv);
}
