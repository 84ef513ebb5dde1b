#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Many objects in one guest, and what one more costs then.

bats_require_minimum_version 1.5.0
load guests

setup_file() {
	lab_up "$BATS_FILE_TMPDIR" --model-arg=--strict
	lab put "$SERVER" "$TOP/build/release/tests/lab/verbs/verbs_many" /root/
}

teardown_file() {
	lab_down
}

@test "20,000 MRs, 2,000 QPs and 4,000 CQs; one more costs at most 1.3 times what it did among 100" {
	local before try
	before=$(held "$SERVER.0")
	# What else the machine does makes single runs differ by a third; growth would show in all of them.
	for try in 1 2 3; do
		run lab exec -n --timeout 600 "$SERVER" -- /root/verbs_many --device "$DEV" --mrs 20000 --qps 2000 \
			--cqs 4000 --max-ratio 1.3
		echo "$output"
		echo "# $try: ${lines[-1]}" >&3
		[ "$status" -ne 0 ] || break
	done
	[ "$status" -eq 0 ]
	back_to "$SERVER.0" "$before"
}
