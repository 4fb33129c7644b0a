# SPDX-License-Identifier: BSD-2-Clause
# Warnings, sanitizers and sections: the same for every target.
# An assert states what we guarantee ourselves: a hypervisor that breaks its own word stops.
# -Os: nearly all of the code runs once at the start or seldom (docs/BENCHMARKS.md); what a guest
# waits for is time in the kernel.
foreach(lang C CXX)
    string(REPLACE "-DNDEBUG" "" CMAKE_${lang}_FLAGS_RELWITHDEBINFO
                   "${CMAKE_${lang}_FLAGS_RELWITHDEBINFO}")
    string(REPLACE "-O2" "-Os" CMAKE_${lang}_FLAGS_RELWITHDEBINFO
                   "${CMAKE_${lang}_FLAGS_RELWITHDEBINFO}")
endforeach()
# No vector registers in our own code: a copy of 16 bytes by one of them makes the kernel save and load
# all of them around every KVM_RUN that follows, about 500 instructions.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(ppc64le|powerpc64le|ppc64)$")
    add_compile_options($<$<COMPILE_LANGUAGE:C>:-mno-altivec> $<$<COMPILE_LANGUAGE:C>:-mno-vsx>)
endif()
# Nothing throws; debuggers and gdb's backtrace take .debug_frame.
add_compile_options(-fno-asynchronous-unwind-tables $<$<COMPILE_LANGUAGE:C>:-fno-unwind-tables>)
add_link_options(-fno-asynchronous-unwind-tables -fno-unwind-tables) # link-time optimisation compiles again

# Rows of tables leave out what is zero, hence no -Wmissing-field-initializers.
add_compile_options(-Wall -Wextra -Wshadow -Wimplicit-fallthrough -fno-common
                    -Wno-missing-field-initializers
                    -ffunction-sections -fdata-sections)
add_compile_options($<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)
add_link_options(-Wl,--gc-sections -Wl,--as-needed)
if(SPAPR_WERROR)
    add_compile_options(-Werror)
endif()
if(SPAPR_COVERAGE)
    # Threads of a test count in the same counters.
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
if(SPAPR_SANITIZE)
    add_compile_options(-fsanitize=${SPAPR_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SPAPR_SANITIZE})
    if(SPAPR_SANITIZE MATCHES thread)
        # It does not know fences: ours order what the guest sees (devices/virtio/queue.c), no threads.
        add_compile_options(-Wno-tsan)
    endif()
endif()
