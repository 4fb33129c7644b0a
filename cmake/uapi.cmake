# SPDX-License-Identifier: BSD-2-Clause
# <linux/kvm.h> includes <asm/kvm.h>, which differs between architectures. Off POWER the code under
# vmm/kvm and above it is built against powerpc's: a folder with that one header stands first.
set(SPAPR_UAPI_INCLUDE ${CMAKE_BINARY_DIR}/uapi)
file(MAKE_DIRECTORY ${SPAPR_UAPI_INCLUDE})
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(ppc64le|powerpc64le|ppc64)$")
    find_file(SPAPR_PPC_ASM_KVM asm/kvm.h
              PATHS /usr/powerpc64le-linux-gnu/include NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH
              REQUIRED DOC "powerpc's asm/kvm.h (package linux-libc-dev-ppc64el-cross)")
    configure_file(${SPAPR_PPC_ASM_KVM} ${SPAPR_UAPI_INCLUDE}/asm/kvm.h COPYONLY)
endif()
