/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Profiles: what adapters shall be like. Files *.conf of one directory, in the order of
 * their names; see doc/mydev.conf.5. A file with an error is left out as a whole, since a
 * mistake in its [Match] could make it apply to other adapters; the others still apply.
 */
#ifndef MGMTD_PROFILE_H
#define MGMTD_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mgmtd/patterns.h"

struct setting {
	char *key;
	char *value;
	unsigned int line;
};

struct profile {
	char *path;
	char **match[3];	/* patterns, NULL-terminated; NULL: any. By enum match_by */
	struct setting *settings;
	size_t n_settings;
	struct problems problems;	/* with any, it does not apply */
	struct profile_stamp {	/* of the file that was read */
		uint64_t inode;
		int64_t size, s, ns;
	} stamp;
};

enum match_by { MATCH_MODEL, MATCH_SERIAL, MATCH_ADDRESS };

struct profile_set {
	struct profile **list;
	size_t n;
};

struct profiles {
	char *dir;
	struct profile_set all;		/* by path, which is the order in which they apply */
	/*
	 * The same in two parts, since each of a thousand adapters may have a profile of its
	 * own: those for one serial number, by it, and the others.
	 */
	struct profile_set of_one;
	struct profile_set of_many;
};

/* What an adapter is matched by, indexed by enum match_by; "" where not known. */
struct traits {
	const char *by[3];
};

void profiles_init(struct profiles *p, const char *dir);
void profiles_clear(struct profiles *p);

/* Reads what has changed in the directory, if anything has; one that does not exist has no
 * profiles. */
bool profiles_load(struct profiles *p);
/* The same for one file of the directory, which may have come, changed or gone. */
void profiles_load_file(struct profiles *p, const char *path);

/* Those that match, in their order. */
void profiles_each_match(const struct profiles *p, const struct traits *traits,
			 void (*fn)(const struct profile *profile, void *arg), void *arg);
/* Where a file is, or would be, in p->all. */
size_t profiles_position(const struct profiles *p, const char *path);

/* The wanted value of a key. */
struct wish {
	char *key;
	char *value;
	char *source;		/* "PATH:LINE" */
};

struct wishes {
	struct wish *list;	/* in the order of their sources */
	size_t n;
	char *profiles;		/* names of the files, joined by ' '; NULL: none matches */
};

/* What the profiles want of an adapter; of the same key, the last one counts. */
void profiles_wishes(const struct profiles *p, const struct traits *traits, struct wishes *w);
void wishes_clear(struct wishes *w);
const struct wish *wishes_find(const struct wishes *w, const char *key);
/* Whether it stands in that file. */
bool wish_is_from(const struct wish *wish, const char *path);

#endif
