/* SPDX-License-Identifier: BSD-2-Clause */
/* From the command line to an exit status: what is asked for is a row of modes[]. */
#include "vmm/cli.h"
#include "vmm/machine/hold.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/signals.h"
#include "vmm/tools.h"

#include <errno.h>
#include <string.h>

/* Create the machine, run it, take it down. A dry run leaves the middle out. */
static enum exit_status live(const struct options *opt)
{
	struct machine *m;
	enum exit_status status;
	int r = signals_catch();

	if (r < 0) {
		log_error("a thread for signals: %s", strerror(-r));
		return STATUS_HOST;
	}
	status = machine_create(&m, opt);
	if (!m)
		return status;
	signals_set_stop(machine_stop(m));
	if (!opt->dry && !signals_end_came())
		status = machine_run(m);
	signals_set_stop(NULL);
	machine_destroy(m);
	return status;
}

/* A full disk or a closed pipe behind stdout is an error like others. */
static enum exit_status finish_stdout(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OFF;
	log_error("standard output: %s", strerror(errno ? errno : EIO));
	return STATUS_INTERNAL;
}

static enum exit_status run(const struct cli *cli, const struct options *opt)
{
	(void)cli;
	return live(opt);
}

static enum exit_status dry_run(const struct cli *cli, const struct options *opt)
{
	struct options dry = *opt;

	(void)cli;
	dry.dry = true;
	return live(&dry);
}

static enum exit_status check(const struct cli *cli, const struct options *opt)
{
	return machine_check(opt, cli->json);
}

static enum exit_status bind_devices(const struct cli *cli, const struct options *opt)
{
	return machine_bind(opt, cli->group);
}

static enum exit_status unbind_devices(const struct cli *cli, const struct options *opt)
{
	(void)cli;
	return machine_unbind(opt);
}

static enum exit_status print_config(const struct cli *cli, const struct options *opt)
{
	(void)cli;
	options_print(opt, stdout);
	return finish_stdout();
}

static enum exit_status dump_dtb(const struct cli *cli, const struct options *opt)
{
	return machine_dump_dtb(opt, cli->dump_dtb);
}

static enum exit_status help(const struct cli *cli, const struct options *opt)
{
	(void)cli;
	(void)opt;
	cli_help(stdout);
	return finish_stdout();
}

static enum exit_status version(const struct cli *cli, const struct options *opt)
{
	(void)cli;
	(void)opt;
	puts("spapr-vmm " SPAPR_VERSION);
	return finish_stdout();
}

static const struct mode {
	enum exit_status (*act)(const struct cli *cli, const struct options *opt);
	bool bare; /* no look at a configuration, no log file */
} modes[] = {
	[CLI_RUN] = { run },
	[CLI_DRY_RUN] = { dry_run },
	[CLI_CHECK] = { check }, /* the only one that can do without a configuration: NULL */
	[CLI_BIND] = { bind_devices },
	[CLI_UNBIND] = { unbind_devices },
	[CLI_PRINT_CONFIG] = { print_config },
	[CLI_DUMP_DTB] = { dump_dtb },
	[CLI_HELP] = { help, .bare = true },
	[CLI_VERSION] = { version, .bare = true },
};

static enum exit_status status_of(int r)
{
	return r == 0 ? STATUS_OFF : r == -ENOMEM ? STATUS_INTERNAL : STATUS_USAGE;
}

static enum exit_status load(const struct cli *cli, struct options *opt)
{
	if (!cli->config)
		return STATUS_OFF;
	return status_of(options_load(opt, cli->config, cli->sets, cli->nsets));
}

/* From here on the log goes to the file; what was wrong with the configuration stood on stderr. */
static enum exit_status open_log(const struct cli *cli)
{
	int r = cli->log_file ? log_open(cli->log_file) : 0;

	if (r < 0)
		log_error("--log-file %.200s: %s", cli->log_file, strerror(-r));
	return r < 0 ? STATUS_USAGE : STATUS_OFF;
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct options opt = { 0 };
	enum exit_status status;
	const struct mode *mode;
	int tool = tools_run(argc, argv);

	if (tool >= 0)
		return tool;
	status = status_of(cli_parse(&cli, argc, argv));
	mode = &modes[cli_mode(&cli)];
	log_set_level(cli.log_level);
	if (status == STATUS_OFF && !mode->bare)
		status = load(&cli, &opt);
	opt.timeline = cli.timeline;
	if (status == STATUS_OFF && !mode->bare)
		status = open_log(&cli);
	if (status == STATUS_OFF)
		status = mode->act(&cli, cli.config ? &opt : NULL);
	log_close();
	options_free(&opt);
	cli_free(&cli);
	return (int)status;
}
