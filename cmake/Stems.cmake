# One stem, one idea, four places: <room>/error_forcing/NAME.hpp, <room>/NAME.cpp (or a folder
# <room>/NAME/), tests/<room>/NAME_test.cpp and docs/NAME.md. Configuring fails on an orphan.
#
# Also a script: cmake -D root=FOLDER -P cmake/Stems.cmake

cmake_policy(VERSION 3.25)
set(rooms lib geometry em)
# Headers without behaviour of their own: nothing to test, nothing to derive.
set(plumbing_stems errors instantiate matrix quad)
# Pages about more than one stem.
set(free_pages architecture performance published_defects released_code reproduction theory)

# names_in(RESULT SUFFIX FOLDER): NAME of every FOLDER/NAMESUFFIX.
function(names_in result suffix folder)
  if(CMAKE_SCRIPT_MODE_FILE)
    file(GLOB files ${folder}/*${suffix})
  else()
    file(GLOB files CONFIGURE_DEPENDS ${folder}/*${suffix})
  endif()
  set(names)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME)
    string(REGEX REPLACE "${suffix}$" "" name ${name})
    list(APPEND names ${name})
  endforeach()
  set(${result} ${names} PARENT_SCOPE)
endfunction()

# The names of the sources of a room: of its files, and of its folders that hold some.
function(sources_of_room result folder)
  names_in(names ".cpp" ${folder})
  file(GLOB folders LIST_DIRECTORIES true ${folder}/*)
  list(REMOVE_ITEM folders ${folder}/error_forcing)
  foreach(inner IN LISTS folders)
    names_in(files ".cpp" ${inner})
    if(files)
      get_filename_component(name ${inner} NAME)
      list(APPEND names ${name})
    endif()
  endforeach()
  set(${result} ${names} PARENT_SCOPE)
endfunction()

# Appends a complaint to `orphans` of the caller unless NAME is in the list called LIST.
macro(expect_member name list complaint)
  if(NOT "${name}" IN_LIST ${list})
    list(APPEND orphans "${complaint}")
  endif()
endmacro()

# The complaints about one room; its headers are added to those of the caller's `stems`.
function(orphans_of_room result root room)
  names_in(headers ".hpp" ${root}/${room}/error_forcing)
  names_in(tests "_test.cpp" ${root}/tests/${room})
  names_in(pages ".md" ${root}/docs)
  sources_of_room(sources ${root}/${room})
  set(orphans)
  foreach(name IN LISTS headers)
    if(NOT name IN_LIST plumbing_stems)
      set(header ${room}/error_forcing/${name}.hpp)
      expect_member(${name} tests "${header} has no test: add tests/${room}/${name}_test.cpp")
      expect_member(${name} pages "${header} has no page: add docs/${name}.md")
    endif()
  endforeach()
  foreach(name IN LISTS sources)
    expect_member(${name} headers
      "${room}/${name} has no header: add ${room}/error_forcing/${name}.hpp")
  endforeach()
  foreach(name IN LISTS tests)
    expect_member(${name} headers
      "tests/${room}/${name}_test.cpp tests nothing: there is no ${room}/error_forcing/${name}.hpp")
  endforeach()
  set(${result} ${orphans} PARENT_SCOPE)
endfunction()

# The complaints about pages and benchmarks, which live in one folder for all rooms.
function(orphans_of_shared_folders result root)
  set(stems)
  foreach(room IN LISTS rooms)
    names_in(headers ".hpp" ${root}/${room}/error_forcing)
    list(APPEND stems ${headers})
  endforeach()
  names_in(subcommands ".cpp" ${root}/cli)
  names_in(pages ".md" ${root}/docs)
  names_in(benchmarks "_benchmark.cpp" ${root}/benchmarks)
  set(orphans)
  foreach(name IN LISTS benchmarks)
    expect_member(${name} stems "benchmarks/${name}_benchmark.cpp: there is no stem ${name}")
  endforeach()
  list(APPEND stems ${subcommands} ${free_pages})
  foreach(name IN LISTS pages)
    expect_member(${name} stems
      "docs/${name}.md: there is no stem ${name} (or declare it in free_pages of cmake/Stems.cmake)")
  endforeach()
  set(${result} ${orphans} PARENT_SCOPE)
endfunction()

# Fails and names every orphan below ROOT.
function(require_complete_stems root)
  orphans_of_shared_folders(orphans ${root})
  foreach(room IN LISTS rooms)
    orphans_of_room(of_room ${root} ${room})
    list(APPEND orphans ${of_room})
  endforeach()
  if(orphans)
    list(JOIN orphans "\n  " lines)
    message(FATAL_ERROR "Orphan stems:\n  ${lines}\n")
  endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  require_complete_stems(${root})
endif()
