# SPDX-License-Identifier: BSL-1.0
#
# Installs the build for the other tests of this folder.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

file(REMOVE_RECURSE "${PREFIX}")
run(${CMAKE_COMMAND} --install "${TANDEM_BINARY_DIR}" --prefix "${PREFIX}")
