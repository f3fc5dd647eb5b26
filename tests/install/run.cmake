# SPDX-License-Identifier: BSL-1.0
#
# What the tests of this folder share.

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# configure(<consumer> [EXPECT <regex>] [arguments...]): a project in a fresh build folder over the
# prefix. With EXPECT it must be refused, in those words.
function(configure consumer)
  cmake_parse_arguments(PARSE_ARGV 1 project "" "EXPECT" "")
  set(build "${WORK_DIR}/build")
  file(REMOVE_RECURSE "${build}")
  execute_process(
    COMMAND ${CMAKE_COMMAND} -G Ninja -S "${CONSUMERS}/${consumer}" -B "${build}"
      "-DCMAKE_PREFIX_PATH=${PREFIX}"
      "-DCMAKE_CXX_COMPILER=${COMPILER}"
      "-DCMAKE_CXX_FLAGS=${FLAGS}"
      ${project_UNPARSED_ARGUMENTS}
    RESULT_VARIABLE status
    OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " text "${output}")
  if(project_EXPECT)
    if(status EQUAL 0)
      message(FATAL_ERROR "${consumer} ${project_UNPARSED_ARGUMENTS} is configured, but it must "
        "not be")
    elseif(NOT text MATCHES "${project_EXPECT}")
      message(FATAL_ERROR "refused, as it must be, but not in the words\n"
        "  ${project_EXPECT}\n${output}")
    endif()
  elseif(NOT status EQUAL 0)
    message(FATAL_ERROR "${output}")
  endif()
endfunction()
