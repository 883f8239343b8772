// SPDX-License-Identifier: Apache-2.0

// One import brings the whole of the library. Type aliases would break clients that build with
// MemberImportVisibility, hence the underscored attribute.
@_exported public import MXPattern
@_exported public import PolicyCache
@_exported public import STSCore
@_exported public import STSPolicy
@_exported public import STSRecord
@_exported public import TLSRPT
