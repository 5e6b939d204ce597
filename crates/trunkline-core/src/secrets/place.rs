use std::fmt;

/// Where a secret stands: one column of one row.
///
/// It is bound to the ciphertext, so that a value moved to another row or column does not open. The
/// names are those at which the value lives, also while an archive holds the table in another schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The schema, as PostgreSQL stores its name.
    pub schema: &'a str,
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The row's primary key as text; of an integer, its decimal digits.
    pub row: &'a str,
}

impl Place<'_> {
    /// The associated data: `tlk1`, then of each of the four names its length in bytes (32 bits, big
    /// endian) and its UTF-8 bytes.
    ///
    /// The lengths make it unambiguous: no two places have the same bytes, whatever their names hold.
    pub(super) fn associated_data(&self) -> Vec<u8> {
        let mut data = b"tlk1".to_vec();
        for name in [self.schema, self.table, self.column, self.row] {
            // A name of 4 GiB is no name of PostgreSQL's.
            data.extend(u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
            data.extend(name.as_bytes());
        }
        data
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}, row {}", self.schema, self.table, self.column, self.row)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Place;

    fn data(names: &[String; 4]) -> Vec<u8> {
        let [schema, table, column, row] = names;
        Place { schema, table, column, row }.associated_data()
    }

    #[test]
    fn a_boundary_that_moves_changes_it() {
        let names = |names: [&str; 4]| data(&names.map(str::to_owned));
        assert_ne!(names(["a", "b.c", "d", "1"]), names(["a.b", "c", "d", "1"]));
        assert_ne!(names(["a", "b", "c", "11"]), names(["a", "b", "c1", "1"]));
        assert_eq!(names(["s", "tt", "", "7"]), b"tlk1\0\0\0\x01s\0\0\0\x02tt\0\0\0\0\0\0\0\x017");
    }

    proptest! {
        #[test]
        fn no_two_places_have_the_same(
            one in prop::array::uniform4("[ab.\\x00\\x01]{0,3}"),
            other in prop::array::uniform4("[ab.\\x00\\x01]{0,3}"),
        ) {
            prop_assert_eq!(one == other, data(&one) == data(&other));
        }
    }
}
