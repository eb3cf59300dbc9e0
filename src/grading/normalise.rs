//! When two texts say the same: the foldings that grading compares by.
//!
//! People answer on phones, in a hurry. So [`normalise`] forgives everything
//! that is typing rather than knowledge: case, accents, spacing, typographic
//! quotes and dashes, a full stop that the keyboard added, a leading article.
//! It does not forgive spelling: an alternative spelling is an alias.

use unicode_normalization::UnicodeNormalization;

use crate::name::settle;

const SENTENCE_MARKS: [char; 4] = ['.', '!', '?', '。'];
const ARTICLES: [&str; 3] = ["the", "an", "a"];

/// Folds a text to what it says; equal results are the same answer.
///
/// The result is a fixed point. What would leave nothing is not done, so `.`,
/// `?` and `The` stay comparable. Accents are ignored: `Sao Paulo` is `São
/// Paulo`, `Lodz` is `Łódź`; a distinct letter is not two letters, so `Müller` is
/// `Muller` and not `Mueller`.
pub fn normalise(text: &str, case_sensitive: bool) -> String {
    settle(text, |text| {
        let folded = fold(text, case_sensitive);
        let bare = fold(&without_accents(&folded), case_sensitive);
        let plain = if bare.is_empty() { folded } else { bare };
        without_article(without_sentence_mark(&plain)).to_owned()
    })
}

