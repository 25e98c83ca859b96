/* Differences between Wireshark releases, bridged in one place.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TCPABORT_COMPAT_H
#define TCPABORT_COMPAT_H

#include <epan/proto.h>
#include <ws_version.h>

#define WS_AT_LEAST(major, minor)                                                                  \
    (WIRESHARK_VERSION_MAJOR > (major)                                                             \
     || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

static inline uint32_t finfo_uint(const field_info *fi)
{
#if WS_AT_LEAST(4, 2)
    return fvalue_get_uinteger(fi->value);
#else
    return fvalue_get_uinteger((fvalue_t *)&fi->value);
#endif
}

#endif
