// Linked by a plugin, and then not where that looks for it.
int from_a_library_that_is_missing();
int from_a_library_that_is_missing() { return 1; }
