# SPDX-License-Identifier: BSD-2-Clause
#
# vmlinux.h: kernel types, cut down to what bpf/ names.
# BTF names a kernel's BTF: /sys/kernel/btf/vmlinux, or an uncompressed vmlinux. It must be of a
# full-featured kernel, because a missing type is an error.

BTF ?= /sys/kernel/btf/vmlinux
BTF_NAME ?= $(BTF)
comma := ,
KERNEL_TYPES := struct task_struct,struct thread_info,struct cred,struct pt_regs,\
	struct files_struct,struct fdtable,struct file,struct inode,struct super_block,\
	struct socket,struct sock,struct inet_sock,struct tcp_sock,struct unix_sock,\
	struct netlink_sock,struct packet_sock,\
	struct css_set,struct cgroup,struct kernfs_node,\
	struct trace_event_raw_sys_enter,struct trace_event_raw_sys_exit,\
	struct bpf_raw_tracepoint_args,\
	struct bpf_iter__task_file,struct bpf_iter__bpf_map,\
	enum bpf_map_type,enum bpf_func_id,enum BPF_ANY,enum BPF_F_NO_PREALLOC,\
	enum BPF_F_SKIP_FIELD_MASK,enum TCP_ESTABLISHED,enum false,__wsum

# The file is committed, so the rule runs only when the target is named.
ifneq ($(filter vmlinux.h,$(MAKECMDGOALS)),)
export BTF_NAME
.PHONY: vmlinux.h
vmlinux.h:
	$(say) BTF $@
	$(Q)mkdir -p $(O)
	$(Q)$(BPFTOOL) btf dump file $(BTF) format c > $(O)/vmlinux.full.h
	$(Q)awk -v roots='$(subst $(comma) ,$(comma),$(KERNEL_TYPES))' -v source="$$BTF_NAME" \
		-f tools/vmlinux.awk $(O)/vmlinux.full.h > $(O)/vmlinux.h
	$(Q)mv $(O)/vmlinux.h $@
endif
