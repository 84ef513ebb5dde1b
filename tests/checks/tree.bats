#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Owns the rules of the source tree that a machine can check. It must never
# know what the code does.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
}

# tests/lab/hostile is built by the kernel, among its headers.
sources() {	# the C files of some folders
	git ls-files -co --exclude-standard -- "$@" | grep -E '\.[ch]$' | grep -v '^tests/lab/hostile/'
}

# forbid FOLDER FORBIDDEN...: no file of FOLDER includes from a FORBIDDEN one
forbid() {
	local folder=$1 bad found=0
	shift
	for bad in "$@"; do
		while read -r file; do
			! grep -nHE "#include \"$bad/" "$file" || found=1
		done < <(sources "$folder")
	done
	[ "$found" -eq 0 ]
}

@test "includes point one way: hv and iommu know neither each other nor anything above" {
	forbid hv iommu host-backend guest-driver tests
	forbid iommu hv host-backend guest-driver tests
}

@test "includes point one way: host-backend knows hv, iommu and the ABI only" {
	forbid host-backend tests guest-driver/kernel guest-driver/libunderpass
}

@test "includes point one way: the guest driver knows its ABI only" {
	forbid guest-driver hv iommu host-backend tests
}

@test "the hostile guest knows the ABI only" {
	run grep -nE '#include "(hv|iommu|host-backend|guest-driver|tests|\.)' tests/lab/hostile/*.[ch]
	[ "$status" -eq 1 ]
}

@test "includes are written from the root of the tree" {
	run grep -nE '#include "(\.|[a-z_]+\.h)' $(sources hv iommu host-backend tests)
	[ "$status" -eq 1 ]
}

@test "every header stands alone" {
	local flags headers
	flags="-std=gnu11 -D_GNU_SOURCE -I. $(pkg-config --cflags libevent jansson libbsd-overlay libsystemd)"
	mapfile -t headers < <(sources hv iommu host-backend tests | grep '\.h$')
	# shellcheck disable=SC2086 # several flags
	gcc $flags -Wall -Wextra -Werror -fsyntax-only -x c "${headers[@]}"
}

@test "every source file names its licence in the first two lines" {
	run bash -c "git ls-files -co --exclude-standard |
		grep -vE '(^LICENSE|\.(md|svg|csv|txt|args)|\.gitignore|/packages)\$' |
		xargs awk 'BEGIN { for (i = 1; i < ARGC; i++) files[ARGV[i]] }
			FNR <= 2 && /SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause/ { delete files[FILENAME] }
			END { for (name in files) print name }'"
	[ "$status" -eq 0 ]
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "nothing is left unfinished" {
	run grep -nE '\b(TODO|FIXME|XXX)\b' $(sources hv iommu host-backend guest-driver tests)
	[ "$status" -eq 1 ]
}

@test "shell scripts pass shellcheck" {
	git ls-files -co --exclude-standard | while read -r file; do
		head -1 "$file" | grep -qE '^#!.*\b(ba)?sh\b' && echo "$file"
	done | xargs -r shellcheck
}

@test "clang builds everything without a warning" {
	make -s FLAVOUR=clang all
}
