/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_news.c: the host wants its device back; the device has an error. */
#include "tests/unit/vfio/fixture.h"

static struct fake_hostdev *dev;
static unsigned int nwanted;
static char wanted[BDF_LEN];

static void wanted_back(void *ctx, const char *bdf)
{
	cr_assert(eq(ptr, ctx, &nwanted));
	nwanted++;
	snprintf(wanted, sizeof(wanted), "%s", bdf);
}

static void start(uint32_t config_size)
{
	dev = fake_hostdev_new(FAKE_NVME, VX_BDF, VX_GROUP, "vfio-pci");
	dev->config_size = config_size;
	vx_open(INTC_XICS);
	vx.env.wanted_back = wanted_back;
	vx.env.ctx = &nwanted;
	vx_function(dev);
	said_forget();
}

static void stop(void)
{
	vx_close();
	VX_NOTHING_LEFT();
}

TestSuite(pci_news, .init = vx_setup, .timeout = 30);

Test(pci_news, who_is_wanted_back_is_said_and_told)
{
	start(4096);
	cr_assert(fake_request_device(dev));
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(said("warning: vfio " VX_BDF ": the host wants the device back: "), "%s",
		  said_all());
	cr_assert(eq(uint, nwanted, 1));
	cr_assert(eq(str, wanted, VX_BDF));
	cr_assert(eq(int, loop_run_once(&vx.loop, 0), 0), "once each time");
	cr_assert(fake_request_device(dev));
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(eq(uint, nwanted, 2), "the host asks again");
	stop();
}

Test(pci_news, without_anybody_who_acts_it_is_only_said)
{
	start(4096);
	vx.env.wanted_back = NULL;
	cr_assert(fake_request_device(dev));
	cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	cr_assert(said(VX_BDF ": the host wants the device back: "), "%s", said_all());
	stop();
}

Test(pci_news, errors_are_said_and_do_not_fill_the_log)
{
	start(4096);
	for (int i = 0; i < 100; i++) {
		cr_assert(fake_device_error(dev));
		cr_assert(eq(int, loop_run_once(&vx.loop, 1000), 1));
	}
	cr_assert(said("warning: vfio " VX_BDF ": the host reports an error of the device"), "%s",
		  said_all());
	cr_assert(eq(int, said_lines(), LOG_MAY_LINES), "%s", said_all());
	cr_assert(eq(uint, nwanted, 0));
	stop();
}

/* Without PCI Express there are no such errors. */
Test(pci_news, a_device_without_errors_is_fine)
{
	start(256);
	cr_assert(not(fake_device_error(dev)));
	cr_assert(fake_request_device(dev));
	stop();
}

Test(pci_news, a_device_is_used_without_them_rather_than_not)
{
	static const struct {
		const char *call;
		int err;
	} cases[] = { { "eventfd", -EMFILE }, { "VFIO_DEVICE_SET_IRQS", -EINVAL } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		start(4096);
		vfio_news_off(vx.pe.funcs[0]);
		vfio_news_off(vx.pe.funcs[0]);
		fake_fail_all(cases[i].call, cases[i].err);
		vfio_news_on(vx.pe.funcs[0]);
		fake_fail_all(NULL, 0);
		cr_assert(said(VX_BDF ": no news of the device from the host: "), "%s", said_all());
		cr_assert(not(fake_request_device(dev)));
		vfio_news_on(vx.pe.funcs[0]);
		cr_assert(fake_request_device(dev));
		stop();
		vx_setup();
	}
}
