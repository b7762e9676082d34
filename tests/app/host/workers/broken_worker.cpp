#include "host/workers/serve.h"
#include "support/job_tasks.h"

int main(int argc, char** argv) {
  return iso::host::serve_worker(
      argc, argv, {[](auto) { return std::make_unique<iso::test::SampleSource>(); }, iso::test::add_backends});
}
