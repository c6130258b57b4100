//! `hearth decode`: the bytes of a characteristic as measurements, without judging them.

use device_codec::Characteristic;

use crate::{failure::Failure, output::Output};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The characteristic: `2A9D` or `0x2A9D`, or its full Bluetooth UUID.
    characteristic: String,
    /// Its value as hexadecimal digits: `020c3f`.
    hex: String,
}

/// One JSON object per measurement, a line each.
pub(crate) fn run(args: &Args, out: &mut Output<'_>) -> Result<(), Failure> {
    // Messages may write `0x` before it, and who pastes it from one should not have to know.
    let text = &args.characteristic;
    let short = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let characteristic: Characteristic =
        short.unwrap_or(text).parse().map_err(|error| Failure::malformed(format!("{error}")))?;
    let bytes = hex::decode(&args.hex)
        .map_err(|error| Failure::malformed(format!("`{}` is not hexadecimal: {}", args.hex, place(error))))?;
    let measurements = device_codec::decode(characteristic, &bytes)
        .map_err(|error| Failure::malformed(format!("{characteristic}: {error}")))?;
    for measurement in measurements {
        out.value(&measurement)?;
    }
    Ok(())
}

fn place(error: hex::FromHexError) -> String {
    match error {
        hex::FromHexError::InvalidHexCharacter { c, index } => {
            format!("`{c}` at digit {} (byte {})", index.saturating_add(1), index / 2)
        }
        hex::FromHexError::OddLength => "an odd number of digits; a byte is two".to_owned(),
        hex::FromHexError::InvalidStringLength => "it has the wrong length".to_owned(),
    }
}
