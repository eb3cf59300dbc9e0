//! The name of a team or an account: what is accepted, and when two names are one.
//!
//! A name is shown as it was typed, after NFC and trimming. Two names are the
//! same when their keys are equal, and look alike when their skeletons are.
//! Both must be unique: those of teams within a contest, those of accounts everywhere.

use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{is_combining_mark, is_public_assigned};
use unicode_security::confusable_detection::skeleton;
use unicode_segmentation::UnicodeSegmentation;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The longest name, in user-perceived characters (extended grapheme clusters).
const MAX_GRAPHEMES: usize = 40;

/// The longest name in code points. One grapheme can hold any number of Hangul
/// jamo or skin tones, so counting graphemes alone bounds nothing.
const MAX_CODE_POINTS: usize = 4 * MAX_GRAPHEMES;

/// The most combining marks that may follow one another.
const MAX_MARKS: usize = 2;

/// The most rounds a folding gets to settle; real text needs two.
const MAX_ROUNDS: usize = 8;

/// A name. It exists only parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    display: String,
    key: String,
    skeleton: String,
}

/// Why a name was refused. Each sentence can be shown to the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing a reader could see or say.
    #[error("a name needs at least one visible character")]
    Empty,
    /// More graphemes than fit on a board.
    #[error("a name has at most {MAX_GRAPHEMES} characters; this one has {0}")]
    TooLong(usize),
    /// Few graphemes, each made of too many code points.
    #[error("a name has at most {MAX_CODE_POINTS} code points; this one has more")]
    TooManyCodePoints,
    /// General category Cc: tabs, line feeds, NUL.
    #[error("a name cannot contain the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// U+200C or U+200D.
    #[error(
        "a name cannot contain the zero-width joiner or non-joiner U+{:04X}; \
         an emoji made of several others, such as a family, contains one: use single emoji",
        u32::from(*.0)
    )]
    Joiner(char),
    /// General category Cf: bidi marks, soft hyphens, tags.
    #[error("a name cannot contain the invisible format character U+{:04X}", u32::from(*.0))]
    Format(char),
    /// General categories Zl and Zp.
    #[error("a name is one line; it cannot contain the separator U+{:04X}", u32::from(*.0))]
    LineSeparator(char),
    /// A letter or symbol that draws nothing.
    #[error("a name cannot contain the blank character U+{:04X}", u32::from(*.0))]
    Blank(char),
    /// General categories Co and Cn: no two devices draw it alike.
    #[error(
        "a name cannot contain the private-use or unassigned code point U+{:04X}",
        u32::from(*.0)
    )]
    NotAssigned(char),
    /// A pile of accents that would draw over the neighbouring rows.
    #[error(
        "a name cannot stack more than {MAX_MARKS} combining marks; U+{:04X} is one too many",
        u32::from(*.0)
    )]
    StackedMarks(char),
}

impl Name {
    /// Reads a name as typed.
    ///
    /// # Errors
    /// The first rule of [`NameError`] that the name breaks.
    pub fn parse(typed: &str) -> Result<Name, NameError> {
        let display: String = typed.trim().nfc().collect();
        must_be_short(&display)?;
        display.chars().try_for_each(must_be_visible)?;
        must_not_stack_marks(&display)?;
        let key = name_key(&display);
        if key.chars().all(is_combining_mark) {
            return Err(NameError::Empty);
        }
        let skeleton = look(&key);
        Ok(Name { display, key, skeleton })
    }

    /// The name to show: as typed, after NFC and trimming.
    pub fn as_str(&self) -> &str {
        &self.display
    }

    /// The name to compare: equal keys are one name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The shape to compare: equal skeletons look alike. It is made from the
    /// key, so case does not matter. It is never shown.
    pub fn skeleton(&self) -> &str {
        &self.skeleton
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.display)
    }
}

impl PartialSchema for Name {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .description(Some("A name, as typed: one line of at most 40 visible characters."))
            .examples(["Red Foxes"])
            .into()
    }
}

impl ToSchema for Name {}

