use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use trunkline_core::Provider;

use super::key::{Bounds, KeyValue};
use crate::{Executor, StoreError};

/// A query that is put together: its text, and the parameters in the order of their numbers.
///
/// What comes from outside is a parameter always, so that there are few texts to prepare.
#[derive(Default)]
pub(crate) struct Statement {
    pub text: String,
    parameters: Vec<Box<dyn ToSql + Send + Sync>>,
}

/// [`Bounds`] as they are written in a query.
pub(crate) struct BoundNames {
    near: String,
    ids: Vec<String>,
    far: String,
    descending: bool,
}

impl Statement {
    /// A parameter of this type, as it is written in the query.
    pub(crate) fn bind(&mut self, kind: &str, value: impl ToSql + Send + Sync + 'static) -> String {
        self.bind_boxed(kind, Box::new(value))
    }

    fn bind_boxed(&mut self, kind: &str, value: Box<dyn ToSql + Send + Sync>) -> String {
        self.parameters.push(value);
        format!("${}::{kind}", self.parameters.len())
    }

    fn bind_key(&mut self, value: KeyValue) -> String {
        self.bind_boxed(value.cast(), value.into_parameter())
    }

    /// The bounds of a page; of the ids, only those of these providers.
    pub(crate) fn bind_bounds(
        &mut self,
        bounds: Bounds,
        providers: &[Provider],
        descending: bool,
    ) -> BoundNames {
        let near = self.bind_key(bounds.near);
        let far = self.bind_key(bounds.far);
        let all = Provider::ALL.iter().zip(bounds.ids);
        let ids = all.map(|(provider, id)| {
            if providers.contains(provider) { self.bind("INTEGER", id) } else { String::new() }
        });
        BoundNames { near, ids: ids.collect(), far, descending }
    }

    /// Merges branches, each of which yields `key`, `provider` and `id`.
    pub(crate) fn merge(&mut self, branches: &[String], descending: bool, limit: &str) {
        let direction = if descending { " DESC" } else { "" };
        self.text = format!(
            "SELECT *
            FROM ({}) AS merged
            ORDER BY key{direction}, provider{direction}, id{direction}
            LIMIT {limit}",
            branches.join(" UNION ALL "),
        );
    }

    /// Runs it.
    pub(crate) async fn rows(
        &self,
        executor: Executor<'_>,
        doing: &'static str,
    ) -> Result<Vec<Row>, StoreError> {
        executor.rows(doing, &self.text, &self.parameters()).await
    }

    pub(super) fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.parameters.iter().map(|value| -> &(dyn ToSql + Sync) { value.as_ref() }).collect()
    }
}

impl BoundNames {
    /// The condition for the rows of `table`, which is this provider's, sorted by `key`.
    pub(crate) fn condition(&self, table: &str, key: &str, provider: Provider) -> String {
        let (near, far) = (&self.near, &self.far);
        let id = &self.ids[provider as usize];
        if self.descending {
            format!("({key}, {table}.id) < ({near}, {id}) AND {key} >= {far}")
        } else {
            format!("({key}, {table}.id) > ({near}, {id}) AND {key} < {far}")
        }
    }

    /// ` DESC`, or nothing.
    pub(crate) fn direction(&self) -> &'static str {
        if self.descending { " DESC" } else { "" }
    }
}
