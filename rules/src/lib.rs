//! The reconciler around the rule engine: gather, evaluate, commit.
