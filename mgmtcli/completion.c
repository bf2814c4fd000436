// SPDX-License-Identifier: GPL-2.0
/* A completion script for bash, out of the tables of command.h. */
#include "mgmtcli/help.h"

#include <string.h>

#include "lib/alloc.h"

/* What completes the word being typed, which is $cur. */
static const char *word_code(enum word word)
{
	switch (word) {
	case WORD_ADAPTER:
		return "_mydevcli_ask --complete-adapters";
	case WORD_KEY:
		return "_mydevcli_ask --complete-keys";
	case WORD_VALUE:
		return "_mydevcli_ask --complete-keys =";
	case WORD_FIRMWARE:
		return "_mydevcli_firmware";
	case WORD_FILE:
		return "_mydevcli_files";
	case WORD_VERB:
		return "_mydevcli_words \"$_mydevcli_verbs\"";
	default:
		return ":";
	}
}

static void print_head(FILE *out)
{
	fputs("# bash completion for mydevcli, made by: mydevcli help --completion bash\n\n"
	      "_mydevcli_words()\n{\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n}\n\n"
	      "_mydevcli_ask()\n{\n"
	      "\tmapfile -t COMPREPLY < <(compgen -S \"${2-}\" -W \"$(mydevcli help \"$1\" 2>/dev/null)\" -- \"$cur\")\n"
	      "\tif [[ ${2-} ]]; then compopt -o nospace; fi\n}\n\n"
	      "_mydevcli_files()\n{\n"
	      "\tcompopt -o filenames\n"
	      "\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n}\n\n"
	      "_mydevcli_firmware()\n{\n"
	      "\tlocal names\n"
	      "\t_mydevcli_files\n"
	      "\tnames=$(cd /lib/firmware/mydev 2>/dev/null && compgen -G '*.bin')\n"
	      "\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \"$names\" -- \"$cur\")\n}\n\n",
	      out);
}

static void print_option_names(FILE *out, const struct option_desc *o)
{
	for (; o && o->name; o++)
		if (!o->hidden)
			fprintf(out, " --%s", o->name);
}

/* Names of options with a value: of files, or of anything else. */
static void print_valued(FILE *out, const struct option_desc *o, bool files)
{
	for (; o && o->name; o++)
		if (o->arg && (o->word == WORD_FILE) == files)
			fprintf(out, "--%s ", o->name);
}

static void print_all_valued(FILE *out, const struct command *const *table, bool files)
{
	for (; *table; table++) {
		print_valued(out, (*table)->options, files);
		if ((*table)->sub)
			print_all_valued(out, (*table)->sub, files);
	}
}

/* The branch of a verb: its options, its words by position. */
static void print_verb(FILE *out, const char *group, const struct command *c)
{
	fprintf(out, "\t'%s%s%s')\n\t\tif [[ $cur == -* ]]; then\n\t\t\t_mydevcli_words \"$globals",
		group, *group ? " " : "", c->name);
	print_option_names(out, c->options);
	fprintf(out, "\"\n\t\telif ((words_before == 0)); then\n\t\t\t%s\n", word_code(c->words[0]));
	if (c->max_words > 1)
		fprintf(out, "\t\telse\n\t\t\t%s\n", word_code(c->words[1]));
	fprintf(out, "\t\tfi ;;\n");
}

static void print_names(FILE *out, const struct command *const *table)
{
	for (; *table; table++)
		fprintf(out, "%s ", (*table)->name);
}

static void print_verbs(FILE *out, const struct command *const *table)
{
	for (; *table; table++) {
		const struct command *c = *table;

		if (!c->sub) {
			print_verb(out, "", c);
			continue;
		}
		fprintf(out, "\t'%s')\n\t\t_mydevcli_words \"", c->name);
		print_names(out, c->sub);
		fprintf(out, "\" ;;\n");
		for (const struct command *const *s = c->sub; *s; s++)
			print_verb(out, c->name, *s);
	}
}

/* Finds the verb before the cursor, and how many words follow it. */
static void print_scan(FILE *out)
{
	fputs("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tword=${COMP_WORDS[i]}\n"
	      "\t\tif [[ $word == -* || \" $files $values \" == *\" ${COMP_WORDS[i - 1]} \"* ]]; then\n"
	      "\t\t\tcontinue\n\t\tfi\n"
	      "\t\tif [[ ! $verb ]]; then verb=$word\n"
	      "\t\telif [[ \" $groups \" == *\" $verb \"* ]]; then verb+=\" $word\"\n"
	      "\t\telse ((words_before++)); fi\n"
	      "\tdone\n", out);
}

static void print_locals(FILE *out)
{
	fputs("\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal verb='' word words_before=0 i\n\tlocal groups='", out);
	for (const struct command *const *c = commands; *c; c++)
		if ((*c)->sub)
			fprintf(out, "%s ", (*c)->name);
	fputs("'\n\tlocal globals='", out);
	print_option_names(out, global_options);
	fputs("'\n\tlocal files='", out);
	print_valued(out, global_options, true);
	print_all_valued(out, commands, true);
	fputs("'\n\tlocal values='", out);
	print_valued(out, global_options, false);
	print_all_valued(out, commands, false);
	fputs("'\n\n", out);
}

int completion_bash(struct cli *cli)
{
	FILE *out = cli->out;

	print_head(out);
	fputs("_mydevcli_verbs='", out);
	print_names(out, commands);
	fputs("'\n\n_mydevcli()\n{\n", out);
	print_locals(out);
	fputs("\tCOMPREPLY=()\n"
	      "\tif [[ \" $files \" == *\" $prev \"* ]]; then _mydevcli_files; return; fi\n"
	      "\tif [[ \" $values \" == *\" $prev \"* ]]; then return; fi\n", out);
	print_scan(out);
	fputs("\tcase $verb in\n\t'')\n"
	      "\t\tif [[ $cur == -* ]]; then _mydevcli_words \"$globals\"\n"
	      "\t\telse _mydevcli_words \"$_mydevcli_verbs\"; fi ;;\n", out);
	print_verbs(out, commands);
	fputs("\tesac\n}\n\ncomplete -F _mydevcli mydevcli\n", out);
	return RPC_OK;
}
