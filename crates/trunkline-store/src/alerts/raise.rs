use std::collections::BTreeMap;

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

/// What several signals of one rule about one row come to.
#[derive(Default)]
struct Heard {
    /// It is open at the end.
    open: Option<Signal>,
    /// One that was open before has closed, if it recovers at this level.
    close: Option<Signal>,
}

impl Heard {
    fn hear(&mut self, signal: &Signal) {
        match (signal, self.open.take()) {
            (Signal::Close { level, .. }, open) => {
                // To a lower level than that at which it recovers it stays.
                self.open =
                    open.filter(|open| open.recovers_at().is_some_and(|at| Some(at) > *level));
                let known = self.close.as_ref().and_then(Signal::level);
                if self.close.is_none() || *level > known {
                    self.close = Some(signal.clone());
                }
            }
            (_, None) => self.open = Some(signal.clone()),
            (_, Some(first)) => self.open = Some(signal.since(&first)),
        }
    }
}

impl Signal {
    const fn recovers_at(&self) -> Option<i64> {
        match self {
            Self::Open { recovers_at, .. } => *recovers_at,
            Self::Close { .. } => None,
        }
    }

    const fn level(&self) -> Option<i64> {
        match self {
            Self::Close { level, .. } => *level,
            Self::Open { .. } => None,
        }
    }

    /// The same, of something that fell before already.
    fn since(&self, first: &Self) -> Self {
        let mut since = self.clone();
        if let (Self::Open { before, recovers_at, .. }, Self::Open { before: was, .. }) =
            (&mut since, first)
        {
            before.clone_from(was);
            *recovers_at = (*recovers_at).max(first.recovers_at());
        }
        since
    }
}

/// Opens and closes alerts.
pub(crate) async fn raise(
    executor: Executor<'_>,
    signals: &[Signal],
    now: Timestamp,
) -> Result<(), StoreError> {
    // In one order, so that two batches wait for each other instead of in a circle.
    let mut heard: BTreeMap<(&str, SubjectRow), Heard> = BTreeMap::new();
    for signal in signals {
        let (rule, row) = signal.target();
        heard.entry((rule.as_str(), row)).or_default().hear(signal);
    }
    let closed: Vec<&Signal> = heard.values().filter_map(|heard| heard.close.as_ref()).collect();
    close(executor, &closed, now).await?;
    let opened: Vec<&Signal> = heard.values().filter_map(|heard| heard.open.as_ref()).collect();
    open(executor, &opened, now).await
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
        SET severity = CASE
                -- A ban that was announced is no less when it comes.
                WHEN alert.rule = 'restricted' AND alert.severity = 'critical' THEN alert.severity
                ELSE excluded.severity
            END,
            company_id = excluded.company_id,
            label = excluded.label,
            after = excluded.after,
            recovers_at = greatest(alert.recovers_at, excluded.recovers_at),
            changed_at = excluded.changed_at";
    let parameters: Parameters<'_> =
        &[&rules, &severities, &providers, &subjects, &ids, &befores, &afters, &levels, &now];
    executor.execute("open alerts", query, parameters).await?;
    Ok(())
}
