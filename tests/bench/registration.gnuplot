# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The picture of what registrations cost, from the CSV of bench_registration: one panel per shape, one line per policy.
# usage: gnuplot -e "csv='FILE.csv'; svg='FILE.svg'" registration.gnuplot
set terminal svg size 1150,480 font "sans,11" background "white"
set output svg
set datafile separator ","
set datafile missing NaN
set multiplot layout 1,3 title "Register and deregister once, by size"
set logscale xy
set grid
set key left top
set format y "10^{%L} ns"
set xtics ("4 KiB" 2.**12, "64 KiB" 2.**16, "1 MiB" 2.**20, "16 MiB" 2.**24, "256 MiB" 2.**28, "1 GiB" 2.**30) rotate by -40
set xrange [2.**11:2.**31]
set yrange [10:1e11]

# Columns: part, policy, shape, bytes, runs, live, ns, bare_ns, ..., refused.
shapes = "one 2MiB 4KiB"
titles = "'in one piece' 'in pieces of 2 MiB' 'in single pages, scattered'"
policies = "exact lazy lazy-cold granule granule-cold static"
at(policy, shape) = (strcol(2) eq policy && strcol(3) eq shape && strcol(1) ne "book" && $7 > 0) ? $4 : NaN
bare(shape) = (strcol(2) eq "exact" && strcol(3) eq shape && $8 > 0) ? $4 : NaN

do for [i = 1:3] {
	shape = word(shapes, i)
	set title word(titles, i)
	plot for [p in policies] csv skip 1 using (at(p, shape)):7 with linespoints title p, \
	     csv skip 1 using (bare(shape)):8 with points pointtype 6 linecolor "black" title "bare ioctls"
}
