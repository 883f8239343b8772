// SPDX-License-Identifier: Apache-2.0

#ifndef CHEAP_H
#define CHEAP_H

#include <stddef.h>

/// The octets that the C library's heap has given out and not taken back; 0 where that cannot be asked.
size_t heap_octets_in_use(void);

#endif
