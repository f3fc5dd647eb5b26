# SPDX-License-Identifier: BSL-1.0

include_guard(GLOBAL)

set(TANDEM_TEST_RESULTS "${PROJECT_BINARY_DIR}/test-results")

# tandem_test(NAME <name> KIND <unit|static|integration|...>
#   SOURCES <file>...     below the calling directory
#   [LINK <target>...]    what is tested, and helpers
#   [SERIAL]              runs while no other test runs
#   [TIMEOUT <seconds>])
#
# Makes one GoogleTest program, registered as one CTest test <kind>.<name> with the kind as label.
# One process for all cases of a program keeps the run short and lets a private server be started
# once; the count of cases is in the report that each program writes to test-results/.
function(tandem_test)
  cmake_parse_arguments(PARSE_ARGV 0 test "SERIAL" "NAME;KIND;TIMEOUT" "SOURCES;LINK")
  if(test_UNPARSED_ARGUMENTS OR NOT test_NAME OR NOT test_KIND OR NOT test_SOURCES)
    message(FATAL_ERROR "tandem_test(${test_NAME}): NAME, KIND and SOURCES are needed; "
      "unknown: '${test_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 300)
  endif()

  set(target tandem_${test_KIND}_${test_NAME})
  add_executable(${target} ${test_SOURCES})
  tandem_warnings(${target})
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_include_directories(${target} PRIVATE
    "${PROJECT_SOURCE_DIR}/tests"  # support/...
    "${PROJECT_SOURCE_DIR}/src")   # headers that are not installed are tested, too
  target_link_libraries(${target} PRIVATE ${test_LINK} GTest::gmock_main GTest::gmock GTest::gtest)
  target_precompile_headers(${target} REUSE_FROM tandem_test_pch)

  set(name ${test_KIND}.${test_NAME})
  add_test(NAME ${name} COMMAND ${target})
  set_tests_properties(${name} PROPERTIES
    LABELS ${test_KIND}
    TIMEOUT ${test_TIMEOUT}
    ENVIRONMENT "GTEST_OUTPUT=xml:${TANDEM_TEST_RESULTS}/${name}.xml")
  if(test_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# tandem_compile_fail(NAME <name> SOURCE <file> EXPECT <regex> [LINK <target>...])
#
# The source must not compile, and the compiler must say what EXPECT matches: the sentence that the
# user should see. LINK gives the include folders, tandem::tandem unless told. The test is named
# compile_fail.<name>.
function(tandem_compile_fail)
  cmake_parse_arguments(PARSE_ARGV 0 test "" "NAME;SOURCE;EXPECT" "LINK")
  if(test_UNPARSED_ARGUMENTS OR NOT test_NAME OR NOT test_SOURCE OR NOT test_EXPECT)
    message(FATAL_ERROR "tandem_compile_fail(${test_NAME}): NAME, SOURCE and EXPECT are needed; "
      "unknown: '${test_UNPARSED_ARGUMENTS}'")
  endif()
  cmake_path(ABSOLUTE_PATH test_SOURCE)
  if(NOT EXISTS "${test_SOURCE}")
    message(FATAL_ERROR "tandem_compile_fail(${test_NAME}): ${test_SOURCE} does not exist")
  endif()
  if(NOT test_LINK)
    set(test_LINK tandem::tandem)
  endif()

  set(includes "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  foreach(target IN LISTS test_LINK)
    list(APPEND includes "$<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>")
  endforeach()
  set(name compile_fail.${test_NAME})
  add_test(NAME ${name}
    COMMAND ${CMAKE_COMMAND}
      "-DCOMPILER=${CMAKE_CXX_COMPILER}"
      "-DSOURCE=${test_SOURCE}"
      "-DEXPECT=${test_EXPECT}"
      "-DINCLUDES=${includes}"
      -P "${PROJECT_SOURCE_DIR}/cmake/tandem_compile_fail.cmake")
  set_tests_properties(${name} PROPERTIES LABELS compile_fail TIMEOUT 120)
endfunction()

# tandem_layer_tests(): adds the subfolders of a kind that hold a CMakeLists.txt and are named like
# a layer, each when its layer is built; the demo is treated as one more layer.
macro(tandem_layer_tests)
  foreach(layer IN ITEMS core concepts engine table memory spool sqlite postgres
      migration demo)
    if(TARGET tandem_${layer} AND EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${layer}/CMakeLists.txt")
      add_subdirectory(${layer})
    endif()
  endforeach()
endmacro()