fn must_be_short(name: &str) -> Result<(), NameError> {
    let graphemes = name.graphemes(true).count();
    if graphemes > MAX_GRAPHEMES {
        return Err(NameError::TooLong(graphemes));
    }
    if name.chars().nth(MAX_CODE_POINTS).is_some() {
        return Err(NameError::TooManyCodePoints);
    }
    Ok(())
}

pub(crate) fn must_be_visible(c: char) -> Result<(), NameError> {
    match c {
        _ if c.is_control() => Err(NameError::Control(c)),
        '\u{200C}' | '\u{200D}' => Err(NameError::Joiner(c)),
        '\u{2028}' | '\u{2029}' => Err(NameError::LineSeparator(c)),
        _ if is_format(c) => Err(NameError::Format(c)),
        _ if is_blank(c) => Err(NameError::Blank(c)),
        _ if !is_public_assigned(c) => Err(NameError::NotAssigned(c)),
        _ => Ok(()),
    }
}

/// Whether the general category is Cf.
///
/// Source: Unicode 18.0, extracted/DerivedGeneralCategory.txt, section Cf.
fn is_format(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}'
        | '\u{890}'..='\u{891}' | '\u{8E2}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0001}' | '\u{E0020}'..='\u{E007F}')
}

/// Whether a character that counts as a letter, mark or symbol draws nothing.
///
/// Source: Unicode 18.0, Default_Ignorable_Code_Point outside Cf and outside the
/// variation selectors; and three blanks that property does not list.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{34F}'                  // combining grapheme joiner
        | '\u{115F}' | '\u{1160}'  // Hangul choseong and jungseong fillers
        | '\u{17B4}' | '\u{17B5}'  // Khmer inherent vowels
        | '\u{2800}'               // Braille pattern blank
        | '\u{3164}' | '\u{FFA0}'  // Hangul filler, full and half width
        | '\u{16FE4}'              // Khitan small script filler
        | '\u{1D159}'
    ) // musical symbol null notehead
}

/// Whether a character only chooses between drawings of the one before it.
///
/// It may be shown (an emoji needs U+FE0F), but two names must not differ by it.
fn is_variation_selector(c: char) -> bool {
    matches!(c,
        '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}')
}

/// Marks are counted in NFC, so the typed form of an accented letter does not
/// decide whether its name is accepted.
fn must_not_stack_marks(name: &str) -> Result<(), NameError> {
    let mut run = 0;
    for c in name.chars() {
        run = if is_combining_mark(c) { run + 1 } else { 0 };
        if run > MAX_MARKS {
            return Err(NameError::StackedMarks(c));
        }
    }
    Ok(())
}

/// A part of a name as keys are compared, to look for names that contain it.
#[must_use]
pub fn folded(typed: &str) -> String {
    name_key(typed)
}

