use super::{Column, Constraint, ConstraintKind, Index, Object, Table};

/// A text as an SQL string.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A quoted name without its quotes.
pub(super) fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// The schema of a qualified name, quoted as there.
pub(super) fn schema_of(qualified: &str) -> &str {
    let mut in_quotes = false;
    let dot = qualified.find(|c: char| {
        in_quotes ^= c == '"';
        c == '.' && !in_quotes
    });
    &qualified[..dot.unwrap_or(0)]
}

impl Column {
    /// What stands behind the column's name in CREATE TABLE.
    pub fn definition(&self) -> String {
        let mut text = self.data_type.clone();
        if let Some(collation) = &self.collation {
            text = text + " COLLATE " + collation;
        }
        for clause in [&self.generated, &self.identity].into_iter().flatten() {
            text = text + " " + clause;
        }
        if let Some(default) = &self.default {
            text = text + " DEFAULT " + default;
        }
        if self.not_null { text + " NOT NULL" } else { text }
    }
}

impl Constraint {
    /// Its definition as it is compared.
    pub fn signature(&self) -> String {
        format!("{}{}", self.definition, if self.not_valid { " NOT VALID" } else { "" })
    }
}

impl Index {
    /// The statement that makes it, without blocking writers where PostgreSQL can.
    pub fn create(&self, name: &str, table: &str, concurrently: bool) -> String {
        format!(
            "CREATE {}INDEX {}{name} ON {table} {};",
            if self.unique { "UNIQUE " } else { "" },
            if concurrently { "CONCURRENTLY " } else { "" },
            self.definition
        )
    }

    /// Its definition as it is compared.
    pub fn signature(&self) -> String {
        format!("{}{}", if self.unique { "UNIQUE " } else { "" }, self.definition)
    }
}

impl Object {
    /// The statement that makes it.
    pub fn create(&self, name: &str) -> String {
        match self.keyword.as_str() {
            "FUNCTION" | "PROCEDURE" | "TRIGGER" => format!("{};", self.definition),
            "SCHEMA" | "EXTENSION" => format!("CREATE {} IF NOT EXISTS {name};", self.keyword),
            _ => format!("CREATE {} {name} {};", self.keyword, self.definition),
        }
    }
}

impl Table {
    /// The traits that belong to no column: storage, partitioning, row security.
    pub fn traits(&self) -> String {
        let mut clauses = vec![if self.unlogged { "UNLOGGED TABLE" } else { "TABLE" }.to_owned()];
        if let Some(bound) = &self.partition_bound {
            clauses.push(format!("PARTITION OF {} {bound}", self.parents.join(", ")));
        }
        clauses.extend(self.trailing_clauses());
        if self.row_security {
            clauses.push("ROW LEVEL SECURITY".to_owned());
        }
        if self.force_row_security {
            clauses.push("FORCED".to_owned());
        }
        clauses.join(" ")
    }

    /// What stands behind the columns in CREATE TABLE.
    fn trailing_clauses(&self) -> Vec<String> {
        let mut clauses = Vec::new();
        if self.partition_bound.is_none() && !self.parents.is_empty() {
            clauses.push(format!("INHERITS ({})", self.parents.join(", ")));
        }
        clauses.extend(self.partition_key.as_ref().map(|key| format!("PARTITION BY {key}")));
        if !self.options.is_empty() {
            clauses.push(format!("WITH ({})", self.options.join(", ")));
        }
        clauses
    }

    /// Whether [`Table::create`] makes this constraint of the table.
    fn creates(&self, constraint: &Constraint) -> bool {
        self.partition_bound.is_none()
            && constraint.kind != ConstraintKind::ForeignKey
            && !constraint.not_valid
    }

    /// The table as [`Table::create`] makes it.
    pub(super) fn as_created(&self) -> Self {
        let mut made = self.clone();
        made.comment = None;
        made.triggers.clear();
        made.policies.clear();
        made.constraints.retain(|_, constraint| self.creates(constraint));
        made.indexes.retain(|_, index| {
            index.constraint.as_ref().is_some_and(|name| made.constraints.contains_key(name))
        });
        let comments = made.columns.iter_mut().map(|column| &mut column.comment);
        let comments = comments.chain(made.constraints.values_mut().map(|c| &mut c.comment));
        for comment in comments.chain(made.indexes.values_mut().map(|index| &mut index.comment)) {
            *comment = None;
        }
        made
    }

    /// CREATE TABLE with columns, keys and checks; foreign keys, indexes, triggers and comments are
    /// separate statements, because they may need other tables.
    pub fn create(&self, name: &str) -> String {
        let unlogged = if self.unlogged { "UNLOGGED " } else { "" };
        let columns = match &self.partition_bound {
            Some(bound) => format!("PARTITION OF {} {bound}", self.parents.join(", ")),
            None => format!("(\n{}\n)", self.lines().join(",\n")),
        };
        let mut clauses = vec![format!("CREATE {unlogged}TABLE {name} {columns}")];
        clauses.extend(self.trailing_clauses());
        let mut statements = vec![clauses.join(" ")];
        if self.row_security {
            statements.push(format!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
        }
        if self.force_row_security {
            statements.push(format!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY"));
        }
        statements.join(";\n") + ";"
    }

    fn lines(&self) -> Vec<String> {
        let columns = self.columns.iter().map(|c| format!("    {} {}", c.name, c.definition()));
        let constraints =
            self.constraints.iter().filter(|(_, constraint)| self.creates(constraint)).map(
                |(name, constraint)| format!("    CONSTRAINT {name} {}", constraint.definition),
            );
        columns.chain(constraints).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{schema_of, unquoted};

    #[test]
    fn names_are_taken_apart_as_sql_reads_them() {
        assert_eq!(schema_of("public.companies"), "public");
        assert_eq!(schema_of("\"a.b\".\"c.d\""), "\"a.b\"");
        assert_eq!(unquoted("\"a\"\"b\""), "a\"b");
    }
}
