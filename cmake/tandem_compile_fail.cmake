# SPDX-License-Identifier: BSL-1.0
#
# Run by CTest for tandem_compile_fail(): cmake -DCOMPILER= -DSOURCE= -DEXPECT= -DINCLUDES= -P this.

list(REMOVE_ITEM INCLUDES "")
list(REMOVE_DUPLICATES INCLUDES)
list(TRANSFORM INCLUDES PREPEND -I)

execute_process(
  COMMAND "${COMPILER}" -std=c++20 -fsyntax-only ${INCLUDES} "${SOURCE}"
  RESULT_VARIABLE status
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles, but it must not.")
endif()
# One line, one space: the compiler may break the sentence where it likes.
string(REGEX REPLACE "[ \n\t]+" " " text "${output}")
if(NOT text MATCHES "${EXPECT}")
  message(NOTICE "${output}")
  message(FATAL_ERROR "The source is refused, as it must be, but no message matches\n"
    "  ${EXPECT}")
endif()
