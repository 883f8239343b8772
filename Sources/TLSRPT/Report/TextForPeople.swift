// SPDX-License-Identifier: Apache-2.0

extension String {
    /// A name that came from outside, fit to be shown: without control, format and separator characters, which could
    /// change how the text around it looks, and cut to 255 characters (Unicode scalars).
    package func forPeople() -> String {
        let shown = unicodeScalars.lazy.filter {
            switch $0.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
            default: true
            }
        }
        return String(String.UnicodeScalarView(shown.prefix(255)))
    }
}