/// NFKC, case folding, NFKC, without variation selectors and with single
/// spaces, until nothing changes.
fn name_key(display: &str) -> String {
    settle(display, |text| {
        let compatible: String = text.nfkc().filter(|&c| !is_variation_selector(c)).collect();
        let folded: String = caseless::default_case_fold_str(&compatible).nfkc().collect();
        folded.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// The skeleton of UTS #39, section 4, with the case folded, until nothing
/// changes: a prototype may be a capital (zero looks like `O`) and the folded
/// prototype may have a prototype of its own (`m` looks like `rn`).
fn look(key: &str) -> String {
    settle(key, |text| {
        let shapes: String = text.nfd().map(shape).collect();
        let folded = caseless::default_case_fold_str(&shapes);
        folded.split_whitespace().collect::<Vec<_>>().join(" ")
    })
}

/// What one character looks like, small or capital.
///
/// The key holds small letters only, but a Cyrillic `ВЕТА` looks like `BETA`
/// in capitals alone. So a letter without an ASCII look-alike is tried again as
/// a capital.
fn shape(c: char) -> String {
    let small: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
    if small.is_ascii() {
        return small;
    }
    let upper: String = c.to_uppercase().collect();
    let capital: String = skeleton(&upper).collect();
    if capital.is_ascii() { capital } else { small }
}

/// Repeats a folding until it changes nothing, at most [`MAX_ROUNDS`] times.
pub(crate) fn settle(text: &str, fold: impl Fn(&str) -> String) -> String {
    let mut current = fold(text);
    for _ in 0..MAX_ROUNDS {
        let next = fold(&current);
        if next == current {
            break;
        }
        current = next;
    }
    current
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test may panic
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(typed: &str) -> Name {
        Name::parse(typed).unwrap_or_else(|e| panic!("{typed:?}: {e}"))
    }

    #[test]
    fn the_forms_of_one_name_share_a_key() {
        let cases: &[(&str, &[&str])] = &[
            ("red", &["Red", "RED", " red\n", "Ｒｅｄ", "ℝed", "Red\u{FE0F}"]),
            ("\u{E5}ngstr\u{F6}m", &["Ångström", "A\u{30A}ngstro\u{308}m", "\u{212B}NGSTRÖM"]),
            ("strasse", &["Straße", "STRASSE", "STRAẞE"]),
            ("fire", &["ﬁre", "FIRE"]),
            ("red fox", &["Red Fox", "Red  Fox", "Red\u{A0}Fox", "red\u{3000}fox"]),
            ("❤", &["❤", "❤\u{FE0F}"]),
            ("σας", &[]),
        ];
        for (key, forms) in cases {
            for form in *forms {
                assert_eq!(name(form).key(), *key, "{form:?}");
            }
        }
        assert_eq!(name("ΣΑΣ").key(), name("σας").key());
    }

    #[test]
    fn a_name_is_shown_as_typed() {
        assert_eq!(name("  Red  Fox ").as_str(), "Red  Fox");
        assert_eq!(name("A\u{30A}ngstrom").as_str(), "\u{C5}ngstrom");
        assert_eq!(serde_json::to_value(name(" Straße ")).unwrap(), "Straße");
    }

    #[test]
    fn look_alikes_share_a_skeleton() {
        let cases: &[(&str, &[&str])] = &[
            ("Red", &["RED", "red", "R\u{435}d", "R\u{415}D", "ꓣed"]),
            ("BETA", &["\u{412}\u{415}\u{422}\u{410}", "beta", "\u{392}eta"]),
            ("PAUL", &["\u{420}\u{410}UL"]),
            ("Rio", &["R\u{456}o", "R\u{406}O", "RI0"]),
            ("Tom", &["T0m", "Torn", "\u{422}\u{41E}\u{41C}"]),
            ("Team 1", &["Team l", "Team |"]),
        ];
        for (real, fakes) in cases {
            for fake in *fakes {
                assert_eq!(name(fake).skeleton(), name(real).skeleton(), "{fake:?} and {real:?}");
            }
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (a, b) in [
            ("Red", "Rod"),
            ("Ångström", "Angstrom"),
            ("Team 1", "Team 2"),
            ("Team II", "Team 11"),
            ("葛", "茑"),
            ("Красные", "Синие"),
        ] {
            assert_ne!(name(a).key(), name(b).key());
            assert_ne!(name(a).skeleton(), name(b).skeleton(), "{a} and {b}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_refused() {
        use NameError::*;
        let flag = "\u{1F3F4}\u{E0067}\u{E007F}";
        let cases: &[(&str, NameError)] = &[
            ("", Empty),
            (" \t\n", Empty),
            ("\u{301}", Empty),
            ("\u{FE0F}", Empty),
            ("a\0b", Control('\0')),
            ("a\tb", Control('\t')),
            ("a\u{85}b", Control('\u{85}')),
            ("👨\u{200D}👩", Joiner('\u{200D}')),
            ("a\u{200C}b", Joiner('\u{200C}')),
            ("a\u{202E}b", Format('\u{202E}')),
            ("a\u{200B}", Format('\u{200B}')),
            ("a\u{AD}b", Format('\u{AD}')),
            ("\u{FEFF}a", Format('\u{FEFF}')),
            (flag, Format('\u{E0067}')),
            ("a\u{2028}b", LineSeparator('\u{2028}')),
            ("a\u{2029}b", LineSeparator('\u{2029}')),
            ("\u{3164}", Blank('\u{3164}')),
            ("\u{2800}", Blank('\u{2800}')),
            ("\u{115F}", Blank('\u{115F}')),
            ("\u{1160}", Blank('\u{1160}')),
            ("\u{FFA0}", Blank('\u{FFA0}')),
            ("a\u{34F}b", Blank('\u{34F}')),
            ("a\u{E000}", NotAssigned('\u{E000}')),
            ("a\u{FFFF}", NotAssigned('\u{FFFF}')),
            ("a\u{378}", NotAssigned('\u{378}')),
            ("a\u{10FFFD}", NotAssigned('\u{10FFFD}')),
            ("x\u{300}\u{301}\u{302}", StackedMarks('\u{302}')),
        ];
        for (typed, error) in cases {
            assert_eq!(Name::parse(typed), Err(*error), "{typed:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_code_point() {
        let said = |typed| Name::parse(typed).unwrap_err().to_string();
        assert_eq!(said("a\u{202E}b"), "a name cannot contain the invisible format character U+202E");
        assert_eq!(said("a\tb"), "a name cannot contain the control character U+0009");
        assert!(said("👨\u{200D}👩").contains("U+200D; an emoji made of several"));
        assert_eq!(said(&"a".repeat(41)), "a name has at most 40 characters; this one has 41");
    }

    #[test]
    fn length_is_counted_in_graphemes_and_bounded_in_code_points() {
        name(&"a".repeat(40));
        name(&"e\u{323}\u{302}".repeat(40));
        name(&"👍🏽".repeat(40));
        assert_eq!(Name::parse(&"🇺🇦".repeat(41)), Err(NameError::TooLong(41)));
        assert_eq!(Name::parse(&"\u{1100}".repeat(161)), Err(NameError::TooManyCodePoints));
        assert_eq!(Name::parse(&format!("👍{}", "🏽".repeat(160))), Err(NameError::TooManyCodePoints));
    }

    #[test]
    fn key_and_skeleton_fit_an_index_row() {
        let widest = name(&"\u{FDFA}".repeat(40)); // eighteen letters each under NFKC
        assert!(widest.key().len() < 2_000 && widest.skeleton().len() < 2_000);
    }

    fn odd_text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select("aAİıſßẞǰΐΣςÅ\u{212B}ﬁﬃℌ½Ⅻ㎏ｶﾞ가각가\u{300}\u{301}\u{345}\u{323}\u{FE0F}\u{3099}  \u{A0}\u{1E9B}ᾳᾼŉꭰᏸⱥ₨﷐ﷺ´¨".chars().collect::<Vec<_>>());
        let any_char = prop_oneof![3 => odd, 2 => any::<char>(), 1 => proptest::char::range('A', 'ӿ')];
        prop::collection::vec(any_char, 0..12).prop_map(|chars| chars.into_iter().collect())
    }

    #[test]
    fn every_character_settles() {
        // Hangul and Han are left to the random names.
        let chars = ('\0'..='\u{33FF}').chain('\u{A000}'..='\u{ABFF}').chain('\u{D7A4}'..='\u{1FFFF}');
        for parsed in chars.filter_map(|c| Name::parse(&c.to_string()).ok()) {
            assert_eq!(name_key(parsed.key()), parsed.key());
            assert_eq!(look(parsed.skeleton()), parsed.skeleton());
            assert!(!parsed.skeleton().is_empty(), "{parsed:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_key_is_a_fixed_point_and_the_display_parses_back(typed in odd_text()) {
            if let Ok(parsed) = Name::parse(&typed) {
                prop_assert_eq!(&name_key(parsed.key()), parsed.key());
                prop_assert_eq!(&look(parsed.skeleton()), parsed.skeleton());
                let again = Name::parse(parsed.as_str());
                prop_assert_eq!(again.as_ref(), Ok(&parsed));
                let typed_decomposed: String = typed.nfd().collect();
                prop_assert_eq!(Name::parse(&typed_decomposed), Ok(parsed));
            }
        }

        #[test]
        fn any_text_is_answered_without_a_panic(typed in any::<String>()) {
            let _ = Name::parse(&typed);
        }
    }
}
