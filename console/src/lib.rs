//! The care team's pages and the HTTP API.
