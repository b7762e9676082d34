#pragma once

namespace iso::host {

/// From now on a process below this one whose parent ends becomes a child of this one, so that it can be found
/// (PR_SET_CHILD_SUBREAPER).
void adopt_orphans() noexcept;

/// Kills every process that descends from this one, and reaps it; waits at most a second. For a process that has no children
/// but those of the code of a plugin, after `adopt_orphans`. Safe in a signal handler.
void end_descendants() noexcept;

}  // namespace iso::host
