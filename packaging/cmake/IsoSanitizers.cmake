# Instrumented builds. The presets asan-ubsan, tsan and coverage set these options; nobody else needs to.
#
#   ISO_SANITIZE   ""               an ordinary build
#                  "address"        AddressSanitizer with leak check, and UndefinedBehaviorSanitizer
#                  "thread"         ThreadSanitizer
#   ISO_COVERAGE   line coverage by gcov
#
# Findings stop the program (no recovery), so that a test cannot pass over one. The presets also set the environment that
# the sanitizers read while building and testing; what is suppressed, and why, stands in packaging/checks/sanitizers.
set_property(CACHE ISO_SANITIZE PROPERTY STRINGS "" address thread)
if(ISO_SANITIZE STREQUAL "address")
  set(iso_instrumentation -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(ISO_SANITIZE STREQUAL "thread")
  # The sanitizer does not model std::atomic_thread_fence; g++ says so at every use in the standard library.
  set(iso_instrumentation -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
elseif(ISO_SANITIZE)
  message(FATAL_ERROR "ISO_SANITIZE is \"${ISO_SANITIZE}\"; it can be \"address\" or \"thread\"")
endif()
if(ISO_COVERAGE)
  list(APPEND iso_instrumentation --coverage -fprofile-update=atomic)
endif()
if(iso_instrumentation)
  add_compile_options("$<$<COMPILE_LANGUAGE:C,CXX>:${iso_instrumentation}>")
  add_link_options(${iso_instrumentation})
endif()
