/* For LD_PRELOAD: plugins stay loaded when their program ends, so that memcheck still sees what their variables hold.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
