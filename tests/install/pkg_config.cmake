# SPDX-License-Identifier: BSL-1.0
#
# Compiles and links with nothing but what pkg-config says.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

find_program(PKG_CONFIG pkg-config REQUIRED)
file(GLOB_RECURSE found "${PREFIX}/*/tandem.pc")
get_filename_component(folder "${found}" DIRECTORY)
set(ENV{PKG_CONFIG_PATH} "${folder}")
file(MAKE_DIRECTORY "${WORK_DIR}")
separate_arguments(own_flags UNIX_COMMAND "${FLAGS}")

# link(<program> <source> <module>...)
function(link program source)
  execute_process(COMMAND "${PKG_CONFIG}" --cflags --libs ${ARGN}
    OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  run("${COMPILER}" -std=c++20 ${own_flags} "${CONSUMERS}/find_package/${source}"
    -o "${WORK_DIR}/${program}" ${flags})
  run("${WORK_DIR}/${program}")
  set(flags "${flags}" PARENT_SCOPE)
endfunction()

link(core core.cpp tandem-core)
if(flags MATCHES "-lpq" OR flags MATCHES "-lsqlite3")
  message(FATAL_ERROR "tandem-core names a client library: ${flags}")
endif()
link(memory memory.cpp tandem tandem-memory)
if(HAVE_SQLITE)
  link(sqlite sqlite.cpp tandem-sqlite)
  if(flags MATCHES "-lpq")
    message(FATAL_ERROR "tandem-sqlite names libpq: ${flags}")
  endif()
endif()
if(HAVE_POSTGRES)
  link(postgres postgres.cpp tandem-postgres)
  if(flags MATCHES "-lsqlite3")
    message(FATAL_ERROR "tandem-postgres names SQLite: ${flags}")
  endif()
endif()
