use super::Severity;

/// What we do with a finding of squawk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It is about rows and sessions that exist: said unless the table is new in this migration.
    Existing(Severity),
    /// It holds for new tables too.
    Always(Severity),
    /// Said only where another runner than ours applies the file.
    OtherRunner,
    /// The rule of ours that says it.
    Ours(&'static str),
    /// Never said.
    Dropped,
}

use Severity::{Error, Info, Warning};
use Treatment::{Always, Dropped, Existing, OtherRunner, Ours};

/// Every rule of squawk that is not said as squawk says it, with the reason.
///
/// A rule that is missing here is a warning about existing tables.
const RULES: &[(&str, Treatment, &str)] = &[
    ("require-concurrent-index-creation", Ours("index-not-concurrent"), "said by our rule"),
    ("adding-foreign-key-constraint", Ours("foreign-key-without-budget"), "said by our rule"),
    ("prefer-robust-stmts", Ours("not-rerunnable"), "said by our rule"),
    ("transaction-nesting", Ours("transaction-control"), "said by our rule"),
    ("ban-uncommitted-transaction", Ours("transaction-control"), "said by our rule"),
    (
        "ban-concurrent-index-creation-in-transaction",
        Ours("concurrently-in-transaction"),
        "said by our rule",
    ),
    ("require-timeout-settings", OtherRunner, "our engine sets lock_timeout on every statement"),
    ("require-lock-timeout", OtherRunner, "our engine sets lock_timeout on every statement"),
    ("require-statement-timeout", OtherRunner, "a long index build or backfill is legitimate"),
    ("require-table-schema", Dropped, "the search path of the connection is part of the contract"),
    ("prefer-bigint-over-smallint", Dropped, "a small range is a decision, not an oversight"),
    ("ban-drop-default", Dropped, "changes the catalogue only, and no row"),
    (
        "ban-drop-not-null",
        Existing(Info),
        "old code may read a NULL; no lock and no row is at stake",
    ),
    ("ban-drop-constraint", Existing(Info), "how a CHECK is widened; rows are kept"),
    ("ban-drop-function", Existing(Info), "recreated by the down script; rows are kept"),
    ("ban-drop-trigger", Existing(Info), "recreated by the down script; rows are kept"),
    ("ban-drop-view", Existing(Info), "recreated by the down script; rows are kept"),
    ("ban-drop-type", Existing(Info), "PostgreSQL refuses while a column uses it"),
    ("ban-drop-domain", Existing(Info), "PostgreSQL refuses while a column uses it"),
    ("ban-drop-generated-expression", Existing(Info), "the values stay as they are"),
    ("ban-alter-identity", Existing(Info), "changes the catalogue only, and no row"),
    ("renaming-object", Existing(Info), "no row is touched"),
    ("require-enum-value-ordering", Always(Info), "taste"),
    (
        "prefer-bigint-over-int",
        Always(Info),
        "the platform's keys are INTEGER; new ones need not be",
    ),
    ("prefer-identity", Always(Info), "taste"),
    ("prefer-text-field", Always(Info), "taste"),
    ("prefer-timestamp-tz", Always(Warning), "a time without a zone is read in the session's"),
    ("ban-char-field", Always(Warning), "pads with blanks, in a new table too"),
    ("identifier-too-long", Always(Warning), "PostgreSQL cuts the name in a new table too"),
    ("ban-create-domain-with-constraint", Always(Warning), "not about a table"),
    ("ban-alter-domain-with-add-constraint", Always(Warning), "scans every table that uses it"),
    ("ban-duplicate-column-assignments", Always(Error), "PostgreSQL refuses the statement"),
    ("ban-drop-database", Always(Error), "cannot run in a migration, and nothing brings it back"),
    ("unused-ignore", Always(Info), "a comment, not a statement"),
];

/// What to do with squawk's rule `name`.
pub(super) fn treatment(name: &str) -> Treatment {
    RULES
        .iter()
        .find(|(rule, ..)| *rule == name)
        .map_or(Existing(Warning), |(_, treatment, _)| *treatment)
}

/// The names under which squawk's comments ignore `rule`: its own, and those it stands for.
pub(super) fn aliases(rule: &str) -> Vec<&str> {
    let stands_for = RULES.iter().filter_map(|(name, treatment, _)| match treatment {
        Ours(ours) if *ours == rule => Some(*name),
        _ => None,
    });
    std::iter::once(rule).chain(stands_for).collect()
}

#[cfg(test)]
mod tests {
    use super::{RULES, aliases};

    #[test]
    fn each_rule_stands_once_with_its_reason() {
        let mut names: Vec<_> = RULES.iter().map(|(name, ..)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
        assert!(RULES.iter().all(|(.., reason)| !reason.is_empty()));
        assert_eq!(aliases("not-rerunnable"), ["not-rerunnable", "prefer-robust-stmts"]);
    }
}
