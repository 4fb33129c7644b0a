# SPDX-License-Identifier: BSD-2-Clause
# Toolchain of the product, on POWER and elsewhere: the compiler is this machine's, all that is
# compiled and linked against is that of the Debian 12 which scripts/setup unpacks (the sysroot). So
# the product needs no symbol that Debian 12 lacks, wherever it was built; tests/style/symbols looks.
# On POWER, too, the compiler goes by its long name.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ppc64le)
set(triple powerpc64le-linux-gnu)
set(CMAKE_C_COMPILER ${triple}-gcc)
set(CMAKE_CXX_COMPILER ${triple}-g++)
if(DEFINED ENV{SPAPR_CACHE})
    set(CMAKE_SYSROOT $ENV{SPAPR_CACHE}/sysroot-ppc64el)
else()
    set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/cache/sysroot-ppc64el)
endif()
get_filename_component(CMAKE_SYSROOT ${CMAKE_SYSROOT} ABSOLUTE)
set(CMAKE_LIBRARY_ARCHITECTURE ${triple})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Debian's cross compiler looks into a libc and a libstdc++ of its own before it looks into the
# sysroot: neither their headers nor their libraries are for us.
file(GLOB gcc_of_sysroot ${CMAKE_SYSROOT}/usr/lib/gcc/${triple}/*)
if(NOT gcc_of_sysroot)
    message(FATAL_ERROR "no libraries in ${CMAKE_SYSROOT}: run scripts/setup cross")
endif()
get_filename_component(gcc_version ${gcc_of_sysroot} NAME)
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
                OUTPUT_VARIABLE gcc_include OUTPUT_STRIP_TRAILING_WHITESPACE)
set(c_headers "-isystem ${gcc_include} -isystem ${CMAKE_SYSROOT}/usr/include/${triple} -isystem ${CMAKE_SYSROOT}/usr/include")
set(cxx ${CMAKE_SYSROOT}/usr/include/c++/${gcc_version})
set(cxx_headers "-isystem ${cxx} -isystem ${CMAKE_SYSROOT}/usr/include/${triple}/c++/${gcc_version} -isystem ${cxx}/backward")
set(CMAKE_C_FLAGS_INIT "-nostdinc ${c_headers}")
set(CMAKE_CXX_FLAGS_INIT "-nostdinc ${cxx_headers} ${c_headers}")
# -B: crt1.o and its like, and -L before the compiler's own folders.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-B${gcc_of_sysroot}/ -B${CMAKE_SYSROOT}/usr/lib/${triple}/")
