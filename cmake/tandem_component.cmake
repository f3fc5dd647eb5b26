# SPDX-License-Identifier: BSL-1.0

include_guard(GLOBAL)

# tandem_component(<NAME> <what> <package> [version])
#
# Declares TANDEM_WITH_<NAME> = AUTO, ON or OFF and looks for the client library it needs. Sets
# TANDEM_HAVE_<NAME>. AUTO leaves the component out when the library is missing, ON stops instead.
macro(tandem_component name what package)
  set(TANDEM_WITH_${name} AUTO CACHE STRING "Build ${what}: AUTO, ON or OFF")
  set_property(CACHE TANDEM_WITH_${name} PROPERTY STRINGS AUTO ON OFF)
  set(TANDEM_HAVE_${name} FALSE)
  if(TANDEM_WITH_${name} STREQUAL "AUTO")
    find_package(${package} ${ARGN} QUIET)
    set(TANDEM_HAVE_${name} ${${package}_FOUND})
    if(NOT TANDEM_HAVE_${name})
      message(STATUS "tandem: ${what} is left out (${package} not found)")
    endif()
  elseif(TANDEM_WITH_${name})
    find_package(${package} ${ARGN} REQUIRED)
    set(TANDEM_HAVE_${name} TRUE)
  endif()
endmacro()
