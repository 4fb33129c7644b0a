/* SPDX-License-Identifier: BSD-2-Clause */
/* Consoles, disks and other instances. */
#include "tests/unit/firmware/of_fixture.h"

TestSuite(of_open, .init = ox_setup, .fini = ox_teardown);

Test(of_open, what_is_not_there_gives_0)
{
	static const char *const none[] = { "",       "nothing",          "/nothing",
					    "/cpus",  "/chosen",          "/vdevice",
					    "disk:1", "disk:99999999999", "/pci" };

	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		cr_assert(eq(u32, ox_open(none[i]), 0), "%s", none[i]);
}

Test(of_open, root_rtas_memory_console_and_disks_can_be)
{
	static const char *const some[] = { "/",      "/rtas", "/memory", "hvterm",    "disk",
					    "disk:0", "disk:", OX_DISK,   OX_DISK ":0" };

	for (size_t i = 0; i < ARRAY_LEN(some); i++)
		cr_assert(ne(u32, ox_open(some[i]), 0), "%s", some[i]);
}

Test(of_open, so_many_and_no_more)
{
	uint32_t first = ox_open("/"), n = 1, h, last = first;

	while ((h = ox_open("/"))) {
		cr_assert(h != last && h < 0x80000000u);
		last = h;
		n++;
	}
	cr_assert(eq(u32, n, OF_FILES_MAX - 4)); /* those of /chosen */
	OX("close", first);
	OX("close", first);
	OX("close", 0);
	OX("close", OF_ERROR);
	h = ox_open("/");
	cr_assert(h != 0 && h != first);
	cr_assert(eq(u32, ox_open("/"), 0));
}

Test(of_open, the_consoles_of_chosen_stay_open)
{
	uint32_t in = ox_cell("/chosen", "stdin"), out = ox_cell("/chosen", "stdout");

	OX("close", in);
	OX("close", out);
	strcpy(ox_buffer(), "hello");
	cr_assert(eq(u32, OX("write", out, OX_BUFFER, 5), 5));
	cr_assert(strcmp(ox.out, "hello") == 0);
}

/* ---- disks ---- */

static bool holds(uint64_t off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if ((uint8_t)ox_buffer()[i] != ox_disk_byte(off + i))
			return false;
	return true;
}

Test(of_open, a_disk_is_read_from_where_it_stands)
{
	uint32_t h = ox_open("disk:0");

	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512), 512));
	cr_assert(holds(0, 512));
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 100), 100));
	cr_assert(holds(512, 100));
	cr_assert(eq(u32, OX("seek", h, 0, 0x100001), 0));
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 7), 7));
	cr_assert(holds(0x100001, 7));
}

Test(of_open, a_large_read_comes_in_pieces)
{
	uint32_t h = ox_open("disk");

	cr_assert(eq(u32, OX("read", h, 0x100000, 3 << 20), 3 << 20));
	cr_assert(eq(u32, ox.nreads, 3));
	cr_assert(memcmp(ox.m->ram + 0x100000 + 0x1fffff, (uint8_t[]){ ox_disk_byte(0x1fffff) },
			 1) == 0);
}

/* Others wait for the end of a call: to pause, to reboot. */
Test(of_open, a_call_moves_no_more_than_its_limit)
{
	uint32_t h;

	ox.disk.size = 200 * MiB;
	h = ox_open("disk");
	cr_assert(eq(u32, OX("read", h, 0x100000, 100 << 20), (uint32_t)OF_MOVE_MAX));
	cr_assert(eq(u32, OX("read", h, 0x100000, 512), 512));
	cr_assert(eq(u64, ox.of.files[4].pos, OF_MOVE_MAX + 512));
}

