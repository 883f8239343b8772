// SPDX-License-Identifier: Apache-2.0

extension String {
    /// A text that came from outside, fit to be shown: without control, format and separator characters, which could
    /// change how the text around it looks.
    ///
    /// - Parameters:
    ///   - limit: The most characters (Unicode scalars); what is longer is cut.
    ///   - replacement: What stands for each character that is not shown; nothing if nil.
    package func forPeople(limit: Int = 255, replacement: Unicode.Scalar? = nil) -> String {
        var shown = String.UnicodeScalarView()
        var count = 0
        for scalar in unicodeScalars {
            guard count < limit else { break }
            guard let visible = scalar.isForPeople ? scalar : replacement else { continue }
            shown.append(visible)
            count += 1
        }
        return String(shown)
    }
}

extension Unicode.Scalar {
    /// Whether it is one of the C0 and C1 controls, or DEL.
    var isControl: Bool { value < 0x20 || (0x7F..<0xA0).contains(value) }

    fileprivate var isForPeople: Bool {
        if (0x20..<0x7F).contains(value) { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
        default: true
        }
    }
}
