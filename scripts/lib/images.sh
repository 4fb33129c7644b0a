# SPDX-License-Identifier: BSD-2-Clause
# Part images: initial RAM disks, made of busybox and Debian's modules.
#   host/initrd-KERNEL.gz   the emulated POWER host: KVM, VFIO, the shared folders
#   guest/initrd-KERNEL.gz  a guest: says that it runs, then obeys l2=...
# shellcheck shell=bash

GUEST_KERNELS=(6.12-64k 6.12-4k 6.1 7-64k 7-4k)
# shellcheck disable=SC2034 # images_of takes them by name
GUEST_MODULES=(
	virtio_pci virtio_blk virtio_net virtio-rng virtio_console virtio_balloon
	vmw_vsock_virtio_transport nvme e1000e
)
GUEST_LATER=(ext4) # by the command "later"
HOST_KERNELS=(6.12-64k 6.12-4k 7-64k 7-4k)
# shellcheck disable=SC2034
HOST_MODULES=(
	kvm-hv vfio_iommu_spapr_tce vfio-pci
	9p 9pnet_virtio virtio_blk nvme e1000e tun bridge vhost_net vhost_vsock loop ext4
)
# What the product and dtc link with; all they need comes along.
HOST_LIBS=(
	libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1 libfdt.so.1 liburing.so.2 libyaml-0.so.2
	libslirp.so.0 libmicrohttpd.so.12 libjansson.so.4 libz.so.1 liblzma.so.5 libzstd.so.1
)

part_images() {
	local key
	[[ -e $SYSROOT/bin/busybox ]] || die "images: the part cross is missing: run scripts/setup cross"
	compgen -G "$CACHE/kernels/*/release" >/dev/null ||
		die "images: there is no kernel: run scripts/setup kernels"
	key=$(sum_of "$ROOT"/scripts/lib/images.sh "$ROOT"/tests/lab/{host,guest}/init \
		"$CACHE"/status/cross "$CACHE"/kernels/*/release)
	current images "$key" && return
	say "making the images of host and guests"
	images_of host "${HOST_KERNELS[@]}"
	images_of guest "${GUEST_KERNELS[@]}"
	stamp images "$key"
}

# images_of host|guest KERNEL...: of those that could be had
images_of() {
	local kind=$1 k
	local -n modules=${kind^^}_MODULES
	shift
	for k; do
		rm -rf "$CACHE"/image.*
		[[ ! -e $CACHE/kernels/$k/release ]] || image_make "$kind" "$k" "${modules[@]}"
	done
}

# image_make host|guest KERNEL MODULE...
image_make() {
	local kind=$1 kernel=$2 dir
	shift 2
	dir=$(mktemp -d "$CACHE/image.XXXXXX")
	chmod 755 "$dir" # it becomes /
	mkdir -p "$dir"/{bin,dev,proc,sys,tmp,etc,root,modules} "$CACHE/$kind"
	cp "$SYSROOT/bin/busybox" "$dir/bin/"
	cp "$ROOT/tests/lab/$kind/init" "$dir/init"
	chmod 755 "$dir/init"
	image_modules "$dir/modules" "$CACHE/kernels/$kernel" "$@"
	if [[ $kind == guest ]]; then
		mkdir "$dir/later"
		image_modules "$dir/later" "$CACHE/kernels/$kernel" "${GUEST_LATER[@]}"
	else
		image_libs "$dir" "${HOST_LIBS[@]}"
		cp "$SYSROOT/usr/bin/dtc" "$dir/bin/"
	fi
	# The kernel opens /dev/console before init runs, on a disk without devtmpfs.
	(cd "$dir" && find . -print0 | cpio --null --quiet -o -H newc -R 0:0 | gzip -6n) \
		>"$CACHE/$kind/initrd-$kernel.gz.new"
	mv "$CACHE/$kind/initrd-$kernel.gz.new" "$CACHE/$kind/initrd-$kernel.gz"
	rm -rf "$dir"
}

# image_modules DIR KERNEL-DIR MODULE...: the modules and what they need,
# unpacked, and DIR/order, the order to load them in
image_modules() {
	local dir=$1 kernel=$2 m file name
	shift 2
	for m; do
		# "insmod PATH" lines, dependencies first; "builtin NAME" is none of ours
		modprobe -d "$kernel" -S "$(<"$kernel/release")" --show-depends "$m"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$dir/paths"
	while read -r file; do
		name=${file##*/}
		name=${name%.ko*}
		case $file in
		*.xz) xz -dc "$file" ;;
		*) cat "$file" ;;
		esac >"$dir/$name.ko"
		unsigned "$dir/$name.ko"
		echo "$name"
	done <"$dir/paths" >"$dir/order"
	rm "$dir/paths"
}

# unsigned FILE: a module without its signature, if it has one. An emulated CPU takes as long to verify those of an
# image as for the rest of a boot; they were verified here, with the package. Behind the module lie the signature, a
# head of 12 bytes whose last four are the signature's length, and the words.
unsigned() {
	local words='~Module signature appended~' len # and the end of their line
	[[ $(tail -c 28 "$1") == "$words" ]] || return 0
	len=$((0x$(tail -c 32 "$1" | head -c 4 | od -An -tx1 | tr -d ' ')))
	truncate -s -$((28 + 12 + len)) "$1"
}

# image_libs DIR SONAME...: the libraries, the libraries they need, the loader
image_libs() {
	local dir=$1 lib file need
	shift
	mkdir -p "$dir/lib64" "$dir/lib"
	cp -L "$SYSROOT/lib64/ld64.so.2" "$dir/lib64/"
	for lib; do
		[[ $lib == ld64.so.* || -e $dir/lib/$lib ]] && continue
		file=$(find "$SYSROOT"/{usr/,}lib/powerpc64le-linux-gnu -maxdepth 1 -name "$lib" -print -quit)
		[[ $file ]] || die "$lib: not in $SYSROOT: add its package to scripts/lib/cross.sh"
		cp -L "$file" "$dir/lib/"
		mapfile -t need < <(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
		image_libs "$dir" "${need[@]}"
	done
}
