# SPDX-License-Identifier: BSD-2-Clause
#
# Makes sockleak-json(7) of docs/json.md: mdoc(7) from the Markdown that is used there,
# which is headings, paragraphs, lists, code, links and tables. A table becomes a list:
# its first column is the head of an item, and the others are its description.
# Usage: awk -v version=VERSION -f manual.awk docs/json.md

BEGIN {
	print ".\\\" SPDX-License-Identifier: BSD-2-Clause"
	print ".\\\" Made of docs/json.md by tools/manual.awk."
	print ".Dd November 25, 2026"
	print ".Dt SOCKLEAK-JSON 7"
	print ".Os sockleak " version
	print ".Sh NAME"
	print ".Nm sockleak-json"
	print ".Nd the JSON Lines that sockleak prints"
	print ".Sh DESCRIPTION"
	after_head = 1
}

# Escapes what is special to roff.
function escape(text) {
	gsub(/\\/, "\\e", text)
	gsub(/--/, "\\-\\-", text)
	return text
}

# Code becomes bold, links become their words, and each sentence gets a line, as mdoc requires.
function inline(text,    out, code) {
	out = ""
	while (match(text, /`[^`]*`|\[[^]]*\]\([^)]*\)/)) {
		code = substr(text, RSTART, RLENGTH)
		out = out sentences(escape(substr(text, 1, RSTART - 1)))
		text = substr(text, RSTART + RLENGTH)
		if (code ~ /^`/) {
			out = out "\\fB" escape(substr(code, 2, length(code) - 2)) "\\fR"
		} else {
			sub(/^\[/, "", code)
			sub(/\]\(.*/, "", code)
			gsub(/`/, "", code)
			out = out escape(code)
		}
	}
	return out sentences(escape(text))
}

function sentences(text) {
	gsub(/\. /, ".\n", text)
	return text
}

# A line must not begin like a macro.
function print_text(text,    lines, count, i) {
	count = split(inline(text), lines, "\n")
	for (i = 1; i <= count; i++) {
		sub(/^ +/, "", lines[i])
		sub(/ +$/, "", lines[i])
		if (lines[i] != "")
			print (lines[i] ~ /^[.']/ ? "\\&" : "") lines[i]
	}
}

function end_paragraph() {
	if (paragraph != "") {
		if (in_item)
			print ".It"
		else if (!after_head)
			print ".Pp"
		print_text(paragraph)
		after_head = 0
	}
	paragraph = ""
	in_item = 0
}

function end_list() {
	end_paragraph()
	if (in_list != "")
		print ".El"
	in_list = ""
}

# One object of JSON, broken at its commas so that it fits a page.
function print_code(text,    width, piece) {
	width = 72
	while (length(text) > width) {
		piece = substr(text, 1, width)
		if (!match(piece, /^.*,/) && !match(text, /^[^,]*,/))
			break
		print escape_code(substr(text, 1, RLENGTH)) # JSON begins no line like a macro
		text = " " substr(text, RLENGTH + 1)
	}
	print escape_code(text)
}

function escape_code(text) {
	gsub(/\\/, "\\e", text)
	return text
}

# "| `pid` | integer | meaning | null when |" and the like; `|` stands in no cell.
function print_row(row,    cells, count, i, cell) {
	count = split(row, cells, /\|/)
	for (i = 2; i < count; i++) {
		cell = cells[i]
		gsub(/^ +| +$/, "", cell)
		cells[i] = cell
	}
	if (row ~ /^\|[-| ]*$/)
		return
	if (in_list == "") { # the head of the table
		for (i = 2; i < count; i++)
			heads[i] = cells[i]
		print ".Bl -tag -width Ds"
		in_list = "table"
		return
	}
	print ".It " inline(cells[2]) (heads[3] == "type" ? " Pq " cells[3] : "")
	for (i = heads[3] == "type" ? 4 : 3; i < count; i++) {
		if (cells[i] == "")
			continue
		if (i > 3 && (heads[i] == "null when" || heads[i] == "remedy"))
			print_text((heads[i] == "remedy" ? "Remedy: " : "Null when: ") cells[i] ".")
		else
			print_text(cells[i] ".")
	}
}

/^```/ {
	end_paragraph()
	in_code = !in_code
	print in_code ? ".Bd -literal" : ".Ed"
	after_head = 0
	next
}
in_code { print_code($0); next }
/^# / { next } # the title is NAME's
/^##/ {
	end_list()
	level = length($1)
	sub(/^#+ /, "")
	gsub(/`/, "")
	print (level == 2 ? ".Sh " toupper($0) : ".Ss " $0)
	after_head = 1
	next
}
/^\|/ { end_paragraph(); print_row($0); after_head = 0; next }
/^- / {
	end_paragraph()
	if (in_list == "") {
		print ".Bl -bullet"
		in_list = "bullets"
		after_head = 0
	}
	in_item = 1
	paragraph = substr($0, 3)
	next
}
/^$/ { end_list(); next }
{
	sub(/^ +/, "")
	paragraph = paragraph (paragraph == "" ? "" : " ") $0
}

END {
	end_list()
	print ".Sh SEE ALSO"
	print ".Xr sockleak 8"
}
