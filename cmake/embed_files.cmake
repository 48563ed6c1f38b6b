# Writes a C++ file with one function a file, each giving the file's bytes.
# cmake -DOUTPUT=... -DHEADER=... -DNAMESPACE=... -DFILES="function=path,function=path" -P embed_files.cmake
string(REPLACE "," ";" files "${FILES}")
set(text "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n\n")
set(functions "")
foreach(file IN LISTS files)
  string(REGEX MATCH "^([^=]+)=(.*)$" matched "${file}")
  set(function ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "constexpr unsigned char ${function}_bytes[] = {${bytes}};\n")
  string(APPEND functions "\nstd::string_view ${function}() {\n"
                "  return {reinterpret_cast<const char*>(${function}_bytes), sizeof(${function}_bytes)};\n}\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}\n}  // namespace\n${functions}\n}  // namespace ${NAMESPACE}\n")
