# sallyport_embed(OUTPUT file.cpp HEADER path NAMESPACE name FILES function=path...): files of the source tree, compiled
# in. HEADER declares one function a file.
function(sallyport_embed)
  cmake_parse_arguments(ARG "" "OUTPUT;HEADER;NAMESPACE" "FILES" ${ARGN})
  set(paths "")
  foreach(file IN LISTS ARG_FILES)
    string(REGEX REPLACE "^[^=]+=" "" path "${file}")
    list(APPEND paths "${path}")
  endforeach()
  string(REPLACE ";" "," files "${ARG_FILES}")
  add_custom_command(
    OUTPUT ${ARG_OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${ARG_OUTPUT} -DHEADER=${ARG_HEADER} -DNAMESPACE=${ARG_NAMESPACE}
            "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake ${paths}
    COMMENT "Embedding what ${ARG_HEADER} declares"
    VERBATIM)
  set_source_files_properties(${ARG_OUTPUT} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
