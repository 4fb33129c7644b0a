/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel images: any bytes, or an ELF file whose headers the input's bytes fill in. Beyond the
 * sanitizers' checks: what loads leaves exactly the file's segments in RAM, as a second reader finds
 * them, and gives bounds that hold them and an entry in one of them; what does not load has a reason.
 */
#include "tests/fake/elf.h"
#include "tests/fake/sys.h"
#include "tests/fuzz/file.h"

#include <errno.h>
#include <string.h>

#define BANK (64 * KiB) /* of RAM: one at 0, one where position independent kernels go */
#define DYN_BASE (4 * MiB)
#define MAX_FILE (8 * KiB)

static uint8_t model[2][BANK];

static uint64_t word(struct input *in)
{
	static const uint64_t edges[] = {
		0,
		1,
		sizeof(Elf64_Ehdr),
		0x1000,
		BANK - 1,
		BANK,
		DYN_BASE,
		DYN_BASE + BANK,
		UINT64_MAX / 4,
		UINT64_MAX / 2,
		0xc000000000000000ULL,
		UINT64_MAX,
		UINT64_MAX - DYN_BASE,
		1ULL << 32,
	};
	uint8_t how = byte(in);

	if (how < 0x10)
		return raw64(in);
	if (how < 0x90)
		return (uint64_t)byte(in) << (how & 0x0f);
	return edges[how % ARRAY_LEN(edges)] + (uint64_t)(int8_t)(how < 0xc0 ? byte(in) : 0);
}

static size_t build(struct input *in, uint8_t *file)
{
	static const uint16_t types[] = { ET_EXEC, ET_DYN, ET_REL };
	uint8_t how = byte(in);
	struct elf_spec spec = { .big_endian = how & 1, .type = types[how >> 1 & 1] };
	size_t len;

	if (how >= 0xf0)
		spec.type = ET_REL;
	spec.nsegments = 1 + byte(in) % ARRAY_LEN(spec.segments);
	for (size_t i = 0; i < spec.nsegments; i++) {
		struct elf_segment *s = &spec.segments[i];

		s->type = byte(in) < 0xe0 ? PT_LOAD : PT_NOTE;
		s->offset = word(in);
		s->paddr = word(in);
		s->vaddr = how & 8 ? s->paddr : word(in);
		s->filesz = word(in);
		s->memsz = how & 0x10 ? s->filesz : word(in);
	}
	spec.entry = how & 0x20 ? spec.segments[0].vaddr : word(in);
	spec.phoff = how & 0x40 ? word(in) % MAX_FILE : 0;
	len = elf_build(file, MAX_FILE, &spec);
	if (how & 0x80) /* cut short, or one byte of the headers is another */
		len -= byte(in) % len;
	else
		file[byte(in)] ^= byte(in);
	return len;
}

/* ---- the second reader ---- */

static uint64_t field(bool le, const uint8_t *p, size_t size)
{
	if (size == 2)
		return le ? le16_load(p) : be16_load(p);
	if (size == 4)
		return le ? le32_load(p) : be32_load(p);
	return le ? le64_load(p) : be64_load(p);
}

#define FIELD(le, base, type, member)                                                              \
	field(le, (base) + offsetof(type, member), sizeof(((type *)0)->member))

static void put(uint64_t paddr, const uint8_t *from, uint64_t len)
{
	uint8_t *bank = model[paddr >= DYN_BASE];
	uint64_t at = paddr >= DYN_BASE ? paddr - DYN_BASE : paddr;

	must(at <= BANK && len <= BANK - at);
	memcpy(bank + at, from, len);
}

static void expect(const uint8_t *file, size_t len, const struct image *img)
{
	bool le = file[EI_DATA] == ELFDATA2LSB, entered = false;
	uint64_t bias = FIELD(le, file, Elf64_Ehdr, e_type) == ET_DYN ? DYN_BASE : 0;
	uint64_t n = FIELD(le, file, Elf64_Ehdr, e_phnum);
	uint64_t phoff = FIELD(le, file, Elf64_Ehdr, e_phoff);

	must(img->little_endian == le && phoff <= len && n * sizeof(Elf64_Phdr) <= len - phoff);
	memset(model, 0, sizeof(model));
	for (uint64_t i = 0; i < n; i++) {
		const uint8_t *ph = file + phoff + i * sizeof(Elf64_Phdr);
		uint64_t offset = FIELD(le, ph, Elf64_Phdr, p_offset);
		uint64_t paddr = FIELD(le, ph, Elf64_Phdr, p_paddr) + bias;
		uint64_t filesz = FIELD(le, ph, Elf64_Phdr, p_filesz);
		uint64_t memsz = FIELD(le, ph, Elf64_Phdr, p_memsz);

		if (FIELD(le, ph, Elf64_Phdr, p_type) != PT_LOAD || memsz == 0)
			continue;
		must(filesz <= memsz && (filesz == 0 || offset <= len));
		must(filesz == 0 || filesz <= len - offset);
		must(paddr >= img->start && paddr + memsz <= img->end);
		entered |= img->entry >= paddr && img->entry - paddr < memsz;
		if (filesz)
			put(paddr, file + offset, filesz);
	}
	must(entered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	uint8_t *file = calloc(1, MAX_FILE + 512), *ram[2] = { calloc(1, BANK), calloc(1, BANK) };
	size_t len = size > MAX_FILE ? MAX_FILE : size;
	struct gmem mem = { .nbanks = 0 };
	struct image_file f;
	struct image img;
	int r;

	log_set_sink(unread);
	fake_reset();
	must(file && ram[0] && ram[1]);
	must(gmem_add(&mem, 0, BANK, ram[0]) == 0 && gmem_add(&mem, DYN_BASE, BANK, ram[1]) == 0);
	if (size && byte(&in) & 1)
		len = build(&in, file);
	else if (len)
		memcpy(file, in.p, --len);
	f = file_of(file, len);
	r = image_load_kernel(&mem, &f, &img);
	must(r == 0 || r == -ENOEXEC || r == -EFBIG || r == -ENODATA);
	if (r == 0) {
		expect(file, len, &img);
		must(memcmp(model[0], ram[0], BANK) == 0 && memcmp(model[1], ram[1], BANK) == 0);
	}
	free(file);
	free(ram[0]);
	free(ram[1]);
	fake_reset();
	return 0;
}

/* One that loads, of each endianness and type; one of any bytes. */
size_t fuzz_seed(unsigned int index, uint8_t *out, size_t max)
{
	struct elf_spec spec = elf_tiny;

	if (index < 8) {
		static const uint8_t good[] = {
			0, 0, 0x10, 0x26, 0xd6, 0xd6, 0x26, 0xff, 0x26, 0xff
		};

		memset(out, 0, 64);
		memcpy(out, good, sizeof(good));
		out[0] = 1;
		out[1] = (uint8_t)(0x38 | (index & 3) | (index & 4) << 5);
		return 64;
	}
	if (index >= 10)
		return 0;
	spec.big_endian = index & 1;
	memset(out, 0, max);
	spec.segments[0].offset = 0x100;
	spec.segments[0].filesz = 0x40;
	return 1 + elf_build(out + 1, max - 1, &spec);
}
