# SPDX-License-Identifier: BSL-1.0
#
# Configured only: what tandem does to a project that includes it shows already here.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

set(FLAGS)
set(tree "-DTANDEM_SOURCE_DIR=${TANDEM_SOURCE_DIR}")
configure(add_subdirectory ${tree})
configure(add_subdirectory ${tree} -DTANDEM_WITH_SQLITE=OFF -DTANDEM_WITH_POSTGRES=OFF
  "-DUNWANTED=sqlite|postgres")
configure(add_subdirectory ${tree} -DTANDEM_WITH_SQLITE=ON
  -DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON EXPECT "SQLite3")
