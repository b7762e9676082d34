# iso_add_plugin(name METHOD files... ADAPTER files... [LIBRARIES targets...] [NEEDS network processes])
#
# A plugin of this name, in this tree or outside of it. METHOD is the mathematics and becomes the static library
# <name>_method, which tests link; ADAPTER (parameters, tasks, and one file that ends with ISO_PLUGIN) becomes the module
# <name>.so. Beside it, <name>.plugin.json is written by loading the module once. Without ADAPTER there is the method only.
# NEEDS is what the plugin cannot do without in a worker (sockets, other programs); the user is asked for it once.
# Both find headers by a path that starts in the plugin's folder. They lie in ISO_PLUGIN_DIRECTORY.
set(ISO_PLUGIN_CMAKE_DIRECTORY ${CMAKE_CURRENT_LIST_DIR})
function(iso_add_plugin name)
  cmake_parse_arguments(arg "" "" "METHOD;ADAPTER;LIBRARIES;NEEDS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "iso_add_plugin(${name}) does not know: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(hidden POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  set(libraries iso::core ${arg_LIBRARIES})
  if(arg_METHOD)
    add_library(${name}_method STATIC ${arg_METHOD})
    set_target_properties(${name}_method PROPERTIES ${hidden})
    target_include_directories(${name}_method PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name}_method PUBLIC ${libraries})
    target_compile_features(${name}_method PUBLIC cxx_std_20)
    set(libraries ${name}_method)
    if(COMMAND iso_settings)
      iso_settings(${name}_method)
    endif()
  endif()
  if(NOT arg_ADAPTER)
    return()
  endif()
  add_library(${name}_plugin MODULE ${arg_ADAPTER})
  set_property(GLOBAL APPEND PROPERTY ISO_PLUGIN_TARGETS ${name}_plugin)
  if(COMMAND iso_settings)
    iso_settings(${name}_plugin)
  endif()
  if(NOT ISO_PLUGIN_DIRECTORY)
    set(ISO_PLUGIN_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  endif()
  set_target_properties(${name}_plugin PROPERTIES ${hidden} PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${ISO_PLUGIN_DIRECTORY})
  target_include_directories(${name}_plugin PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_features(${name}_plugin PRIVATE cxx_std_20)
  target_link_libraries(${name}_plugin PRIVATE ${libraries})
  # Nothing but the entry leaves the module, and nothing may be missing from it.
  set(exports ${ISO_PLUGIN_CMAKE_DIRECTORY}/plugin_exports.map)
  target_link_options(${name}_plugin PRIVATE -Wl,--version-script=${exports} -Wl,--no-undefined)
  set_property(TARGET ${name}_plugin APPEND PROPERTY LINK_DEPENDS ${exports})
  add_dependencies(${name}_plugin iso::manifest_writer)
  add_custom_command(TARGET ${name}_plugin POST_BUILD VERBATIM COMMENT "Writing ${name}.plugin.json"
    COMMAND iso::manifest_writer $<TARGET_FILE:${name}_plugin> ${ISO_PLUGIN_DIRECTORY}/${name}.plugin.json ${arg_NEEDS})
  set(destination ${CMAKE_INSTALL_LIBDIR})
  if(NOT destination)
    set(destination lib)
  endif()
  set_target_properties(${name}_plugin PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
  install(TARGETS ${name}_plugin LIBRARY DESTINATION ${destination}/isocenter/plugins COMPONENT plugins)
  install(FILES ${ISO_PLUGIN_DIRECTORY}/${name}.plugin.json DESTINATION ${destination}/isocenter/plugins COMPONENT plugins)
endfunction()

# iso_compiler_tag(variable): what the build tag of a plugin of this project starts with: compiler and C++ library. What
# follows, the fingerprint of the interface (iso/plugin/fingerprint.h), is computed from the headers by that compiler.
function(iso_compiler_tag variable)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_QUIET ON)
  check_cxx_source_compiles("#include <string>
    static_assert(_GLIBCXX_USE_CXX11_ABI == 1); int main() {}" ISO_CXX11_ABI)
  check_cxx_source_compiles("#include <string>
    #ifndef _GLIBCXX_DEBUG
    #error ordinary
    #endif
    int main() {}" ISO_CHECKED_LIBRARY)
  string(REGEX MATCH "^[0-9]+" major ${CMAKE_CXX_COMPILER_VERSION})
  set(compiler gcc)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    set(compiler clang)
  endif()
  set(abi 0)
  if(ISO_CXX11_ABI)
    set(abi 1)
  endif()
  set(checked)
  if(ISO_CHECKED_LIBRARY)
    set(checked -checked)
  endif()
  set(${variable} "${compiler}${major}-cxx11abi${abi}${checked}" PARENT_SCOPE)
endfunction()
