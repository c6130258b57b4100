//! `hearth rules explain`: each rule's judgement of a patient, with its numbers.

use care::PatientId;
use chrono::{DateTime, Utc};
use rule_engine::{Outcome, RuleExplanation};

use crate::{failure::Failure, output::Output, place::DataArgs};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: DataArgs,
    /// The patient's id.
    #[arg(long)]
    patient: String,
    /// As things stood then, RFC 3339; now by default.
    #[arg(long)]
    at: Option<DateTime<Utc>>,
}

pub(super) async fn run(args: Args, out: &mut Output<'_>) -> Result<(), Failure> {
    let patient = PatientId::new(&args.patient).map_err(|error| Failure::malformed(error.to_string()))?;
    let open = args.place.read("rules explain")?;
    if open.store.patient(&patient).await?.is_none() {
        return Err(Failure::expected(format!("there is no patient `{patient}`")));
    }
    let history = open.store.history(&patient, u64::MAX).await?;
    let rulebooks = rules::load_rulebooks(&open.store)
        .await
        .map_err(|error| Failure::because("the rulebooks in the store cannot be used", &error))?;
    let at = args.at.unwrap_or_else(|| open.clock.now());
    let explanations = rule_engine::explain(&rulebooks, &history, at);
    if out.is_json() {
        return out.value(&explanations);
    }
    for explanation in &explanations {
        out.line(format!("{} ({}): {}", explanation.rule, explanation.rulebook, verdict(explanation)))?;
        out.line(format!("  when {}", explanation.when))?;
        if !explanation.sentence.is_empty() {
            out.line(format!("  {}", explanation.sentence))?;
        }
    }
    Ok(())
}

fn verdict(explanation: &RuleExplanation) -> String {
    match &explanation.outcome {
        Outcome::Fired { since } => format!("fired, since {}", since.to_rfc3339()),
        Outcome::NotMet => "did not fire".to_owned(),
        Outcome::Unknown => "not enough data to say".to_owned(),
        Outcome::NotConfigured { parameters } => format!("not configured: nobody set {}", parameters.join(", ")),
        Outcome::NotEnrolled => "not for this patient's programmes".to_owned(),
        Outcome::KeptAway { programme } => format!("kept away by programme {programme}"),
        Outcome::SetAside => "a repeat showed otherwise".to_owned(),
        Outcome::Ended => "the patient has ended; readings are only stored".to_owned(),
        Outcome::Failed => "could not be evaluated".to_owned(),
    }
}
