# SPDX-License-Identifier: BSL-1.0
#
# The installed package: find_package(tandem COMPONENTS ...) gives the same target names as this
# tree and asks for the libraries of those components alone; the same for pkg-config, one file a
# component. Both are made from what each tandem_layer() said.

include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tandem")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

# What a target of another project is called by find_package(), by Debian ("-": part of the system)
# and by pkg-config. Without a pkg-config module: flags of its own, or nothing where its headers are
# found anyway.
set(package_of_Threads::Threads "Threads")
set(debian_of_Threads::Threads "-")
set(flags_of_Threads::Threads "-pthread")
set(package_of_Boost::headers "Boost 1.81 CONFIG COMPONENTS headers")
set(debian_of_Boost::headers "libboost1.81-dev")
set(package_of_spdlog::spdlog "spdlog CONFIG")
set(module_of_spdlog::spdlog "spdlog")
set(debian_of_spdlog::spdlog "libspdlog-dev")
set(package_of_concurrentqueue::concurrentqueue "concurrentqueue MODULE")
set(debian_of_concurrentqueue::concurrentqueue "libconcurrentqueue-dev")
set(package_of_SQLite::SQLite3 "SQLite3 3.35")
set(module_of_SQLite::SQLite3 "sqlite3 >= 3.35")
set(debian_of_SQLite::SQLite3 "libsqlite3-dev")
set(package_of_PostgreSQL::PostgreSQL "PostgreSQL")
set(module_of_PostgreSQL::PostgreSQL "libpq")
set(debian_of_PostgreSQL::PostgreSQL "libpq-dev")

# pkg-config name of a component
function(tandem_module out component)
  if(component STREQUAL "tandem")
    set(${out} tandem PARENT_SCOPE)
  else()
    set(${out} tandem-${component} PARENT_SCOPE)
  endif()
endfunction()

# Writes <component>.cmake: what tandem-config.cmake has to load before the component's targets.
function(tandem_write_component component requires packages debian aliases)
  set(file "${PROJECT_BINARY_DIR}/package/tandem_${component}.cmake")
  string(CONCAT text
    "# Components, packages and other names of tandem::${component}.\n"
    "set(requires ${requires})\n"
    "set(packages \"${packages}\")\n"
    "set(debian \"${debian}\")\n"
    "set(aliases ${aliases})\n")
  file(CONFIGURE OUTPUT "${file}" CONTENT "${text}" @ONLY)
  install(FILES "${file}" DESTINATION "${package_dir}")
  install(EXPORT tandem_${component}
    NAMESPACE tandem::
    FILE tandem_${component}_targets.cmake
    DESTINATION "${package_dir}")
endfunction()

# Writes <module>.pc. Libraries that a static one uses itself have to be linked by its users.
function(tandem_write_pkgconfig component target modules private_modules flags)
  tandem_module(module ${component})
  get_target_property(type ${target} TYPE)
  set(libs)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    set(libs "-L\${libdir} -l${target}")
  endif()
  if(type STREQUAL "SHARED_LIBRARY")
    list(JOIN private_modules ", " private)
  else()
    list(APPEND modules ${private_modules})
    set(private)
  endif()
  list(JOIN modules ", " public)
  list(JOIN flags " " flags)
  file(RELATIVE_PATH up "/${pkgconfig_dir}" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  string(CONCAT text
    "prefix=\${pcfiledir}/${up}\n"
    "libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}\n"
    "includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}\n\n"
    "Name: ${module}\n"
    "Description: ${PROJECT_DESCRIPTION}: ${component}\n"
    "Version: ${PROJECT_VERSION}\n"
    "Requires: ${public}\n"
    "Requires.private: ${private}\n"
    "Libs: ${libs} ${flags}\n"
    "Cflags: -I\${includedir} ${flags}\n")
  set(file "${PROJECT_BINARY_DIR}/package/${module}.pc")
  file(WRITE "${file}" "${text}")
  install(FILES "${file}" DESTINATION "${pkgconfig_dir}")
endfunction()

get_property(components GLOBAL PROPERTY TANDEM_COMPONENTS)
foreach(component IN LISTS components)
  foreach(what IN ITEMS TARGET ALIASES DEPENDS PRIVATE)
    get_property(${what} GLOBAL PROPERTY TANDEM_${component}_${what})
  endforeach()
  get_target_property(type ${TARGET} TYPE)
  set(requires)
  set(packages)
  set(debian)
  set(modules)
  set(private_modules)
  set(flags)
  foreach(dependency IN LISTS DEPENDS PRIVATE)
    set(is_private FALSE)
    if(NOT dependency IN_LIST DEPENDS)
      set(is_private TRUE)
    endif()
    if(dependency MATCHES "^tandem::(.*)$")
      list(APPEND requires ${CMAKE_MATCH_1})
      tandem_module(module ${CMAKE_MATCH_1})
      list(APPEND modules "${module} = ${PROJECT_VERSION}")
      continue()
    endif()
    if(NOT DEFINED package_of_${dependency})
      message(FATAL_ERROR "tandem_install: how do consumers find ${dependency}?")
    endif()
    # A shared library brings what it uses itself along.
    if(NOT is_private OR NOT type STREQUAL "SHARED_LIBRARY")
      list(APPEND packages "${package_of_${dependency}}")
      list(APPEND debian "${debian_of_${dependency}}")
    endif()
    if(DEFINED module_of_${dependency} AND is_private)
      list(APPEND private_modules "${module_of_${dependency}}")
    elseif(DEFINED module_of_${dependency})
      list(APPEND modules "${module_of_${dependency}}")
    endif()
    list(APPEND flags ${flags_of_${dependency}})
  endforeach()
  tandem_write_component(${component} "${requires}" "${packages}" "${debian}" "${ALIASES}")
  tandem_write_pkgconfig(
    ${component} ${TARGET} "${modules}" "${private_modules}" "${flags}")
endforeach()

list(JOIN components " " TANDEM_INSTALLED_COMPONENTS)
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
