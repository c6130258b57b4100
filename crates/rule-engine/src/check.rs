//! Names, kinds of value and units: a tree becomes a condition, or says every mistake in it.

use crate::ast::{Arg, Expr, Node, Span};
use crate::condition::{Arithmetic, Call, Compare, Cond, Function, Judged, Num, Window};
use crate::error::suggest;
use crate::lex::SyntaxError;
use vitals::{Decimal, Dimension, Kind, Quantity, Unit};

/// A parameter as conditions see it.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) unit: Option<Unit>,
}

/// What sort of number an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Plain,
    Of(Dimension),
    /// a difference of temperatures
    TemperatureDifference,
    /// a temperature written down: a difference or not, as its place wants
    TemperatureEither,
}

impl Sort {
    fn of(unit: Option<Unit>) -> Self {
        match unit.map(Unit::dimension) {
            None => Sort::Plain,
            Some(Dimension::Temperature) => Sort::TemperatureEither,
            Some(dimension) => Sort::Of(dimension),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Sort::Plain => "a plain number",
            Sort::Of(Dimension::Mass) => "a mass",
            Sort::Of(Dimension::Length) => "a length",
            Sort::Of(Dimension::MassPerArea) => "a body mass index",
            Sort::Of(Dimension::Pressure) => "a pressure",
            Sort::Of(Dimension::Rate) => "a rate",
            Sort::Of(Dimension::GlucoseConcentration) => "a glucose concentration",
            Sort::Of(Dimension::Fraction) => "a percentage",
            Sort::Of(Dimension::Temperature) | Sort::TemperatureEither => "a temperature",
            Sort::TemperatureDifference => "a difference of temperatures",
        }
    }

    fn unit(self) -> Option<Unit> {
        Some(match self {
            Sort::Plain => return None,
            Sort::Of(dimension) => canonical(dimension),
            Sort::TemperatureDifference | Sort::TemperatureEither => Unit::Celsius,
        })
    }
}

/// The unit in which numbers of a dimension are computed: that of its quantities.
pub(crate) fn canonical(dimension: Dimension) -> Unit {
    match dimension {
        Dimension::Mass => Unit::Kilogram,
        Dimension::Length => Unit::Centimetre,
        Dimension::MassPerArea => Unit::KilogramPerSquareMetre,
        Dimension::Pressure => Unit::MillimetreOfMercury,
        Dimension::Rate => Unit::PerMinute,
        Dimension::GlucoseConcentration => Unit::MilligramPerDecilitre,
        Dimension::Fraction => Unit::Percent,
        Dimension::Temperature => Unit::Celsius,
    }
}

/// Compiles `node`; `onset` says whether it stands in a `clear`.
pub(crate) fn check(node: &Node, parameters: &[Declared], onset: bool) -> Result<Judged, Vec<SyntaxError>> {
    let mut checker = Checker { parameters, onset, errors: Vec::new() };
    let cond = checker.condition(node);
    match cond {
        Some(cond) if checker.errors.is_empty() => Ok(Judged::new(cond)),
        _ => Err(checker.errors),
    }
}

struct Checker<'a> {
    parameters: &'a [Declared],
    onset: bool,
    errors: Vec<SyntaxError>,
}

