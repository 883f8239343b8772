// SPDX-License-Identifier: Apache-2.0

extension TLSReport {
    /// Failures of one kind, an element of "failure-details" (RFC 8460 section 4.4).
    public struct FailureDetail: Hashable, Sendable {
        /// What failed, "result-type".
        public var resultType: TLSResultType

        /// The sender's address, "sending-mta-ip".
        public var sendingMTAIP: String?

        /// The name of the MX host, "receiving-mx-hostname".
        public var receivingMXHostname: String?

        /// The name in the MX host's greeting, "receiving-mx-helo".
        public var receivingMXHelo: String?

        /// The MX host's address, "receiving-ip".
        public var receivingIP: String?

        /// How many sessions failed so, "failed-session-count".
        public var failedSessions: Int

        /// A URI with more about it, "additional-information". It comes from outside: never fetch it unasked (section 7).
        public var additionalInformation: String?

        /// A text that tells the failure more exactly, "failure-reason-code".
        public var failureReasonCode: String?

        /// Members that section 4.4 does not know.
        public var unknownMembers: [UnknownMember]

        /// Failures of one kind.
        public init(
            resultType: TLSResultType,
            sendingMTAIP: String? = nil,
            receivingMXHostname: String? = nil,
            receivingMXHelo: String? = nil,
            receivingIP: String? = nil,
            failedSessions: Int,
            additionalInformation: String? = nil,
            failureReasonCode: String? = nil,
            unknownMembers: [UnknownMember] = []
        ) {
            self.resultType = resultType
            self.sendingMTAIP = sendingMTAIP
            self.receivingMXHostname = receivingMXHostname
            self.receivingMXHelo = receivingMXHelo
            self.receivingIP = receivingIP
            self.failedSessions = failedSessions
            self.additionalInformation = additionalInformation
            self.failureReasonCode = failureReasonCode
            self.unknownMembers = unknownMembers
        }
    }
}
