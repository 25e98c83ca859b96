/* What socket calls can return: results.def.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sockets.h"

static const struct {
    const char *name;
    unsigned number, overlapped, fd_close;
} results[] = {
#define RESULT(id, name, number, overlapped, fd_close) [id] = { name, number, overlapped, fd_close },
#include "results.def"
#undef RESULT
};

const char *ta_result_name(enum ta_result result)
{
    return results[result].name;
}

unsigned ta_result_number(enum ta_result result)
{
    return results[result].number;
}

unsigned ta_result_overlapped(enum ta_result result)
{
    return results[result].overlapped;
}

unsigned ta_result_fd_close(enum ta_result result)
{
    return results[result].fd_close;
}

bool ta_result_is_error(enum ta_result result)
{
    return result > TA_NOT_KNOWN;
}

const char *ta_icmp_title(unsigned number)
{
    return ta_icmp_errors[number - 1].title;
}
