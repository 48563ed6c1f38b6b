# sallyport_library(NAME SOURCES ... PUBLIC ... PRIVATE ...): the static library of one folder. Public headers
# are included as "folder/header.hpp".
function(sallyport_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  sallyport_precompile(${name})
endfunction()

# Lets a target share the precompiled headers of the libraries.
function(sallyport_precompile name)
  if(SALLYPORT_PRECOMPILE)
    target_link_libraries(${name} PRIVATE sallyport_boost)
    target_precompile_headers(${name} REUSE_FROM sallyport_precompiled)
  endif()
endfunction()

if(SALLYPORT_PRECOMPILE)
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp "// Carries the precompiled headers.\n")
  add_library(sallyport_precompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(sallyport_precompiled PRIVATE sallyport_boost nlohmann_json::nlohmann_json)
  # In angle brackets, so that no path of this checkout gets into it: the compiler cache is shared between checkouts.
  target_include_directories(sallyport_precompiled PRIVATE ${PROJECT_SOURCE_DIR})
  target_precompile_headers(sallyport_precompiled PRIVATE <cmake/precompiled.hpp>)
endif()
