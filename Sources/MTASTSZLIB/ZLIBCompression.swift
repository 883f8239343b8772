// SPDX-License-Identifier: Apache-2.0

#if ZLIB
internal import CMTASTSZLIB
internal import TLSRPT

/// The linked zlib's version.
func version() -> String { unsafe String(cString: zlibVersion()) }
#endif
