/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/finding.h"

#include "vmm/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void finding_set(struct finding *f, enum verdict verdict, const char *kind, const char *object,
		 const char *text, ...)
{
	va_list ap;

	f->verdict = verdict;
	f->inner = false;
	f->kind = kind;
	f->remedy[0] = '\0';
	snprintf(f->object, sizeof(f->object), "%s", object);
	va_start(ap, text);
	vsnprintf(f->text, sizeof(f->text), text, ap);
	va_end(ap);
}

void finding_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
}

void finding_remedy_node(struct finding *f, int err, const char *rule, const char *owner)
{
	if (err == -EPERM)
		finding_remedy(
			f,
			"not the file's permissions, "
			"but the devices of this unit or container: allow it (\"DeviceAllow=%s rw\")",
			rule);
	else
		finding_remedy(f, "%s", owner);
}

void finding_line(const struct finding *f, char line[FINDING_LINE])
{
	snprintf(line, FINDING_LINE, "%s%s%s%s%s%s%s", f->kind, *f->kind && *f->object ? " " : "",
		 f->object, (*f->kind || *f->object) && *f->text ? ": " : "", f->text,
		 *f->remedy ? ": " : "", f->remedy);
}

void finding_log(const struct finding *f)
{
	char line[FINDING_LINE];

	finding_line(f, line);
	if (f->verdict == VERDICT_FAIL)
		log_error("%s", line);
	else if (f->verdict == VERDICT_WARN)
		log_warn("%s", line);
	else if (f->verdict == VERDICT_NOTE)
		log_info("%s", line);
}
