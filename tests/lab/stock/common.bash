# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What tests of applications share: the lab they run in, and a server in one machine with a client in another.
# It owns no expectations. With LAB_DIR set to a lab that is up, that one is used and left up.
#
# The folder of a test is its topology: the same files are in stock/, direct/ and nested/.
# RDMA_DEV, PINGPONG_OPTIONS and PERFTEST_OPTIONS let the same tests run on another device, e.g. on
# rdma_rxe (rxe0, "-g 1", "-x 1"), to tell a fault of the tests from one of the model.
# FABRIC_FAULT, e.g. "loss=0.01 seed=21 dir=tx", is what fabric_fault puts on the lines of both machines.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
PATH=$TOP/tests/lab:$PATH
TOPOLOGY=$(basename "$(cd "${BATS_TEST_DIRNAME:-$(dirname "$0")}" && pwd)")
case $TOPOLOGY in
direct | nested | pair)
	export SERVER=guest1 CLIENT=guest2 DEV=${RDMA_DEV:-underpass0} ;;
passthrough)
	export SERVER=guest1 CLIENT=guest2 DEV=${RDMA_DEV:-mlx5_0} ;;
*)
	TOPOLOGY=stock
	export SERVER=vm1 CLIENT=vm2 DEV=${RDMA_DEV:-mlx5_0} ;;
esac
export TOPOLOGY
LIMIT=${STOCK_TIMEOUT:-120}

# lab_up FOLDER [OPTION …]: use the lab of LAB_DIR if it is up, or the one that all tests of a run share, or bring up
# one of our own, of two machines with one HCA each.
lab_up() {
	local folder=$1/lab
	shift
	export LAB_OWN=
	if [ -z "${LAB_DIR:-}" ] && [ -n "${LAB_SHARED:-}" ]; then
		LAB_DIR=$(shared "$TOPOLOGY" 3>&-) || return
		export LAB_DIR
	elif [ -z "${LAB_DIR:-}" ] || ! lab status > /dev/null 2>&1; then
		export LAB_DIR=$folder LAB_OWN=yes
		lab up "$TOPOLOGY" --vms 2 --kernel "${STOCK_KERNEL:-stable}" "$@" >&2 3>&-
	fi
}

# In a run of many tests the logs stay.
lab_down() {
	[ -z "$LAB_OWN" ] || lab down ${LAB_ENDED:+--save "$LAB_ENDED/$TOPOLOGY-$(basename "$BATS_TEST_FILENAME")"} >&2
}

# Whether commands of a machine still work.
reachable() {
	lab exec -n --timeout 30 "$1" -- true
}

# listens VM PORT [PID]: wait until somebody listens on a TCP port of a VM, as long as the process PID lives.
listens() {
	local end=$((SECONDS + 30))
	# shellcheck disable=SC2016  # the machine's shell is to expand it
	until lab exec -n --timeout 10 "$1" -- sh -c 'for _ in 1 2 3 4 5 6 7 8 9 10; do
			ss -Hltn "sport = :$0" | grep -q . && exit
			sleep 0.1
		done
		exit 1' "$2"; do
		if [ $SECONDS -ge $end ] || { [ -n "${3:-}" ] && ! kill -0 "$3" 2> /dev/null; }; then
			return 1
		fi
	done
}

# pair PORT SERVER-WORD … -- CLIENT-WORD …
# The server in one machine, then the client in the other; fails unless both end well. Output of both on stdout.
pair() {
	local port=$1 server=() out client_status=0 server_status=0
	shift
	while [ "$1" != -- ]; do
		server+=("$1")
		shift
	done
	shift
	out=$(mktemp)
	lab exec -n --timeout "$LIMIT" "$SERVER" -- "${server[@]}" > "$out" 2>&1 3>&- &
	local pid=$!
	if listens "$SERVER" "$port" $pid; then
		lab exec -n --timeout "$LIMIT" "$CLIENT" -- "$@" 2>&1 || client_status=$?
		# A client that failed leaves its server waiting for ever.
		[ $client_status -eq 0 ] || lab exec -n "$SERVER" -- pkill -x "$(basename "${server[0]}" | cut -c1-15)" || true
	else
		client_status=1
		echo "the server does not listen"
		kill $pid 2> /dev/null || true
	fi
	wait $pid || server_status=$?
	echo "--- server, status $server_status; client, status $client_status"
	cat "$out"
	rm -f "$out"
	[ $client_status -eq 0 ] && [ $server_status -eq 0 ]
}

# One number of the faults a port has seen: faults_of vm1.0 lost
faults_of() {
	lab model hca "$1" | python3 -c '
import json, sys
faults = json.load(sys.stdin)["hca"]["faults"]
print(sum(faults[way][sys.argv[1]] for way in ("tx", "rx")))' "$2"
}

# Put FABRIC_FAULT, if any, on the lines of both machines.
fabric_fault() {
	[ -z "${FABRIC_FAULT:-}" ] && return
	local hca
	for hca in "$SERVER.0" "$CLIENT.0"; do
		# shellcheck disable=SC2086  # words
		lab model fault $hca $FABRIC_FAULT > /dev/null || return
	done
}

# Good lines again. Says as a TAP comment what happened on each; fails if nothing did, for then nothing was tested.
fabric_clear() {
	[ -z "${FABRIC_FAULT:-}" ] && return
	local hca what sum status=0
	for hca in "$SERVER.0" "$CLIENT.0"; do
		sum=0
		for what in lost duplicated reordered; do
			local n
			n=$(faults_of $hca $what)
			sum=$((sum + n))
			echo "# $FABRIC_FAULT: $hca $what $n"
		done
		[ $sum -gt 0 ] || status=1
		lab model fault $hca clear > /dev/null || status=1
	done
	return $status
}

# The kernel messages about RDMA in a VM that a healthy card does not cause.
rdma_complaints() {
	lab exec -n "$1" -- dmesg --level=emerg,alert,crit,err,warn --notime |
		grep -E 'mlx5|infiniband|ib_|rdma|vfio' | grep -vEf "$TOP/tests/lab/stock/dmesg.allowed"
	# A trace of any origin counts.
	lab exec -n "$1" -- dmesg --notime | grep -E '^(BUG|WARNING|Oops|Call Trace|INFO: task)|DMAR:.*fault'
	true
}
