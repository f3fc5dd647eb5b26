# SPDX-License-Identifier: BSL-1.0

include_guard(GLOBAL)

# tandem_warnings(<target>): the warnings of this project's own sources. They are PRIVATE: a project
# that links tandem never meets them.
function(tandem_warnings target)
  set(warnings
    -Wall         # the common mistakes; its -Wswitch keeps every switch over errc complete
    -Wextra       # unused parameters, mixed signedness, forgotten base classes in copies
    -Wpedantic    # no extension that another compiler would refuse
    -Wconversion  # a version or a length that is silently narrowed is corrupt data
    -Wshadow      # a name that hides another is how the wrong connection gets the statement
    # Options are filled by designated initialisers, and what is left out has its default.
    -Wno-missing-field-initializers)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # g++ 12 sees overlapping copies in `"text" + std::string` that do not exist (PR 105651).
    # At -O3 it takes members of an empty std::optional for read; clang's analysis and the
    # sanitizers stand in.
    list(APPEND warnings -Wno-restrict -Wno-maybe-uninitialized)
  endif()
  if(TANDEM_WERROR)
    list(APPEND warnings -Werror)
  endif()
  target_compile_options(${target} PRIVATE ${warnings})
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

if(TANDEM_CCACHE AND PROJECT_IS_TOP_LEVEL)
  find_program(TANDEM_CCACHE_PROGRAM ccache)
  if(TANDEM_CCACHE_PROGRAM)
    # Without this sloppiness ccache never stores a file that uses a precompiled header, as the
    # header holds the time of its build.
    set(sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
    set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=${sloppiness} ${TANDEM_CCACHE_PROGRAM})
  endif()
endif()
