# Installs into a stage folder; a stranger's project finds the package there, builds and runs.
# Arguments: source, tree, scratch, CMAKE_CXX_COMPILER, CMAKE_GENERATOR.
cmake_policy(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/run.cmake)

file(REMOVE_RECURSE ${scratch})
run(${CMAKE_COMMAND} --install ${tree} --prefix ${scratch}/stage)
run(${configure} -S ${CMAKE_CURRENT_LIST_DIR}/stranger -B ${scratch}/build
    -D CMAKE_PREFIX_PATH=${scratch}/stage -D CMAKE_EXPORT_COMPILE_COMMANDS=ON)

file(READ ${scratch}/build/compile_commands.json commands)
string(REPLACE "${CMAKE_CURRENT_LIST_DIR}" "" commands "${commands}")
string(REPLACE "${scratch}" "" commands "${commands}")
foreach(room IN ITEMS lib geometry em)
  if(commands MATCHES "${source}/${room}[^a-z]")
    message(FATAL_ERROR "the stranger sees the source tree: ${commands}")
  endif()
endforeach()

run(${CMAKE_COMMAND} --build ${scratch}/build)
run(${scratch}/build/stranger)
if(NOT output MATCHES "^[1-9][0-9.e+-]*\n$|^0\\.[0-9]+\n$")
  message(FATAL_ERROR "the stranger printed '${output}'")
endif()

# The program works from the stage; what belongs to a source tree says so.
run(${scratch}/stage/bin/ef --version)
foreach(command IN ITEMS test bench)
  execute_process(COMMAND ${scratch}/stage/bin/ef ${command} -R anything
                  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT status EQUAL 2 OR NOT out STREQUAL "" OR
     NOT err MATCHES "^ef: ${command} belongs to a source tree[^\n]*\n$")
    message(FATAL_ERROR "ef ${command}: ${status} '${out}' '${err}'")
  endif()
endforeach()