/// Folds only what a reader cannot see: Unicode form, case, spacing, the style
/// of quotes and dashes, invisible characters.
///
/// Options of a choice are told apart by this, since they are picked and not
/// typed: `5` may stand beside `5!`, and `resume` beside `résumé`.
pub fn fold(text: &str, case_sensitive: bool) -> String {
    settle(text, |text| {
        let plain: String = text.chars().filter_map(plain_sign).nfkc().collect();
        let cased = if case_sensitive { plain } else { caseless::default_case_fold_str(&plain) };
        cased.nfkc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// The ASCII sign for a typographic one; nothing for an invisible one.
///
/// It runs before NFKC, which would make a space and an accent of some quotes.
fn plain_sign(c: char) -> Option<char> {
    match c {
        '`' | '´' | '\u{2018}'..='\u{201B}' | '′' | '‵' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '＇' => {
            Some('\'')
        }
        '\u{201C}'..='\u{201F}' | '«' | '»' | '″' | '‶' | '＂' | '〝' | '〞' => Some('"'),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '﹘' | '﹣' | '－' => Some('-'),
        '\u{2044}' | '\u{2215}' => Some('/'),
        _ if is_invisible(c) => None,
        _ => Some(c),
    }
}

/// Whether a character is left over from copying or from a keyboard: soft
/// hyphens, zero-width signs, bidi marks, variation selectors.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

fn without_accents(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfd().filter(|&c| !is_accent(c)) {
        match base_letters(c) {
            Some(letters) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    plain.nfc().collect()
}

/// Whether a mark is an accent of the alphabets that share this block.
///
/// Marks of other scripts are vowels and voicing (`か` is not `が`), and the
/// overlays U+0334 to U+0338 are what makes `≠` of `=`.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}') && !matches!(c, '\u{334}'..='\u{338}')
}

/// The letters people type for one that Unicode does not decompose.
fn base_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ø' => "o",
        'Ø' => "O",
        'ł' => "l",
        'Ł' => "L",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ı' => "i",
        'ß' => "ss",
        'ẞ' => "SS",
        'æ' => "ae",
        'Æ' => "AE",
        'œ' => "oe",
        'Œ' => "OE",
        'þ' => "th",
        'Þ' => "TH",
        _ => return None,
    })
}

fn without_sentence_mark(text: &str) -> &str {
    let rest = text.trim_end_matches(|c| c == ' ' || SENTENCE_MARKS.contains(&c));
    if rest.is_empty() { text } else { rest }
}

/// Takes every leading article away, so that one round is enough for any number.
fn without_article(text: &str) -> &str {
    let mut rest = text;
    while let Some((first, after)) = rest.split_once(' ')
        && ARTICLES.iter().any(|article| first.eq_ignore_ascii_case(article))
    {
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_say_the_same_are_equal() {
        let cases: &[(&str, &[&str])] = &[
            ("paris", &["Paris", " PARIS. ", "paris!", "P\u{AD}aris", "Ｐａｒｉｓ", "paris\u{200B}"]),
            ("sao paulo", &["São Paulo", "Sa\u{303}o  Paulo", "sao\u{A0}paulo"]),
            ("angstrom", &["Ångström", "A\u{30A}ngstro\u{308}m", "\u{212B}ngström"]),
            ("strasse", &["Straße", "STRASSE", "STRAẞE"]),
            ("fire", &["ﬁre", "The fire", "a Fire."]),
            ("lodz", &["Łódź", "Lodz"]),
            ("who", &["The Who", "who?", "the the who"]),
            ("the", &["The", "the.", "The The"]),
            (".", &[" . "]),
            ("?!", &["?!"]),
            ("...", &["…"]),
            ("o'brien", &["O’Brien", "O‘Brien", "O`Brien", "O´Brien", "Oʼbrien"]),
            ("jean-luc", &["Jean–Luc", "Jean‐Luc", "jean—luc"]),
            ("\"x\"", &["“x”", "«X»", "„x“"]),
            ("h2o", &["H₂O", "h2o"]),
            ("1/2", &["½"]),
            ("елка", &["Ёлка"]),
            ("σασ", &["ΣΑΣ", "σας"]),
            ("", &["", " \u{200B}\n "]),
        ];
        for (expected, forms) in cases {
            for form in *forms {
                assert_eq!(normalise(form, false), *expected, "{form:?}");
            }
        }
    }

    #[test]
    fn texts_that_say_something_else_differ() {
        for (a, b) in [
            ("=", "≠"),
            ("か", "が"),
            ("कु", "क"),
            ("then", "n"),
            ("Müller", "Mueller"),
            ("-5", "5"),
            ("3.5", "35"),
            ("anna", "na"),
        ] {
            assert_ne!(normalise(a, false), normalise(b, false));
        }
    }

    #[test]
    fn case_is_kept_when_it_matters() {
        assert_eq!(normalise("The  pH.", true), "pH");
        assert_ne!(normalise("PH", true), normalise("pH", true));
        assert_eq!(normalise("ÉCOLE", true), "ECOLE");
    }

    #[test]
    fn only_what_cannot_be_seen_is_folded_for_options() {
        assert_eq!(fold(" The  Ｃafé. ", false), "the caf\u{E9}.");
        assert_ne!(fold("5", false), fold("5!", false));
    }

    #[test]
    fn many_articles_take_one_round() {
        assert_eq!(normalise(&"a the ".repeat(160), false), "the");
    }

    #[test]
    fn every_character_that_folds_settles() {
        let folds =
            |text: &String| text.nfkd().ne(text.chars()) || caseless::default_case_fold_str(text) != *text;
        for text in ('\0'..='\u{ABFF}').chain('\u{D7A4}'..='\u{1FFFF}').map(String::from).filter(folds) {
            for case_sensitive in [false, true] {
                let once = normalise(&text, case_sensitive);
                assert_eq!(normalise(&once, case_sensitive), once, "{text:?}");
            }
        }
    }

    fn odd_text() -> impl Strategy<Value = String> {
        let odd = "aAeE.!?… \u{A0}'’´`-–−İıſßẞŉΐΣςÅ\u{212B}ﬁ½≠ｶﾞ가\u{300}\u{301}\u{345}\u{338}\u{323}\u{3099}\u{200D}\u{FE0F}ᾳᾼꭰᏸøÆ¨";
        let odd = prop::sample::select(odd.chars().map(String::from).collect::<Vec<_>>());
        let word = prop::sample::select(vec!["the ", "A ", " an ", "The", ". ", "."]).prop_map(String::from);
        let piece = prop_oneof![4 => odd, 2 => word, 2 => any::<char>().prop_map(String::from)];
        prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn normalising_twice_changes_nothing(text in odd_text(), case_sensitive: bool) {
            let once = normalise(&text, case_sensitive);
            prop_assert_eq!(normalise(&once, case_sensitive), once);
            let once = fold(&text, case_sensitive);
            prop_assert_eq!(fold(&once, case_sensitive), once);
        }

        #[test]
        fn the_typed_form_does_not_matter(text in odd_text()) {
            let (composed, decomposed) = (text.nfc().collect::<String>(), text.nfd().collect::<String>());
            prop_assert_eq!(normalise(&composed, false), normalise(&decomposed, false));
        }

        #[test]
        fn a_text_that_shows_something_leaves_something(text in odd_text(), case_sensitive: bool) {
            let shows = !fold(&text, case_sensitive).is_empty();
            prop_assert_eq!(!normalise(&text, case_sensitive).is_empty(), shows);
        }
    }
}