impl Checker<'_> {
    fn wrong<T>(&mut self, span: &Span, message: impl Into<String>, remedy: impl Into<String>) -> Option<T> {
        self.errors.push(SyntaxError::new(span.clone(), message, remedy));
        None
    }

    fn condition(&mut self, node: &Node) -> Option<Cond> {
        match &node.expr {
            Expr::Group(inner) => self.condition(inner),
            Expr::Logic(op, a, b) => {
                let (a, b) = (self.condition(a), self.condition(b));
                let (a, b) = (Box::new(a?), Box::new(b?));
                Some(if *op == "and" { Cond::And(a, b) } else { Cond::Or(a, b) })
            }
            Expr::Not(a) => Some(Cond::Not(Box::new(self.condition(a)?))),
            Expr::Times(a, count, window) => {
                let inner = Box::new(Judged::new(self.repeatable(a)?));
                Some(Cond::Times { inner, count: *count, window: *window })
            }
            Expr::For(a, window) => {
                Some(Cond::For { inner: Box::new(Judged::new(self.repeatable(a)?)), window: *window })
            }
            Expr::Compare(op, a, b) => self.comparison(op, a, b, &node.span),
            Expr::Call { name, args, .. } if name == "missing" => self.missing(args, &node.span),
            _ => {
                self.number(node);
                self.wrong(&node.span, "this is a value, not a condition", "compare it: `… > 2 kg`")
            }
        }
    }

    /// What is counted reading by reading.
    fn repeatable(&mut self, node: &Node) -> Option<Cond> {
        let cond = self.condition(node)?;
        if Judged::new(cond.clone()).quantities == 0 {
            let remedy = "name a quantity, as in `(glucose < 70 mg/dL) 2 times in 24 h`";
            return self.wrong(&node.span, "there are no readings to count", remedy);
        }
        Some(cond)
    }

    fn comparison(&mut self, op: &str, a: &Node, b: &Node, span: &Span) -> Option<Cond> {
        let (left, right) = (self.number(a), self.number(b));
        let ((mut left, ls), (mut right, rs)) = (left?, right?);
        let op = match op {
            "<" => Compare::Less,
            "<=" => Compare::AtMost,
            ">" => Compare::More,
            ">=" => Compare::AtLeast,
            "==" => Compare::Equal,
            _ => Compare::NotEqual,
        };
        let sort = self.same(&mut left, ls, &mut right, rs, span, "compared with")?;
        if sort == Sort::TemperatureEither {
            self.settle(&mut left, false, span);
            self.settle(&mut right, false, span);
        }
        Some(Cond::Compare { op, left, right, unit: sort.unit() })
    }

    /// The sort of both, after a temperature that may be either took the sort of the other.
    fn same(&mut self, a: &mut Num, sa: Sort, b: &mut Num, sb: Sort, span: &Span, verb: &str) -> Option<Sort> {
        match (sa, sb) {
            (x, y) if x == y => Some(x),
            (Sort::TemperatureEither, Sort::TemperatureDifference | Sort::Of(Dimension::Temperature)) => {
                self.settle(a, sb == Sort::TemperatureDifference, span);
                Some(sb)
            }
            (Sort::TemperatureDifference | Sort::Of(Dimension::Temperature), Sort::TemperatureEither) => {
                self.settle(b, sa == Sort::TemperatureDifference, span);
                Some(sa)
            }
            _ => {
                let remedy = match (sa, sb) {
                    (Sort::Plain, s) | (s, Sort::Plain) => {
                        s.unit().map(|u| format!("give the number a unit, e.g. `{u}`"))
                    }
                    (s, _) => s.unit().map(|u| format!("both sides want a unit such as `{u}`")),
                };
                self.wrong(span, format!("{} is {verb} {}", sa.words(), sb.words()), remedy.unwrap_or_default())
            }
        }
    }

    /// Fixes what a written temperature is.
    fn settle(&mut self, num: &mut Num, difference: bool, span: &Span) {
        match num {
            Num::Literal { value, raw, unit: Some(unit) } => {
                let to = canonical(unit.dimension());
                let converted = if difference { unit.convert_difference(*raw, to) } else { unit.convert(*raw, to) };
                match converted {
                    Ok(converted) => *value = converted,
                    Err(e) => drop(self.wrong::<()>(span, e.to_string(), "write a smaller number")),
                }
            }
            Num::Parameter { difference: d, .. } => *d = difference,
            Num::Negative(a) => self.settle(a, difference, span),
            // A sum of written temperatures is the first one, moved by differences.
            Num::Binary(_, a, _) => self.settle(a, difference, span),
            Num::Literal { .. } | Num::Call(_) | Num::Onset(_) => {}
        }
    }

    fn number(&mut self, node: &Node) -> Option<(Num, Sort)> {
        match &node.expr {
            Expr::Group(inner) => self.number(inner),
            Expr::Number(raw, unit) => {
                let mut num = Num::Literal { value: *raw, raw: *raw, unit: *unit };
                self.settle(&mut num, false, &node.span);
                Some((num, Sort::of(*unit)))
            }
            Expr::Name(name) => self.name(name, &node.span),
            Expr::Call { name, name_span, args } => self.call(name, name_span, args, &node.span),
            Expr::Negative(a) => {
                let (num, sort) = self.number(a)?;
                if sort == Sort::Of(Dimension::Temperature) {
                    return self.wrong(&node.span, "a temperature has no opposite", "subtract it from another");
                }
                Some((Num::Negative(Box::new(num)), sort))
            }
            Expr::Binary(op, a, b) => self.arithmetic(op, a, b, &node.span),
            Expr::Compare(..) | Expr::Logic(..) | Expr::Not(_) | Expr::Times(..) | Expr::For(..) => {
                self.wrong(&node.span, "this is a condition, not a value", "compare values, join conditions")
            }
        }
    }

    fn name(&mut self, name: &str, span: &Span) -> Option<(Num, Sort)> {
        if let Some(index) = self.parameters.iter().position(|p| p.name == name) {
            let unit = self.parameters.get(index).and_then(|p| p.unit);
            return Some((Num::Parameter { index, difference: false }, Sort::of(unit)));
        }
        if let Ok(quantity) = name.parse::<Quantity>() {
            let call = Call { function: Function::Latest, quantity, window: Window::Newest };
            return Some((Num::Call(call), Sort::Of(quantity.canonical_unit().dimension())));
        }
        if name.parse::<Kind>().is_ok() {
            return self.wrong(
                span,
                format!("`{name}` is a kind of reading, not a quantity"),
                "kinds stand in `missing(kind, span)`",
            );
        }
        let known: Vec<&str> =
            self.parameters.iter().map(|p| p.name.as_str()).chain(Quantity::ALL.iter().map(|q| q.as_str())).collect();
        let remedy = suggest(name, known);
        self.wrong(span, format!("unknown name `{name}`"), format!("{remedy}; parameters are declared in [parameters]"))
    }

    fn arithmetic(&mut self, op: &str, a: &Node, b: &Node, span: &Span) -> Option<(Num, Sort)> {
        let (left, right) = (self.number(a), self.number(b));
        let ((mut left, ls), (mut right, rs)) = (left?, right?);
        let temperature = Sort::Of(Dimension::Temperature);
        let (op, sort) = match op {
            "+" | "-" => {
                let op = if op == "+" { Arithmetic::Add } else { Arithmetic::Subtract };
                let sort = match (ls, rs) {
                    // A written temperature beside another one is how far it moves.
                    (l, Sort::TemperatureEither) if l.unit() == Some(Unit::Celsius) => {
                        self.settle(&mut right, true, span);
                        l
                    }
                    (Sort::TemperatureEither, r) if op == Arithmetic::Add && r.unit() == Some(Unit::Celsius) => {
                        self.settle(&mut left, r == temperature, span);
                        r
                    }
                    (l, r) if l == temperature && r == Sort::TemperatureDifference => l,
                    (l, r) if l == temperature && r == temperature && op == Arithmetic::Subtract => {
                        Sort::TemperatureDifference
                    }
                    (l, r) if l == temperature && r == temperature => {
                        return self.wrong(span, "temperatures cannot be added", "add a difference");
                    }
                    _ => self.same(
                        &mut left,
                        ls,
                        &mut right,
                        rs,
                        span,
                        if op == Arithmetic::Add { "added to" } else { "set against" },
                    )?,
                };
                (op, sort)
            }
            "*" => match (ls, rs) {
                (Sort::Plain, s) | (s, Sort::Plain) if s != temperature => (Arithmetic::Multiply, s),
                _ => {
                    return self.wrong(
                        span,
                        format!("{} is multiplied by {}", ls.words(), rs.words()),
                        "multiply by a plain number",
                    );
                }
            },
            _ => match (ls, rs) {
                (s, Sort::Plain) if s != temperature => (Arithmetic::Divide, s),
                (l, r) if l == r && l != temperature && l != Sort::TemperatureEither => {
                    (Arithmetic::Divide, Sort::Plain)
                }
                _ => {
                    return self.wrong(
                        span,
                        format!("{} is divided by {}", ls.words(), rs.words()),
                        "divide by a plain number, or by a value of the same unit",
                    );
                }
            },
        };
        Some((Num::Binary(op, Box::new(left), Box::new(right)), sort))
    }

    fn quantity(&mut self, arg: Option<&Arg>, span: &Span) -> Option<Quantity> {
        let Some(Arg::Value(Node { expr: Expr::Name(name), span })) = arg else {
            let span = arg.map_or_else(|| span.clone(), Arg::span);
            return self.wrong(&span, "expected a quantity", "e.g. `weight`, `systolic`, `glucose`, `spo2`");
        };
        name.parse().ok().or_else(|| {
            let remedy = suggest(name, Quantity::ALL.map(Quantity::as_str));
            self.wrong(span, format!("unknown quantity `{name}`"), remedy)
        })
    }

    fn call(&mut self, name: &str, name_span: &Span, args: &[Arg], span: &Span) -> Option<(Num, Sort)> {
        if name == "missing" {
            return self.wrong(
                span,
                "`missing` is a condition, not a value",
                "use it on its own, without a comparison",
            );
        }
        let function = Function::ALL.into_iter().find(|(n, _)| *n == name).map(|(_, f)| f);
        if function.is_none() && name != "onset" {
            let known = Function::ALL.into_iter().map(|(n, _)| n).chain(["onset", "missing"]);
            let remedy = suggest(name, known.collect::<Vec<_>>());
            return self.wrong(name_span, format!("unknown function `{name}`"), remedy);
        }
        let quantity = self.quantity(args.first(), span)?;
        let dimension = quantity.canonical_unit().dimension();
        let Some(function) = function else {
            if !self.onset {
                return self.wrong(span, "`onset` is known only once a rule has opened", "use it in `clear`");
            }
            if args.len() > 1 {
                return self.wrong(span, "`onset` takes a quantity and nothing else", "write e.g. `onset(weight)`");
            }
            return Some((Num::Onset(quantity), Sort::Of(dimension)));
        };
        let window = match args.get(1) {
            None if function == Function::Latest => Window::Newest,
            None => {
                return self.wrong(
                    span,
                    format!("`{name}` wants a window"),
                    format!("write e.g. `{name}({quantity}, 72 h)` or `{name}({quantity}, last 3)`"),
                );
            }
            Some(Arg::Within(far, _)) => Window::Time { near: chrono::TimeDelta::zero(), far: far.delta() },
            Some(Arg::Ago { near, far, .. }) => Window::Time { near: near.delta(), far: far.delta() },
            Some(Arg::Last(n, _)) => Window::Last(*n),
            Some(Arg::Value(node)) => {
                return self.wrong(&node.span, "expected a window", "e.g. `72 h`, `12 h .. 36 h ago`, `last 3`");
            }
        };
        if let Some(extra) = args.get(2) {
            return self.wrong(&extra.span(), format!("`{name}` takes a quantity and a window"), "remove this");
        }
        let sort = match function {
            Function::Count => Sort::Plain,
            f if f.is_difference() && dimension == Dimension::Temperature => Sort::TemperatureDifference,
            _ => Sort::Of(dimension),
        };
        Some((Num::Call(Call { function, quantity, window }), sort))
    }

    fn missing(&mut self, args: &[Arg], span: &Span) -> Option<Cond> {
        let remedy = "write e.g. `missing(body-weight, 3 d)`";
        let [Arg::Value(Node { expr: Expr::Name(name), span: name_span }), Arg::Within(length, length_span)] = args
        else {
            return self.wrong(span, "`missing` takes a kind of reading and a number of days", remedy);
        };
        let Ok(kind) = name.parse::<Kind>() else {
            let remedy = suggest(name, Kind::ALL.map(Kind::as_str));
            return self.wrong(name_span, format!("unknown kind of reading `{name}`"), remedy);
        };
        let days = length.delta().num_days();
        match u32::try_from(days) {
            Ok(days) if days > 0 && length.delta() == chrono::TimeDelta::days(i64::from(days)) => {
                Some(Cond::Missing { kind, days })
            }
            _ => self.wrong(length_span, "`missing` counts whole days", remedy),
        }
    }
}

