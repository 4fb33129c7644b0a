/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/suggest.h"

#include "vmm/base/types.h"

#include <string.h>

#define MAX_WORD 32 /* longer words are no typing errors of ours */

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Levenshtein's distance, with a swap of neighbours as one edit. */
static unsigned int distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned int rows[3][MAX_WORD + 1];
	unsigned int *prev2 = rows[0], *prev = rows[1], *row = rows[2], *spare;

	for (size_t j = 0; j <= nb; j++)
		prev[j] = (unsigned int)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = min3(prev[j] + 1, row[j - 1] + 1,
				      prev[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min3(row[j], prev2[j - 2] + 1, row[j]);
		}
		spare = prev2;
		prev2 = prev;
		prev = row;
		row = spare;
	}
	return prev[nb];
}

/* "bulk_tce" for "tce": a name that has lost its first words. */
static bool is_its_end(const char *word, size_t na, const char *candidate, size_t nb)
{
	return na > nb + 1 && word[na - nb - 1] == '_' && strcmp(word + na - nb, candidate) == 0;
}

void suggest_offer(struct suggest *s, const char *candidate)
{
	size_t na = strlen(s->word), nb = strlen(candidate);
	unsigned int d;

	if (na == 0 || na > MAX_WORD || nb > MAX_WORD)
		return;
	d = distance(s->word, na, candidate, nb);
	if (d > (na + 2) / 3 && (na < 3 || strncmp(s->word, candidate, na) != 0) &&
	    !is_its_end(s->word, na, candidate, nb))
		return;
	if (s->best && s->distance <= d)
		return;
	s->best = candidate;
	s->distance = d;
}
