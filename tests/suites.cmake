# Writes the tests of a GoogleTest program for CTest: one for each suite, because a process costs more
# than most tests do; but one for each parameter, as those of a suite may take long together.
#
# cmake -D program=PROGRAM -D file=FILE -P suites.cmake

execute_process(COMMAND ${program} --gtest_list_tests OUTPUT_VARIABLE listing
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[][;]" "_" listing "${listing}") # in comments; a list would break at them
string(REPLACE "\n" ";" lines "${listing}")

set(tests)
# One that may be skipped stands alone, or a failure beside it would pass for skipped.
function(append_test filter properties)
  string(APPEND tests "add_test([=[${filter}]=] [=[${program}]=] [=[--gtest_filter=${filter}]=])\n"
    "set_tests_properties([=[${filter}]=] PROPERTIES LABELS unit TIMEOUT 300 ${properties})\n")
  set(tests "${tests}" PARENT_SCOPE)
endfunction()

foreach(line IN LISTS lines)
  if(line MATCHES "^([^ ]+)\\.")
    set(suite ${CMAKE_MATCH_1})
    set(listed FALSE)
  elseif(line MATCHES "^  ([^ ]+) +# GetParam")
    append_test("${suite}.${CMAKE_MATCH_1}" "SKIP_REGULAR_EXPRESSION [=[\\[  SKIPPED \\]]=]")
  elseif(line MATCHES "^  " AND NOT listed)
    append_test("${suite}.*" "")
    set(listed TRUE)
  endif()
endforeach()
file(WRITE ${file} "${tests}")
