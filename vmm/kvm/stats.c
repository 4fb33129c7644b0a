/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/kvm/stats.h"

#include "vmm/base/sys.h"
#include "vmm/kvm/uapi.h"

#include <errno.h>
#include <string.h>

#define NAME_MAX_LEN 128u
#define DESC_MAX 1024u

/* As powerpc's kernel names them. */
static const char *const names[KVM_STATS] = { "sum_exits", "dec_exits", "ext_intr_exits",
					      "halt_wakeup" };

static int read_all(int fd, void *buf, size_t len, uint64_t at)
{
	ssize_t n = sys_pread(fd, buf, len, at);

	return n < 0 ? (int)n : n == (ssize_t)len ? 0 : -EIO;
}

static void look_at(struct kvm_stats *s, const struct kvm_stats_header *h,
		    const struct kvm_stats_desc *d)
{
	for (uint32_t i = 0; i < KVM_STATS; i++)
		if (strcmp(d->name, names[i]) == 0 && d->size == 1)
			s->at[i] = (uint64_t)h->data_offset + d->offset;
}

int kvm_stats_find(struct kvm_stats *s, int fd)
{
	union {
		struct kvm_stats_desc d;
		char bytes[sizeof(struct kvm_stats_desc) + NAME_MAX_LEN];
	} u;
	struct kvm_stats_header h;
	int r = read_all(fd, &h, sizeof(h), 0);

	*s = (struct kvm_stats){ 0 };
	if (r == 0 && (h.name_size > NAME_MAX_LEN || h.num_desc > DESC_MAX))
		r = -EIO;
	for (uint32_t i = 0; r == 0 && i < h.num_desc; i++) {
		size_t size = sizeof(u.d) + h.name_size;

		r = read_all(fd, u.bytes, size, h.desc_offset + i * size);
		u.bytes[sizeof(u.bytes) - 1] = '\0';
		if (r == 0)
			look_at(s, &h, &u.d);
	}
	return r;
}

bool kvm_stats_read(const struct kvm_stats *s, int fd, enum kvm_stat which, uint64_t *value)
{
	return s->at[which] && read_all(fd, value, sizeof(*value), s->at[which]) == 0;
}
