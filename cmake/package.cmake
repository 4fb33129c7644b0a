# SPDX-License-Identifier: BSD-2-Clause
# Manual pages, completion and schema, made of the program's own tables; and the Debian package:
#   cmake --build --preset ppc64el --target package
# docgen is a program of the machine that builds. It has the files of the tables alone: what their rows point
# to is never called there, and left out by the linker.
set(SPAPR_RELEASE_DATE "November 29, 2026")
file(GLOB docgen_sources CONFIGURE_DEPENDS packaging/docgen/*.c)
set(docgen_tables
    vmm/cli_table.c vmm/machine/options_keys.c vmm/conf/conf_size.c devices/models.c devices/virtio/balloon.c
    devices/virtio/blk.c devices/virtio/blk_conf.c devices/virtio/console.c devices/virtio/net.c
    devices/virtio/net_conf.c devices/virtio/rng.c devices/virtio/vsock.c vmm/control/verbs.c)
list(TRANSFORM docgen_tables PREPEND ${CMAKE_SOURCE_DIR}/)
file(GLOB docgen_headers CONFIGURE_DEPENDS packaging/docgen/*.h vmm/*.h vmm/conf/*.h vmm/control/verbs.h vmm/machine/options*.h
     devices/virtio/*.h)
set(DOCGEN ${CMAKE_BINARY_DIR}/docgen)
add_custom_command(OUTPUT ${DOCGEN}
                   COMMAND ${SPAPR_BUILD_CC} -std=gnu11 -O1 -D_GNU_SOURCE -I${SPAPR_UAPI_INCLUDE} -I${CMAKE_SOURCE_DIR}
                           -no-pie -o ${DOCGEN} ${docgen_sources} ${docgen_tables} -Wl,--unresolved-symbols=ignore-all
                   DEPENDS ${docgen_sources} ${docgen_tables} ${docgen_headers}
                   COMMENT "Building docgen, for this machine")

set(SPAPR_DOCUMENTS ${CMAKE_BINARY_DIR}/documents)
file(MAKE_DIRECTORY ${SPAPR_DOCUMENTS})
# document(NAME KIND): NAME in ${SPAPR_DOCUMENTS}
function(document name kind)
    add_custom_command(OUTPUT ${SPAPR_DOCUMENTS}/${name}
                       COMMAND ${DOCGEN} ${kind} ${SPAPR_RELEASE_DATE} > ${SPAPR_DOCUMENTS}/${name}
                       DEPENDS ${DOCGEN} VERBATIM)
    set_property(GLOBAL APPEND PROPERTY SPAPR_DOCUMENT_FILES ${SPAPR_DOCUMENTS}/${name})
endfunction()
document(spapr-vmm.1 man1)
document(spapr-vmm.toml.5 man5)
document(spapr-vmm.bash bash)
document(_spapr-vmm zsh)
document(guest.schema.json schema)

# compressed(FROM NAME): as Debian's policy wants pages and changelogs, the same bytes each time
function(compressed from name)
    add_custom_command(OUTPUT ${SPAPR_DOCUMENTS}/${name}.gz
                       COMMAND gzip -9nc ${from} > ${SPAPR_DOCUMENTS}/${name}.gz DEPENDS ${from} VERBATIM)
    set_property(GLOBAL APPEND PROPERTY SPAPR_DOCUMENT_FILES ${SPAPR_DOCUMENTS}/${name}.gz)
endfunction()
compressed(${SPAPR_DOCUMENTS}/spapr-vmm.1 spapr-vmm.1)
compressed(${SPAPR_DOCUMENTS}/spapr-vmm.toml.5 spapr-vmm.toml.5)
compressed(${CMAKE_SOURCE_DIR}/packaging/debian/changelog changelog)
get_property(document_files GLOBAL PROPERTY SPAPR_DOCUMENT_FILES)
add_custom_target(documents ALL DEPENDS ${document_files})

set(doc share/doc/spapr-vmm)
install(FILES ${SPAPR_DOCUMENTS}/spapr-vmm.1.gz DESTINATION share/man/man1)
install(FILES ${SPAPR_DOCUMENTS}/spapr-vmm.toml.5.gz DESTINATION share/man/man5)
install(FILES ${SPAPR_DOCUMENTS}/spapr-vmm.bash DESTINATION share/bash-completion/completions RENAME spapr-vmm)
install(FILES ${SPAPR_DOCUMENTS}/_spapr-vmm DESTINATION share/zsh/vendor-completions)
install(FILES ${SPAPR_DOCUMENTS}/guest.schema.json ${SPAPR_DOCUMENTS}/changelog.gz packaging/debian/copyright
        DESTINATION ${doc})
install(DIRECTORY configs/ DESTINATION ${doc}/examples FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(FILES packaging/spapr-vmm@.service packaging/spapr-vmm@.socket DESTINATION lib/systemd/system)
install(FILES packaging/spapr-vmm.logrotate DESTINATION /etc/logrotate.d RENAME spapr-vmm)
install(FILES packaging/spapr-vmm.sysusers DESTINATION lib/sysusers.d RENAME spapr-vmm.conf)
install(FILES packaging/spapr-vmm.tmpfiles DESTINATION lib/tmpfiles.d RENAME spapr-vmm.conf)
install(DIRECTORY DESTINATION /etc/spapr-vmm)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON) # /etc is not below the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
    WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_CONTACT "the spapr-vmm authors <maintainers@spapr-vmm.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "small virtual machine monitor for POWER")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Boots Linux as a pseries guest under KVM-HV, straight from a kernel image,
and hands PCI devices of the host to it through the VFIO SPAPR TCE v2
container. Units of systemd run guests as a user without rights.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ppc64el)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# Written down, since dpkg-shlibdeps finds no library of another architecture; tests/package/check compares.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= 2.36), libfdt1 (>= 1.6), liburing2 (>= 2.3)")
# Loaded by what is configured only: the control API, a user network.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libmicrohttpd12, libjansson4, libslirp0")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/postrm
    ${CMAKE_SOURCE_DIR}/packaging/debian/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
