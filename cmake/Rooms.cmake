# A room is a folder of stems: <room>/error_forcing/NAME.hpp with <room>/NAME.cpp beside it.

# add_room(NAME FOLDER [ROOM IT USES...]): the library target error_forcing::NAME.
function(add_room name folder)
  set(root ${PROJECT_SOURCE_DIR}/${folder})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${root}/error_forcing/*.hpp)
  set(target error_forcing_${name})
  add_library(${target} STATIC ${sources})
  add_library(error_forcing::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${root} FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_20)
  foreach(room IN LISTS ARGN)
    target_link_libraries(${target} PUBLIC error_forcing_${room})
  endforeach()
  build_strictly(${target})
  # Where CMAKE_UNITY_BUILD joins sources, each defines this macro anew.
  set_target_properties(${target} PROPERTIES UNITY_BUILD_CODE_BEFORE_INCLUDE "#undef INSTANTIATE")
endfunction()

# The options of every target of the project. GNU extensions stay on: the quad type needs them.
function(build_strictly target)
  target_compile_options(${target} PRIVATE -Wall -Wextra
    $<$<BOOL:${ERROR_FORCING_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()
