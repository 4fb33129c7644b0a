# SPDX-License-Identifier: BSD-2-Clause
# What a guest agrees on by ibm,client-architecture-support, and KVM changes under it.
# hosts: p9-64k
# timeout: 300
# seconds: 30
# options: --smp 1
# shellcheck shell=sh
. "$LAB/lib/lib.sh"

changes() {
	bare cas "${1-little}"
	vmm
	status_is 0
	console_has 'topic cas: '
	console_has 'guest: done'
	console_lacks ', expected '
	console_lacks 'skipped'
}
try "topic cas" changes
finish
