# SPDX-License-Identifier: BSL-1.0

include_guard(GLOBAL)

# tandem_layer(<name>
#   [SOURCES <file>...]           below the calling directory
#   [HEADERS <file>...]           public headers, as they are included: tandem/core/errc.hpp
#   [DEPENDS <target>...]         what the public headers need
#   [PRIVATE_DEPENDS <target>...] what only the sources need
#   [ALIASES <name>...]           further names: tandem::<name>
#   [EXPORT_NAME <name>])         the name after installation; <name> unless told
#
# Makes target tandem_<name>, alias tandem::<name>. A layer without sources is an INTERFACE library
# and becomes a compiled one as soon as SOURCES names a file. A folder is a layer is a target; the
# tidy test checks that nothing includes upward.
function(tandem_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 layer
    "" "EXPORT_NAME" "SOURCES;HEADERS;DEPENDS;PRIVATE_DEPENDS;ALIASES")
  if(layer_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tandem_layer(${name}): unknown argument ${layer_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT layer_EXPORT_NAME)
    set(layer_EXPORT_NAME ${name})
  endif()

  set(target tandem_${name})
  if(layer_SOURCES)
    set(scope PUBLIC)
    add_library(${target} ${layer_SOURCES})
    target_link_libraries(${target} PRIVATE ${layer_PRIVATE_DEPENDS})
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/src")
    tandem_warnings(${target})
    set_target_properties(${target} PROPERTIES
      POSITION_INDEPENDENT_CODE ON
      VISIBILITY_INLINES_HIDDEN ON
      VERSION ${PROJECT_VERSION}
      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      # A host that links tandem into its own shared library does not re-export it. A shared tandem
      # keeps the compiler's default, as its functions carry no export marks.
      set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden)
    endif()
  else()
    set(scope INTERFACE)
    add_library(${target} INTERFACE)
  endif()

  list(TRANSFORM layer_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/include/")
  target_sources(${target} ${scope}
    FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/include" FILES ${layer_HEADERS})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_link_libraries(${target} ${scope} ${layer_DEPENDS})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${layer_EXPORT_NAME})
  foreach(alias IN LISTS name layer_ALIASES)
    add_library(tandem::${alias} ALIAS ${target})
  endforeach()

  if(TANDEM_INSTALL)
    # One export set a component: a consumer loads those that it asked for.
    install(TARGETS ${target} EXPORT tandem_${layer_EXPORT_NAME} FILE_SET HEADERS)
    set(aliases ${name} ${layer_ALIASES})
    list(REMOVE_ITEM aliases ${layer_EXPORT_NAME})
    set_property(GLOBAL APPEND PROPERTY TANDEM_COMPONENTS ${layer_EXPORT_NAME})
    set_property(GLOBAL PROPERTY TANDEM_${layer_EXPORT_NAME}_TARGET ${target})
    set_property(GLOBAL PROPERTY TANDEM_${layer_EXPORT_NAME}_ALIASES ${aliases})
    set_property(GLOBAL PROPERTY TANDEM_${layer_EXPORT_NAME}_DEPENDS ${layer_DEPENDS})
    set_property(GLOBAL PROPERTY TANDEM_${layer_EXPORT_NAME}_PRIVATE ${layer_PRIVATE_DEPENDS})
  endif()
endfunction()
