/* SPDX-License-Identifier: BSD-2-Clause */
#include "vmm/base/sys.h"
#include "vmm/cli.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static enum exit_status run(const struct options *opt, bool dry)
{
	struct machine *m;
	enum exit_status status;
	int r = signals_catch();

	if (r < 0) {
		log_error("a thread for signals: %s", strerror(-r));
		return STATUS_HOST;
	}
	status = machine_create(&m, opt);
	if (status != STATUS_OFF)
		return status;
	signals_set_machine(m);
	if (!dry && !signals_end_came())
		status = machine_run(m);
	signals_set_machine(NULL);
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

static enum exit_status act(const struct cli *cli, const struct options *opt)
{
	if (cli->check)
		return machine_check(opt);
	if (cli->print_config) {
		options_print(opt, stdout);
		return finish_stdout();
	}
	if (cli->dump_dtb)
		return machine_dump_dtb(opt, cli->dump_dtb);
	return run(opt, cli->dry_run);
}

/* From here on the log goes to the file; what was wrong with the configuration stood on stderr. */
static enum exit_status act_logging(const struct cli *cli, const struct options *opt)
{
	enum exit_status status;
	int fd = sys_open(cli->log_file, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (fd < 0) {
		log_error("--log-file %.200s: %s", cli->log_file, strerror(-fd));
		return STATUS_USAGE;
	}
	log_set_fd(fd);
	status = act(cli, opt);
	log_set_fd(2);
	sys_close(fd);
	return status;
}

static enum exit_status status_of(int r)
{
	return r == 0 ? STATUS_OFF : r == -ENOMEM ? STATUS_INTERNAL : STATUS_USAGE;
}

static enum exit_status load_and_act(const struct cli *cli)
{
	struct options opt = { 0 };
	enum exit_status status = STATUS_OFF;

	if (cli->config)
		status = status_of(options_load(&opt, cli->config, cli->sets, cli->nsets));
	if (status == STATUS_OFF && cli->log_file)
		status = act_logging(cli, cli->config ? &opt : NULL);
	else if (status == STATUS_OFF)
		status = act(cli, cli->config ? &opt : NULL);
	options_free(&opt);
	return status;
}

int main(int argc, char **argv)
{
	struct cli cli;
	enum exit_status status = status_of(cli_parse(&cli, argc, argv));

	if (status == STATUS_OFF && cli.help) {
		cli_help(stdout);
		status = finish_stdout();
	} else if (status == STATUS_OFF && cli.version) {
		puts("spapr-vmm " SPAPR_VERSION);
		status = finish_stdout();
	} else if (status == STATUS_OFF) {
		log_set_level(cli.log_level);
		status = load_and_act(&cli);
	}
	cli_free(&cli);
	return (int)status;
}
