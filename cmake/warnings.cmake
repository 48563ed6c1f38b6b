# Warnings and sanitizers for every target of the project.
add_compile_options(-Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # For ccache with precompiled headers.
  add_compile_options(-fpch-preprocess)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns wrongly about the coroutine frames that Asio allocates and about inlined standard strings (GCC
  # bugs 103993, 105329, 105651); clang and the sanitizer builds watch over these.
  add_compile_options(-Wno-mismatched-new-delete -Wno-maybe-uninitialized -Wno-restrict
                      -Wno-stringop-overflow -Wno-array-bounds)
  if(CMAKE_UNITY_BUILD)
    # It takes the files that a unity build joins for headers, and the lambdas in their coroutines for shared.
    add_compile_options(-Wno-subobject-linkage)
  endif()
endif()
if(SALLYPORT_FUZZ)
  # The fuzzer finds its way by what the code under test covers, so all code is instrumented.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SALLYPORT_SANITIZE)
  add_compile_options(-fsanitize=${SALLYPORT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # clang 14 cannot compile coroutines with this one.
    add_compile_options(-fno-sanitize=function)
  endif()
  add_link_options(-fsanitize=${SALLYPORT_SANITIZE})
else()
  add_compile_options(-fstack-protector-strong -D_GLIBCXX_ASSERTIONS)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
