/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VMM_BASE_SUGGEST_H
#define VMM_BASE_SUGGEST_H

/*
 * "did you mean ...": the candidate closest to a word that nobody knows. Start with the word alone,
 * offer every name that would have been right, then read @best.
 *
 *	struct suggest s = { .word = word };
 *	suggest_offer(&s, "memory");
 */

struct suggest {
	const char *word;
	const char *best;      /* borrowed; NULL: nothing is close */
	unsigned int distance; /* edits from word to best */
};

/*
 * A candidate is close when it is one edit (a letter added, lost, replaced, or two neighbours swapped)
 * away for every three letters of the word, or when the word is at least three letters that begin it.
 * The first of equals wins.
 */
void suggest_offer(struct suggest *s, const char *candidate);

#endif
