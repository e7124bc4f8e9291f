# The source tree as a subdirectory of another project: no program, tests, benchmarks or install
# rules come along, and a source of the host compiles against the three rooms.
# Arguments: source, tree, scratch, CMAKE_CXX_COMPILER, CMAKE_GENERATOR.
cmake_policy(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${scratch})
run(${configure} -S ${CMAKE_CURRENT_LIST_DIR}/guest -B ${scratch} -D error_forcing_source=${source})
run(${CMAKE_COMMAND} --build ${scratch} --target host)
