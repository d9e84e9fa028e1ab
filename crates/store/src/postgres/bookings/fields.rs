//! Values out of a row of PostgreSQL, for what both engines read alike ([`crate::booking_row`]).

use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::super::fault::Doing;
use crate::booking_row::Fields;
use crate::error::StoreError;

const READING: &str = "read a booking";

impl Fields for Row {
    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.try_get(column).doing(READING)
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).doing(READING)
    }

    fn integer(&self, column: usize) -> Result<i64, StoreError> {
        if *self.columns()[column].type_() == Type::INT2 {
            return self.try_get::<_, i16>(column).map(i64::from).doing(READING);
        }
        self.try_get(column).doing(READING)
    }

    fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        if *self.columns()[column].type_() == Type::INT2 {
            return self.try_get::<_, Option<i16>>(column).map(|number| number.map(i64::from)).doing(READING);
        }
        self.try_get(column).doing(READING)
    }
}
