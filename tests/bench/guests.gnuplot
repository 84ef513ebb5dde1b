# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The picture of what guests get and pay, from the CSV of tests/lab/nested/bench: each figure by its ratio to plain
# passthrough. usage: gnuplot -e "csv='FILE.csv'; svg='FILE.svg'" guests.gnuplot
set terminal svg size 1150,520 font "sans,11" background "white"
set output svg
set datafile separator ","
set title "Next to plain passthrough (1.0): latencies and costs below, bandwidths above are better"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set grid ytics
set logscale y 2
set ylabel "ratio to passthrough"
set key top left horizontal
set xtics rotate by -35
set bmargin 9
plot 1 with lines linecolor "black" notitle, \
     for [i = 13:17] csv skip 1 using i:xtic(1) title word("stock exact lazy granule static", i - 12)
