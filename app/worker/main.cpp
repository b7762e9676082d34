#include "host/plugins/catalogue.h"
#include "host/startup/startup.h"
#include "host/workers/serve.h"

int main(int argc, char** argv) {
  iso::host::begin_process();
  return iso::host::serve_worker(
      argc, argv,
      {[](auto folders) { return std::make_unique<iso::host::PluginCatalogue>(folders); }, iso::host::add_backends});
}
