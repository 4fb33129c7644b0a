# SPDX-License-Identifier: BSD-2-Clause
# What makes a fault of ours harder to use; tests/style/hardened asserts all of it on the file. A
# sanitizer's build has better checks, and -D_FORTIFY_SOURCE needs an optimized one.
# What was left out, and its price on the product, whose file grows by 64 KiB at 2 KiB more than this
# (-z relro, pages of 64 KiB): -fstack-protector-strong, 14 KB; -ftrivial-auto-var-init=zero, 6 KB;
# -fstack-clash-protection, see below.
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
if(NOT SPAPR_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL RelWithDebInfo)
    add_compile_options(-fstack-protector -D_FORTIFY_SOURCE=3 -fstack-clash-protection)
endif()
