use jiff::Timestamp;

use super::{AlertRule, AlertSeverity};
use crate::database::Parameters;
use crate::events::SubjectRow;
use crate::{Executor, StoreError};

/// What a rule says of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Somebody should look at it.
    Open {
        rule: AlertRule,
        severity: AlertSeverity,
        row: SubjectRow,
        before: Option<String>,
        after: String,
        /// A limit has recovered when it is so high again.
        recovers_at: Option<i64>,
    },
    /// The fact recovered; of a limit, to this level.
    Close { rule: AlertRule, row: SubjectRow, level: Option<i64> },
}

impl Signal {
    const fn target(&self) -> (AlertRule, SubjectRow) {
        match self {
            Self::Open { rule, row, .. } | Self::Close { rule, row, .. } => (*rule, *row),
        }
    }
}

/// Opens and closes alerts; of several signals of one rule about one row the last is heard.
pub(crate) async fn raise(
    executor: Executor<'_>,
    signals: &[Signal],
    now: Timestamp,
) -> Result<(), StoreError> {
    let is_last = |index: usize, signal: &Signal| {
        !signals[index + 1..].iter().any(|later| later.target() == signal.target())
    };
    let mut heard: Vec<&Signal> = signals
        .iter()
        .enumerate()
        .filter(|(index, signal)| is_last(*index, signal))
        .map(|(_, signal)| signal)
        .collect();
    // In one order, so that two batches wait for each other instead of in a circle.
    heard.sort_unstable_by_key(|signal| {
        let (rule, row) = signal.target();
        (rule.as_str(), row)
    });
    close(executor, &heard, now).await?;
    open(executor, &heard, now).await
}

async fn close(
    executor: Executor<'_>,
    signals: &[&Signal],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (mut rules, mut providers, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ids, mut levels) = (Vec::new(), Vec::new());
    for signal in signals {
        if let Signal::Close { rule, row, level } = signal {
            rules.push(rule.as_str());
            providers.push(row.provider.as_str());
            subjects.push(row.kind.as_str());
            ids.push(row.id);
            levels.push(*level);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let query = "
        UPDATE trunkline.alerts AS alert
        SET resolved_at = $6,
            changed_at = $6
        FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::INTEGER[], $5::BIGINT[])
            AS good (rule, provider, subject, subject_id, level)
        WHERE alert.rule = good.rule
            AND alert.provider = good.provider
            AND alert.subject = good.subject
            AND alert.subject_id = good.subject_id
            AND alert.resolved_at IS NULL
            AND (alert.recovers_at IS NULL OR alert.recovers_at <= good.level)";
    let parameters: Parameters<'_> = &[&rules, &providers, &subjects, &ids, &levels, &now];
    executor.execute("close alerts", query, parameters).await?;
    Ok(())
}

/// One that is open already says what it became since.
async fn open(
    executor: Executor<'_>,
    signals: &[&Signal],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (mut rules, mut severities, mut providers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut subjects, mut ids, mut befores) = (Vec::new(), Vec::new(), Vec::new());
    let (mut afters, mut levels) = (Vec::new(), Vec::new());
    for signal in signals {
        if let Signal::Open { rule, severity, row, before, after, recovers_at } = signal {
            rules.push(rule.as_str());
            severities.push(severity.as_str());
            providers.push(row.provider.as_str());
            subjects.push(row.kind.as_str());
            ids.push(row.id);
            befores.push(before.as_deref());
            afters.push(after.as_str());
            levels.push(*recovers_at);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let query = "
        INSERT INTO trunkline.alerts AS alert (rule, severity, provider, subject, subject_id, before, after, recovers_at,
            company_id, label, opened_at, changed_at)
        SELECT bad.rule, bad.severity, bad.provider, bad.subject, bad.subject_id, bad.before, bad.after, bad.recovers_at,
            owner.company_id, owner.label, $9, $9
        FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::INTEGER[], $6::TEXT[], $7::TEXT[], $8::BIGINT[])
            AS bad (rule, severity, provider, subject, subject_id, before, after, recovers_at)
        CROSS JOIN LATERAL (
            SELECT company_id, coalesce(phone_number, display_name, provider_id) AS label
            FROM trunkline.listed_channels
            WHERE bad.subject = 'channel' AND provider = bad.provider AND id = bad.subject_id
            UNION ALL
            SELECT company_id, coalesce(name, provider_id)
            FROM trunkline.listed_clients
            WHERE bad.subject = 'client' AND provider = bad.provider AND id = bad.subject_id
        ) AS owner
        ON CONFLICT (rule, provider, subject, subject_id) WHERE resolved_at IS NULL DO UPDATE
        SET severity = excluded.severity,
            after = excluded.after,
            recovers_at = greatest(alert.recovers_at, excluded.recovers_at),
            changed_at = excluded.changed_at";
    let parameters: Parameters<'_> =
        &[&rules, &severities, &providers, &subjects, &ids, &befores, &afters, &levels, &now];
    executor.execute("open alerts", query, parameters).await?;
    Ok(())
}
