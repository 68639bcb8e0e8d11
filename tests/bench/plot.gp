# SPDX-License-Identifier: BSD-2-Clause
#
# One picture of docs/performance.md: the figures of an axis of `make bench-scale`.
#   gnuplot -e "data='FILE'; picture='FILE.svg'; words='...'; columns=N" plot.gp
# The first line of the data names the columns; ? is what was not measured.
set terminal svg size 1000,460 dynamic enhanced font "sans-serif,13" background "white" name "bench"
set output picture
set datafile missing "?"
set logscale xy
set format x "10^{%L}"
set key outside right center noenhanced
set grid xtics ytics linecolor rgb "#dddddd" linetype 1
set xlabel words noenhanced
plot for [column = 2:columns] data using 1:column with linespoints linewidth 2 pointtype 7 \
	pointsize 0.6 title columnheader(column)
