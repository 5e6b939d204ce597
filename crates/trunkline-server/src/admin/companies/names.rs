use std::collections::HashMap;

use trunkline_store::companies::list_company_names;
use trunkline_store::{Executor, StoreError};

/// What the companies of a page are called.
pub(in crate::admin) struct Names(HashMap<i32, String>);

impl Names {
    pub(in crate::admin) async fn find(
        executor: Executor<'_>,
        ids: impl IntoIterator<Item = i32>,
    ) -> Result<Self, StoreError> {
        let mut ids: Vec<i32> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let found =
            if ids.is_empty() { Vec::new() } else { list_company_names(executor, &ids).await? };
        let named = found.into_iter().filter_map(|company| Some((company.id, company.name?)));
        Ok(Self(named.filter(|(_, name)| !name.trim().is_empty()).collect()))
    }

    /// Its name, else its id.
    pub(in crate::admin) fn of(&self, id: i32) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| format!("Company {id}"))
    }
}
