# SPDX-License-Identifier: BSL-1.0
#
# The installed package: find_package(tandem) gives the same target names as this tree.

include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tandem")

install(EXPORT tandem
  NAMESPACE tandem::
  FILE tandem_targets.cmake
  DESTINATION "${package_dir}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/tandem_config.cmake.in"
  "${PROJECT_BINARY_DIR}/tandem-config.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/tandem-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/tandem-config.cmake"
  "${PROJECT_BINARY_DIR}/tandem-config-version.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/Findconcurrentqueue.cmake"
  DESTINATION "${package_dir}")
