//! The columns of a CSV file.

use crate::grading::MAX_OPTIONS;

/// What a cell of a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Taken as it is.
    Text(&'static str),
    /// One of a few words, whatever blanks are around it.
    Word(&'static str),
    /// `true` or `false`, in the capitals of any spreadsheet.
    Flag(&'static str),
    /// A whole number.
    Whole(&'static str),
    /// A number with a fraction, kept as text so that no digit is lost.
    Number(&'static str),
    /// Read by the kind of question.
    Answer,
    /// An option, by its place.
    Option(usize),
    /// An alias, by its number.
    Alias(u32),
}

/// All but options and aliases, in the order in which they are written.
pub(super) const FIXED: [Column; 14] = [
    Column::Text("external_id"),
    Column::Word("kind"),
    Column::Text("text"),
    Column::Answer,
    Column::Number("tolerance"),
    Column::Flag("case_sensitive"),
    Column::Text("explanation"),
    Column::Word("difficulty"),
    Column::Text("category"),
    Column::Whole("points"),
    Column::Flag("exclusive"),
    Column::Word("pool"),
    Column::Whole("max_attempts"),
    Column::Whole("time_limit_ms"),
];

/// Columns that a file cannot do without.
pub(super) const NEEDED: [&str; 6] = ["kind", "text", "answer", "difficulty", "category", "points"];

impl Column {
    /// What stands in the header.
    pub(super) fn name(self) -> String {
        match self {
            Self::Text(name)
            | Self::Word(name)
            | Self::Flag(name)
            | Self::Whole(name)
            | Self::Number(name) => name.to_owned(),
            Self::Answer => "answer".to_owned(),
            Self::Option(index) => format!("option_{}", letter(index)),
            Self::Alias(number) => format!("alias_{number}"),
        }
    }

    /// The column of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.trim();
        let option = (0..MAX_OPTIONS).map(Column::Option).find(|option| option.name() == name);
        let alias = || name.strip_prefix("alias_")?.parse().ok().filter(|n| *n > 0).map(Column::Alias);
        FIXED.into_iter().find(|column| column.name() == name).or(option).or_else(alias)
    }
}

fn letter(index: usize) -> char {
    ('a'..='j').nth(index).unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_told_by_their_names() {
        assert_eq!(Column::named(" option_c "), Some(Column::Option(2)));
        assert_eq!(Column::named("alias_12"), Some(Column::Alias(12)));
        for unknown in ["option_k", "alias_0", "alias_", "Points", ""] {
            assert_eq!(Column::named(unknown), None, "{unknown:?}");
        }
    }
}
