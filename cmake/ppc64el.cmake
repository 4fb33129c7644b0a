# SPDX-License-Identifier: BSD-2-Clause
# Toolchain of the product: native on POWER, Debian's cross compiler and the sysroot that
# scripts/setup unpacks (libfdt-dev cannot be installed for two architectures) elsewhere.
if(NOT CMAKE_HOST_SYSTEM_PROCESSOR STREQUAL "ppc64le")
    set(CMAKE_SYSTEM_NAME Linux)
    set(CMAKE_SYSTEM_PROCESSOR ppc64le)
    set(CMAKE_C_COMPILER powerpc64le-linux-gnu-gcc)
    set(CMAKE_CXX_COMPILER powerpc64le-linux-gnu-g++)
    if(DEFINED ENV{SPAPR_CACHE})
        set(CMAKE_SYSROOT $ENV{SPAPR_CACHE}/sysroot-ppc64el)
    else()
        set(CMAKE_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build/cache/sysroot-ppc64el)
    endif()
    set(CMAKE_LIBRARY_ARCHITECTURE powerpc64le-linux-gnu)
    set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
    set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
    set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
    set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
endif()
