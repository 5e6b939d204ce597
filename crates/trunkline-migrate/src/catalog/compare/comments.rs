use crate::catalog::check::{Check, CheckKind, Mend, Outcome, Phase};
use crate::catalog::ddl::literal;

/// The comment of one object.
pub(super) struct Commented<'a> {
    /// The table that it belongs to, or itself.
    pub relation: &'a str,
    /// Its name within `relation`, or nothing.
    pub name: &'a str,
    /// What stands behind COMMENT ON.
    pub target: String,
}

impl Commented<'_> {
    /// Compares the two comments; no check when there is none on either side.
    pub(super) fn compare(
        &self,
        expected: Option<&String>,
        found: Option<&String>,
        checks: &mut Vec<Check>,
    ) {
        let check = |result| Check::new(CheckKind::Comment, self.relation, self.name, result);
        let mend = |text: &str| {
            Mend::new(Phase::Comment, format!("COMMENT ON {} IS {};", self.target, literal(text)))
        };
        checks.extend(match (expected, found) {
            (None, None) => None,
            (None, Some(found)) => Some(check(Outcome::Extra).found(found)),
            (Some(expected), None) => {
                Some(check(Outcome::Missing).expected(expected).mend(mend(expected)))
            }
            (Some(expected), Some(found)) if expected == found => {
                Some(check(Outcome::Ok).expected(expected).found(found))
            }
            (Some(expected), Some(found)) => {
                Some(check(Outcome::Different).expected(expected).found(found).mend(mend(expected)))
            }
        });
    }
}
