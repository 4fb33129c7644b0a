/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the guest fetches error and event logs, and the sensor that Linux reads before it does.
 * Source: LoPAR 2.8 "check-exception", "event-scan", "get-sensor-state", "Sensors".
 */
#include "sphapr/rtas.h"
#include "sphapr/spapr.h"

#define SENSOR_EPOW 9

/*
 * Arguments: vector offset, additional information, mask, critical, buffer, length (, extended
 * information). The mask alone says what is wanted: the first two describe an exception to
 * machines that need to look for its cause.
 */
static int32_t check_exception(struct spapr *sp, struct rtas_call *c)
{
	int r = epow_fetch(sp, c->args[2], c->args[3] != 0, c->args[4], c->args[5]);

	if (r < 0)
		return RTAS_PARAMETER;
	return r > 0 ? RTAS_OK : RTAS_NO_ERRORS;
}

/* Every event of this machine has an interrupt; there is nothing to poll for. */
static int32_t event_scan(struct spapr *sp, struct rtas_call *c)
{
	(void)sp;
	(void)c;
	return RTAS_NO_ERRORS;
}

static int32_t get_sensor_state(struct spapr *sp, struct rtas_call *c)
{
	if (c->args[0] != SENSOR_EPOW || c->args[1] != 0)
		return RTAS_PARAMETER;
	c->rets[1] = epow_sensor(sp);
	return RTAS_OK;
}

const struct rtas_desc rtas_event[] = {
	{ "check-exception", 6, 1, 1, check_exception, NULL, .nargs_opt = 1 },
	{ "event-scan", 4, 1, 1, event_scan },
	{ "get-sensor-state", 2, 2, 2, get_sensor_state },
	{ 0 },
};