Test(of_open, behind_the_end_there_is_nothing)
{
	uint32_t h = ox_open("disk"), size = 5 << 20;

	OX("seek", h, 0, size - 3);
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512), 3));
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512), 0));
	OX("seek", h, 0xffffffff, 0xffffffff);
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512), 0));
	OX("seek", h, 0x80000000, 0);
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 0xffffffff), 0));
	OX("seek", h, 0, 0);
	cr_assert(eq(u32, OX("read", h, (OX_RAM_MIB << 20) - 4, 512), OF_ERROR));
	cr_assert(eq(u32, OX("read", h, 0xfffffffc, 512), OF_ERROR));
	cr_assert(eq(u32, ox.nreads, 1));
}

Test(of_open, an_error_of_the_disk_is_minus_1)
{
	uint32_t h = ox_open("disk");

	ox.result = -EIO;
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512),
		     OF_ERROR)); /* never -2: FreeBSD would wait */
	ox.result = 0;
	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 512), 512));
	cr_assert(holds(0, 512));
}

Test(of_open, a_disk_is_written_but_for_its_first_sectors)
{
	uint32_t h = ox_open("disk");

	cr_assert(eq(u32, OX("write", h, OX_BUFFER, 512), OF_ERROR));
	OX("seek", h, 0, 33 * 512);
	cr_assert(eq(u32, OX("write", h, OX_BUFFER, 512), OF_ERROR));
	OX("seek", h, 0, 34 * 512);
	cr_assert(eq(u32, OX("write", h, OX_BUFFER, 512), 512));
	cr_assert(eq(u64, ox.wrote_at, 34 * 512));
	OX("seek", h, 0xffffffff, 0xffffffff);
	cr_assert(ne(u32, OX("write", h, OX_BUFFER, 512), 512));
	ox.disk.read_only = true;
	OX("seek", h, 0, 1 << 20);
	cr_assert(eq(u32, OX("write", h, OX_BUFFER, 512), OF_ERROR));
	cr_assert(eq(u32, ox.nwrites, 1));
}

Test(of_open, what_is_no_stream_is_not_read)
{
	uint32_t h = ox_open("/");

	cr_assert(eq(u32, OX("read", h, OX_BUFFER, 1), OF_ERROR));
	cr_assert(eq(u32, OX("write", h, OX_BUFFER, 1), OF_ERROR));
	cr_assert(eq(u32, OX("seek", h, 0, 0), OF_ERROR));
	cr_assert(eq(u32, OX("seek", ox_cell("/chosen", "stdin"), 0, 0), OF_ERROR));
	cr_assert(eq(u32, OX("read", 4711, OX_BUFFER, 1), OF_ERROR));
	cr_assert(eq(u32, OX("write", 4711, OX_BUFFER, 1), OF_ERROR));
}

/* ---- the console ---- */

Test(of_open, keys_are_read_and_none_is_minus_2)
{
	uint32_t in = ox_cell("/chosen", "stdin");

	cr_assert(eq(u32, OX("read", in, OX_BUFFER, 1), (uint32_t)-2));
	ox.keys = "ab";
	cr_assert(eq(u32, OX("read", in, OX_BUFFER, 8), 1));
	cr_assert(ox_buffer()[0] == 'a');
	cr_assert(eq(u32, OX("read", in, OX_RAM_MIB << 20, 1), OF_ERROR));
	cr_assert(eq(u32, OX("read", in, OX_BUFFER, 0), 0));
	cr_assert(strcmp(ox.keys, "b") == 0);
}

Test(of_open, output_goes_out_as_it_is)
{
	uint32_t out = ox_cell("/chosen", "stdout");

	for (int i = 0; i < 1000; i++)
		ox_buffer()[i] = (char)('a' + i % 26);
	cr_assert(eq(u32, OX("write", out, OX_BUFFER, 1000), 1000));
	cr_assert(eq(u32, ox.nout, 1000));
	cr_assert(memcmp(ox.out, ox_buffer(), 1000) == 0);
	cr_assert(eq(u32, OX("write", out, (OX_RAM_MIB << 20) - 2, 4), OF_ERROR));
	cr_assert(eq(u32, OX("write", out, 0x100000, 0x1000000), 0x10000)); /* for the time */
	ox.room = 10;
	cr_assert(eq(u32, OX("write", out, OX_BUFFER, 1000), 10));
}
