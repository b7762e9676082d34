#include "trust.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace iso::host {
namespace fs = std::filesystem;
namespace {

/// Debian gives every user a group of the same name, and a mask that lets it write.
bool is_own_group(gid_t group) {
  std::array<char, 16384> of_user{}, of_group{};
  passwd user{}, *found_user = nullptr;
  ::group entry{}, *found_group = nullptr;
  if (::getpwuid_r(::geteuid(), &user, of_user.data(), of_user.size(), &found_user) != 0 || found_user == nullptr)
    return false;
  if (::getgrgid_r(group, &entry, of_group.data(), of_group.size(), &found_group) != 0 || found_group == nullptr)
    return false;
  const bool others = entry.gr_mem != nullptr && *entry.gr_mem != nullptr &&
                      (std::string_view{*entry.gr_mem} != user.pw_name || entry.gr_mem[1] != nullptr);
  return user.pw_gid == group && std::string_view{entry.gr_name} == user.pw_name && !others;
}

std::string why_untrusted_itself(const fs::path& place, bool above) {
  struct stat status {};
  if (::stat(place.c_str(), &status) != 0) return std::string{"cannot be looked at: "} + std::strerror(errno);
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return "belongs to another user (number " + std::to_string(status.st_uid) + ")";
  if (above && (status.st_mode & S_ISVTX) != 0) return {};
  const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0 && !is_own_group(status.st_gid);
  if (!by_group && (status.st_mode & S_IWOTH) == 0) return {};
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
  return std::string{"can be changed by others (mode "} + mode.data() + ")";
}

}  // namespace

std::string why_untrusted(const fs::path& place) {
  std::error_code problem;
  const fs::path real = fs::canonical(place, problem);
  if (problem) return "cannot be looked at: " + problem.message();
  if (std::string why = why_untrusted_itself(real, false); !why.empty()) return why;
  for (fs::path folder = real.parent_path();; folder = folder.parent_path()) {
    if (const std::string why = why_untrusted_itself(folder, true); !why.empty())
      return "lies in '" + folder.string() + "', which " + why;
    if (folder == folder.parent_path()) return {};
  }
}

}  // namespace iso::host
