# What is installed where, for the whole tree; included last, when every target is known. Paths are relative to the prefix,
# so that an installed tree can be moved.
#
#   bin                     isocenter, isocenter-manifest          lib                    libisocenter-core
#   libexec/isocenter       isocenter-worker, isocenter-reader     lib/isocenter/plugins  plugins with their manifests
#   include/iso             the SDK's headers                      lib/cmake/Isocenter    package for plugin authors
#   share/isocenter         schemas, samples, presets, phantoms, icons    share/doc/isocenter    licence, notices, manual
include(CMakePackageConfigHelpers)
set(iso_package ${CMAKE_INSTALL_LIBDIR}/cmake/Isocenter)

install(TARGETS iso_core EXPORT IsocenterTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
file(RELATIVE_PATH iso_from_bin ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH iso_from_libexec ${CMAKE_INSTALL_FULL_LIBEXECDIR}/isocenter ${CMAKE_INSTALL_FULL_LIBDIR})
foreach(program isocenter isocenter-manifest isocenter-desktop)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${iso_from_bin}")
  endif()
endforeach()
install(TARGETS isocenter-manifest EXPORT IsocenterTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(program isocenter isocenter-desktop isocenter-worker)
  if(TARGET ${program})
    add_dependencies(${program} isocenter-reader)  # which the library starts
  endif()
endforeach()
foreach(program isocenter isocenter-desktop)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
foreach(program isocenter-worker isocenter-reader)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${iso_from_libexec}")
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/isocenter)
  endif()
endforeach()

install(EXPORT IsocenterTargets NAMESPACE iso:: DESTINATION ${iso_package})
find_package(ITK 5.2 REQUIRED COMPONENTS ITKCommon)  # its version, for the tag
iso_compiler_tag(ISO_PACKAGE_COMPILER_TAG)
configure_package_config_file(${PROJECT_SOURCE_DIR}/packaging/sdk/IsocenterConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/IsocenterConfig.cmake INSTALL_DESTINATION ${iso_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/IsocenterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/IsocenterConfig.cmake ${PROJECT_BINARY_DIR}/package/IsocenterConfigVersion.cmake
  packaging/cmake/IsoPlugin.cmake packaging/cmake/plugin_exports.map DESTINATION ${iso_package})

foreach(folder schemas samples presets phantoms models icons)
  if(EXISTS ${PROJECT_SOURCE_DIR}/resources/${folder})
    install(DIRECTORY resources/${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/isocenter)
  endif()
endforeach()
install(FILES LICENSE NOTICE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/resources/docs/manual)
  install(DIRECTORY resources/docs/manual DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
