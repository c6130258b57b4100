//! The rule language and its evaluation: total, deterministic, without a clock.
