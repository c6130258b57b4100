//! Schema, migrations, journal, ledger, evaluation cursor and outbox on SQLite, behind one trait.
