# SPDX-License-Identifier: BSL-1.0
#
# Configures, builds and runs a project that uses everything that was installed.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

configure(find_package)
run(${CMAKE_COMMAND} --build "${WORK_DIR}/build")
run("${WORK_DIR}/build/consumer")
