#include "host/plugins/trust.h"

#include "host/plugins/catalogue.h"
#include "host/plugins/consent.h"
#include "iso/base/temporary_folder.h"
#include "support/plugin_folder.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace iso::host {
namespace {

namespace fs = std::filesystem;
using test::PluginFolder;

std::string reason(const fs::path& folder) {
  const PluginCatalogue catalogue{std::array{folder}};
  const auto plugins = catalogue.plugins();
  return plugins.size() != 1 ? "no plugin" : plugins[0].state == PluginState::failed ? plugins[0].reason : "used";
}

TEST(PluginTrust, SkipsWhatOthersMayChange) {
  PluginFolder folder{"trust"};
  folder.add_broken("prints");
  const fs::path manifest = folder.path() / "prints.plugin.json", library = folder.path() / "prints.so";
  EXPECT_EQ(reason(folder.path()), "used");
  for (const auto& [file, words] : {std::pair{folder.path(), "its folder"}, std::pair{manifest, "its manifest"},
                                    std::pair{library, "its library"}}) {
    const auto before = fs::status(file).permissions();
    fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
    EXPECT_TRUE(reason(folder.path()).starts_with(words)) << reason(folder.path());
    EXPECT_NE(reason(folder.path()).find("can be changed by others (mode"), std::string::npos);
    fs::permissions(file, before);
  }
  EXPECT_EQ(reason(folder.path()), "used");
}

TEST(PluginTrust, LooksAtTheFoldersAboveAndBehindLinks) {
  const TemporaryFolder above{"iso_trust_above"};
  PluginFolder own{"trust_link"};
  const fs::path folder = above.path() / "plugins";
  fs::create_directory(folder);
  EXPECT_EQ(why_untrusted(folder), "");
  ::chmod(above.path().c_str(), 0777);
  EXPECT_NE(why_untrusted(folder).find("lies in '" + above.path().string() + "'"), std::string::npos);
  fs::create_symlink(folder, own.path() / "link");
  EXPECT_NE(why_untrusted(own.path() / "link"), "") << "a link leads to what others may change";
  ::chmod(above.path().c_str(), 01777);
  EXPECT_EQ(why_untrusted(folder), "") << "sticky: others cannot rename what is not theirs";
  EXPECT_NE(why_untrusted(above.path() / "nothing"), "");
}

TEST(PluginTrust, SkipsWhatBelongsToAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder to another user";
  PluginFolder folder{"trust_owner"};
  folder.add_broken("prints");
  ASSERT_EQ(::chown((folder.path() / "prints.so").c_str(), 12345, 12345), 0);
  EXPECT_NE(reason(folder.path()).find("belongs to another user (number 12345)"), std::string::npos);
}

TEST(PluginNeeds, AreAskedForOnceAndForTheSamePlace) {
  const TemporaryFolder settings{"iso_needs"};
  ::setenv("XDG_CONFIG_HOME", settings.path().c_str(), 1);
  PluginFolder folder{"needs"}, other{"needs_other"};
  for (PluginFolder* each : {&folder, &other}) {
    each->add_broken("prints");
    plugin::Manifest manifest = PluginFolder::manifest("prints");
    manifest.needs = {"network", "processes"};
    each->add(manifest);
  }
  PluginCatalogue here{std::array{folder.path()}}, there{std::array{other.path()}};
  try {
    (void)here.permitted_needs("prints/pass");
    ADD_FAILURE() << "nobody agreed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::plugin_incompatible);
    EXPECT_NE(std::string{error.what()}.find("to open sockets and to start other programs"), std::string::npos);
    EXPECT_NE(error.hint().find("isocenter list --agree prints"), std::string::npos);
  }
  here.agree("prints");
  EXPECT_EQ(here.permitted_needs("prints/pass"), (std::vector<std::string>{"network", "processes"}));
  EXPECT_THROW((void)there.permitted_needs("prints/pass"), Error) << "another plugin of that name";
  EXPECT_THROW(here.agree("nobody"), Error);
  plugin::Manifest unknown = PluginFolder::manifest("prints");
  unknown.needs = {"everything"};
  EXPECT_THROW((void)plugin::manifest_from_json(to_json(unknown)), Error);
}

}  // namespace
}  // namespace iso::host
