//! The rule language and its evaluation: total, deterministic, without a clock.
//!
//! A rulebook is a TOML file that is parsed, checked (names, units, every mistake at once) and compiled into a
//! [`RulebookSet`] with versions in event time. [`evaluate`] turns a set and a patient's
//! [`care::History`] into episodes, as a pure function; [`Evaluator`] gives the same reading by reading, at the
//! cost of the windows that the newest reading moves. Read [`Rulebook`] first, then [`Evaluator`]; the language
//! is described in the crate's README.

mod ast;
mod calendar;
mod check;
mod condition;
mod copies;
mod error;
mod eval;
mod evaluator;
mod explain;
mod format;
mod judge;
mod lex;
mod missed;
mod parameter;
mod parse;
mod picture;
mod plan;
mod range;
mod rulebook;
mod sentence;
mod series;
mod set;
mod state;
mod step;
mod table;
mod test_file;
mod texts;
mod value;

pub use error::RuleError;
pub use evaluator::{Evaluation, Evaluator, evaluate};
pub use explain::{Outcome, RuleExplanation, explain};
pub use format::fmt;
pub use parameter::{Form, Parameter};
pub use picture::{ExpectedDay, Level, Picture, Side, Standing, picture};
pub use range::Range;
pub use rulebook::{Expected, Rule, Rulebook};
pub use set::{InForce, RulebookSet};
pub use test_file::{TestResult, check, run_tests};
