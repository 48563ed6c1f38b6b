# Everything from outside, found here and nowhere else. docs/adr/0001-dependencies.md says why each.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(ICU 72 REQUIRED COMPONENTS uc data)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(SQLite3 3.40 REQUIRED)
find_package(CURL 7.85 REQUIRED)

# Debian's re2 comes without CMake files.
find_path(RE2_INCLUDE re2/re2.h REQUIRED)
find_library(RE2_LIBRARY re2 REQUIRED)
add_library(re2::re2 UNKNOWN IMPORTED)
set_target_properties(re2::re2 PROPERTIES IMPORTED_LOCATION ${RE2_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${RE2_INCLUDE})

# CMake's own module asks for the headers of the server too.
find_library(LIBPQ_LIBRARY pq REQUIRED)
add_library(libpq::libpq UNKNOWN IMPORTED)
set_target_properties(libpq::libpq PROPERTIES IMPORTED_LOCATION ${LIBPQ_LIBRARY})

# The allocator of the binaries (docs/adr/0021-allocator.md); sanitizers bring their own. It has to stay linked where
# nothing asks for it by name.
add_library(sallyport_allocator INTERFACE)
if(NOT SALLYPORT_SANITIZE AND NOT SALLYPORT_FUZZ)
  find_library(JEMALLOC_LIBRARY jemalloc REQUIRED)
  target_link_options(sallyport_allocator INTERFACE "LINKER:--push-state,--no-as-needed,${JEMALLOC_LIBRARY},--pop-state")
endif()

# Asio and Beast, compiled once in base/separate_compilation.cpp.
add_library(sallyport_boost INTERFACE)
target_link_libraries(sallyport_boost INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(
  sallyport_boost INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
                            BOOST_ASIO_NO_DEPRECATED)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # What ccache's manual asks for with precompiled headers; and that checkouts in several folders share.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
