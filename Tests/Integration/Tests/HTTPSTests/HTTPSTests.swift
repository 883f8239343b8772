// SPDX-License-Identifier: Apache-2.0

import Testing

/// All tests against the HTTPS servers; they read the servers' logs and measure memory, hence one after the other.
@Suite(.serialized)
enum HTTPSTests {}
