# Writes a C++ file that holds the files of the guest. cmake -DOUTPUT=... -DFOLDER=... -P embed.cmake
set(text "#include \"images/embedded_files.hpp\"\n\nnamespace sallyport::images {\nnamespace {\n\n")
set(functions "")
foreach(name agent prepare_image)
  file(READ "${FOLDER}/${name}.py" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "constexpr unsigned char ${name}_bytes[] = {${bytes}};\n")
  string(APPEND functions "\nstd::string_view ${name}_source() {\n"
                "  return {reinterpret_cast<const char*>(${name}_bytes), sizeof(${name}_bytes)};\n}\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}\n}  // namespace\n${functions}\n}  // namespace sallyport::images\n")
