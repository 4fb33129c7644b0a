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
if(SPAPR_SANITIZE)
    add_compile_options(-fsanitize=${SPAPR_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${SPAPR_SANITIZE})
endif()
