# cmake/Stems.cmake accepts a complete tree and names every kind of orphan planted in it.
# Arguments: stems, scratch.
cmake_policy(VERSION 3.25)

function(check_stems)
  execute_process(COMMAND ${CMAKE_COMMAND} -D root=${scratch} -P ${stems}
                  RESULT_VARIABLE status ERROR_VARIABLE message)
  set(status ${status} PARENT_SCOPE)
  set(message "${message}" PARENT_SCOPE)
endfunction()

function(plant_complete_tree)
  file(REMOVE_RECURSE ${scratch})
  foreach(file IN ITEMS lib/error_forcing/rollout.hpp lib/rollout.cpp tests/lib/rollout_test.cpp
          docs/rollout.md lib/error_forcing/matrix.hpp em/error_forcing/claims.hpp
          em/claims/rates.cpp tests/em/claims_test.cpp docs/claims.md docs/theory.md
          cli/train.cpp docs/train.md benchmarks/rollout_benchmark.cpp)
    file(WRITE ${scratch}/${file} "")
  endforeach()
endfunction()

function(expect_accepted)
  check_stems()
  if(NOT status EQUAL 0)
    message(SEND_ERROR "a complete tree is refused: ${message}")
  endif()
endfunction()

function(expect_refused what mention)
  check_stems()
  if(status EQUAL 0 OR NOT message MATCHES "${mention}")
    message(SEND_ERROR "${what}: expected a refusal naming ${mention}, got ${status} ${message}")
  endif()
endfunction()

plant_complete_tree()
expect_accepted()

foreach(file IN ITEMS lib/bare.cpp tests/geometry/bare_test.cpp docs/bare.md
        benchmarks/bare_benchmark.cpp)
  plant_complete_tree()
  file(WRITE ${scratch}/${file} "")
  expect_refused("planted ${file}" "bare")
endforeach()

plant_complete_tree()
file(WRITE ${scratch}/geometry/error_forcing/bare.hpp "")
expect_refused("a header without test" "add tests/geometry/bare_test.cpp")
expect_refused("a header without page" "add docs/bare.md")

plant_complete_tree()
file(WRITE ${scratch}/em/bare/inner.cpp "")
expect_refused("a folder of sources without header" "add em/error_forcing/bare.hpp")

foreach(file IN ITEMS lib/error_forcing/rollout.hpp tests/lib/rollout_test.cpp docs/rollout.md)
  plant_complete_tree()
  file(REMOVE ${scratch}/${file})
  expect_refused("removed ${file}" "rollout")
endforeach()
