use super::Connection;
use crate::StoreError;

impl Connection {
    /// Whether the database answers: the least that a query can cost.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.executor().rows("ask the database for anything", "SELECT 1", &[]).await?;
        Ok(())
    }
}
