# What `cmake --install` puts in place: bin/ef, the headers of the three rooms, their libraries,
# and the package that find_package(error_forcing) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/error_forcing)
set(config_files ${PROJECT_BINARY_DIR}/error_forcing-config.cmake
                 ${PROJECT_BINARY_DIR}/error_forcing-config-version.cmake)

install(TARGETS error_forcing_core error_forcing_geometry error_forcing_em
        EXPORT error_forcing_targets FILE_SET HEADERS)
install(EXPORT error_forcing_targets NAMESPACE error_forcing:: DESTINATION ${package_folder})

configure_package_config_file(cmake/error_forcing-config.cmake.in
  ${PROJECT_BINARY_DIR}/error_forcing-config.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/error_forcing-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${config_files} DESTINATION ${package_folder})

if(ERROR_FORCING_PROGRAM)
  install(TARGETS error_forcing_program)
  if(TARGET error_forcing_ranks)
    install(TARGETS error_forcing_ranks DESTINATION ${CMAKE_INSTALL_LIBDIR}/error_forcing)
  endif()
endif()
