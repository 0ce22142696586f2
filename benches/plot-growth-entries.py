"""Draws what benches/growth-entries measured, both axes logarithmic. A line of the input is a number of entries and the median times in
microseconds, or `-` where there is none: of a proof, of a search by case, of a search by service."""

import math
import sys

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 360, 70, 20, 190, 50
SERIES = (("proof of any entry", "#1d70b8"), ("search by case", "#d4351c"), ("search by service", "#00703c"))
ENTRIES = (1e6, 1e8)
MICROSECONDS = (100, 10000)


def across(entries):
    part = math.log(entries / ENTRIES[0]) / math.log(ENTRIES[1] / ENTRIES[0])
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def down(microseconds):
    part = math.log(microseconds / MICROSECONDS[0]) / math.log(MICROSECONDS[1] / MICROSECONDS[0])
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


rows = [line.split() for line in sys.stdin if line.strip()]
print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">')
print("<title>Median times by entries of the log</title>")
print(f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>')
for time, label in ((100, "0.1 ms"), (1000, "1 ms"), (10000, "10 ms")):
    y = down(time)
    print(f'<path d="M{LEFT} {y:.0f}H{WIDTH - RIGHT}" stroke="#b1b4b6"/>')
    print(f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{label}</text>')
for entries, label in ((1e6, "1 M"), (1e7, "10 M"), (1e8, "100 M")):
    print(f'<text x="{across(entries):.0f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{label}</text>')
print(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">entries</text>')
for column, (name, colour) in enumerate(SERIES, start=1):
    points = [(across(float(row[0])), down(float(row[column]))) for row in rows if row[column] != "-"]
    line = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    print(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for x, y in points:
        print(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>')
    print(f'<text x="{points[-1][0] + 10:.0f}" y="{points[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
print("</svg>")
