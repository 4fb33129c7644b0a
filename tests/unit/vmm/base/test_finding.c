/* SPDX-License-Identifier: BSD-2-Clause */
/* finding.c: a finding as one line, and at which level it is logged. */
#include "vmm/base/finding.h"

#include "vmm/base/log.h"
#include "vmm/base/types.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

static char said[1024];
static int errors, lines;

static void sink(enum log_level level, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
	errors += level == LOG_ERROR;
	lines++;
}

static void setup(void)
{
	log_set_sink(sink);
}

TestSuite(finding, .init = setup);

struct parts {
	const char kind[8], object[16], text[16], remedy[16];
	const char line[64];
};

ParameterizedTestParameters(finding, a_line_has_what_there_is)
{
	static struct parts cases[] = {
		{ "vfio", "0004:01:00.0", "is broken", "mend it",
		  "vfio 0004:01:00.0: is broken: mend it" },
		{ "vfio", "0004:01:00.0", "is well", "", "vfio 0004:01:00.0: is well" },
		{ "", "/dev/kvm", "is not there", "make one", "/dev/kvm: is not there: make one" },
		{ "", "KVM_CAP_X", "", "", "KVM_CAP_X" },
		{ "", "", "two windows", "", "two windows" },
	};

	return cr_make_param_array(struct parts, cases, ARRAY_LEN(cases));
}

ParameterizedTest(struct parts *p, finding, a_line_has_what_there_is)
{
	char line[FINDING_LINE];
	struct finding f;

	finding_ok(&f, p->kind, p->object, "%s", p->text);
	finding_remedy(&f, "%s", p->remedy);
	finding_line(&f, line);
	cr_assert(eq(str, line, (char *)(uintptr_t)p->line));
}

Test(finding, a_fault_is_an_error_and_what_is_well_is_not_said)
{
	struct finding f;

	finding_ok(&f, "", "mmu", "radix");
	finding_log(&f);
	cr_assert(eq(int, lines, 0));
	finding_set(&f, VERDICT_NOTE, "", "mmu", "slow");
	finding_log(&f);
	cr_assert(eq(str, said, "info: mmu: slow"));
	cr_assert(eq(int, errors, 0));
	finding_set(&f, VERDICT_WARN, "", "mmu", "slower");
	finding_log(&f);
	cr_assert(eq(str, said, "warning: mmu: slower"));
	cr_assert(eq(int, errors, 0));
	finding_fail(&f, "", "mmu", "none");
	finding_log(&f);
	cr_assert(eq(str, said, "mmu: none"));
	cr_assert(eq(int, errors, 1));
}

Test(finding, the_longest_parts_fit_a_line)
{
	char line[FINDING_LINE], many[FINDING_LINE];
	struct finding f;

	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	finding_fail(&f, "vfio", many, "%s", many);
	finding_remedy(&f, "%s", many);
	finding_line(&f, line);
	cr_assert(
		eq(sz, strlen(line),
		   strlen("vfio : : ") + sizeof(f.object) + sizeof(f.text) + sizeof(f.remedy) - 3));
}