/// A parameter's value: a number and, with a space, its unit.
pub(crate) fn parse_amount(text: &str) -> Option<(Decimal, Option<Unit>)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-'))).unwrap_or(text.len());
    let value = Decimal::from_str_exact(text.get(..end)?).ok()?;
    match text.get(end..)?.trim() {
        "" => Some((value, None)),
        unit => Some((value, Some(unit.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::parse;

    fn parameters() -> Vec<Declared> {
        [("gain", Some(Unit::Pound)), ("fever", Some(Unit::Fahrenheit)), ("factor", None)]
            .map(|(name, unit)| Declared { name: name.to_owned(), unit })
            .into()
    }

    #[track_caller]
    fn accepts(text: &str) {
        let result = check(&parse(text).unwrap(), &parameters(), true);
        assert!(result.is_ok(), "{text}: {result:?}");
    }

    #[track_caller]
    fn refuses(text: &str, message: &str) {
        let errors = check(&parse(text).unwrap(), &parameters(), false).unwrap_err();
        assert_eq!(
            errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>(),
            message.split("; ").collect::<Vec<_>>(),
            "{text}"
        );
    }

    #[test]
    fn units_must_agree() {
        accepts("rise(weight, 72 h) > gain");
        accepts("latest(body-fat) > 20 %");
        accepts("latest(weight) < onset(weight) + 0.9 kg");
        accepts("latest(weight) / onset(weight) > 1.05");
        accepts("latest(weight) > 1.05 * onset(weight)");
        accepts("glucose > 5.5 mmol/L");
        accepts("count(weight, 7 d) < 3");
        refuses("rise(weight, 72 h) > 2", "a mass is compared with a plain number");
        refuses("rise(weight, 72 h) > 2 mm[Hg]", "a mass is compared with a pressure");
        refuses("latest(weight) * latest(weight) > 2 kg", "a mass is multiplied by a mass");
        refuses("latest(wieght) > 1 kg or rise(spo2) > 1 %", "unknown quantity `wieght`; `rise` wants a window");
        refuses("weight", "this is a value, not a condition");
        refuses("latest(weight) < onset(weight)", "`onset` is known only once a rule has opened");
        refuses("missing(weight, 3 d)", "unknown kind of reading `weight`");
        refuses("missing(body-weight, 36 h)", "`missing` counts whole days");
        refuses("lattest(weight) > 1 kg", "unknown function `lattest`");
        refuses("gian > 1 kg", "unknown name `gian`");
    }

    #[track_caller]
    fn right_side(text: &str) -> Decimal {
        let judged = check(&parse(text).unwrap(), &parameters(), true).unwrap();
        let Cond::Compare { right: Num::Literal { value, .. }, .. } = judged.cond else { panic!("{judged:?}") };
        value
    }

    #[test]
    fn a_written_temperature_is_what_its_place_wants() {
        assert_eq!(right_side("latest(temperature) > 98.6 [degF]"), Decimal::from(37));
        assert_eq!(right_side("rise(temperature, 24 h) > 9 [degF]"), Decimal::from(5));
        assert_eq!(right_side("latest(temperature) - onset(temperature) > 9 [degF]"), Decimal::from(5));
        accepts("latest(temperature) > onset(temperature) + 1 Cel");
        accepts("latest(temperature) > fever");
        refuses(
            "latest(temperature) > rise(temperature, 24 h)",
            "a temperature is compared with a difference of temperatures",
        );
        refuses("latest(temperature) + latest(temperature) > 1 Cel", "temperatures cannot be added");
    }

    #[test]
    fn amounts_are_numbers_with_units() {
        assert_eq!(parse_amount("3 [lb_av]"), Some((Decimal::from(3), Some(Unit::Pound))));
        assert_eq!(parse_amount("-2kg"), Some((Decimal::from(-2), Some(Unit::Kilogram))));
        assert_eq!(parse_amount("3"), Some((Decimal::from(3), None)));
        assert_eq!(parse_amount("unset"), None);
        assert_eq!(parse_amount("3 stone"), None);
    }
}
