# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Reads all of a kernel's types, as `bpftool btf dump ... format c` writes them,
# and keeps the ones named in `roots` with everything their layout needs: a type
# used by value or through a typedef is kept whole, one used behind a pointer
# only is declared. Nothing is changed or made up; what is kept is as bpftool
# wrote it. `make vmlinux.h BTF=FILE` runs it.

# The key of a definition: "struct x", "union x", "enum x", or the typedef's name;
# of an enum without a name "enum FIRST_CONSTANT".
function key_of(definition,    word) {
	split(definition, word, /[ \t\n]+/)
	if (definition ~ /^(struct|union|enum) [A-Za-z0-9_]+ \{/)
		return word[1] " " word[2]
	if (definition ~ /^enum \{/)
		return "enum " word[3]
	return ""
}

function want(key) {
	if ((key in block) && !(key in kept)) {
		kept[key] = 1
		queue[++queued] = key
	}
}

# Everything that one definition refers to.
function follow(text,    rest, tag, name, after) {
	rest = text
	while (match(rest, /(struct|union|enum) [A-Za-z0-9_]+/)) {
		tag = substr(rest, RSTART, RLENGTH)
		after = substr(rest, RSTART + RLENGTH, 2)
		if (after == " *" && tag !~ /^enum/)
			pointed[tag] = 1
		else
			want(tag)
		rest = substr(rest, RSTART + RLENGTH)
	}
	rest = text
	while (match(rest, /[A-Za-z_][A-Za-z0-9_]*/)) {
		name = substr(rest, RSTART, RLENGTH)
		if (name in typedef)
			want(name)
		rest = substr(rest, RSTART + RLENGTH)
	}
}

# One definition has been read: remember it under its name, in the file's order.
function finish(    key, name) {
	if (text == "")
		return
	key = key_of(text)
	if (key == "" && text ~ /^typedef/) {
		name = text
		if (match(name, /\(\*[A-Za-z0-9_]+\)/))
			name = substr(name, RSTART + 2, RLENGTH - 3)
		else {
			sub(/(\[[0-9]*\])*;[^;]*$/, "", name)
			sub(/^.*[^A-Za-z0-9_]/, "", name)
		}
		key = name
		typedef[key] = 1
	}
	if (key != "") {
		block[key] = text
		order[++count] = key
	}
	text = ""
}

/^#/ { next }
/^$/ { finish(); next }
{ text = text == "" ? $0 : text "\n" $0 }

END {
	finish()
	n = split(roots, root, ",")
	for (i = 1; i <= n; i++) {
		if (!(root[i] in block)) {
			print "vmlinux.awk: no type '" root[i] "' in this BTF" > "/dev/stderr"
			exit 1
		}
		want(root[i])
	}
	for (i = 1; i <= queued; i++)
		follow(block[queue[i]])

	print "/*"
	print " * Kernel types, generated; do not edit. Made by `make vmlinux.h BTF=FILE`:"
	print " * bpftool's dump of " source ","
	print " * cut down by tools/vmlinux.awk to what bpf/ uses and the layouts of that."
	print " */"
	print "#ifndef __VMLINUX_H__"
	print "#define __VMLINUX_H__"
	print ""
	print "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX"
	printf "#pragma clang attribute push "
	print "(__attribute__((preserve_access_index)), apply_to = record)"
	print "#endif"
	for (tag in pointed)
		declared[++declarations] = tag
	for (i = 2; i <= declarations; i++)
		for (j = i; j > 1 && declared[j] < declared[j - 1]; j--) {
			name = declared[j]
			declared[j] = declared[j - 1]
			declared[j - 1] = name
		}
	print ""
	for (i = 1; i <= declarations; i++)
		print declared[i] ";"
	for (i = 1; i <= count; i++) {
		if (!(order[i] in kept))
			continue
		print "\n" block[order[i]]
	}
	print ""
	print "#ifndef BPF_NO_PRESERVE_ACCESS_INDEX"
	print "#pragma clang attribute pop"
	print "#endif"
	print ""
	print "#endif /* __VMLINUX_H__ */"
}
