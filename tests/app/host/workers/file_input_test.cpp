#include "host/workers/confinement.h"
#include "host/workers/worker_executor.h"
#include "iso/base/temporary_folder.h"
#include "iso/io/registry.h"
#include "support/job_tasks.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

/// A confined worker may start no process, and HDF5 files are read by one: its program reads for it.
namespace iso::host {
namespace {

namespace fs = std::filesystem;

class FilesOfWorkers : public ::testing::Test {
 protected:
  job::Record run(const fs::path& file, const std::string& task = "noise") {
    WorkerOptions options;
    options.program = ISO_BROKEN_WORKER;
    options.execution.scratch = folder.path();
    job::Recipe recipe = test::sample_recipe(task);
    recipe.inputs["volume"] = file.string();
    return make_worker_executor(options, job::make_data_access(workspace), workspace)->execute(recipe, {}, {});
  }
  std::shared_ptr<job::Workspace> workspace = std::make_shared<job::Workspace>();
  const TemporaryFolder folder{"iso_worker_files"};
};

TEST_F(FilesOfWorkers, InHdf5GiveTheSameBitsAsDataOfThisProcess) {
  for (const std::int64_t side : {16, 80}) {  // copied, and shared
    const fs::path file = folder.path() / "in.h5";
    io::write(file, Dataset{test::sample_volume(side)}, {true});
    const job::Record from_file = run(file);
    ASSERT_EQ(from_file.state, job::State::done) << from_file.error_message;
    workspace->put("in", freeze(test::sample_volume(side)));
    const job::Record from_memory = run("workspace:in");
    EXPECT_EQ(from_file.output_digests.at("volume"), from_memory.output_digests.at("volume"));
  }
}

TEST_F(FilesOfWorkers, ThatAreDamagedAreRefusedByNameAndNotBlamedOnThePlugin) {
  const fs::path data = fs::path{ISO_SOURCE_DIR} / "tests" / "data", file = folder.path() / "in.h5";
  fs::copy_file(data / "differential" / "f00010.h5", file);
  std::fstream{file, std::ios::in | std::ios::out | std::ios::binary}.seekp(862).put(64);
  for (const fs::path& damaged : {file, data / "readers" / "link_name.h5", data / "readers" / "undefined_address.h5"}) {
    const job::Record record = run(damaged);
    ASSERT_TRUE(record.error.has_value()) << damaged;
    EXPECT_GE(exit_code(*record.error), 20) << record.error_message;
    EXPECT_LT(exit_code(*record.error), 40) << record.error_message;
    EXPECT_NE(record.error_message.find(damaged.filename().string()), std::string::npos) << record.error_message;
  }
}

TEST_F(FilesOfWorkers, AreReadForThemOnlyWhereTheyMayReadThemselves) {
  job::Recipe recipe;
  recipe.inputs["volume"] = (folder.path() / "in.h5").string();
  const TemporaryFolder other{"iso_worker_others"};
  std::ofstream{other.path() / "secret.h5"} << "secret";
  fs::create_symlink(other.path() / "secret.h5", folder.path() / "link.h5");
  EXPECT_TRUE(may_worker_read(folder.path() / "in.h5", {}, recipe, {}));
  EXPECT_TRUE(may_worker_read(folder.path() / "beside.h5", {}, recipe, {}));
  EXPECT_FALSE(may_worker_read(other.path() / "secret.h5", {}, recipe, {}));
  EXPECT_FALSE(may_worker_read(folder.path() / "link.h5", {}, recipe, {}));
  EXPECT_FALSE(may_worker_read(folder.path().string() + "-more/in.h5", {}, recipe, {}));
  EXPECT_FALSE(may_worker_read(folder.path() / ".." / other.path().filename() / "secret.h5", {}, recipe, {}));
}

}  // namespace
}  // namespace iso::host
