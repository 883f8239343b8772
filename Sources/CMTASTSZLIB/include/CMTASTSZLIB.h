// SPDX-License-Identifier: Apache-2.0

#ifndef CMTASTSZLIB_H
#define CMTASTSZLIB_H

#ifdef MTASTS_HAVE_ZLIB
#include <zlib.h>
#endif

#endif
