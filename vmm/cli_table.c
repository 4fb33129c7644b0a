/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/cli_table.h"

#include "vmm/machine/machine.h"

#define AT(field) offsetof(struct cli, field)

const struct cli_option cli_options[] = {
	{ "config", 'c', CLI_TEXT, AT(config), "FILE", "the guest, TOML" },
	{ "set", 's', CLI_SET, AT(sets), "KEY=VALUE",
	  "override one key by its dotted path (vfio.0.host=0004:01:00.0); repeatable;\n"
	  "a relative path in it starts at the current folder, an empty one unsets the key" },
	{ "dry-run", 0, CLI_FLAG, AT(dry_run), NULL,
	  "check all that can be checked without starting a guest" },
	{ "print-config", 0, CLI_FLAG, AT(print_config), NULL,
	  "print the effective configuration, defaults included" },
	{ "dump-dtb", 0, CLI_TEXT, AT(dump_dtb), "FILE",
	  "write the guest's device tree (- is stdout)" },
	{ "log-level", 0, CLI_LEVEL, AT(log_level), "LEVEL",
	  "error, warn, info (default) or debug" },
	{ "log-file", 0, CLI_TEXT, AT(log_file), "FILE", "append the log to FILE, not to stderr" },
	{ "timeline", 0, CLI_TEXT, AT(timeline), "FILE",
	  "write the start as a picture (.svg) or .json" },
	{ "json", 0, CLI_FLAG, AT(json), NULL, "check: an array of the table's rows" },
	{ "group", 0, CLI_TEXT, AT(group), "GROUP",
	  "bind: users of this group may open the devices" },
	{ "version", 'V', CLI_FLAG, AT(version), NULL, "print the version" },
	{ "help", 'h', CLI_FLAG, AT(help), NULL, "print this" },
	{ 0 },
};

const struct cli_command cli_commands[] = {
	{ "check", AT(check), "check [--config guest.toml]", "can this host run it?" },
	{ "bind", AT(bind), "bind --config guest.toml",
	  "as root: take its devices from their drivers" },
	{ "unbind", AT(unbind), "unbind --config guest.toml", "and give them back" },
	{ "ctl", CLI_TOOL, "ctl SOCKET VERB [JSON]", "ask a running one, or change it" },
	{ "top", CLI_TOOL, "top SOCKET [--once] [--json]", "watch it" },
	{ 0 },
};

const struct cli_status cli_statuses[] = {
	{ STATUS_OFF, "the guest powered off" },
	{ STATUS_INTERNAL, "internal error" },
	{ STATUS_USAGE, "bad command line or configuration" },
	{ STATUS_HOST, "this host cannot run the guest" },
	{ STATUS_CRASH, "the guest crashed" },
	{ STATUS_REBOOT, "the guest asked for a reboot, and on_reboot is \"exit\"" },
	{ 0 },
};
