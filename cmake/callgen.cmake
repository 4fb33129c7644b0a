# SPDX-License-Identifier: BSD-2-Clause
# Programs for seccomp: tables of vmm/base/callrules.h are compiled for the target, and callgen, a program of
# the machine that builds, makes C of them with that machine's libseccomp. No program is linked with the tables.
find_program(SPAPR_BUILD_CC NAMES cc gcc REQUIRED DOC "compiler for programs that run in this build")
file(GLOB callgen_sources CONFIGURE_DEPENDS vmm/base/callgen/*.c)
file(GLOB callgen_headers CONFIGURE_DEPENDS vmm/base/callgen/*.h)
set(CALLGEN ${CMAKE_BINARY_DIR}/callgen)
add_custom_command(OUTPUT ${CALLGEN}
                   COMMAND ${SPAPR_BUILD_CC} -std=gnu11 -O1 -D_GNU_SOURCE -I${CMAKE_SOURCE_DIR} -o ${CALLGEN}
                           ${callgen_sources} -lseccomp
                   DEPENDS ${callgen_sources} ${callgen_headers} ${CMAKE_SOURCE_DIR}/vmm/base/callrules.h
                           ${CMAKE_SOURCE_DIR}/vmm/base/callfilter.h
                   COMMENT "Building callgen, for this machine")

# call_rules(NAME FILE...): these tables' object files; and their programs, NAME.c, for a target's sources
function(call_rules name)
    add_library(${name} OBJECT ${ARGN})
    target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${SPAPR_UAPI_INCLUDE})
    # As they stand in the file: neither put off to the link, nor with room for a sanitizer between them.
    target_compile_options(${name} PRIVATE -fno-lto -fno-sanitize=all)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/${name}.c
                       COMMAND ${CALLGEN} ${CMAKE_BINARY_DIR}/${name}.c $<TARGET_OBJECTS:${name}>
                       DEPENDS ${CALLGEN} $<TARGET_OBJECTS:${name}>
                       COMMAND_EXPAND_LISTS)
endfunction()

set(SPAPR_CALL_RULES
    vmm/base/syscalls.c vmm/base/caretaker_syscalls.c vmm/control/calls.c devices/syscalls.c
    devices/backend/net/slirp_calls.c vmm/kvm/syscalls.c vfio/syscalls.c vmm/machine/syscalls.c firmware/unpack_calls.c)
list(TRANSFORM SPAPR_CALL_RULES PREPEND ${CMAKE_SOURCE_DIR}/)
call_rules(call_rules ${SPAPR_CALL_RULES})
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/call_names.c
                   COMMAND ${CALLGEN} --names ${CMAKE_BINARY_DIR}/call_names.c $<TARGET_OBJECTS:call_rules>
                   DEPENDS ${CALLGEN} $<TARGET_OBJECTS:call_rules>
                   COMMAND_EXPAND_LISTS)
